"""Segments of bounces and their roll-ups, in retour.sqlite3."""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from retour.ports.lives import Counting
from retour.ports.segments import Bounced, Segment, Shape, Sought
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.bounded import within
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.pages import SQL as LEDGER
from retour.stores.sqlite.rolling import SQL, Roll
from retour.stores.sqlite.rows import event_of, with_body
from retour.stores.sqlite.whom import SQL as WHOM
from retour.stores.sqlite.whom import gathered

_END = (1 << 63) - 1
_FEW = 200  # facets whose days are looked up; of more, nearly every day has one
_CURSOR = re.compile(r"(-?[0-9]{1,9})\.([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class _Facets:
    """The facets that a question means."""

    account: int
    told: Mapping[int, tuple[str, str, int]]  # type, campaign, bounces
    domains: str | None
    since: int
    until: int

    def place(self, **more: Any) -> dict[str, Any]:
        facets = json.dumps(list(self.told))
        times = {"since": self.since, "until": self.until}
        return {"account": self.account, "facets": facets, "domains": self.domains, **times, **more}


class SqliteSegments:
    """The segments of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def roll(self, limit: int, shape: Shape) -> int:
        if not self.behind():
            return 0
        with self._database.write() as db:
            after: int = db.execute(SQL["rolled"]).fetchone()[0]
            until: int = min(db.execute(LEDGER["last_event"]).fetchone()[0], after + limit)
            roll = Roll(db, self._accounts, shape)
            roll.add(db.execute(SQL["new"], {"after": after, "until": until}).fetchall())
            roll.write()
            db.execute(SQL["set_rolled"], (until,))
        return until - after

    def behind(self) -> int:
        db = self._database.read()
        last, rolled = (db.execute(each).fetchone()[0] for each in (LEDGER["last_event"], SQL["rolled"]))
        return max(int(last) - int(rolled), 0)

    def count(self, account: str, sought: Sought) -> int:
        with self._reading() as db:
            facets = self._facets(db, account, sought)
            if facets.domains is None and sought.since is None and sought.until is None:
                return sum(count for _, _, count in facets.told.values())
            name = "count_days" if facets.domains is None else "count_domains"
            found: int = db.execute(SQL[name], facets.place()).fetchone()[0]
        return found

    def page(self, account: str, sought: Sought, limit: int, after: str | None = None) -> list[Bounced]:
        day, before = _place(after)
        with self._reading() as db:
            facets = self._facets(db, account, sought)
            numbers: list[tuple[int, int, int]] = []
            for each in self._days(db, facets, min(day, facets.until)):
                first = before if each == day else _END
                place = facets.place(day=each, before=first, limit=limit - len(numbers))
                numbers += [(each, *row) for row in db.execute(SQL["of_day"], place)]
                if len(numbers) == limit:
                    break
            whole = self._whole(db, account, [number for _, number, _ in numbers])
        rows = []
        for day, number, facet in numbers:
            type_, campaign, _ = facets.told[facet]
            rows.append(Bounced(whole[number], type_, campaign or None, f"{day}.{number}"))
        return rows

    def whom(self, account: str, sought: Sought, seconds: float) -> int | None:
        with self._database.apart() as db, within(db, seconds) as ended:
            found = 0
            try:
                for each in self._gathered(db, account, sought):
                    found = each.addresses
                    if ended() and each.done < each.total:
                        return None
            except sqlite3.OperationalError:
                if not ended():
                    raise
                return None
        return found

    def counting(self, account: str, sought: Sought) -> Iterator[Counting]:
        with self._database.apart() as db:
            yield from self._gathered(db, account, sought)

    def addresses(self, account: str, sought: Sought, limit: int) -> Iterator[Sequence[str]]:
        with self._database.apart() as db:
            for _ in self._gathered(db, account, sought):
                yield []
            rows = db.execute(WHOM["addresses"], {"account": self._accounts.number(db, account)})
            while batch := rows.fetchmany(limit):
                yield [address for (address,) in batch]

    def save(self, segment: Segment) -> None:
        with self._database.write() as db:
            account = self._accounts.number(db, segment.account)
            db.execute(SQL["save"], (account, segment.name, segment.asked, segment.actor, segment.at))

    def saved(self, account: str) -> Sequence[Segment]:
        db = self._database.read()
        rows = db.execute(SQL["saved"], (self._accounts.number(db, account),))
        return [Segment(account, *row) for row in rows]

    def drop(self, account: str, name: str) -> bool:
        with self._database.write() as db:
            place = (self._accounts.number(db, account), name)
            return bool(db.execute(SQL["drop"], place).rowcount)

    def _facets(self, db: sqlite3.Connection, account: str, sought: Sought) -> _Facets:
        number = self._accounts.number(db, account)
        names = ("text", "code", "reason", "type", "campaign")
        place = {"account": number} | {name: getattr(sought, name) for name in names}
        place["begins"] = (sought.code or "").endswith(".")
        told = {facet: (type_, campaign, n) for facet, type_, campaign, n in db.execute(SQL["facets"], place)}
        domains = None if sought.domains is None else json.dumps(sorted(sought.domains))
        since = -_END if sought.since is None else sought.since
        return _Facets(number, told, domains, since, _END if sought.until is None else sought.until)

    def _gathered(self, db: sqlite3.Connection, account: str, sought: Sought) -> Iterator[Counting]:
        facets = self._facets(db, account, sought)
        days = self._days(db, facets, facets.until)
        yield from gathered(db, WHOM["of_day"], [facets.place(day=day) for day in days])

    def _days(self, db: sqlite3.Connection, facets: _Facets, until: int) -> Iterator[int]:
        """The days on which something may be meant, the latest first."""
        if len(facets.told) <= _FEW:
            yield from [day for (day,) in db.execute(SQL["days"], facets.place(until=until))]
            return
        while (day := db.execute(SQL["day_before"], facets.place(until=until)).fetchone()[0]) is not None:
            yield day
            until = day - 1

    def _whole(self, db: sqlite3.Connection, account: str, numbers: Sequence[int]) -> dict[int, Any]:
        rows = db.execute(SQL["whole"], (json.dumps(numbers),))
        return {n: with_body(event_of(facts), account, address, body) for n, address, body, *facts in rows}

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One view of the file for all statements within."""
        db = self._database.read()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("COMMIT")


def _place(after: str | None) -> tuple[int, int]:
    if after is None:
        return _END, _END
    read = _CURSOR.fullmatch(after)
    if read is None:
        raise ValueError(f"{after!r} is no cursor; take it from the page before")
    return int(read[1]), int(read[2])
