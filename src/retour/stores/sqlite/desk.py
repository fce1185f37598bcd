"""The desk in SQLite: desk.sqlite3, used by one server at a time."""

from pathlib import Path

from retour.flow.desk import Desk
from retour.stores.sqlite.answers import SqliteAnswers
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.erasing import SqliteErasures
from retour.stores.sqlite.heard import SqliteHeard
from retour.stores.sqlite.imports import SqliteImports
from retour.stores.sqlite.jobs import SqliteJobs
from retour.stores.sqlite.outbox import SqliteOutbox
from retour.stores.sqlite.waves import SqliteWaves

DESK = "desk.sqlite3"


def open_desk(path: Path) -> Desk:
    """The desk in a file, made at first use. Raises StoreError."""
    database = Database(path, "desk", cache_mib=8)
    return Desk(
        SqliteAnswers(database),
        SqliteImports(database),
        SqliteOutbox(database),
        SqliteHeard(database),
        SqliteJobs(database),
        SqliteWaves(database),
        SqliteErasures(database),
        database.close,
    )
