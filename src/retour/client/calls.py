"""The calls of the API that a sender needs, with values instead of JSON; `call` makes any other."""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from retour import instants
from retour.client.connection import PATIENCE, Connection, Refused, wait
from retour.model import Answer, Decision, MailKind

MOST = 10_000  # addresses or sends in one call; longer lists are asked about in several
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Draft:
    """A send that is about to be handed over, as `register_all` takes it."""

    recipient: str
    kind: str = MailKind.MAILING
    campaign: str | None = None
    sender: str | None = None
    subject: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered send: use `return_address` as MAIL FROM. With a `fault` the recipient is no address,
    and nothing was registered."""

    recipient: str
    send: str | None
    return_address: str | None
    envid: str | None
    expires: str | None
    fault: str | None = None


class Client:
    """Retour's API. Thread-safe. Raises Refused and Unreachable; ValueError for a URL that is none."""

    def __init__(
        self,
        url: str,
        key: str,
        account: str | None = None,
        *,
        language: str = "en",
        timeout: float = 30.0,
        retries: int = 3,
        context: ssl.SSLContext | None = None,
        pause: Callable[[float], object] = wait,
    ) -> None:
        """`account`: for keys of the staff. `retries`: after no answer, or one that asks for patience."""
        self._account = account
        self._connection = Connection(
            url, key, language=language, timeout=timeout, retries=retries, context=context, pause=pause
        )

    def decision(
        self, address: str, kind: MailKind | str = MailKind.MAILING, account: str | None = None
    ) -> Decision:
        """May this address be sent mail of this kind? As `retour.Gate` answers."""
        query = {"address": address, "kind": MailKind(kind).value}
        return _decision(self.call("GET", "/v1/check", query, account=account))

    def decisions(
        self,
        addresses: Sequence[str],
        kind: MailKind | str = MailKind.MAILING,
        account: str | None = None,
    ) -> list[Decision]:
        """The same for any number of addresses, in their order."""
        found: list[Decision] = []
        for start in range(0, len(addresses), MOST):
            body = {"addresses": list(addresses[start : start + MOST]), "kind": MailKind(kind).value}
            answer = self.call("POST", "/v1/check", body=body, account=account)
            found += map(_decision, answer["results"])
        return found

    def register(self, draft: Draft, account: str | None = None) -> Registered:
        """Tell of one send, and get its return address. Raises Refused where the recipient is no address."""
        answer = self.call("POST", "/v1/sends", body=_filled(draft), account=account)
        return _registered(answer)

    def register_all(self, drafts: Sequence[Draft], account: str | None = None) -> list[Registered]:
        """The same for any number of sends, in their order; a recipient that is no address has a `fault`."""
        found: list[Registered] = []
        for start in range(0, len(drafts), MOST):
            body = {"sends": [_filled(draft) for draft in drafts[start : start + MOST]]}
            answer = self.call("POST", "/v1/sends", body=body, account=account)
            found += map(_registered, answer["sends"])
        return found

    def address(self, address: str, account: str | None = None) -> Mapping[str, Any] | None:
        """All that is known of an address, as docs/api.md shows it; None when it was never seen."""
        try:
            found: Mapping[str, Any] = self.call(
                "GET", f"/v1/addresses/{quote(address, safe='@')}", account=account
            )
        except Refused as refused:
            if refused.status == _NOT_FOUND:
                return None
            raise
        return found

    def bounces(self, account: str | None = None, **filters: object) -> Iterator[Mapping[str, Any]]:
        """Bounced addresses, latest bounce first, page by page as they are used up.

        `filters` are those of the API: status, type, campaign, reason, kind, since, until, search, limit;
        times may be `datetime` with a zone.
        """
        return self._pages("bounces", account, filters)

    def suppressions(self, account: str | None = None, **filters: object) -> Iterator[Mapping[str, Any]]:
        """Addresses that are not plainly written to, in the order of their domains, page by page.

        `filters` are those of the API: state, cause, reason, since, until, domain, provider, search, limit.
        """
        return self._pages("suppressions", account, filters)

    def export_suppressions(self, format: str = "csv", account: str | None = None) -> bytes:
        """The whole list as a file in one of the forms of docs/api.md."""
        query = {"format": format, "account": self._account if account is None else account}
        return self._connection.fetch("/v1/suppressions/export", query, PATIENCE)

    def import_suppressions(
        self, file: bytes, format: str = "csv", account: str | None = None, dry_run: bool = False
    ) -> Mapping[str, Any]:
        """Bring in a list in one of the forms of docs/api.md (manager); what came of it, line by line."""
        query = {"format": format, "dry_run": dry_run}
        report: Mapping[str, Any] = self._call(
            "POST", "/v1/suppressions/import", query, file, account, timeout=PATIENCE
        )
        return report

    def restore(self, addresses: Sequence[str], reason: str, account: str | None = None) -> Mapping[str, Any]:
        """Give addresses back (support): at most ten, with the reason that stands in the ledger."""
        body = {"addresses": list(addresses), "reason": reason}
        answer: Mapping[str, Any] = self.call("POST", "/v1/restores", body=body, account=account)
        return answer

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
        *,
        account: str | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """Any call of docs/api.md: its answer as JSON values."""
        return self._call(method, path, query, body, account, idempotency_key)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None,
        body: object,
        account: str | None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        asked = {**(query or {}), "account": self._account if account is None else account}
        return self._connection.call(method, path, asked, body, idempotency_key, timeout=timeout)

    def _pages(
        self, what: str, account: str | None, filters: Mapping[str, object]
    ) -> Iterator[Mapping[str, Any]]:
        asked = {name: _time(value) for name, value in filters.items()}
        after: str | None = None
        while True:
            page = self.call("GET", f"/v1/{what}", {**asked, "after": after}, account=account)
            yield from page[what]
            after = page["next"]
            if after is None:
                return

    def close(self) -> None:
        """Close the connections of all threads; a later call opens its own again."""
        self._connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _decision(told: Mapping[str, Any]) -> Decision:
    until, would_be = told["until"], told["would_be"]
    return Decision(
        Answer(told["decision"]),
        told["why"],
        None if until is None else instants.parse(until),
        None if would_be is None else Answer(would_be),
    )


def _registered(told: Mapping[str, Any]) -> Registered:
    names = ("send", "return_address", "envid", "expires", "fault")
    return Registered(told["recipient"], *[told.get(name) for name in names])


def _filled(draft: Draft) -> dict[str, object]:
    return {name: value for name, value in asdict(draft).items() if value is not None}


def _time(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
