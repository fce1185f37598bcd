"""Gates hear of changes in the order in which they were committed.

The worker, a restore and the schedule write from threads of their own. Would each publish what it has
committed, a slow one could tell "stopped" after another's "restored", and the gate would believe it for ever.
So the ledger itself publishes, within the turn of its writer, and the stories are given a silent bus.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence

from retour.instants import Instant
from retour.model import Event, State
from retour.ports import (
    BouncedAddress,
    BounceQuery,
    Bus,
    Change,
    Counted,
    Counting,
    DomainCount,
    Erased,
    History,
    Kept,
    Ledger,
    Life,
    Record,
    RecordQuery,
    SecondName,
    Stored,
)


class Announcing:
    """A ledger that publishes what it wrote before anybody else writes. Implements `ports.Ledger`."""

    def __init__(self, ledger: Ledger, bus: Bus) -> None:
        self._ledger = ledger
        self._bus = bus
        self._turn = threading.Lock()

    def record(self, events: Sequence[Event], now: Instant, names: Sequence[SecondName] = ()) -> list[Change]:
        """As `Ledger.record`; its gates know when it returns."""
        with self._turn:
            changes = self._ledger.record(events, now, names)
            self._bus.publish(changes)
        return changes

    def due(self, now: Instant, limit: int) -> list[Change]:
        """As `Ledger.due`; its gates know when it returns."""
        with self._turn:
            changes = self._ledger.due(now, limit)
            self._bus.publish(changes)
        return changes

    def refold(
        self, account: str, now: Instant, limit: int, after: str | None
    ) -> tuple[list[Change], str | None]:
        """As `Ledger.refold`; its gates know when it returns."""
        with self._turn:
            changes, cursor = self._ledger.refold(account, now, limit, after)
            self._bus.publish(changes)
        return changes, cursor

    def state(self, account: str, address: str, now: Instant) -> State:
        """As `Ledger.state`."""
        return self._ledger.state(account, address, now)

    def life(self, account: str, address: str, now: Instant) -> Life | None:
        """As `Ledger.life`."""
        return self._ledger.life(account, address, now)

    def bounced(self, query: BounceQuery, now: Instant, most: int | None, seconds: float) -> Counted | None:
        """As `Ledger.bounced`."""
        return self._ledger.bounced(query, now, most, seconds)

    def counting(self, query: BounceQuery, now: Instant) -> Iterator[Counting]:
        """As `Ledger.counting`."""
        return self._ledger.counting(query, now)

    def bounces(self, query: BounceQuery, now: Instant) -> list[BouncedAddress]:
        """As `Ledger.bounces`."""
        return self._ledger.bounces(query, now)

    def of_domain(self, account: str, domain: str) -> list[str]:
        """As `Ledger.of_domain`."""
        return self._ledger.of_domain(account, domain)

    def standing(self, now: Instant) -> Iterator[Change]:
        """As `Ledger.standing`."""
        return self._ledger.standing(now)

    def newest(self) -> int:
        """As `Ledger.newest`."""
        return self._ledger.newest()

    def moved(self, after: int, limit: int) -> tuple[list[Change], int]:
        """As `Ledger.moved`."""
        return self._ledger.moved(after, limit)

    def of_nobody(self, limit: int, after: int | None = None) -> list[tuple[int, Event]]:
        """As `Ledger.of_nobody`."""
        return self._ledger.of_nobody(limit, after)

    def undetermined(
        self, limit: int, after: int | None = None, account: str | None = None
    ) -> list[tuple[int, Event]]:
        """As `Ledger.undetermined`."""
        return self._ledger.undetermined(limit, after, account)

    def known(self, account: str, addresses: Sequence[str]) -> Mapping[str, History]:
        """As `Ledger.known`."""
        return self._ledger.known(account, addresses)

    def kept(self, account: str, addresses: Sequence[str]) -> Mapping[str, Kept]:
        """As `Ledger.kept`."""
        return self._ledger.kept(account, addresses)

    def spellings(self, account: str, mailboxes: Sequence[str]) -> list[str]:
        """As `Ledger.spellings`."""
        return self._ledger.spellings(account, mailboxes)

    def size(self, account: str, most: int) -> int:
        """As `Ledger.size`."""
        return self._ledger.size(account, most)

    def addresses(self, account: str) -> Iterator[str]:
        """As `Ledger.addresses`."""
        return self._ledger.addresses(account)

    def erased(self, account: str) -> Erased:
        """As `Ledger.erased`."""
        return self._ledger.erased(account)

    def states(
        self, account: str, limit: int, after: str | None = None, domain: str | None = None
    ) -> list[Stored]:
        """As `Ledger.states`."""
        return self._ledger.states(account, limit, after, domain)

    def records(self, query: RecordQuery) -> list[Record]:
        """As `Ledger.records`."""
        return self._ledger.records(query)

    def domains(self, account: str, since: Instant, until: Instant) -> list[DomainCount]:
        """As `Ledger.domains`."""
        return self._ledger.domains(account, since, until)

    def ends(self) -> tuple[int, int]:
        """As `Ledger.ends`."""
        return self._ledger.ends()

    def happened(self, after: int, limit: int) -> tuple[list[Record], int]:
        """As `Ledger.happened`."""
        return self._ledger.happened(after, limit)

    def acts(self, after: int, limit: int) -> tuple[list[tuple[int, Event]], int]:
        """As `Ledger.acts`."""
        return self._ledger.acts(after, limit)

    def histories(self, limit: int, after: str | None = None) -> tuple[list[History], str | None]:
        """As `Ledger.histories`."""
        return self._ledger.histories(limit, after)


class Silent:
    """A bus for stories whose ledger has published already. Implements `ports.Bus`."""

    def publish(self, changes: Sequence[Change]) -> None:
        """Nothing is left to be told."""
