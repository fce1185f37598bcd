"""What the whole platform has stopped, in memory."""

import threading
from collections.abc import Mapping, Sequence

from retour.ports import PlatformStop
from retour.stores.memory.accounts import MemoryAccounts
from retour.stores.memory.ledger import MemoryLedger


class MemoryPlatform:
    """Stops by hash."""

    def __init__(self, accounts: MemoryAccounts, ledger: MemoryLedger) -> None:
        self._lock = threading.Lock()
        self._accounts, self._ledger = accounts, ledger
        self._stops: dict[bytes, PlatformStop] = {}
        self._place = ("", 0)
        self._revision = 0

    def holders(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        names = [account.name for account in self._accounts.accounts()]
        known = {name: self._ledger.known(name, addresses) for name in names}
        return {address: [name for name in names if address in known[name]] for address in addresses}

    def stops(self, hashes: Sequence[bytes]) -> Mapping[bytes, PlatformStop]:
        return {each: self._stops[each] for each in hashes if each in self._stops}

    def keep(self, stops: Sequence[PlatformStop], place: tuple[str, int] | None = None) -> None:
        with self._lock:
            for stop in stops:
                self._revision += 1
                self._stops[stop.hash] = stop._replace(revision=self._revision)
            self._place = self._place if place is None else place

    def place(self) -> tuple[str, int]:
        return self._place

    def changed(self, after: int, limit: int) -> list[PlatformStop]:
        with self._lock:
            found = sorted(self._stops.values(), key=lambda stop: stop.revision)
        return [stop for stop in found if stop.revision > after][:limit]
