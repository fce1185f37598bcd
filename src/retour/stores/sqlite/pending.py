"""Moves of roll-ups: a commit appends its own in one row, and they are folded in behind it.

The roll-ups of what the Overview shows and of the rates have many rows far from each other. To look them up
and rewrite them cost more than all else that is written of an event, and commits that follow each other move
the same ones. So what a commit changes is as durable as its events, and what is counted is exact: whoever
counts folds first.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from retour.flow.suppressions import provider_of
from retour.instants import DAY
from retour.model import Event, StateName
from retour.ports import Rated
from retour.stores.failures import more
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.labels import Labels
from retour.stores.sqlite.rows import Encode, plain_json
from retour.stores.sqlite.shown import Listed, ShownCounts
from retour.stores.sqlite.shown_anew import Alike
from retour.stores.sqlite.spots import Spot, tally
from retour.stores.sqlite.statements import named

if TYPE_CHECKING:
    from retour.stores.sqlite.pages import Page

SQL = named("pending.sql")
MOST_PENDING = 50  # rows, of a commit each; one more, and they are folded in the commit that appends it
_VALID = StateName.VALID


class Moves:
    """What one transaction changes of the roll-ups: gathered as it comes, appended in one row."""

    def __init__(self, db: sqlite3.Connection, labels: Labels, encode: Encode = plain_json) -> None:
        self._db, self._labels, self._encode = db, labels, encode
        self._alike: dict[Alike, int] = defaultdict(int)
        self._listed: dict[Listed, int] = defaultdict(int)
        self._rates: dict[Spot, int] = defaultdict(int)

    def move(
        self,
        page: "Page",
        domain: str,
        state: StateName,
        labels: Mapping[bytes, int],
        told: Iterable[Event] = (),
    ) -> None:
        """An address goes from what its page holds to this state and these labels; `told` is new on it."""
        known, was = page.labels, page.state.state
        if labels == known and state is was:
            return
        account, provider = page.number, provider_of(domain) or ""
        if known and was is not _VALID:
            self._alike[account, provider, was, _set_of(known)] -= 1
        if labels and state is not _VALID:
            self._alike[account, provider, state, _set_of(labels)] += 1
        for event in page.events:
            before, after = known.get(event.id), labels.get(event.id)
            if before != after and not self._labels.tell_the_same(before, after):
                self._listed[account, event.at // DAY, domain, before, after] += 1
        for event in told:
            if (after := labels.get(event.id)) is not None:
                self._listed[account, event.at // DAY, domain, None, after] += 1

    def rate(self, page: "Page", domain: str, new: Sequence[Event]) -> None:
        """Count the failures that the new events tell of."""
        for (send, day, type_), times in more(page.events, new, page.policies):
            campaign = "" if send is None else self._labels.campaign(send) or ""
            self._rates[page.number, day, provider_of(domain) or "", campaign, type_] += times

    def write(self) -> None:
        """Append them, after all labels are given; and fold when too many pend."""
        moves = [
            [(*place, count) for place, count in moved.items() if count]
            for moved in (self._alike, self._listed, self._rates)
        ]
        if any(moves):
            appended = self._db.execute(SQL["add"], (self._encode(moves),)).lastrowid
            if appended is not None and appended > MOST_PENDING:
                fold(self._db)


def _set_of(labels: Mapping[bytes, int]) -> tuple[int, ...]:
    return tuple(labels.values()) if len(labels) == 1 else tuple(sorted(set(labels.values())))


def fold(db: sqlite3.Connection) -> int:
    """Add what pends to the roll-ups, in somebody's transaction; how many rows it was."""
    rows = db.execute(SQL["pending"]).fetchall()
    if rows:
        _add(db, rows)
        db.execute(SQL["drop"])
    return len(rows)


def fold_all(database: Database) -> None:
    """The same in a transaction of its own, if anything pends."""
    if database.read().execute(SQL["pends"]).fetchone() is not None:
        with database.write() as db:
            fold(db)


@contextmanager
def counting(database: Database) -> Iterator[sqlite3.Connection]:
    """A connection to read roll-ups from, with all that pended when it was asked for."""
    if not database.read_only:
        fold_all(database)
        yield database.read()
        return
    db = database.read()
    db.execute("BEGIN")
    try:
        if rows := db.execute(SQL["pending"]).fetchall():
            _copy(db)
            _add(db, rows)
        yield db
    finally:
        db.execute("ROLLBACK")


def _copy(db: sqlite3.Connection) -> None:
    """Who may not write folds into copies in memory: their names come before those of the file."""
    for (table,) in db.execute(SQL["tables"]).fetchall():
        db.execute(table.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
    for name in ("copy_shown", "copy_listed", "copy_rates"):
        db.execute(SQL[name])


def _add(db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    alike, listed, rates = Counter[Alike](), Counter[Listed](), Counter[Spot]()
    for (moves,) in rows:
        of_shown, of_days, of_rates = json.loads(moves)
        for account, provider, state, labels, count in of_shown:
            alike[account, provider, state, tuple(labels)] += count
        for *place, count in of_days:
            listed[tuple(place)] += count
        for account, day, provider, campaign, kind, count in of_rates:
            rates[account, day, provider, campaign, Rated(kind)] += count
    tally(db, rates)
    ShownCounts(db, Labels(db)).count(alike, listed)
