"""Looking over an account in retour.sqlite3, on connections that only read."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from retour.address import ERASED, key, normalise
from retour.instants import Instant
from retour.model import Event, EventKind, Reason
from retour.ports.sweep import WHOLE, Brief, Part, Reported, Swept
from retour.stores.advance import Delivery
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.pages import DELIVERIES, touch
from retour.stores.sqlite.rows import STANDINGS, evidence_in, report_in, report_of, state_of
from retour.stores.sqlite.statements import named

SQL = named("sweep.sql")


class Decoders(NamedTuple):
    """Who reads the JSON of rows: all of it, and the row of the report alone (`rows.report_of`)."""

    whole: Callable[[str], Any] = json.loads
    report: Callable[[str], Sequence[Any] | None] = report_of


STANDARD = Decoders()


_KINDS: Mapping[str, EventKind] = {kind.value: kind for kind in EventKind}
_REASONS: Mapping[str | None, Reason | None] = {None: None} | {each.value: each for each in Reason}


class SqliteSweep:
    """The addresses and reports of one file."""

    def __init__(
        self, database: Database, accounts: SqliteAccounts, pepper: bytes, decoders: Decoders = STANDARD
    ) -> None:
        self._database, self._accounts, self._pepper = database, accounts, pepper
        self._decoders = decoders

    def size(self, account: str) -> tuple[int, int]:
        with self._reading() as db:
            number = self._accounts.number(db, account)
            addresses: int = db.execute(SQL["addresses"], (number,)).fetchone()[0]
            last: int = db.execute(SQL["last_event"]).fetchone()[0]
        return addresses, last

    def lives(
        self,
        account: str,
        limit: int,
        now: Instant,
        after: str | None = None,
        part: Part = WHOLE,
        whole: bool = False,
    ) -> tuple[list[Brief], str | None]:
        domain, _, first = (after or " -1").partition(" ")
        with self._reading() as db:
            place: dict[str, Any] = {
                "account": self._accounts.number(db, account),
                "domain": domain,
                "first": int(first),
                "limit": limit,
                "now": now,
                "part": part[0],
                "parts": part[1],
                "whole": whole,
            }
            rows = db.execute(SQL["lives"], place).fetchall()
        decode = self._decoders.whole
        found = [
            Brief(k.hex(), address, (), state_of(state))
            if told is None
            else Brief(k.hex(), address, decode(told))
            for k, _, _, address, told, *state in rows
        ]
        return found, f"{rows[-1][1]} {rows[-1][2]}" if len(rows) == limit else None

    def reports(self, account: str, span: int, after: int = 0) -> list[Reported]:
        with self._reading() as db:
            place = {"account": self._accounts.number(db, account), "after": after, "until": after + span}
            rows = db.execute(SQL["reports"], place).fetchall()
        decode = self._decoders.report
        return [
            Reported(
                k.hex(), id, _KINDS[kind], _REASONS[reason], report_in(report), partial(evidence_in, body)
            )
            for k, id, kind, reason, body in rows
            if (report := decode(body)) is not None
        ]

    def at(self, account: str, places: Sequence[str]) -> list[Swept]:
        with self._reading() as db:
            found = self._loaded(db, account, [bytes.fromhex(place) for place in places])
        return [found[k] for k in map(bytes.fromhex, places) if k in found]

    def briefs(self, account: str, places: Sequence[str]) -> list[Brief]:
        with self._reading() as db:
            number = self._accounts.number(db, account)
            touch(db, [(bytes.fromhex(place), number) for place in dict.fromkeys(places)])
            rows = db.execute(SQL["briefs"]).fetchall()
        found: list[Brief] = []
        for k, address, text in rows:
            events = self._decoders.whole(text)
            ids = [bytes.fromhex(event[0]) for event in events]
            found.append(Brief(k.hex(), address, [event[1:] for event in events], ids=ids))
        return found

    def deliveries(self, account: str, places: Sequence[str]) -> Mapping[str, Sequence[Delivery]]:
        found: dict[str, list[Delivery]] = {}
        with self._reading() as db:
            number = self._accounts.number(db, account)
            touch(db, [(bytes.fromhex(place), number) for place in places])
            for slot, send, at in db.execute(DELIVERIES):
                found.setdefault(places[slot], []).append((send, at))
        return found

    def judged(self, account: str, span: int, after: int = 0) -> list[str]:
        with self._reading() as db:
            place = {"account": self._accounts.number(db, account), "after": after, "until": after + span}
            return [k.hex() for (k,) in db.execute(SQL["judged"], place)]

    def names(self, account: str, places: Sequence[str]) -> Mapping[str, str]:
        lives = self.at(account, places)
        found = {each.place: each.address for each in lives}
        with self._reading() as db:
            number = self._accounts.number(db, account)
            for place in found.keys() ^ dict.fromkeys(places).keys():
                row = db.execute(SQL["sent_to"], (bytes.fromhex(place), number)).fetchone()
                if row is not None:
                    found[place] = normalise(row[0]) or row[0]
        return {place: name for place, name in found.items() if not name.startswith(ERASED)}

    def place(self, address: str) -> str:
        return key(self._pepper, address).hex()

    def _loaded(self, db: sqlite3.Connection, account: str, keys: Sequence[bytes]) -> dict[bytes, Swept]:
        number = self._accounts.number(db, account)
        touch(db, [(k, number) for k in dict.fromkeys(keys)])
        rows = db.execute(SQL["at"]).fetchall()
        histories = _histories(db, [(k, number, latest) for k, _, latest in rows])
        return {
            k: Swept(k.hex(), address, *history)
            for (k, address, _), history in zip(rows, histories, strict=True)
        }

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One view of the file for all statements within."""
        db = self._database.read()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("COMMIT")


def _histories(
    db: sqlite3.Connection, heads: Sequence[tuple[bytes, int, int]]
) -> list[tuple[list[Event], list[Delivery]]]:
    """Events, the latest first, and deliveries of addresses: of each its key, account and latest event."""
    found: list[tuple[list[Event], list[Delivery]]] = [([], []) for _ in heads]
    if not heads:
        return found
    of = {latest: slot for slot, (_, _, latest) in enumerate(heads)}
    while of:  # event by event along all chains at once: recursion in SQL would copy every row twice
        before: dict[int, int] = {}
        for (
            number,
            previous,
            id,
            kind,
            at,
            reason,
            status,
            send,
            handed_over,
            standing,
            begins,
            outcome,
        ) in db.execute(SQL["links"], (json.dumps(sorted(of)),)):
            slot = of[number]
            told = status, send, handed_over, STANDINGS[standing], begins, outcome
            found[slot][0].append(Event(id, _KINDS[kind], at, _REASONS[reason], *told))
            if previous is not None:
                before[previous] = slot
        of = before
    touch(db, [(k, account) for k, account, _ in heads])
    for slot, send, at in db.execute(DELIVERIES):
        found[slot][1].append((send, at))
    return found
