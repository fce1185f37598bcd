"""The listed bounces of domains with many addresses, latest first.

To look up the address of each listed bounce costs a page of the file a bounce: a provider that one address
of a thousand has would take seconds among ten millions. The roll-up `bounced` has the bounces of a day side
by side with their domains. A listed bounce is there, unless it came after the last roll, or was none before
it was judged again; what is found by number is tested for its domain in any case.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from retour.instants import DAY
from retour.stores.sqlite.labels import SQL
from retour.stores.sqlite.pages import SQL as PAGES
from retour.stores.sqlite.rolling import SQL as ROLLED

BEHIND = 10_000  # events after the last roll that are looked through once; of more, each listed one is tested
AT_ONCE = 2000  # bounces of a day that are fetched by number; of more, a page is full within some hours
MOST = 100_000  # numbers of a day that are held; a day with more has theirs in every piece
_PIECE = 200  # listed bounces that are tested at once


class OfDomains:
    """Reads within one view of the file. `domains`: a JSON array."""

    def __init__(self, db: sqlite3.Connection, account: int, domains: str) -> None:
        self._db, self._place = db, {"account": account, "domains": domains}
        self._rolled: int = db.execute(ROLLED["rolled"]).fetchone()[0]
        last: int = db.execute(PAGES["last_event"]).fetchone()[0]
        self._is_behind = last - self._rolled > BEHIND
        self._newer: dict[int, set[int]] = defaultdict(set)  # listed after the last roll, by day
        if not self._is_behind:
            for number, at in db.execute(SQL["listed_after"], {"account": account, "rolled": self._rolled}):
                self._newer[at // DAY].add(number)
        days = db.execute(SQL["days_of_domains"], {**self._place, "day": DAY, "most": MOST}).fetchall()
        self._days = None if len(days) == MOST else {day for (day,) in days}

    def rows(self, day: int, told: Mapping[str, Any], hours: Sequence[tuple[int, int]]) -> Iterator[Any]:
        """Of a day: `told` as for the statement `listed`, `hours` as times from and until, latest first."""
        if not (self._is_behind or self._days is None or day in self._days or day in self._newer):
            return
        numbers = self._of_day(day)
        if numbers is not None and not self._is_behind and len(numbers) <= AT_ONCE:
            yield from self._tested({**told, "first": hours[-1][0], "last": hours[0][1]}, sorted(numbers))
            return
        for first, last in hours:
            place = {**told, "first": first, "last": last}
            listed = [number for (number,) in self._db.execute(SQL["listed_numbers"], place)]
            may_be = [n for n in listed if numbers is None or n > self._rolled or n in numbers]
            for begin in range(0, len(may_be), _PIECE):
                yield from self._tested(place, may_be[begin : begin + _PIECE])

    def _of_day(self, day: int) -> set[int] | None:
        """Among these are the listed ones of the day; None: too many to be held."""
        place = {**self._place, "day": day, "first": day * DAY, "last": (day + 1) * DAY, "most": MOST}
        found = self._db.execute(SQL["numbers_of_domains"], place).fetchall()
        return None if len(found) == MOST else {number for (number,) in found} | self._newer.get(day, set())

    def _tested(self, place: Mapping[str, Any], numbers: Sequence[int]) -> Iterator[Any]:
        told = {**place, **self._place, "numbers": json.dumps(numbers)}
        return self._db.execute(SQL["listed_among"], told) if numbers else iter(())
