"""What came from each source, in desk.sqlite3."""

from collections.abc import Iterable

from retour.flow.heard import FromSource
from retour.flow.lags import KEPT_DAYS, Lag
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("heard.sql")


class SqliteHeard:
    """The sources of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, told: Iterable[FromSource], late: Iterable[Lag] = ()) -> None:
        lags = list(late)
        with self._database.write() as db:
            db.executemany(SQL["add"], list(told))
            db.executemany(SQL["late"], lags)
            if lags:
                db.execute(SQL["forget_late"], (max(lag.day for lag in lags) - KEPT_DAYS,))

    def lags(self, account: str, first: int, last: int) -> list[Lag]:
        rows = self._database.read().execute(SQL["lags"], (account, first, last))
        return [Lag(*row) for row in rows]

    def of(self, account: str | None = None) -> list[FromSource]:
        rows = self._database.read().execute(SQL["of"], {"account": account})
        return [FromSource(*row) for row in rows]
