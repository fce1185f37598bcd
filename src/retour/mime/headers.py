"""A block of header fields, looked up by name (RFC 5322 §2.2); report fields have the same form."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from retour import swift
from retour.mime import limits
from retour.mime.encoded import decode_words

_BLANK_LINE: Final = re.compile(rb"\n\n")  # takes half the time of bytes.find, which stops at each line
FEW: Final = 3 * limits.HEADERS  # octets of a block that is within all limits: the shortest header has three
_BLANK: Final = 0x20


# A value: what stands behind the colon on the same line, and the lines that go on with it (RFC 5322 §2.2.3).
_VALUE: Final = rb"[ \t]*+([^\n]*+)((?:\n[ \t][^\n]*+)*+)"
_ONE_VALUE: Final = re.compile(_VALUE)
_blank_line: Final = swift.blank_line if swift.IN_C else None
_line_feeds: Final = swift.line_feeds if swift.IN_C else None
_holds: Final = swift.holds if swift.IN_C else None
_plain_text: Final = swift.plain_text if swift.IN_C else None


class Usual:
    """Names of fields (lower case) that most of those who read such a head ask for: found in one pass."""

    __slots__ = ("found_in", "names")

    def __init__(self, *names: bytes) -> None:
        self.names = frozenset(names)
        self.found_in: Callable[[bytes], dict[bytes, bytes]]
        if swift.IN_C:
            self.found_in = swift.Names(names, limits.HEADER).found_in
        else:
            self.found_in = partial(_found, re.compile(rb"\n(" + _tree(names) + rb"):" + _VALUE))


def _found(pattern: re.Pattern[bytes], raw: bytes) -> dict[bytes, bytes]:
    """The first value of each name, by name in lower case."""
    found: dict[bytes, bytes] = {}
    there: list[tuple[bytes, bytes, bytes]] = pattern.findall(raw)
    for written, value, more in there:
        name = written.lower()
        if name not in found:
            found[name] = _unfolded(value, more)
    return found


def _tree(names: tuple[bytes, ...]) -> bytes:
    """Any of these names, in letters of either case: all lines but a few are refused by their first two."""
    rests: dict[bytes, list[bytes]] = {}
    for name in sorted(names, reverse=True):  # "content-type" before what is only its beginning
        rests.setdefault(name[1:2], []).append(re.escape(name[2:]))
    first = b"".join(sorted({name[:1] + name[:1].upper() for name in names}))
    seconds = (
        b"[%b%b](?i:%b)" % (re.escape(each), re.escape(each.upper()), b"|".join(rest))
        for each, rest in rests.items()
    )
    return b"[%b](?:%b)" % (first, b"|".join(seconds))


OF_MAIL: Final = Usual(
    *(b"from", b"to", b"subject", b"message-id", b"return-path", b"references", b"in-reply-to"),
    *(b"content-type", b"content-transfer-encoding", b"auto-submitted", b"precedence"),
    *(b"list-id", b"list-post", b"list-unsubscribe", b"authentication-results", b"x-failed-recipients"),
    *(b"x-ms-exchange-message-is-ndr", b"x-mailer", b"x-mimeole", b"x-mimetrack", b"x-mailman-version"),
    *(b"x-list-administrivia", b"x-mlserver", b"x-listserver", b"x-mailer-listserv", b"x-autoreply"),
    *(b"x-autorespond", b"x-autoresponder", b"x-auto-reply-from", b"x-mail-autoreply"),
)
OF_PART: Final = Usual(b"content-type", b"content-transfer-encoding")
OF_RETURNED: Final = Usual(b"message-id", b"subject", b"from", b"date", b"return-path", b"to")


# `find` in this file and its neighbours where `in` would read better: `in` between bytes first tries them as
# a number, and throws an exception away each time.
class Block:
    """The header fields in `raw`: each stands behind a line feed, and there are two at the end.

    Lines end with LF only; `scan` has seen to that. Names are given in lower case. Any may be asked for; the
    usual ones have been found in one pass, which takes half the time of a search for each.
    """

    __slots__ = ("_found", "_low", "_usual", "raw")

    def __init__(self, fields: bytes, usual: Usual = OF_MAIL) -> None:
        self.raw = raw = b"\n%b\n\n" % fields
        self._low: bytes | None = None
        self._usual = usual.names
        self._found = usual.found_in(raw)

    @property
    def low(self) -> bytes:
        """`raw` in lower case."""
        if self._low is None:
            self._low = self.raw.lower()
        return self._low

    def has(self, name: bytes) -> bool:
        """Whether a field of this name is there."""
        if name in self._usual:
            return name in self._found
        return self.low.find(b"\n%b:" % name) >= 0

    def has_one_of(self, names: tuple[bytes, ...]) -> bool:
        """Whether a field of one of these names is there."""
        for name in names:  # noqa: SIM110 - any() takes half as long again, and this is asked of every mail
            if self.has(name):
                return True
        return False

    def is_empty(self) -> bool:
        """Whether there is not one field, nor anything else."""
        return self.raw.isspace()

    def value(self, name: bytes) -> bytes:
        """First value of that name, unfolded and stripped; b"" when absent."""
        found = self._found.get(name)
        if found is not None:
            return found
        if name in self._usual:
            return b""
        values = self.values(name, 1)
        return values[0] if values else b""

    def values(self, name: bytes, limit: int = 100) -> list[bytes]:
        """All values of that name, at most so many."""
        needle = b"\n%b:" % name
        values: list[bytes] = []
        at = self.low.find(needle)
        while at >= 0 and len(values) < limit:
            value = _ONE_VALUE.match(self.raw, at + len(needle))
            values.append(_unfolded(value[1], value[2]) if value else b"")
            at = self.low.find(needle, at + 1)
        return values

    def text(self, name: bytes) -> str:
        """First value of that name as text, encoded words decoded (RFC 2047); "" when absent."""
        value = self.value(name)
        return as_text(value) if value else ""


def _unfolded(value: bytes, more: bytes) -> bytes:
    """A value on one line and without white space around it."""
    if more:
        return b" ".join((value + more)[: limits.HEADER].split())
    return value if value and value[-1] > _BLANK and value[0] > _BLANK else value.strip()


def holds(raw: bytes, octets: bytes) -> bool:
    """Whether some octets stand in others."""
    return _holds(raw, octets) if _holds is not None else raw.find(octets) >= 0


def blank_line(raw: bytes) -> int:
    """Where the first blank line begins, with the line feed before it; the length of what has none."""
    if _blank_line is not None:
        return _blank_line(raw)
    found = _BLANK_LINE.search(raw)
    return found.start() if found else len(raw)


def as_text(value: bytes) -> str:
    """A header value as text: RFC 2047 where it is used, which is seldom."""
    if _plain_text is not None:
        plain = _plain_text(value)
        return decode_words(value) if plain is None else plain
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        return decode_words(value)
    return decode_words(value) if "=?" in text else text


def _line_feeds_in(head: bytes) -> int:
    return _line_feeds(head) if _line_feeds is not None else head.count(b"\n")


def within_limits(head: bytes) -> tuple[bytes, bool]:
    """As much of a header block as is looked at, and whether that is all of it."""
    if len(head) <= limits.HEADER and _line_feeds_in(head) < limits.HEADERS:
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
