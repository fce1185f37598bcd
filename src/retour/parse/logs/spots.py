"""Where a block of lines speaks of which mail: marks are looked for in it as a whole, not line by line."""

from collections.abc import Iterable, Iterator
from itertools import accumulate


class Spots:
    """The places of marks by queue id; a mark stands right behind the id ("4F1D2A0B7C: from=<")."""

    def __init__(self, block: bytes, marks: Iterable[bytes]) -> None:
        self._marked = [_placed(block, mark) for mark in marks]
        self.last = [dict(zip(ids, places, strict=True)) for ids, places in self._marked]  # by mark and id
        # Whether no mark stands twice behind the same id.
        self.once = all(len(last) == len(ids) for last, (ids, _) in zip(self.last, self._marked, strict=True))
        self._each: dict[bytes, list[int]] = {}
        self._done: dict[bytes, int] = {}  # by id: how far its spots were taken

    def take(self, id: bytes, until: int) -> list[int]:
        """The spots of an id before a place, those that were not taken yet, in their order."""
        spots = [last[id] for last in self.last if id in last] if self.once else self._all().get(id, [])
        if not spots:
            return spots
        done = self._done.get(id, -1)
        self.took(id, until)
        return sorted([at for at in spots if done <= at < until])

    def took(self, id: bytes, until: int) -> None:
        """The spots of an id before a place are taken."""
        self._done[id] = until

    def _all(self) -> dict[bytes, list[int]]:
        """Each spot of each id: one that is tried or used again stands twice in a block."""
        if not self._each:
            for ids, places in self._marked:
                for id, at in zip(ids, places, strict=True):
                    self._each.setdefault(id, []).append(at)
        return self._each


def _placed(block: bytes, mark: bytes) -> tuple[list[bytes], list[int]]:
    """The words before a mark, and where it stands; in C as far as Python goes."""
    parts = block.split(mark)
    parts.pop()
    ids = [part[part.rfind(b" ") + 1 :] for part in parts]
    length = len(mark)
    return ids, [at - length for at in accumulate([len(part) + length for part in parts])]


def lines_with(block: bytes, marks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines in which one of the marks stands, without their ends, each once and in their order."""
    starts: set[int] = set()
    for mark in marks:
        at = block.find(mark)
        while at >= 0:
            starts.add(block.rfind(b"\n", 0, at) + 1)
            end = block.find(b"\n", at)
            at = block.find(mark, end) if end >= 0 else -1
    for start in sorted(starts):
        end = block.find(b"\n", start)
        yield block[start:end] if end >= 0 else block[start:]
