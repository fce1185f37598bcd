"""What is only counted, in retour.sqlite3."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence

from retour.instants import Instant, utc_day
from retour.ports import MOST_TALLIES, RATED, REMEMBERED_DAYS, Passing, Tally
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database, storable
from retour.stores.sqlite.spots import Spot, spot, tally
from retour.stores.sqlite.statements import named

SQL = named("tallies.sql")
_Place = tuple[int, int, str, str, str]


class SqliteTallies:
    """Tallies of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def count(self, told: Sequence[Passing]) -> None:
        if not told:
            return
        with self._database.write() as db:
            numbers = {name: self._accounts.number(db, name) for name in {each.account for each in told}}
            db.execute(SQL["make_told"])
            db.execute(SQL["clear_told"])
            db.executemany(
                SQL["tell"],
                ((_short(each.id), utc_day(each.at), place) for place, each in enumerate(told)),
            )
            fresh = Counter(_place(told[place], numbers) for (place,) in db.execute(SQL["fresh"]))
            db.execute(SQL["remember"])
            self._add(db, fresh)
            tally(db, _rated(fresh))

    def _add(self, db: sqlite3.Connection, fresh: "Counter[_Place]") -> None:
        rows: dict[tuple[int, int], int] = {}
        for place, count in sorted(fresh.items()):
            if _added(db, place, count):
                continue
            of = place[:2]
            known = rows.get(of)
            rows[of] = known = db.execute(SQL["rows_of_day"], of).fetchone()[0] if known is None else known
            if known >= MOST_TALLIES:
                place = (*place[:3], "", "")
                if _added(db, place, count):
                    continue
            db.execute(SQL["begin"], _named(place, count))
            rows[of] += 1

    def of(self, account: str, since: Instant, until: Instant) -> list[Tally]:
        db = self._database.read()
        days = self._accounts.number(db, account), utc_day(since), utc_day(until)
        return [Tally(*row) for row in db.execute(SQL["of"], days)]

    def expire(self, before: Instant, now: Instant) -> None:
        with self._database.write() as db:
            db.execute(SQL["forget"], (utc_day(now) - REMEMBERED_DAYS,))
            db.execute(SQL["expire"], (utc_day(before),))


def _short(id: bytes) -> int:
    return int.from_bytes(id[:8], signed=True)


def _place(told: Passing, numbers: dict[str, int]) -> _Place:
    domain, campaign = storable(told.domain) or "", storable(told.campaign) or ""
    return numbers[told.account], utc_day(told.at), told.kind, domain, campaign


def _rated(fresh: Mapping[_Place, int]) -> Counter[Spot]:
    """The same for the rates, which know domains by their providers."""
    found: Counter[Spot] = Counter()
    for (account, day, kind, domain, campaign), count in fresh.items():
        if kind in RATED:
            found[spot(account, day, domain, campaign, RATED[kind])] += count
    return found


def _named(place: _Place, count: int) -> dict[str, int | str]:
    account, day, kind, domain, campaign = place
    return {
        "account": account,
        "day": day,
        "kind": kind,
        "domain": domain,
        "campaign": campaign,
        "count": count,
    }


def _added(db: sqlite3.Connection, place: _Place, count: int) -> bool:
    return db.execute(SQL["add"], _named(place, count)).rowcount == 1
