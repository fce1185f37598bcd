"""What came from each source, in desk.sqlite3."""

from collections.abc import Iterable

from retour.flow.heard import FromSource
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("heard.sql")


class SqliteHeard:
    """The sources of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, told: Iterable[FromSource]) -> None:
        with self._database.write() as db:
            db.executemany(SQL["add"], list(told))

    def of(self, account: str | None = None) -> list[FromSource]:
        rows = self._database.read().execute(SQL["of"], {"account": account})
        return [FromSource(*row) for row in rows]
