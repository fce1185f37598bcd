"""Arrivals in memory."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from retour.instants import Instant
from retour.model import LATE, LATE_COUNTED, Arrival
from retour.ports import NO_CURSORS, Outcome
from retour.stores.advance import holdable


class MemoryInbox:
    """Arrivals in the order they were put."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals: dict[bytes, Arrival] = {}
        self._outcomes: dict[bytes, Outcome] = {}
        self._expired: set[bytes] = set()
        self._spent: set[bytes] = set()
        self._cursors: dict[str, bytes] = {}

    def put(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS) -> None:
        with self._lock:
            for arrival in arrivals:
                self._arrivals.setdefault(arrival.id, arrival)
                self._outcomes.setdefault(arrival.id, Outcome.WAITING)
            for name, place in cursors.items():
                if place is None:
                    self._cursors.pop(name, None)
                else:
                    self._cursors[name] = place

    def cursors(self, prefix: str = "") -> Mapping[str, bytes]:
        with self._lock:
            return {name: place for name, place in self._cursors.items() if name.startswith(prefix)}

    def waiting(self, limit: int) -> list[Arrival]:
        with self._lock:
            return holdable(self._standing(Outcome.WAITING), limit)

    def settle(
        self, outcomes: Mapping[bytes, Outcome], now: Instant, spent: AbstractSet[bytes] = frozenset()
    ) -> None:
        with self._lock:
            self._outcomes.update({id: outcome for id, outcome in outcomes.items() if id in self._arrivals})
            for arrival in [a for a in self._standing(Outcome.JUDGED) if a.passing]:
                del self._arrivals[arrival.id], self._outcomes[arrival.id]

            self._spent |= {id for id in spent if self._outcomes.get(id) is Outcome.JUDGED}
            self._expired |= self._spent

    def arrival(self, id: bytes) -> Arrival | None:
        with self._lock:
            return None if id in self._expired else self._arrivals.get(id)

    def outcomes(self, ids: Sequence[bytes]) -> Mapping[bytes, Outcome]:
        with self._lock:
            return {id: self._outcomes[id] for id in ids if id in self._outcomes}

    def unparsed(self, limit: int, after: bytes | None = None) -> list[Arrival]:
        with self._lock:
            found = self._standing(Outcome.UNPARSED)[::-1]
        ids = [arrival.id for arrival in found]
        start = ids.index(after) + 1 if after in ids else 0
        return holdable(found[start:], limit)

    def counts(self) -> Mapping[Outcome, int]:
        with self._lock:
            found = Counter(self._outcomes.values())
        return {outcome: found[outcome] for outcome in Outcome}

    def expire(self, before: Instant) -> int:
        with self._lock:
            judged = self._standing(Outcome.JUDGED)
            old = {a.id for a in judged if a.received_at < before} - self._expired
            self._expired |= old
            return len(old)

    def give_up(self, before: Instant) -> int:
        with self._lock:
            old = [a.id for a in self._standing(Outcome.UNPARSED) if a.received_at < before]
            self._outcomes.update(dict.fromkeys(old, Outcome.EXPIRED))
            self._expired.update(old)
            return len(old)

    def forget(self, before: Instant) -> int:
        with self._lock:
            old = {id for id in self._spent if self._arrivals[id].received_at < before}
            self._spent -= old
            self._expired -= old
            for id in old:
                del self._arrivals[id], self._outcomes[id]
            return len(old)

    def again(self, account: str | None = None, late: bool = False) -> int:
        with self._lock:
            standing = [a for a in self._standing(Outcome.UNPARSED) if account in (None, a.account)]
            unparsed = [a for a in standing if not late or LATE in a.defects]
            if late:
                self._arrivals.update({a.id: _counted(a) for a in unparsed})
            self._outcomes.update(dict.fromkeys((a.id for a in unparsed), Outcome.WAITING))
            return len(unparsed)

    def close(self) -> None:
        """Nothing to close."""

    def _standing(self, outcome: Outcome) -> list[Arrival]:
        return [a for id, a in self._arrivals.items() if self._outcomes[id] is outcome]


def _counted(arrival: Arrival) -> Arrival:
    defects = tuple(LATE_COUNTED if each == LATE else each for each in arrival.defects)
    return replace(arrival, defects=defects)
