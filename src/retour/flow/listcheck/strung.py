"""Lists that have many addresses on a line, as the To field of a mail has them: each of these is a row."""

import re
from collections.abc import Iterable, Iterator, Sequence

_MANY = 3  # addresses of a line; a table may have two columns of them
_MOST = 0.8  # share of what a sign parts that has one address
_LONGEST = 1 << 22  # octets that are held because nothing parts them
_PLAIN = re.compile(r"[^\s@<>\"]++@[^\s@<>\"]++").fullmatch
# What ends an address; names in quotation marks may have it. Blanks do where no address has a name.
_ENDS = {
    ";": re.compile(rb'("[^"\n]*+")|;[;\s]*+'),
    ",": re.compile(rb'("[^"\n]*+")|,[,\s]*+'),
    " ": re.compile(rb"()[ \t]++"),
}


def strung_by(lines: Sequence[str]) -> str:
    """The sign between the addresses of most lines; "" where lines have few."""
    having = [line for line in lines if "@" in line]
    if sum(line.count("@") >= _MANY for line in having) * 2 <= len(having):
        return ""
    return next((sign for sign in _ENDS if _is_between(sign, having)), "")


def _is_between(sign: str, lines: Sequence[str]) -> bool:
    made = b"".join(strung_apart(["\n".join(lines).encode()], sign)).decode()
    parts = list(filter(str.strip, made.split("\n")))
    having = [part for part in parts if part.count("@") == 1 and (sign != " " or _PLAIN(part.strip()))]
    return len(having) > len(lines) and len(having) >= len(parts) * (1 if sign == " " else _MOST)


def strung_apart(pieces: Iterable[bytes], sign: str) -> Iterator[bytes]:
    """The list with an address on each line."""
    ends, held = _ENDS[sign], b""
    for piece in pieces:
        held += piece
        cut = _cut(held, sign.encode())
        yield ends.sub(_ended, held[:cut])
        held = held[cut:]
    yield ends.sub(_ended, held)


def _ended(found: re.Match[bytes]) -> bytes:
    return found[1] or b"\n"


def _cut(held: bytes, sign: bytes) -> int:
    """Where an address ends for sure: before what parts it from the next, and within no marks."""
    cut = max(held.rfind(sign), held.rfind(b"\n"))
    if cut > 0 and held.count(b'"', 0, cut) % 2:
        cut = held.rfind(b'"', 0, cut)
    if cut <= 0:
        return len(held) if len(held) > _LONGEST else 0
    return len(held[:cut].rstrip(sign + b" \t\r\n"))
