"""One of the 256 segments of the table: sorted rows that are never changed, and the deltas since.

An address is known by 80 bits of its keyed hash. The first 8 choose the segment, the first 20 the bucket in
it, the last 64 are kept as the row's key. All 80 must agree before anybody is refused, so a stranger is taken
for one of 10^9 suppressed addresses once in 10^15 checks. A row costs 8 octets of key, 4 of due time and 1 of
code; the bucket index is 16 KiB a segment whatever the number of rows.

Segments are small (40,000 rows at 10 million), so deltas are merged in place of a background job: it takes
about a millisecond, and readers see either the old rows with the deltas or the new rows. Rows lie in memory
mapped for them alone, which goes back to the system whole; on the heap, each merge would leave a hole.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from mmap import mmap
from struct import Struct
from typing import NamedTuple

from retour.snapshot.packed import CODE, DUE_SHIFT

DIGEST = 10  # octets of hash
BUCKETS = 4096

_halves = Struct(">HQ").unpack
_SMALLEST_MERGE = 256
_MERGE_SHIFT = 7  # merge once the deltas exceed 1/128 of the rows: they cost ten times a row's memory


class _Rows(NamedTuple):
    keys: "memoryview[int]"  # 64 bits each, sorted within each bucket
    dues: "memoryview[int]"  # 32 bits each, whole seconds; 0: never
    codes: "memoryview[int]"  # 8 bits each
    starts: "memoryview[int]"  # 32 bits each: first row of each bucket, and the number of rows at the end


def _room(count: int) -> _Rows:
    """Room for so many rows, all zero."""
    keys, starts = 8 * count, 4 * (BUCKETS + 1)
    dues = keys + starts
    codes = dues + 4 * count
    room = memoryview(mmap(-1, codes + count))
    return _Rows(room[:keys].cast("Q"), room[dues:codes].cast("I"), room[codes:], room[keys:dues].cast("I"))


_EMPTY = _room(0)


class Segment:
    """Rows and deltas. One writer at a time; readers need no lock."""

    __slots__ = ("_deltas", "_rows")

    def __init__(self) -> None:
        self._rows = _EMPTY
        self._deltas: dict[bytes, int] = {}

    def get(self, digest: bytes) -> int:
        """The packed number of a row; 0 when there is none."""
        deltas = self._deltas
        if deltas and (packed := deltas.get(digest)) is not None:
            return packed
        head, key = _halves(digest)
        bucket = (head & 0xFF) << 4 | key >> 60
        keys, dues, codes, starts = self._rows
        end = starts[bucket + 1]
        row = bisect_left(keys, key, starts[bucket], end)
        if row == end or keys[row] != key:
            return 0
        return codes[row] | dues[row] << DUE_SHIFT

    def put(self, digest: bytes, packed: int) -> None:
        """Write a row; 0 takes it away."""
        self._deltas[digest] = packed
        if len(self._deltas) > max(_SMALLEST_MERGE, len(self._rows.keys) >> _MERGE_SHIFT):
            self.merge()

    def merge(self) -> int:
        """Make the deltas rows; returns how many rows there are.

        The rows are swapped before the deltas go, so that no reader misses one.
        """
        self._rows = _merged(self._rows, self._deltas)
        self._deltas = {}
        return len(self._rows.keys)

    def heads(self) -> Iterator[int]:
        """The second to fourth octet of the hash of each row, as one number; of deltas none."""
        keys, _, _, starts = self._rows
        for bucket in range(BUCKETS):
            for row in range(starts[bucket], starts[bucket + 1]):
                yield bucket >> 4 << 16 | keys[row] >> 48

    @property
    def rows(self) -> int:
        """Rows and deltas together: a delta may replace a row or take one away."""
        return len(self._rows.keys) + len(self._deltas)


def _merged(old: _Rows, deltas: dict[bytes, int]) -> _Rows:
    """The rows with the deltas among them: whole stretches of old rows are copied between two deltas."""
    places = [_place(old, digest, deltas[digest]) for digest in sorted(deltas)]
    grown = [0] * BUCKETS
    for place in places:
        grown[place.bucket] += bool(place.packed) - place.known
    new = _room(len(old.keys) + sum(grown))
    read = at = 0
    for row, known, _, key, packed in places:
        at = _copy(old, read, row, new, at)
        read = row + known
        if packed:
            new.keys[at], new.dues[at], new.codes[at] = key, packed >> DUE_SHIFT, packed & CODE
            at += 1
    _copy(old, read, len(old.keys), new, at)
    for bucket, growth in enumerate(accumulate(grown, initial=0)):
        new.starts[bucket] = old.starts[bucket] + growth
    return new


class _Place(NamedTuple):
    """Where a delta stands among the rows, or would stand."""

    row: int
    known: bool
    bucket: int
    key: int
    packed: int


def _place(rows: _Rows, digest: bytes, packed: int) -> _Place:
    head, key = _halves(digest)
    bucket = (head & 0xFF) << 4 | key >> 60
    end = rows.starts[bucket + 1]
    row = bisect_left(rows.keys, key, rows.starts[bucket], end)
    return _Place(row, row < end and rows.keys[row] == key, bucket, key, packed)


def _copy(old: _Rows, start: int, end: int, new: _Rows, at: int) -> int:
    """Copy rows from `start` to before `end`; returns the place after the last one written."""
    after = at + end - start
    if start < end:
        new.keys[at:after] = old.keys[start:end]
        new.dues[at:after] = old.dues[start:end]
        new.codes[at:after] = old.codes[start:end]
    return after
