"""The encoding of a list, told by its first octets, and its octets as UTF-8 with plain line ends."""

import codecs
from collections.abc import Iterator
from typing import IO, NamedTuple

from retour.mime.charsets import UTF8, guessed

PIECE = 1 << 20  # octets read at once
LOOKED_AT = 1 << 18  # octets that an encoding and a layout are told by

# The longer first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_RARE = 0.05  # share of NUL at the places where letters stand in UTF-16
_MOST = 0.4  # and at the others


class Encoding(NamedTuple):
    """How the octets of a list are read."""

    codec: str
    mark: bytes = b""  # the byte order mark that it begins with
    sure: bool = True  # told by a mark, or every octet that was looked at fits; else it is a guess


def encoding_of(head: bytes) -> Encoding:
    """The encoding of a list that begins with these octets."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Encoding(codec, mark)
    if b"\0" in head:
        wide = _wide(head)
        if wide is not None:
            return Encoding(wide, sure=False)
    try:
        codecs.getincrementaldecoder(UTF8)().decode(head)
    except UnicodeDecodeError:
        return Encoding(guessed(head), sure=False)
    return Encoding(UTF8)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every second octet of Latin text is NUL."""
    even, odd = head[::2], head[1::2]
    nuls = even.count(0) / max(len(even), 1), odd.count(0) / max(len(odd), 1)
    if nuls[1] > _MOST and nuls[0] < _RARE:
        return "utf-16-le"
    return "utf-16-be" if nuls[0] > _MOST and nuls[1] < _RARE else None


def pieces(file: IO[bytes], encoding: Encoding) -> Iterator[bytes]:
    """The file from its beginning as UTF-8, NUL taken out and line ends as they are.

    Octets that are no UTF-8 in a file that seemed to be stay as they are: their lines are mended one by one.
    """
    file.seek(len(encoding.mark))
    decoder = None if encoding.codec == UTF8 else codecs.getincrementaldecoder(encoding.codec)("replace")
    while raw := file.read(PIECE):
        if decoder is not None:
            raw = decoder.decode(raw).encode(UTF8, "replace")
        yield raw.replace(b"\0", b"") if b"\0" in raw else raw
    if decoder is not None and (rest := decoder.decode(b"", True)):
        yield rest.encode(UTF8, "replace")


def mended(line: bytes) -> tuple[str, bool]:
    """The text of a line, and whether its encoding had to be guessed."""
    try:
        return line.decode(UTF8), False
    except UnicodeDecodeError:
        return line.decode(guessed(line), "replace"), True
