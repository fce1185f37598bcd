"""Arrivals on disk."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from retour.instants import Instant
from retour.model import Arrival


class Outcome(StrEnum):
    """Where an arrival stands on disk (the picture is in ARCHITECTURE.md)."""

    WAITING = "waiting"  # durable, acknowledged, not yet judged
    JUDGED = "judged"  # its events are in the ledger
    UNPARSED = "unparsed"  # kept with its bytes until somebody writes a rule for it
    EXPIRED = "expired"  # nobody did in its time: id and size alone


NO_CURSORS: Mapping[str, bytes | None] = MappingProxyType({})

BATCH_OCTETS = 16 * 1024 * 1024  # what a worker holds in memory at once


class Inbox(Protocol):
    """Arrivals on disk. What was put is never lost before it is settled."""

    def put(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS) -> None:
        """Commit the arrivals, one fsync for all. An id already there is ignored.

        With them, in the same transaction, how far their sources were read: a cursor by its name, in the
        source's own octets; None forgets it.
        """

    def cursors(self, prefix: str = "") -> Mapping[str, bytes]:
        """How far the sources were read: every cursor whose name begins so."""

    def waiting(self, limit: int) -> list[Arrival]:
        """The oldest arrivals not yet settled; empty when there are none.

        At most `limit`, and no more than BATCH_OCTETS of them together unless the first alone has more.
        """

    def settle(
        self, outcomes: Mapping[bytes, Outcome], now: Instant, spent: AbstractSet[bytes] = frozenset()
    ) -> None:
        """Mark arrivals as judged or unparsed, after the ledger's commit.

        Of a judged one that is `passing` nothing stays: if it were put again, it would be judged again. Of
        those `spent`, which turned out to be evidence of nothing, the id stays until `forget`.
        """

    def arrival(self, id: bytes) -> Arrival | None:
        """One arrival with its bytes; None when unknown or past its retention."""

    def outcomes(self, ids: Sequence[bytes]) -> Mapping[bytes, Outcome]:
        """Where these arrivals stand; one that is not known is left out."""

    def unparsed(self, limit: int, after: bytes | None = None) -> list[Arrival]:
        """What was not understood, newest first; `after` is the last id of the page before.

        As many as `waiting` would give; [] at the end.
        """

    def counts(self) -> Mapping[Outcome, int]:
        """How many arrivals stand where."""

    def expire(self, before: Instant) -> int:
        """Drop the bytes of judged arrivals received before; returns how many. Unparsed ones stay."""

    def give_up(self, before: Instant) -> int:
        """Drop the bytes of unparsed arrivals received before, which are EXPIRED then; returns how many."""

    def forget(self, before: Instant) -> int:
        """Drop what is left of spent arrivals received before; returns how many."""

    def again(self, account: str | None = None, late: bool = False) -> int:
        """Let everything unparsed wait once more, to be judged under other rules; returns how many.

        Of all sources, or of those of an account. `late`: those alone that came late, now to be counted.
        """
