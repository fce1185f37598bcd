"""What the whole platform has stopped (lifecycle rule 11): keyed hashes, and since when.

Nothing else crosses from one account to another.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from retour.instants import Instant


class PlatformStop(NamedTuple):
    """One hash. It says neither which accounts its verdicts came from nor how many they were."""

    hash: bytes  # 16 octets, under another key than those of the accounts (address.platform_key)
    since: Instant | None  # the day on which it was stopped; None: it is not, or no more
    lifted_at: Instant | None = None  # a verdict from before is believed no more
    revision: int = 0  # rises with every change; given by the store


class PlatformStops(Protocol):
    """The stops of the platform. None of its calls is ever made for an account."""

    def holders(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """For each of these normalised addresses the accounts that have events of it."""

    def stops(self, hashes: Sequence[bytes]) -> Mapping[bytes, PlatformStop]:
        """What is known of these hashes."""

    def keep(self, stops: Sequence[PlatformStop], place: tuple[str, int] | None = None) -> None:
        """Commit how these hashes stand from now on; with it, how far the ledger was read under which terms.

        Gates learn of it by its revision.
        """

    def place(self) -> tuple[str, int]:
        """Under which terms the ledger was read, and how far; ("", 0) at first."""

    def changed(self, after: int, limit: int) -> list[PlatformStop]:
        """What changed beyond this revision, in the order of the changes; [] at the end."""
