"""What the whole platform has stopped, in memory."""

import threading
from collections.abc import Mapping, Sequence

from retour.model import GROUPS, Event, EventKind, Group, Standing
from retour.ports import PlatformStop, ReadSoFar
from retour.stores.memory.accounts import MemoryAccounts
from retour.stores.memory.ledger import MemoryLedger

_TURNS = frozenset(
    {
        EventKind.RESTORE,
        EventKind.WITHDRAWAL,
        EventKind.REJUDGED,
        EventKind.UNDERSTOOD,
        EventKind.INCIDENT_OPEN,
        EventKind.INCIDENT_CLOSE,
    }
)


class MemoryPlatform:
    """Stops by hash."""

    def __init__(self, accounts: MemoryAccounts, ledger: MemoryLedger) -> None:
        self._lock = threading.Lock()
        self._accounts, self._ledger = accounts, ledger
        self._stops: dict[bytes, PlatformStop] = {}
        self._place = ReadSoFar()
        self._revision = 0

    def holders(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        names = [account.name for account in self._accounts.accounts()]
        known = {name: self._ledger.known(name, addresses) for name in names}
        return {address: [name for name in names if address in known[name]] for address in addresses}

    def touched(self, after: int, limit: int) -> tuple[list[str], int]:
        last = max(min(after + limit, self._ledger.ends()[1]), after)
        found = {event.address for _, event in self._ledger.numbered(after, last) if _touches(event)}
        return sorted(found), last

    def stops(self, hashes: Sequence[bytes]) -> Mapping[bytes, PlatformStop]:
        return {each: self._stops[each] for each in hashes if each in self._stops}

    def keep(self, stops: Sequence[PlatformStop], place: ReadSoFar | None = None) -> None:
        with self._lock:
            for stop in stops:
                self._revision += 1
                self._stops[stop.hash] = stop._replace(revision=self._revision)
            self._place = self._place if place is None else place

    def place(self) -> ReadSoFar:
        return self._place

    def changed(self, after: int, limit: int) -> list[PlatformStop]:
        with self._lock:
            found = sorted(self._stops.values(), key=lambda stop: stop.revision)
        return [stop for stop in found if stop.revision > after][:limit]


def _touches(event: Event) -> bool:
    """Whether it may say something else of a dead verdict."""
    if event.standing is not Standing.PROVEN:
        return False
    dead = event.reason is not None and GROUPS[event.reason] is Group.DEAD
    return event.kind in _TURNS or (event.kind is EventKind.BOUNCE and dead)
