"""A block of header fields, looked up by name (RFC 5322 §2.2); report fields have the same form."""

import re
from typing import Final

from retour.mime import limits
from retour.mime.encoded import decode_words

BLANK_LINE: Final = re.compile(rb"\n\n")  # takes half the time of bytes.find, which stops at each line
FEW: Final = 3 * limits.HEADERS  # octets of a block that is within all limits: the shortest header has three
_FOLD: Final = frozenset(b" \t")


# `find` in this file and its neighbours where `in` would read better: `in` between bytes first tries them as
# a number, and throws an exception away each time.
class Block:
    """The header fields in `raw`: each stands behind a line feed, and there are two at the end.

    Lines end with LF only; `scan` has seen to that. `low` is `raw` in lower case.
    """

    __slots__ = ("low", "raw")

    def __init__(self, fields: bytes) -> None:
        self.raw = b"\n%b\n\n" % fields
        self.low = self.raw.lower()

    def has(self, name: bytes) -> bool:
        """Whether a field of this name (lower case) is there."""
        return self.low.find(b"\n" + name + b":") >= 0

    def is_empty(self) -> bool:
        """Whether there is not one field, nor anything else."""
        return self.raw.isspace()

    def value(self, name: bytes) -> bytes:
        """First value of that name, unfolded and stripped; b"" when absent."""
        needle = b"\n" + name + b":"
        at = self.low.find(needle)
        return self._value_from(at + len(needle)) if at >= 0 else b""

    def values(self, name: bytes) -> list[bytes]:
        """All values of that name, at most 100."""
        needle = b"\n" + name + b":"
        found: list[bytes] = []
        at = self.low.find(needle)
        while at >= 0 and len(found) < 100:
            found.append(self._value_from(at + len(needle)))
            at = self.low.find(needle, at + 1)
        return found

    def text(self, name: bytes) -> str:
        """First value of that name as text, encoded words decoded (RFC 2047); "" when absent."""
        value = self.value(name)
        return as_text(value) if value else ""

    def texts(self, names: re.Pattern[bytes]) -> dict[bytes, str]:
        """The first values of several names, as `text` has them, in one pass; absent ones are not there.

        `names`: a pattern of the whole name (lower case) in its first group, between line feed and colon.
        """
        found: dict[bytes, str] = {}
        for match in names.finditer(self.low):
            if match[1] not in found:
                found[match[1]] = as_text(self._value_from(match.end()))
        return found

    def _value_from(self, begin: int) -> bytes:
        """The value whose first octet stands at `begin`."""
        raw = self.raw
        stop = raw.find(b"\n", begin)
        if raw[stop + 1] not in _FOLD:
            return raw[begin:stop].strip()
        limit = min(len(raw), begin + limits.HEADER)
        while stop < limit and raw[stop + 1] in _FOLD:  # RFC 5322 §2.2.3: it goes on
            stop = raw.find(b"\n", stop + 1)
        return b" ".join(raw[begin : min(stop, limit)].split())


def as_text(value: bytes) -> str:
    """A header value as text: RFC 2047 where it is used, which is seldom."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        return decode_words(value)
    return decode_words(value) if "=?" in text else text


def within_limits(head: bytes) -> tuple[bytes, bool]:
    """As much of a header block as is looked at, and whether that is all of it."""
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
        if lengths and line[:1] in (b" ", b"\t"):
            lengths[-1] += len(line) + 1
        else:
            lengths.append(len(line))
    return lengths
