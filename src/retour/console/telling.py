"""Tells the ledgers of accounts who belongs to them: at least once, and each change under its own name."""

from threading import Thread

import structlog
from django.conf import settings
from django.db import close_old_connections

from retour.client.connection import Connection, Refused, Unreachable
from retour.console.people.changes import there_are
from retour.console.people.models import Change
from retour.model import Role

_AGAIN = 10.0  # seconds after which it is looked again: the command line wakes nobody, the API may be away
_log = structlog.get_logger(__name__)


def begin() -> None:
    """A thread that tells for as long as the process lives."""
    Thread(target=_tell_on, name="ledger", daemon=True).start()


def _tell_on() -> None:
    api = Connection(settings.CHOSEN.api, settings.CHOSEN.secret, retries=1)
    there_are.set()
    while True:
        there_are.wait(_AGAIN)
        there_are.clear()
        close_old_connections()
        try:
            tell(api)
        except Unreachable as error:
            _log.warning("the ledger was not told who belongs where; trying again", why=str(error))
        except Exception:  # of the database, say: the thread goes on, and the rows are still there
            _log.exception("the ledger was not told who belongs where; trying again")


def tell(api: Connection) -> None:
    """Everything that no ledger has yet, in its order. Raises Unreachable."""
    headers = {"Retour-Person": "console", "Retour-Role": Role.ADMIN.value, "Retour-Account": ""}
    for change in Change.objects.order_by("id"):
        try:
            api.call("POST", "/v1/people/changes", {}, _body(change), headers=headers)
        except Refused as refused:
            if refused.status == 429 or refused.status >= 500:
                _log.warning("the ledger was not told who belongs where; trying again", why=refused.detail)
                return
            _log.error("the ledger does not take who belongs where", name=change.name, why=refused.detail)
        change.delete()


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
