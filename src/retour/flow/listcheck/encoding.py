"""The encoding of a list, told by its first octets, and its octets as UTF-8 with plain line ends."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from typing import IO, NamedTuple

from retour.mime.charsets import UTF8, WESTERN, guessed

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
# What text of a Western or Middle European list is in that is no UTF-8, the likeliest first.
_WESTERN = (WESTERN, "mac_roman", "cp850", "cp1250")
_LETTERS = frozenset("äöüßéèêëàâáçñíìîïóòôõúùûãåæøœÿýÄÖÜÉÈÀÁÇÑÓÚÅÆØŒÍąćęłńśźżŁŚŹŻĆčďěňřšťůžČŘŠŽőű")
_WORDS = re.compile(rb"[A-Za-z\x80-\xff]+")
_MOST_WORDS = 2000
_SOME = 20  # of so many lines that are not ASCII at least one is UTF-8, where a list is mixed
_REGULAR = 0.8  # share of lines that a sign parts
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
        return Encoding(UTF8 if _is_mixed(head) else _guessed(head), sure=False)
    return Encoding(UTF8)


def _is_mixed(head: bytes) -> bool:
    """Whether lists of several encodings were put together: some lines are UTF-8, and by no accident."""
    high = [line for line in head.splitlines() if not line.isascii()]
    return sum(_is_utf8(line) for line in high) * _SOME >= len(high)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode(UTF8)
    except UnicodeDecodeError:
        return False
    return True


def _guessed(octets: bytes) -> str:
    """The codec of text that is no UTF-8. Western letters stand at other places on a Mac and in DOS."""
    codec = guessed(octets)
    if codec != WESTERN:
        return codec
    octets = octets.translate(None, _parting(octets))
    words = [word for word in _WORDS.findall(octets) if not word.isascii()][:_MOST_WORDS]
    points = {each: sum(_points(word.decode(each, "replace")) for word in words) for each in _WESTERN}
    return max(_WESTERN, key=points.__getitem__)  # of equal ones the first


def _parting(octets: bytes) -> bytes:
    """Octets of signs (§, ¬) that most lines have the same number of: they part columns, not words."""
    lines = octets.splitlines()
    found = set()
    for octet in {each for each in octets if each > 0x7F}:
        if not bytes([octet]).decode(WESTERN, "replace").isalpha():
            count, times = Counter(line.count(octet) for line in lines).most_common(1)[0]
            found |= {octet} if count and times >= len(lines) * _REGULAR else set()
    return bytes(found)


def _points(word: str) -> int:
    """How much a word looks like one: its letters beyond ASCII, less what never stands within words."""
    told = 0
    for place, sign in enumerate(word):
        if sign.isascii():
            continue
        begins = place == 0 or not word[place - 1].islower()
        told += 1 if sign in _LETTERS and (sign.islower() or begins) else -1
    return told


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
        return line.decode(_guessed(line), "replace"), True
