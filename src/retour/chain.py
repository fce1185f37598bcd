"""The chain of a decision ledger: every line holds the one before; none can be changed or left out (N13).

The link of a line is SHA-256 over the link of the line before (64 hex digits; of the first line 64 zeros),
a newline, and the line as a compact JSON list: number, at (ISO 8601), who (the keyed hash of the address,
32 hex digits), actor, before, after, cause, event (hex), policy version. No contact's address stands in it:
erasing a person leaves the chain whole.
"""

from collections.abc import Iterable
from hashlib import sha256
from json.encoder import encode_basestring_ascii as _quoted
from typing import NamedTuple

BEGINNING = "0" * 64


class Line(NamedTuple):
    """What a link is made of."""

    number: int
    at: str  # ISO 8601, as it is exported
    who: str
    actor: str
    before: str
    after: str
    cause: str | None
    event: str | None
    policy: int


def link(previous: str, line: Line) -> str:
    """The link of a line behind another."""
    return sha256(f"{previous}\n{_json(line)}".encode()).hexdigest()


def _json(line: Line) -> str:
    """As json.dumps makes it, which would make an encoder for each line, in nearly three times the time."""
    number, at, who, actor, before, after, cause, event, policy = line
    named = "null" if cause is None else _quoted(cause)
    mover = "null" if event is None else _quoted(event)
    return (
        f"[{number},{_quoted(at)},{_quoted(who)},{_quoted(actor)},{_quoted(before)},{_quoted(after)},"
        f"{named},{mover},{policy}]"
    )


class Verified(NamedTuple):
    """What a look at a chain found: lines that hold, the first and last of them, and where it breaks."""

    lines: int = 0
    first: int | None = None
    last: int | None = None
    head: str | None = None  # link of the last line
    whole: bool = False  # it begins with the first line there ever was
    broken: int | None = None  # number of the line that does not follow from the one before


def verify(lines: Iterable[tuple[Line, str]]) -> Verified:
    """Whether lines of one account, oldest first, each with its link, follow from each other.

    A part of a ledger can be verified as well: what stands before its first line is believed.
    """
    count, first, last, before = 0, None, None, None
    whole = False
    for line, told in lines:
        if before is None:
            first, whole = line.number, link(BEGINNING, line) == told
        elif link(before, line) != told:
            return Verified(count, first, last, before, whole, line.number)
        count, last, before = count + 1, line.number, told
    return Verified(count, first, last, before, whole)
