"""Reading for people: the rows of the Overview, events with their evidence, the records of an address."""

import json
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

from retour.address import domain, domain_of, key, normalise
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import as_judged
from retour.model import BounceType, Event, Send, State
from retour.ports import BouncedAddress, BounceQuery, Record
from retour.stores.overview import END, Cursor, fits
from retour.stores.sqlite.labels import SQL
from retour.stores.sqlite.of_domains import OfDomains
from retour.stores.sqlite.pages import SQL as PAGES
from retour.stores.sqlite.pages import Page, load
from retour.stores.sqlite.rows import with_body

FEW = 500  # addresses of a domain that are looked through one by one; of more, by time
CORRECTED = 5000  # corrected ones of an account likewise: people make them, and they lie far apart in time


class Row(NamedTuple):
    """A listed bounce that passes the filters."""

    k: bytes
    at: int
    number: int
    send: int | None
    label: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query as the statements take it."""

    account: int
    labels: Mapping[int, str | None]  # that pass the filters, with the type that each tells
    cursor: Cursor
    since: int
    until: int
    domains: str | None = None  # of many addresses, as JSON
    keys: tuple[bytes, ...] | None = None  # of the addresses asked for, when they are few
    corrected: bool | None = None  # whether they have been

    def latest(self, page: Page) -> tuple[int, int] | None:
        """Time and number of the bounce that an address is shown with, on whatever page; None: of none."""
        found = [
            (event.at, page.numbers[event.id])
            for event in page.events
            if page.labels.get(event.id) in self.labels and self.since <= event.at < self.until
        ]
        return max((place for place in found if place[1] <= self.cursor.newest), default=None)

    def row(self, row: Row, page: Page, state: State, event: Event, send: Send | None) -> BouncedAddress:
        """A row of the Overview."""
        told, cursor = self.labels[row.label], self.cursor.text(row.at, row.number)
        seen = as_judged(page.events)[0]
        if seen is not page.events:
            judged = next(each for each in seen if each.id == event.id)
            event = event._replace(kind=judged.kind, reason=judged.reason)
        type_ = None if told is None else BounceType(told)
        return BouncedAddress(page.address, state, event, type_, send, cursor)


def wanted(db: sqlite3.Connection, query: BounceQuery, account: int, pepper: bytes) -> Wanted:
    """The filters and the place in the list. Raises ValueError for a cursor that was never given out."""
    cursor = Cursor.of(query.after, db.execute(PAGES["last_event"]).fetchone()[0])
    names = ("status", "type", "campaign", "reason", "mail_kind")
    labels = dict(db.execute(SQL["labels"], {"account": account} | {n: getattr(query, n) for n in names}))
    since = -END if query.since is None else query.since
    found = Wanted(account, labels, cursor, since, END if query.until is None else query.until)
    return _corrected(db, _placed(db, found, query, pepper), query.corrected)


def _placed(db: sqlite3.Connection, found: Wanted, query: BounceQuery, pepper: bytes) -> Wanted:
    """Of the address or the domains that are searched for."""
    search, domains = query.search, query.domains
    if search is not None and not search.startswith("@"):
        address = normalise(search)
        is_meant = address is not None and (domains is None or domain_of(address) in domains)
        return replace(found, keys=(key(pepper, address),) if address and is_meant else ())
    if search is not None:
        named = frozenset({domain(search[1:]) or ""})
        domains = named if domains is None else domains & named
    return found if domains is None else _in_domains(db, found, json.dumps(sorted(domains)))


def _corrected(db: sqlite3.Connection, found: Wanted, corrected: bool | None) -> Wanted:
    """Of these whoever was corrected, or was not."""
    if corrected is None:
        return found
    if found.keys is not None:
        told = ((k, db.execute(SQL["is_corrected"], (k, found.account)).fetchone()[0]) for k in found.keys)
        return replace(found, keys=tuple(k for k, is_corrected in told if bool(is_corrected) is corrected))
    if corrected:
        place = {"account": found.account, "domains": found.domains, "most": CORRECTED + 1}
        keys = [k for (k,) in db.execute(SQL["keys_corrected"], place)]
        if len(keys) <= CORRECTED:
            return replace(found, keys=tuple(dict.fromkeys(keys)))  # one may have been corrected twice
    return replace(found, corrected=corrected)


def _in_domains(db: sqlite3.Connection, found: Wanted, domains: str) -> Wanted:
    keys = [k for (k,) in db.execute(SQL["keys_of_domains"], (found.account, domains, FEW + 1))]
    return replace(found, domains=domains) if len(keys) > FEW else replace(found, keys=tuple(keys))


def rows(db: sqlite3.Connection, wanted: Wanted) -> Generator[Row]:
    """The bounces that pass the filters, latest first, the latest from here on of each address.

    Its address may have been shown with a later one, on a page before: `Wanted.latest` tells.
    """
    seen: set[bytes] = set()
    for row in _by_time(db, wanted) if wanted.keys is None else _of_few(db, wanted, wanted.keys):
        if row.k not in seen:
            seen.add(row.k)
            yield row


def _by_time(db: sqlite3.Connection, wanted: Wanted) -> Iterator[Row]:
    """Hour by hour, and only the hours in which something passes the filters."""
    labels = json.dumps(list(wanted.labels))
    before = min(wanted.until - 1, wanted.cursor.at)
    told: dict[str, Any] = {
        "account": wanted.account,
        "labels": labels,
        "before": wanted.cursor.at,
        "number": wanted.cursor.number,
        "newest": wanted.cursor.newest,
        "corrected": wanted.corrected,
    }
    hours = {"account": wanted.account, "labels": labels}
    hours |= {"first": wanted.since // HOUR, "last": before // HOUR}
    times = (
        (max(hour * HOUR, wanted.since), min((hour + 1) * HOUR, wanted.until))
        for (hour,) in db.execute(SQL["hours"], hours)
    )
    if wanted.domains is None:
        for first, last in times:
            yield from map(Row._make, db.execute(SQL["listed"], {**told, "first": first, "last": last}))
        return
    theirs = OfDomains(db, wanted.account, wanted.domains)
    for day, within in groupby(times, key=lambda time: time[0] // DAY):
        yield from map(Row._make, theirs.rows(day, told, list(within)))


def _of_few(db: sqlite3.Connection, wanted: Wanted, keys: Iterable[bytes]) -> list[Row]:
    """From the addresses themselves."""
    pages = [Page(k, wanted.account, "", "") for k in keys]
    load(db, pages)
    found = [
        Row(page.k, event.at, page.numbers[event.id], event.send, page.labels[event.id])
        for page in pages
        if (latest := wanted.latest(page)) is not None and latest < wanted.cursor[:2]
        for event in page.events
        if page.numbers[event.id] == latest[1]
    ]
    return sorted(found, key=lambda row: (row.at, row.number), reverse=True)


def shown(
    db: sqlite3.Connection,
    wanted: Wanted,
    rows: Sequence[Row],
    pages: Sequence[Page],
    sends: Mapping[int, Send],
    query: BounceQuery,
    now: Instant,
) -> Iterator[BouncedAddress]:
    """Those rows, each with its page, that are the latest of their address and whose state is to be shown."""
    told = events(db, pages, {row.number for row in rows})
    for row, page in zip(rows, pages, strict=True):
        if wanted.latest(page) == (row.at, row.number) and fits(state := page.known().at(now), query):
            send = None if row.send is None else sends.get(row.send)
            yield wanted.row(row, page, state, told[row.number], send)


def events(db: sqlite3.Connection, pages: Iterable[Page], numbers: set[int]) -> dict[int, Event]:
    """Events of loaded pages with their evidence, by number."""
    bodies = dict(db.execute(PAGES["evidence"], (json.dumps(sorted(numbers)),)).fetchall())
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
    found = db.execute(PAGES["records"], {"k": page.k, "account": page.number})
    return tuple(Record(number, at, page.account, page.address, *rest) for number, at, *rest in found)
