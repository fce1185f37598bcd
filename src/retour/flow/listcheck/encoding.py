"""The encoding of a list, told by its first octets, and its octets as UTF-8 with plain line ends."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from typing import IO, NamedTuple

from retour.flow.listcheck.alphabets import likeliest
from retour.flow.listcheck.delimiter import is_sign
from retour.mime.charsets import UTF8, WESTERN, charset_codec, guessed
from retour.texts import Catalogue

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
# What a form offers, Unicode first, then by alphabet; each has its words in texts/listcheck.en.toml.
ENCODINGS = (
    *(UTF8, "utf-16-le", "utf-16-be", WESTERN, "mac-roman", "cp850", "cp437"),
    *("cp1250", "iso8859-2", "cp852", "mac-latin2", "cp1254", "cp857", "cp1257", "cp1258"),
    *("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866", "mac-cyrillic"),
    *("cp1253", "iso8859-7", "cp737", "cp1255", "cp862", "cp1256", "iso8859-6", "cp874"),
    *("cp932", "euc_jp", "cp949", "gb18030", "cp950"),
)
# What text of a Western or Middle European list is in that is no UTF-8, the likeliest first.
_WESTERN = (WESTERN, "mac_roman", "cp850", "cp1250")
_MOST_READ = 4096  # octets of lines that are not ASCII
_SOME = 20  # of so many lines that are not ASCII at least one is UTF-8, where a list is mixed
_REGULAR = 0.8  # share of lines that a sign parts
_RARE = 0.05  # share of NUL at the places where letters stand in UTF-16
_MOST = 0.4  # and at the others
_ALL = 0.95  # share of NUL at two of the four places of UTF-32

# A letter of ASCII beside one that is neither Latin nor a mark on it.
_ACCIDENT = re.compile("[A-Za-z][\u0250-\u02ff\u0370-\u1dff]|[\u0250-\u02ff\u0370-\u1dff][A-Za-z]")


# Signs of Windows that are letters in encodings of DOS and the Mac: blanks and bullets, and quotation marks.
_HIGH = re.compile(rb"[\x80-\xff]++")
_BLANK, _APOSTROPHE = b"\xa0", 0x92
_BULLETS = frozenset(b"\x80\x85\x95\x96\x97\x99\xa0\xa9\xad\xae\xb4\xb7")
_OPENING, _CLOSING = frozenset(b"\x82\x84\x8b\x91\x93\xab"), frozenset(b"\x91\x92\x93\x94\x9b\xbb")


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


def encoding_named(name: str, head: bytes) -> Encoding | None:
    """The encoding that somebody names for a list that begins with these octets; None for an unknown name.

    A byte order mark goes before: what begins with one is in what the mark says.
    """
    codec = charset_codec(name)
    if codec is None:
        return None
    found = encoding_of(head)
    if found.mark:
        return found
    if codec in ("utf-16", "utf-32"):  # their order of octets is told by a mark alone, or by the NUL of Latin
        return Encoding(found.codec if found.codec.startswith(codec) else f"{codec}-le")
    return Encoding(codec)


def encoding_in_words(codec: str, say: Catalogue) -> str:
    """What people call an encoding; the codec's own name of one that has no words."""
    key = f"encoding.{codecs.lookup(codec).name}"
    return say(key) if key in say else codec


def _is_mixed(head: bytes) -> bool:
    """Whether lists of several encodings were put together: some lines are UTF-8, and by no accident."""
    high = [line for line in head.splitlines() if not line.isascii()]
    return sum(_is_utf8(line) for line in high) * _SOME >= len(high)


def _is_utf8(line: bytes) -> bool:
    """Whether a line is UTF-8, and not by accident: "ří" of a Mac is a letter of Thaana."""
    try:
        return _ACCIDENT.search(line.decode(UTF8)) is None
    except UnicodeDecodeError:
        return False


def _guessed(octets: bytes) -> str:
    """The codec of text that is no UTF-8."""
    parting = _parting(octets)
    lines = [line for line in octets.splitlines() if not line.isascii()]
    read = b"\n".join(lines)[:_MOST_READ].translate(None, parting)
    return WESTERN if _has_signs_alone(read) else likeliest(read)


def _has_signs_alone(octets: bytes) -> bool:
    """Whether all that is not ASCII are blanks, quotation marks and bullets of Windows, where these stand.

    QUIRK: lists out of Excel have a no-break space behind an address, and no umlaut. In encodings of DOS and
    the Mac these octets are letters: they would make another mailbox of it.
    """
    marks: Counter[str] = Counter()
    for run in _HIGH.finditer(octets):
        sign = run[0].strip(_BLANK)
        if len(sign) > 1:
            return False
        before = octets[run.start() - 1 : run.start()].isalpha()
        marks[_sign(sign or _BLANK, before, octets[run.end() : run.end() + 1].isalpha())] += 1
    return not marks["letter"] and marks["opens"] == marks["closes"]


def _sign(sign: bytes, before: bool, behind: bool) -> str:
    """What an octet is where it stands, with letters of ASCII before and behind it or not."""
    octet = sign[0]
    if before and behind:
        return "apostrophe" if octet == _APOSTROPHE else "letter"
    if octet in _BULLETS:
        return "bullet"
    if octet in _OPENING and not before and (behind or octet not in _CLOSING):
        return "opens"
    return "closes" if octet in _CLOSING and not behind else "letter"


def _of_line(octets: bytes) -> str:
    """The same of one line: it says too little to ask for more than what is mixed most."""
    codec = guessed(octets)
    return likeliest(octets, _WESTERN) if codec == WESTERN else codec


def _parting(octets: bytes) -> bytes:
    """Octets of signs (§, ¬) that most lines have the same number of: they part columns, not words."""
    lines = octets.splitlines()
    found = set()
    for octet in {each for each in octets if each > 0x7F}:
        sign = bytes([octet]).decode(WESTERN, "ignore")
        if is_sign(sign) and not sign.isalpha():
            count, times = Counter(line.count(octet) for line in lines).most_common(1)[0]
            found |= {octet} if count and times >= len(lines) * _REGULAR else set()
    return bytes(found)


def _wide(head: bytes) -> str | None:
    """UTF-32 and UTF-16 without a mark: two octets of each letter are NUL, or every second of Latin text."""
    quarters = [_nuls(head[place::4]) for place in range(4)]
    if min(quarters[2:]) > _ALL or min(quarters[:2]) > _ALL:
        return "utf-32-le" if quarters[3] > quarters[0] else "utf-32-be"
    even, odd = _nuls(head[::2]), _nuls(head[1::2])
    if odd > _MOST and even < _RARE:
        return "utf-16-le"
    return "utf-16-be" if even > _MOST and odd < _RARE else None


def _nuls(octets: bytes) -> float:
    return octets.count(0) / max(len(octets), 1)


def pieces(file: IO[bytes], encoding: Encoding) -> Iterator[bytes]:
    """The file from its beginning as UTF-8, line ends and NULs as they are.

    Octets that are no UTF-8 in a file that seemed to be stay as they are: their lines are mended one by one.
    """
    file.seek(len(encoding.mark))
    decoder = None if encoding.codec == UTF8 else codecs.getincrementaldecoder(encoding.codec)("replace")
    while raw := file.read(PIECE):
        yield raw if decoder is None else decoder.decode(raw).encode(UTF8, "replace")
    if decoder is not None and (rest := decoder.decode(b"", True)):
        yield rest.encode(UTF8, "replace")


def mended(line: bytes) -> tuple[str, bool]:
    """The text of a line, and whether its encoding had to be guessed."""
    try:
        return line.decode(UTF8), False
    except UnicodeDecodeError:
        return line.decode(_of_line(line), "replace"), True
