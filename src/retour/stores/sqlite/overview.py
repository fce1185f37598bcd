"""Reading for people: the rows of the Overview, events with their evidence, the records of an address."""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from retour.address import domain, key, normalise
from retour.model import BounceType, Event, Send, State, StateName
from retour.ports import BouncedAddress, BounceQuery, Record
from retour.stores.sqlite.pages import SQL, Page
from retour.stores.sqlite.rows import with_body

Parameters = Mapping[str, Any]
_END = 2**63 - 1
_CURSOR = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}")  # below 2^63, what SQLite can compare with


class Row(NamedTuple):
    """Where the shown bounce of an address stands."""

    k: bytes
    account: int
    at: int
    number: int
    type: str | None
    send: int | None


def parameters(query: BounceQuery, account: int, pepper: bytes) -> Parameters | None:
    """The filters as the statement takes them; None when nothing can be found. Raises ValueError."""
    before, number = _place(query.after)
    found: dict[str, Any] = {
        name: getattr(query, name)
        for name in ("status", "type", "campaign", "reason", "mail_kind", "since", "until")
    }
    found |= {"account": account, "before": before, "number": number, "k": None, "domain": None}
    if query.search is not None:
        if query.search.startswith("@"):
            found["domain"] = domain(query.search[1:]) or ""
        else:
            address = normalise(query.search)
            if address is None:
                return None
            found["k"] = key(pepper, address)
    return found


def rows(db: sqlite3.Connection, wanted: Parameters, limit: int) -> tuple[list[Row], Parameters | None]:
    """The next rows, and what to ask for those after them; None at the end."""
    name = "bounces" if wanted["k"] is wanted["domain"] is None else "bounces_found"
    found = [Row(*row) for row in db.execute(SQL[name], {**wanted, "limit": limit})]
    if len(found) < limit:
        return found, None
    return found, {**wanted, "before": found[-1].at, "number": found[-1].number}


def fits(state: State, query: BounceQuery) -> bool:
    """Whether the state of this moment still is what the stored one was asked for."""
    if state.state is StateName.VALID:
        return False
    return query.status is None or (state.state is StateName.INVALID) is (query.status == "invalid")


def bounced(row: Row, page: Page, state: State, event: Event, send: Send | None) -> BouncedAddress:
    """A row of the Overview."""
    type_ = None if row.type is None else BounceType(row.type)
    return BouncedAddress(page.address, state, event, type_, send, f"{row.at}.{row.number}")


def events(db: sqlite3.Connection, pages: Iterable[Page], numbers: set[int]) -> dict[int, Event]:
    """Events of loaded pages with their evidence, by number."""
    bodies = dict(db.execute(SQL["evidence"], (json.dumps(sorted(numbers)),)).fetchall())
    return {
        page.numbers[event.id]: with_body(
            event, page.account, page.address, bodies.get(page.numbers[event.id])
        )
        for page in pages
        for event in page.events
        if page.numbers[event.id] in numbers
    }


def records(db: sqlite3.Connection, page: Page) -> tuple[Record, ...]:
    """The decision ledger of one address, oldest first."""
    found = db.execute(SQL["records"], {"k": page.k, "account": page.number})
    return tuple(Record(number, at, page.account, page.address, *rest) for number, at, *rest in found)


def _place(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return _END, _END
    if not _CURSOR.fullmatch(cursor):
        raise ValueError(f"{cursor!r} is no cursor; take it from the page before")
    at, _, number = cursor.partition(".")
    return int(at), int(number)
