"""Sends that answers of ours have spared: gathered in memory, written down every few seconds (K22).

Whoever answers Postfix or the check may not wait for a disk. A crash loses the counts of these seconds and
nothing else. The same address asked for again within the hour, by the same way, is the same send spared.
"""

import threading
from collections import Counter
from collections.abc import Iterable

from retour.address import domain_of
from retour.flow.suppressions import provider_of
from retour.instants import HOUR, SECOND, Instant, utc_day
from retour.ports import Rate, Rated, Rates

_EVERY: Instant = 5 * SECOND
_MOST = 200_000  # addresses of an hour that are known again; beyond, each counts whenever it is asked for


class Avoided:
    """Counts by account, way and provider. May be asked from any thread."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._lock = threading.Lock()
        self._new: Counter[tuple[str, int, str, Rated]] = Counter()
        self._seen: set[int] = set()
        self._hour = 0
        self._written: Instant = 0

    def note(self, account: str, addresses: Iterable[str], way: Rated, now: Instant) -> None:
        """Answers just now that stopped a send to each of these addresses."""
        with self._lock:
            if now // HOUR != self._hour:
                self._hour, self._seen = now // HOUR, set()
            for address in addresses:
                known = hash((account, address, way))
                if known in self._seen:
                    continue
                if len(self._seen) < _MOST:
                    self._seen.add(known)
                self._new[account, utc_day(now), provider_of(domain_of(address)) or "", way] += 1

    def flush(self, now: Instant, at_once: bool = False) -> None:
        """Write down what is new, if the last time was long ago. Raises what the store raises."""
        if not at_once and now - self._written < _EVERY:
            return
        with self._lock:
            new, self._new, self._written = self._new, Counter(), now
        while new:
            account = next(iter(new))[0]
            rows = {place: count for place, count in new.items() if place[0] == account}
            try:
                self._rates.add(account, [Rate(day, by, "", way, n) for (_, day, by, way), n in rows.items()])
            except BaseException:
                with self._lock:  # tried again the next time
                    self._new += new
                raise
            for place in rows:
                del new[place]
