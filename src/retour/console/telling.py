"""Tells the ledgers of accounts who belongs to them: at least once, and each change under its own name.

What the API refuses stays, is tried again every hour and holds back nothing else; the people of the account
are told that it does not stand in their ledger yet.
"""

from threading import Thread
from time import monotonic

import structlog
from django.conf import settings
from django.db import close_old_connections

from retour.client.connection import Connection, Refused, Unreachable
from retour.console.people.changes import there_are
from retour.console.people.models import Change
from retour.model import Role

_AGAIN = 10.0  # seconds after which it is looked again: the command line wakes nobody, the API may be away
_REFUSED = 3600.0  # seconds after which a change that was refused is told again
_NOT_NOW = frozenset({401, 403, 408, 429})  # what is not about the change: our key, or how often we ask
_HEADERS = {"Retour-Person": "console", "Retour-Role": Role.ADMIN.value, "Retour-Account": ""}
_log = structlog.get_logger(__name__)


def begin() -> None:
    """A thread that tells for as long as the process lives."""
    Thread(target=_tell_on, name="ledger", daemon=True).start()


def _tell_on() -> None:
    teller = Teller(Connection(settings.CHOSEN.api, settings.CHOSEN.secret, retries=1))
    there_are.set()
    while True:
        there_are.wait(_AGAIN)
        there_are.clear()
        close_old_connections()
        try:
            teller.tell()
        except Unreachable as error:
            _log.warning("the ledger was not told who belongs where; trying again", why=str(error))
        except Exception:  # of the database, say: the thread goes on, and the rows are still there
            _log.exception("the ledger was not told who belongs where; trying again")


class Teller:
    """Belongs to one thread. Knows what was refused, for as long as its process lives."""

    def __init__(self, api: Connection) -> None:
        self._api = api
        self._refused: dict[str, float] = {}  # names of changes, and when each is told again

    def tell(self) -> None:
        """Everything that no ledger has yet, in its order. Raises Unreachable."""
        for change in Change.objects.order_by("id"):
            if self._refused.get(change.name, 0.0) > monotonic():
                continue
            try:
                self._api.call("POST", "/v1/people/changes", {}, _body(change), headers=_HEADERS)
            except Refused as refused:
                if refused.status in _NOT_NOW or refused.status >= 500:
                    _log.warning(
                        "the ledger was not told who belongs where; trying again", why=refused.detail
                    )
                    return
                self._refuse(change, refused)
            else:
                self._refused.pop(change.name, None)
                change.delete()

    def _refuse(self, change: Change, refused: Refused) -> None:
        self._refused[change.name] = monotonic() + _REFUSED
        _log.error(
            "the ledger does not take who belongs where; it is kept, and told again every hour",
            name=change.name,
            account=change.account,
            why=refused.detail,
        )


def _body(change: Change) -> dict[str, object]:
    return {
        "id": change.name,
        "account": change.account or None,
        "at": change.at.isoformat(),
        "by": change.by,
        "before": _standing(change.before),
        "after": _standing(change.after),
    }


def _standing(told: str) -> dict[str, str] | None:
    standing, _, person = told.partition(" ")
    return {"standing": standing, "person": person} if told else None
