"""Where a block of lines speaks of what matters: marks are looked for in it as a whole, not line by line."""

from collections.abc import Iterable, Iterator


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
