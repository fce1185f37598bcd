"""The addresses that the whole platform has stopped, beside the rows of the accounts.

Known by hashes under a key of their own. Every check of an account that obeys asks here, whatever its own row
says, so the first look is one octet: whether any stop has a hash that begins so. It tells nearly all others
apart; what it lets through is looked up whole. Which octet is asked follows from a keyed hash alone: the time
of a check tells the one bit that its answer tells, and nothing of any account.
"""

from collections.abc import Sequence
from hashlib import blake2b
from struct import Struct

from retour.instants import DAY, SECOND
from retour.lifecycle import Span
from retour.ports import PlatformStop
from retour.snapshot.packed import DUE_SHIFT, PLATFORM
from retour.snapshot.segment import DIGEST, Segment

head = Struct(">I").unpack_from  # the first 32 bits of a hash, as a tuple
_SPARSE = 16  # octets for each stop: at most one stranger in 16 is looked up for nothing
_BITS = (20, 23, 26)  # of the hash, that choose the octet: 1 MiB, 8 MiB, 64 MiB of them
_DUES = (1 << 32) - 1


class Shared:
    """Stops by hash. One writer at a time; readers need no lock, and read the parts themselves."""

    __slots__ = ("_segments", "front", "hasher", "rows")

    def __init__(self, key: bytes) -> None:
        self.hasher = blake2b(digest_size=16, key=key)
        self._segments = [Segment() for _ in range(256)]
        self.front = _front(_BITS[0])  # by the first bits of a hash, 1 where some stop begins so; and a shift
        self.rows = 0  # stops that came; while there is none, nothing is looked up

    def get(self, digest: bytes, ignored: Sequence[Span] = ()) -> int:
        """PLATFORM, or 0, for a hash; a stop that began in a time `ignored` is none."""
        digest = digest[:DIGEST]
        packed = self._segments[digest[0]].get(digest)
        if packed and ignored:
            # A stop tells its day alone: it counts as begun at any moment of it.
            since = (packed >> DUE_SHIFT) * SECOND
            if any(begin < since + DAY and since < end for begin, end in ignored):
                return 0
        return packed & PLATFORM

    def holds(self, address: str, ignored: Sequence[Span] = ()) -> bool:
        """Whether a normalised address is stopped."""
        hasher = self.hasher.copy()
        hasher.update(address.encode())
        return bool(self.get(hasher.digest(), ignored))

    def put(self, stop: PlatformStop) -> None:
        """Follow a stop, or its end."""
        digest, packed = stop.hash[:DIGEST], 0
        if stop.since is not None:
            packed = PLATFORM | min(max(stop.since // SECOND, 0), _DUES) << DUE_SHIFT
            may, shift = self.front
            may[head(digest)[0] >> shift] = 1
        self._segments[digest[0]].put(digest, packed)
        self.rows += 1
        if self._is_full():
            self.merge()

    def merge(self) -> None:
        """Make all deltas rows, and room for them in front."""
        self.rows = sum(segment.merge() for segment in self._segments)
        if not self._is_full():
            return
        bits = next((bits for bits in _BITS if self.rows * _SPARSE <= 1 << bits), _BITS[-1])
        may, shift = front = _front(bits)
        for number, segment in enumerate(self._segments):
            for begin in segment.heads():
                may[(number << 24 | begin) >> shift] = 1
        self.front = front  # in one step: readers see the one or the other

    def _is_full(self) -> bool:
        room = len(self.front[0])
        return self.rows * _SPARSE > room and room < 1 << _BITS[-1]


def _front(bits: int) -> tuple[bytearray, int]:
    return bytearray(1 << bits), 32 - bits
