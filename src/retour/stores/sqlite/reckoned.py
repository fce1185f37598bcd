"""The returns of a file that has none yet, made of its ledger (stores.sqlite.returned)."""

from collections.abc import Iterable
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from retour.stores.advance import BY_TIME
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.pages import Page, load
from retour.stores.sqlite.returned import SQL, Return, Returns

_BATCH = 1000  # addresses that are loaded at once
_PLACE = itemgetter(1, 0)


def prepare(database: Database) -> None:
    """Once after an upgrade: look at every return that the ledger tells of."""
    if database.read().execute(SQL["made"]).fetchone() is not None:
        return
    with database.write() as db:
        returns = Returns(db)
        rows = db.execute(SQL["in_ledger"], (BY_TIME,)).fetchall()
        for batch in _batches(groupby(rows, _PLACE)):
            load(db, batch)
            for page, fresh in batch.items():
                returns.turn(page, fresh)
        returns.write()
        db.execute(SQL["set_made"])


def _batches(found: Iterable[tuple[Any, Iterable[Any]]]) -> Iterable[dict[Page, list[Return]]]:
    places = ((Page(k, account, "", ""), [Return(*row[2:]) for row in rows]) for (k, account), rows in found)
    while batch := dict(islice(places, _BATCH)):
        yield batch
