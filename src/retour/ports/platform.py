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


class ReadSoFar(NamedTuple):
    """How far the ledger was read, and under which terms."""

    terms: str = ""
    record: int = 0
    event: int = 0


class PlatformStops(Protocol):
    """The stops of the platform. None of its calls is ever made for an account."""

    def holders(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """For each of these normalised addresses the accounts that have events of it."""

    def stops(self, hashes: Sequence[bytes]) -> Mapping[bytes, PlatformStop]:
        """What is known of these hashes."""

    def touched(self, after: int, limit: int) -> tuple[list[str], int]:
        """The addresses about which the next `limit` events may say something else of a dead verdict.

        Also where no state changes by it: heard again, judged again, withdrawn, restored. With the number to
        go on from, which is `after` at the end; addresses that were erased are not among them.
        """

    def keep(self, stops: Sequence[PlatformStop], place: ReadSoFar | None = None) -> None:
        """Commit how these hashes stand from now on; with it, how far the ledger was read.

        Gates learn of it by its revision.
        """

    def place(self) -> ReadSoFar:
        """How far the ledger was read."""

    def changed(self, after: int, limit: int) -> list[PlatformStop]:
        """What changed beyond this revision, in the order of the changes; [] at the end."""
