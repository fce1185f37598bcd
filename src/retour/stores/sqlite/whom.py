"""Whom the filters of the Overview or a question mean: addresses, each once, gathered day by day.

What was found stands in a temporary table of a connection that is there for this alone (`Database.apart`):
in memory, so that no file beside the store names anybody; gone with the connection. 1.8 million addresses
took 115 MB, the cache of the connection among them.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from retour.instants import DAY, HOUR
from retour.ports.lives import Counting
from retour.stores.sqlite import overview, overview_count
from retour.stores.sqlite.labels import SQL as LABELS
from retour.stores.sqlite.overview import Wanted
from retour.stores.sqlite.statements import named

SQL = named("whom.sql")
_HOURS = DAY // HOUR


def listed(db: sqlite3.Connection, wanted: Wanted) -> Iterator[Counting]:
    """Of the filters of the Overview, as the labels have them."""
    if wanted.keys is not None:  # few: the list itself tells
        with closing(overview.rows(db, wanted)) as rows:
            yield Counting(1, 1, sum(1 for _ in rows))
        return
    asked = {
        "account": wanted.account,
        "labels": json.dumps(list(wanted.labels)),
        "first": wanted.since // HOUR,
        "last": (wanted.until - 1) // HOUR,
    }
    days = sorted({hour // _HOURS for (hour,) in db.execute(LABELS["hours"], asked)})
    more: dict[str, Any] = {"domains": wanted.domains, "corrected": wanted.corrected}
    more |= {"since": wanted.since, "until": wanted.until, "size": HOUR}
    within = ({"first": day * _HOURS, "last": (day + 1) * _HOURS - 1} for day in days)
    yield from gathered(db, overview_count.SQL["keys"], [{**asked, **more, **hours} for hours in within])


def gathered(db: sqlite3.Connection, keys: str, places: Sequence[Mapping[str, Any]]) -> Iterator[Counting]:
    """A statement that selects keys, for each place; what it found stands in the table `whom`."""
    db.execute(SQL["make"])
    found = 0
    yield Counting(0, len(places), found)
    for done, place in enumerate(places, 1):
        found += db.execute(f"INSERT OR IGNORE INTO whom {keys}", place).rowcount
        yield Counting(done, len(places), found)
