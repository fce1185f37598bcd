"""Signs of life in memory."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from retour.instants import Instant
from retour.ports import ENGAGED, LOOKED_BACK, Engagement, Latest, Sign
from retour.stores.memory.accounts import MemoryAccounts


class MemoryEngagements:
    """Signs in a dict; `has_events` tells whether an address has a life."""

    def __init__(self, accounts: MemoryAccounts, has_events: Callable[[str, str], bool]) -> None:
        self._lock = threading.Lock()
        self._accounts, self._has_events = accounts, has_events
        self._signs: dict[tuple[str, str], dict[Sign, Instant]] = {}

    def note(self, signs: Sequence[Engagement]) -> None:
        for sign in signs:
            self._accounts.policies(sign.account)  # KeyError for an unknown account
        with self._lock:
            for sign in signs:
                known = self._signs.setdefault((sign.account, sign.address), {})
                known[sign.kind] = max(sign.at, known.get(sign.kind, sign.at))

    def latest(self, account: str, addresses: Sequence[str], since: Instant = 0) -> Mapping[str, Latest]:
        self._accounts.policies(account)
        with self._lock:
            found = {address: self._since(account, address, since) for address in addresses}
        return {address: signs for address, signs in found.items() if signs}

    def active_since(self, account: str, since: Instant) -> Iterator[tuple[str, Latest]]:
        self._accounts.policies(account)
        with self._lock:
            own = [address for name, address in self._signs if name == account]
            found = [(address, self._since(account, address, since)) for address in own]
        return iter([pair for pair in found if pair[1] and self._has_events(account, pair[0])])

    def _since(self, account: str, address: str, since: Instant) -> Latest:
        known = self._signs.get((account, address), {})
        return {kind: known[kind] for kind in Sign if kind in known and known[kind] >= since}

    def forget(self, account: str, addresses: Sequence[str]) -> None:
        self._accounts.policies(account)
        with self._lock:
            for address in addresses:
                self._signs.pop((account, address), None)

    def expire(self, now: Instant, limit: int, after: str = "") -> str | None:
        with self._lock:
            places = sorted(place for place in self._signs if "\n".join(place) > after)[:limit]
            for place in places:
                kept = ENGAGED if self._has_events(*place) else LOOKED_BACK
                if max(self._signs[place].values()) < now - kept:
                    del self._signs[place]
        return "\n".join(places[-1]) if len(places) == limit else None
