"""The roll-ups of the Overview, made of all that a file holds: once after an upgrade.

The file is read once, in its own order: its events from the first to the last, then its addresses by their
keys. To look each address up by its event instead would jump through the whole file, twice for each bounce.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from retour.flow.suppressions import provider_of
from retour.instants import DAY
from retour.stores.sqlite.statements import named

SQL = named("shown_anew.sql")
_MOST_HELD = 100_000  # sums in memory; then they are written down, and summed up there

Alike = tuple[int, str, str, tuple[int, ...]]  # account, provider, state, labels
_Listed = tuple[int, int, str | None, int]  # account, day, domain, label
_Address = tuple[int, str | None, str, list[tuple[int, int]]]  # account, domain, state, days and labels


def make(
    db: sqlite3.Connection,
    count: Callable[[Mapping[Alike, int]], None],
    spans: Mapping[str, tuple[int, int]],
) -> None:
    """Fill the empty roll-ups; `count` adds addresses that are alike to those of what is shown.

    `spans` are days, and blocks of them: by the ending of the name, of how many days, and how many rows most.
    """
    db.execute(SQL["begin"])
    alike, listed = Counter[Alike](), Counter[_Listed]()
    for account, domain, state, bounces in _addresses(db):
        if domain is not None:
            labels = tuple(sorted({label for _, label in bounces}))
            alike[account, provider_of(domain) or "", state, labels] += 1
        for day, label in bounces:
            listed[account, day, domain, label] += 1
        if len(listed) > _MOST_HELD or len(alike) > _MOST_HELD:
            _write(db, listed)
            count(alike)
            alike.clear()
    _write(db, listed)
    count(alike)
    db.create_function("provider_of", 1, lambda domain: provider_of(domain) or "", deterministic=True)
    for of in ("campaign", "domain"):
        for ending, (days, most) in spans.items():
            db.execute(SQL[f"make_{of}s"], {"of": of + ending, "days": days, "most": most})
    db.execute(SQL["end"])


def _write(db: sqlite3.Connection, listed: Counter[_Listed]) -> None:
    db.executemany(SQL["add"], [(*place, count) for place, count in listed.items()])
    listed.clear()


def _addresses(db: sqlite3.Connection) -> Iterator[_Address]:
    """The addresses with listed bounces, in the order of their keys. Without a domain: no state is kept."""
    bounces: Iterable[Any] = db.execute(SQL["listed"], (DAY,))
    states: Iterator[Any] = db.execute(SQL["states"])
    state = next(states, None)
    for place, rows in groupby(bounces, itemgetter(0, 1)):
        while state is not None and state[:2] < place:
            state = next(states, None)
        told = state[2:] if state is not None and state[:2] == place else (None, "")
        yield place[1], *told, [(day, label) for _, _, day, label in rows]
