"""A block of header fields, looked up by name (RFC 5322 §2.2); report fields have the same form."""

from retour.mime import limits
from retour.mime.encoded import decode_words

_FOLD = frozenset({b" ", b"\t"})


class Block:
    """The header fields in `raw`: each stands behind a line feed, and there is one at the end.

    Lines end with LF only; `scan` has seen to that. `low` is `raw` in lower case.
    """

    __slots__ = ("low", "raw")

    def __init__(self, fields: bytes) -> None:
        self.raw = b"\n" + fields + b"\n"
        self.low = self.raw.lower()

    def has(self, name: bytes) -> bool:
        """Whether a field of this name (lower case) is there."""
        return b"\n" + name + b":" in self.low

    def value(self, name: bytes) -> bytes:
        """First value of that name, unfolded and stripped; b"" when absent."""
        at = self.low.find(b"\n" + name + b":")
        return self._value_at(at) if at >= 0 else b""

    def values(self, name: bytes) -> list[bytes]:
        """All values of that name, at most 100."""
        needle = b"\n" + name + b":"
        found: list[bytes] = []
        at = self.low.find(needle)
        while at >= 0 and len(found) < 100:
            found.append(self._value_at(at))
            at = self.low.find(needle, at + 1)
        return found

    def text(self, name: bytes) -> str:
        """First value of that name as text, encoded words decoded (RFC 2047); "" when absent."""
        value = self.value(name)
        return decode_words(value) if b"=?" in value or not value.isascii() else value.decode("ascii")

    def _value_at(self, at: int) -> bytes:
        """The value of the field behind the line feed at `at`."""
        raw = self.raw
        begin = raw.find(b":", at) + 1
        stop = raw.find(b"\n", begin)
        if raw[stop + 1 : stop + 2] not in _FOLD:
            return raw[begin:stop].strip()
        limit = min(len(raw), begin + limits.HEADER)
        while stop < limit and raw[stop + 1 : stop + 2] in _FOLD:  # RFC 5322 §2.2.3: it goes on
            stop = raw.find(b"\n", stop + 1)
        return b" ".join(raw[begin : min(stop, limit)].split())


def within_limits(head: bytes) -> tuple[bytes, bool]:
    """As much of a header block as is looked at, and whether that is all of it."""
    if len(head) < 3 * limits.HEADERS:  # the shortest header has three octets
        return head, True
    if len(head) <= limits.HEADER and head.count(b"\n") < limits.HEADERS:
        return head, True
    lines = head[: limits.HEADER_BLOCK].split(b"\n")
    lengths = _field_lengths(lines)
    if len(head) <= limits.HEADER_BLOCK and len(lengths) <= limits.HEADERS and max(lengths) <= limits.HEADER:
        return head, True
    return b"\n".join(line[: limits.HEADER] for line in lines), False


def _field_lengths(lines: list[bytes]) -> list[int]:
    lengths: list[int] = []
    for line in lines:
        if lengths and line[:1] in _FOLD:
            lengths[-1] += len(line) + 1
        else:
            lengths.append(len(line))
    return lengths
