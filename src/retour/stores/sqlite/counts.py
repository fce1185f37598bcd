"""Counts of listed bounces and of returns, in retour.sqlite3."""

from functools import lru_cache

from retour.instants import DAY, Instant
from retour.model import StateName
from retour.ports.counts import Effect, ListedCount, Mark, Shown
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.pending import counting, fold_all
from retour.stores.sqlite.returned import SQL as RETURNED
from retour.stores.sqlite.shown import BLOCK, SQL


class SqliteCounts:
    """Counts of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def fold(self) -> None:
        fold_all(self._database)

    def shown(self, account: str, campaign: str | None = None) -> list[Shown]:
        with counting(self._database) as db:
            place = (self._accounts.number(db, account), campaign or "")
            rows = db.execute(SQL["shown"], place).fetchall()
        return [Shown(by, StateName(state), _marks(marks), count) for by, state, marks, count in rows]

    def emails(self, account: str, limit: int) -> list[tuple[str, int]]:
        with counting(self._database) as db:
            return db.execute(SQL["emails"], (self._accounts.number(db, account), limit)).fetchall()

    def campaigns(self, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        return self._of("campaign", account, since, until)

    def domains(self, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        return self._of("domain", account, since, until)

    def effects(self, account: str) -> list[Effect]:
        db = self._database.read()
        place = (self._accounts.number(db, account),)
        return [Effect(*row) for row in db.execute(RETURNED["effects"], place)]

    def _of(self, of: str, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        first, last = since // DAY, (until - 1) // DAY
        begin, end = -(-first // BLOCK), (last + 1) // BLOCK  # whole blocks between
        head, tail = (begin * BLOCK, end * BLOCK) if begin < end else (last + 1, last + 1)
        days = {"first": first, "head": head - 1, "begin": begin, "end": end - 1, "tail": tail, "last": last}
        with counting(self._database) as db:
            place = {"account": self._accounts.number(db, account), "of": of, "ofs": f"{of}s", **days}
            return [ListedCount(*row) for row in db.execute(SQL["listed"], place)]


@lru_cache(maxsize=10_000)
def _marks(told: str) -> frozenset[Mark]:
    return frozenset(Mark(*mark.split(" ")) for mark in told.split(","))
