"""Statements that may take so long and no longer."""

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager

STEPS = 1_000  # of the database between two looks at the clock: some dozens of rows, each off a slow disk


@contextmanager
def within(db: sqlite3.Connection, seconds: float) -> Generator["_Ended"]:
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
