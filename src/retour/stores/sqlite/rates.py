"""Counts of what was sent, arrived, bounced and was spared, in retour.sqlite3."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence

from retour.flow.suppressions import provider_of
from retour.instants import Instant, utc_day
from retour.ports import MOST_RATES, Rate, Rated, RateQuery
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database, storable
from retour.stores.sqlite.statements import named

SQL = named("rates.sql")
Spot = tuple[int, int, str, str, Rated]
"""Account, day, provider, campaign, kind."""


def spot(account: int, day: int, domain: str, campaign: str | None, kind: Rated) -> Spot:
    """Where something is counted."""
    return account, day, provider_of(domain) or "", storable(campaign) or "", kind


def tally(db: sqlite3.Connection, counted: Mapping[Spot, int]) -> None:
    """Count within somebody's transaction; below 0 is less than was counted before."""
    rows: dict[tuple[int, int], int] = {}
    for each, count in sorted(counted.items()):
        if not count or _more(db, each, count):
            continue
        plain: Spot = (*each[:3], "", each[4])
        of = each[:2]
        if of not in rows:
            rows[of] = db.execute(SQL["rows_of_day"], of).fetchone()[0]
        is_full = rows[of] >= MOST_RATES or count < 0
        if is_full and _more(db, plain, count):
            continue
        db.execute(SQL["begin"], _named(plain if is_full else each, count))
        rows[of] += 1


def _more(db: sqlite3.Connection, each: Spot, count: int) -> bool:
    return db.execute(SQL["more"], _named(each, count)).rowcount == 1


def _named(each: Spot, count: int) -> dict[str, int | str]:
    account, day, provider, campaign, kind = each
    told = {"provider": provider, "campaign": campaign, "kind": kind.value}
    return {"account": account, "day": day, "count": count, **told}


class SqliteRates:
    """Counts of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def add(self, account: str, counted: Sequence[Rate]) -> None:
        with self._database.write() as db:
            number = self._accounts.number(db, account)
            found: Counter[Spot] = Counter()
            for each in counted:
                campaign = storable(each.campaign) or ""
                found[number, each.day, each.provider, campaign, each.kind] += each.times
            tally(db, found)

    def of(self, query: RateQuery) -> list[Rate]:
        db = self._database.read()
        place = {
            **query._asdict(),
            "account": self._accounts.number(db, query.account),
            "first": utc_day(query.since),
            "last": utc_day(query.until),
        }
        rows = db.execute(SQL["of"], place)
        return [Rate(day, by, campaign, Rated(kind), count) for day, by, campaign, kind, count in rows]

    def expire(self, before: Instant) -> None:
        with self._database.write() as db:
            db.execute(SQL["expire"], (utc_day(before),))
