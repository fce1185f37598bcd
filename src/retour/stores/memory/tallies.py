"""What is only counted, in memory."""

import threading
from collections import Counter
from collections.abc import Sequence

from retour.instants import Instant, utc_day
from retour.ports import MOST_TALLIES, RATED, REMEMBERED_DAYS, Passing, Tally
from retour.stores.memory.accounts import MemoryAccounts
from retour.stores.memory.rates import MemoryRates

_Place = tuple[str, int, str, str, str]


class MemoryTallies:
    """Tallies in a counter."""

    def __init__(self, accounts: MemoryAccounts, rates: MemoryRates) -> None:
        self._lock = threading.Lock()
        self._accounts, self._rates = accounts, rates
        self._tallied: dict[bytes, int] = {}  # the day of what was counted, by its id
        self._counts: Counter[_Place] = Counter()

    def count(self, told: Sequence[Passing]) -> None:
        for each in told:
            self._accounts.policies(each.account)  # KeyError for an unknown account
        with self._lock:
            fresh: Counter[_Place] = Counter()
            for each in told:
                day = utc_day(each.at)
                known = self._tallied.get(each.id[:8])
                if known is None or abs(known - day) > 1:
                    self._tallied[each.id[:8]] = day
                    fresh[each.account, day, each.kind, each.domain, each.campaign] += 1
            for place, count in sorted(fresh.items()):
                self._counts[self._room(place)] += count
                account, day, kind, domain, campaign = place
                if kind in RATED:
                    self._rates.tally(account, day, domain, campaign, RATED[kind], count)

    def _room(self, place: _Place) -> _Place:
        rows = sum(known[:2] == place[:2] for known in self._counts)
        return place if place in self._counts or rows < MOST_TALLIES else (*place[:3], "", "")

    def of(self, account: str, since: Instant, until: Instant) -> list[Tally]:
        self._accounts.policies(account)
        first, last = utc_day(since), utc_day(until)
        with self._lock:
            rows = sorted(self._counts.items())
        return [
            Tally(*place[1:], count)
            for place, count in rows
            if place[0] == account and first <= place[1] <= last
        ]

    def expire(self, before: Instant, now: Instant) -> None:
        with self._lock:
            oldest = utc_day(now) - REMEMBERED_DAYS
            self._tallied = {id: day for id, day in self._tallied.items() if day >= oldest}
            gone = [place for place in self._counts if place[1] < utc_day(before)]
            for place in gone:
                del self._counts[place]
