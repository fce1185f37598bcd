"""One of the 256 segments of the table: sorted rows that are never changed, and the deltas since.

An address is known by 96 bits of its keyed hash. The first 8 choose the segment, the next 12 the bucket in
it, the last 64 are kept as the row's key: together 84 bits must agree before anybody is refused, so a
stranger is mistaken for one of 10^9 suppressed addresses once in 10^16 checks. A row costs 8 bytes of key,
4 of due time and 1 of code; the bucket index is 16 KiB a segment whatever the number of rows.

Segments are small (40,000 rows at 10 million), so deltas are merged in place of a background job: it takes
about a millisecond, and readers see either the old rows with the deltas or the new rows.
"""

from array import array
from bisect import bisect_left
from itertools import accumulate
from typing import NamedTuple

from retour.snapshot.packed import CODE, DUE_SHIFT

BUCKETS = 4096
_SMALLEST_MERGE = 256
_MERGE_SHIFT = 7  # merge once the deltas exceed 1/128 of the rows: they cost ten times a row's memory


class _Rows(NamedTuple):
    keys: "array[int]"  # sorted within each bucket
    dues: "array[int]"  # whole seconds; 0: never
    codes: bytes
    starts: "array[int]"  # first row of each bucket, and the number of rows at the end


_EMPTY = _Rows(array("Q"), array("I"), b"", array("I", bytes(4 * (BUCKETS + 1))))


class Segment:
    """Rows and deltas. One writer at a time; readers need no lock."""

    __slots__ = ("_deltas", "_rows")

    def __init__(self) -> None:
        self._rows = _EMPTY
        self._deltas: dict[tuple[int, int], int] = {}

    def get(self, bucket: int, key: int) -> int:
        """The packed number of a row; 0 when there is none."""
        deltas = self._deltas
        if deltas and (packed := deltas.get((bucket, key))) is not None:
            return packed
        keys, dues, codes, starts = self._rows
        end = starts[bucket + 1]
        row = bisect_left(keys, key, starts[bucket], end)
        if row == end or keys[row] != key:
            return 0
        return codes[row] | dues[row] << DUE_SHIFT

    def put(self, bucket: int, key: int, packed: int) -> None:
        """Write a row; 0 takes it away."""
        self._deltas[bucket, key] = packed
        if len(self._deltas) > max(_SMALLEST_MERGE, len(self._rows.keys) >> _MERGE_SHIFT):
            self.merge()

    def merge(self) -> int:
        """Make the deltas rows; returns how many rows there are.

        The rows are swapped before the deltas go, so that no reader misses one.
        """
        self._rows = _merged(self._rows, self._deltas)
        self._deltas = {}
        return len(self._rows.keys)

    @property
    def rows(self) -> int:
        """Rows and deltas together: a delta may replace a row or take one away."""
        return len(self._rows.keys) + len(self._deltas)


def _merged(old: _Rows, deltas: dict[tuple[int, int], int]) -> _Rows:
    """The rows with the deltas among them: whole stretches of old rows are copied between two deltas."""
    keys, dues, codes = array("Q"), array("I"), bytearray()
    grown = [0] * BUCKETS
    copied = 0
    for (bucket, key), packed in sorted(deltas.items()):
        end = old.starts[bucket + 1]
        row = bisect_left(old.keys, key, old.starts[bucket], end)
        known = row < end and old.keys[row] == key
        _copy(old, copied, row, keys, dues, codes)
        copied = row + known
        if packed:
            keys.append(key)
            dues.append(packed >> DUE_SHIFT)
            codes.append(packed & CODE)
        grown[bucket] += bool(packed) - known
    _copy(old, copied, len(old.keys), keys, dues, codes)
    growth = accumulate(grown, initial=0)
    starts = array("I", map(int.__add__, old.starts, growth))
    # A slice is exactly as long as it must be; an array that has grown keeps spare room.
    return _Rows(keys[:], dues[:], bytes(codes), starts)


def _copy(old: _Rows, start: int, end: int, keys: "array[int]", dues: "array[int]", codes: bytearray) -> None:
    if start < end:
        keys.extend(old.keys[start:end])
        dues.extend(old.dues[start:end])
        codes.extend(memoryview(old.codes)[start:end])
