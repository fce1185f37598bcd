"""A block of header fields, looked up by name (RFC 5322 §2.2); report fields have the same form."""

from retour.mime import limits
from retour.mime.encoded import decode_words

_FOLD = frozenset({b" ", b"\t"})


class Block:
    """The header fields in `raw`, which begins with a line feed, so that each field stands behind one.

    Lines end with LF only; `scan` has seen to that. `low` is `raw` in lower case.
    """

    __slots__ = ("low", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.low = raw.lower()

    def has(self, name: bytes) -> bool:
        """Whether a field of this name (lower case) is there."""
        return b"\n" + name + b":" in self.low

    def value(self, name: bytes) -> bytes:
        """First value of that name, unfolded and stripped; b"" when absent. Cut at 16 KiB."""
        at = self.low.find(b"\n" + name + b":")
        return self._value_at(at + len(name) + 2) if at >= 0 else b""

    def values(self, name: bytes) -> list[bytes]:
        """All values of that name, at most 100."""
        needle = b"\n" + name + b":"
        found: list[bytes] = []
        at = self.low.find(needle)
        while at >= 0 and len(found) < 100:
            found.append(self._value_at(at + len(needle)))
            at = self.low.find(needle, at + len(needle))
        return found

    def text(self, name: bytes) -> str:
        """First value of that name as text, encoded words decoded (RFC 2047); "" when absent."""
        value = self.value(name)
        return decode_words(value) if b"=?" in value or not value.isascii() else value.decode("ascii")

    def _value_at(self, at: int) -> bytes:
        raw = self.raw
        stop = raw.find(b"\n", at)
        if stop >= 0 and raw[stop + 1 : stop + 2] in _FOLD:
            return self._unfolded(at, stop)
        value = raw[at : stop if stop >= 0 else None].strip()
        return value if len(value) <= limits.HEADER else value[: limits.HEADER]

    def _unfolded(self, at: int, stop: int) -> bytes:
        """RFC 5322 §2.2.3: lines that begin with white space continue the field."""
        raw = self.raw
        limit = min(len(raw), at + limits.HEADER)
        while 0 <= stop < limit and raw[stop + 1 : stop + 2] in _FOLD:
            stop = raw.find(b"\n", stop + 1, limit)
        return b" ".join(raw[at : stop if 0 <= stop < limit else limit].split())

    def over_limits(self) -> bool:
        """Whether the block has more or longer headers than we look at."""
        if len(self.raw) <= limits.HEADER and self.raw.count(b"\n") <= limits.HEADERS:
            return False
        lengths = _field_lengths(self.raw[1:])
        return len(lengths) > limits.HEADERS or max(lengths) > limits.HEADER


def _field_lengths(block: bytes) -> list[int]:
    lengths: list[int] = []
    for line in block.split(b"\n"):
        if lengths and line[:1] in _FOLD:
            lengths[-1] += len(line) + 1
        else:
            lengths.append(len(line))
    return lengths
