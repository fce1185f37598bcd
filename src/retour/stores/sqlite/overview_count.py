"""How many addresses the Overview lists under filters that no roll-up tells apart: of time, and of names."""

import json
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager

from retour.instants import HOUR
from retour.ports.lives import Counted
from retour.stores.sqlite import overview
from retour.stores.sqlite.overview import Wanted
from retour.stores.sqlite.statements import named

SQL = named("overview_count.sql")
STEPS = 10_000  # of the database between two looks at the clock


def addresses(db: sqlite3.Connection, wanted: Wanted, most: int | None, seconds: float) -> Counted | None:
    """As the labels have them, which follow a change of policy with the rewriting; None when time was up."""
    if wanted.keys is not None:  # few: the list itself tells
        with closing(overview.rows(db, wanted)) as rows:
            return Counted(sum(1 for _ in rows), whole=True)
    asked = {
        "account": wanted.account,
        "labels": json.dumps(list(wanted.labels)),
        "domains": wanted.domains,
        "since": wanted.since,
        "until": wanted.until,
        "first": wanted.since // HOUR,
        "last": (wanted.until - 1) // HOUR,
        "size": HOUR,
        "most": -1 if most is None else most + 1,
    }
    with _within(db, seconds) as ended:
        try:
            found, looked_at = db.execute(SQL["addresses"], asked).fetchone()
        except sqlite3.OperationalError:
            if not ended():
                raise
            return None
    if most is None or looked_at <= most:
        return Counted(found, whole=True)
    return Counted(min(found, most), whole=False)


@contextmanager
def _within(db: sqlite3.Connection, seconds: float) -> Generator["_Ended"]:
    """Whatever this connection does ends with this time."""
    ended = _Ended(time.monotonic() + seconds)
    db.set_progress_handler(ended, STEPS)
    try:
        yield ended
    finally:
        db.set_progress_handler(None, 0)


class _Ended:
    """Whether the time is up, as SQLite asks it: anything but 0 ends a statement."""

    def __init__(self, at: float) -> None:
        self._at = at

    def __call__(self) -> int:
        return int(time.monotonic() >= self._at)
