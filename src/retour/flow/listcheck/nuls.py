"""Where NULs stood that were taken out of a list: no text has them."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class Nul(NamedTuple):
    """Some NULs: where the first of them stood in what is left of the list, and how many there were."""

    place: int
    many: int


class Nuls:
    """Those that were read and not told yet, in their order."""

    def __init__(self) -> None:
        self._read: deque[Nul] = deque()

    def __bool__(self) -> bool:
        return bool(self._read)

    def note(self, place: int, count: int) -> None:
        """Some were taken out."""
        self._read.append(Nul(place, count))

    def before(self, start: int, end: int) -> list[Nul]:
        """Takes those that stood before `end`, with their places behind `start`."""
        found = []
        while self._read and self._read[0].place < end:
            place, count = self._read.popleft()
            found.append(Nul(place - start, count))
        return found


def row_at(line: int, lengths: Sequence[int]) -> int:
    """The row in which a line stands, both from 0; `lengths` of rows in lines, none where each has one."""
    row = 0
    while row < len(lengths) and line >= lengths[row]:
        line -= lengths[row]
        row += 1
    return row if lengths else line
