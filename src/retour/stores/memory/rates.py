"""Counts of what was sent, arrived, bounced and was spared, in memory."""

import threading
from collections import Counter
from collections.abc import Sequence

from retour.flow.suppressions import provider_of
from retour.instants import Instant, utc_day
from retour.ports import MOST_RATES, Rate, Rated, RateQuery
from retour.stores.memory.accounts import MemoryAccounts

_Spot = tuple[str, int, str, str, Rated]


class MemoryRates:
    """Counts in a counter."""

    def __init__(self, accounts: MemoryAccounts) -> None:
        self._lock = threading.Lock()
        self._accounts = accounts
        self._counts: Counter[_Spot] = Counter()

    def tally(self, account: str, day: int, domain: str, campaign: str, kind: Rated, times: int) -> None:
        """One place more; below 0 is less than was counted before."""
        self._count((account, day, provider_of(domain) or "", campaign, kind), times)

    def _count(self, spot: _Spot, times: int) -> None:
        with self._lock:
            if spot not in self._counts:
                rows = sum(known[:2] == spot[:2] for known in self._counts)
                if rows >= MOST_RATES or times < 0:
                    spot = (*spot[:3], "", spot[4])
            self._counts[spot] += times

    def add(self, account: str, counted: Sequence[Rate]) -> None:
        self._accounts.policies(account)  # KeyError for an unknown account
        for each in counted:
            self._count((account, each.day, each.provider, each.campaign, each.kind), each.times)

    def of(self, query: RateQuery) -> list[Rate]:
        self._accounts.policies(query.account)
        first, last = utc_day(query.since), utc_day(query.until)
        found: Counter[tuple[int, str, str, Rated]] = Counter()
        with self._lock:
            rows = list(self._counts.items())
        for (account, day, provider, campaign, kind), times in rows:
            fits = query.provider in (None, provider) and query.campaign in (None, campaign)
            if account == query.account and first <= day <= last and fits:
                apart = day if query.days else 0, provider if query.providers else ""
                found[*apart, campaign if query.campaigns else "", kind] += times
        return [Rate(*place, times) for place, times in sorted(found.items()) if times > 0]

    def expire(self, before: Instant) -> None:
        with self._lock:
            for spot in [spot for spot in self._counts if spot[1] < utc_day(before)]:
                del self._counts[spot]
