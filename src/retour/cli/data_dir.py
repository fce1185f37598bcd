"""A data directory in the hands of a command, without the server: keep arrivals, and judge them.

Who judges has the lock of `retour serve`, so that a running server hears of every change of state. Where
the server has it, arrivals are only kept: its worker finds them within a second.
"""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from retour import keyfile
from retour.bus import LocalBus
from retour.classify import Classifier
from retour.clock import SystemClock
from retour.datadir import LOCK
from retour.flow.intake import Taken, Worker, take_in
from retour.flow.judge import judge
from retour.model import Arrival, Event, State
from retour.parse.providers.generic import Map
from retour.ports import NO_CURSORS, Outcome, Store
from retour.stores import sqlite
from retour.stores.sqlite import StoreError

Down = (StoreError, keyfile.KeyFileError, sqlite3.Error, OSError)  # the store cannot be used now


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one arrival: its events, each with the state that it led to if it changed one."""

    outcome: Outcome
    events: Sequence[tuple[Event, State | None]] = ()
    fault: Exception | None = None


class DataDir:
    """An opened data directory. Every method raises one of `Down` when the store cannot be used."""

    def __init__(self, path: Path, rules: Classifier | None, mappings: Mapping[str, Map]) -> None:
        """`rules`: those to judge with, None: ours alone; `mappings`: of generic posts, by their source."""
        self._judge, self._mappings = partial(judge, rules=rules), mappings
        path.mkdir(parents=True, exist_ok=True)
        self.clock = SystemClock()
        self._path = path
        self._inbox = sqlite.open_inbox(path / sqlite.INBOX)

    def keep(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS) -> None:
        """Return when all this is on disk; known arrivals are ignored."""
        self._inbox.put(arrivals, cursors)

    def cursors(self, prefix: str) -> Mapping[str, bytes]:
        """How far sources were read: the cursors whose names begin so."""
        return self._inbox.cursors(prefix)

    def has_account(self, name: str) -> bool:
        """Whether there is an account of this name."""
        store = self._store(self._keys())
        try:
            return any(account.name == name for account in store.accounts.accounts())
        finally:
            store.close()

    def judge(self, wanted: Sequence[bytes]) -> dict[bytes, Result] | None:
        """Judge all that waits; the results of the wanted arrivals that did. None: a server does it."""
        results: dict[bytes, Result] = {}
        wanted_ids = frozenset(wanted)
        judged = False
        while self._inbox.waiting(1):
            with _lock(self._path / LOCK) as ours:
                if not ours:
                    return results if judged else None
                judged = True
                self._step(lambda taken: results.update(_results(taken, wanted_ids)))
            # The lock is free between two batches, for a server that wants to start; and we look once more at
            # the end, for another command that found it taken has left its arrival to us.
        return results

    def again(self, late: bool = False) -> int:
        """Let everything unparsed wait once more, or what came late alone; returns how many."""
        return self._inbox.again(late=late)

    def counts(self) -> Mapping[Outcome, int]:
        """How many arrivals stand where."""
        return self._inbox.counts()

    def close(self) -> None:
        """Close the files."""
        self._inbox.close()

    def _keys(self) -> keyfile.Keys:
        return keyfile.load_or_create(self._path / keyfile.NAME)

    def _store(self, keys: keyfile.Keys) -> Store:
        return sqlite.open_store(self._path / sqlite.STORE, keys.pepper, cache_mib=16)

    def _step(self, report: Callable[[Taken], None]) -> None:
        keys = self._keys()
        store = self._store(keys)
        try:
            worker = Worker(
                self._inbox,
                lambda arrivals, now: take_in(
                    arrivals, store, keys.keyring, self._judge, now, self._mappings
                ),
                LocalBus(),
                self.clock,
                report=report,
            )
            worker.step()
        finally:
            store.close()


def _results(taken: Taken, wanted: frozenset[bytes]) -> dict[bytes, Result]:
    after = {change.event: change.after for change in taken.changes}
    events: dict[bytes, list[tuple[Event, State | None]]] = {}
    for event in taken.events:
        if event.evidence is not None and event.evidence.arrival is not None:
            events.setdefault(event.evidence.arrival, []).append((event, after.get(event.id)))
    return {
        id: Result(outcome, events.get(id, ()), taken.faults.get(id))
        for id, outcome in taken.outcomes.items()
        if id in wanted
    }


@contextmanager
def _lock(path: Path) -> Iterator[bool]:
    """The lock of the data directory while it lasts; False when somebody else has it."""
    with path.open("a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
