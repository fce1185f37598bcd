"""A block of header fields, looked up by name (RFC 5322 §2.2); report fields have the same form."""

from retour.mime import limits
from retour.mime.encoded import decode_words


class Block:
    """The header fields in `raw[start:end]`; `low` is `raw` in lower case.

    `raw[start]` is the line feed before the first field, so that each field stands behind one.
    Lines end with LF only; `scan` has seen to that.
    """

    __slots__ = ("end", "low", "raw", "start")

    def __init__(self, raw: bytes, low: bytes, start: int, end: int) -> None:
        self.raw = raw
        self.low = low
        self.start = start
        self.end = end

    def has(self, name: bytes) -> bool:
        """Whether a field of this name (lower case) is there."""
        return self.low.find(b"\n" + name + b":", self.start, self.end) >= 0

    def value(self, name: bytes) -> bytes:
        """First value of that name, unfolded and stripped; b"" when absent. Cut at 16 KiB."""
        at = self.low.find(b"\n" + name + b":", self.start, self.end)
        return self._value_at(at + len(name) + 2) if at >= 0 else b""

    def values(self, name: bytes) -> list[bytes]:
        """All values of that name, at most 100."""
        needle = b"\n" + name + b":"
        found: list[bytes] = []
        at = self.low.find(needle, self.start, self.end)
        while at >= 0 and len(found) < 100:
            found.append(self._value_at(at + len(needle)))
            at = self.low.find(needle, at + len(needle), self.end)
        return found

    def text(self, name: bytes) -> str:
        """First value of that name as text, encoded words decoded (RFC 2047); "" when absent."""
        value = self.value(name)
        return decode_words(value) if value else ""

    def _value_at(self, at: int) -> bytes:
        raw = self.raw
        limit = min(self.end, at + limits.HEADER)
        stop = raw.find(b"\n", at, limit)
        if stop < 0:
            return raw[at:limit].strip()
        if raw[stop + 1 : stop + 2] not in (b" ", b"\t"):
            return raw[at:stop].strip()
        while 0 <= stop < limit - 1 and raw[stop + 1] in b" \t":  # RFC 5322 §2.2.3: folded
            stop = raw.find(b"\n", stop + 1, limit)
        return b" ".join(raw[at : stop if stop >= 0 else limit].split())

    def over_limits(self) -> bool:
        """Whether the block has more or longer headers than we look at."""
        raw, start, end = self.raw, self.start, self.end
        if end - start <= limits.HEADER and raw.count(b"\n", start, end) <= limits.HEADERS:
            return False
        if end - start > limits.HEADER_BLOCK:
            return True
        lengths = _field_lengths(raw[start:end])
        return len(lengths) > limits.HEADERS or max(lengths, default=0) > limits.HEADER


def _field_lengths(block: bytes) -> list[int]:
    lengths: list[int] = []
    for line in block.split(b"\n"):
        if lengths and line[:1] in (b" ", b"\t"):
            lengths[-1] += len(line) + 1
        else:
            lengths.append(len(line))
    return lengths
