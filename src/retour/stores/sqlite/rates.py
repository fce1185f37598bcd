"""Counts of what was sent, arrived, bounced and was spared, in retour.sqlite3."""

from collections import Counter
from collections.abc import Sequence

from retour.instants import Instant, utc_day
from retour.ports import Rate, Rated, RateQuery
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database, storable
from retour.stores.sqlite.pending import counting, fold
from retour.stores.sqlite.spots import SQL, Spot, tally


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
        days = {"first": utc_day(query.since), "last": utc_day(query.until)}
        with counting(self._database) as db:
            account = self._accounts.number(db, query.account)
            rows = db.execute(SQL["of"], {**query._asdict(), "account": account, **days}).fetchall()
        return [Rate(day, by, campaign, Rated(kind), count) for day, by, campaign, kind, count in rows]

    def expire(self, before: Instant) -> None:
        with self._database.write() as db:
            fold(db)  # what pends of days before goes with them
            db.execute(SQL["expire"], (utc_day(before),))
