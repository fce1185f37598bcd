"""Rows that are plain as they stand, found in many lines by one pattern: an address in small letters, alone
in its column, with quotation marks around whole fields at the most.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from operator import xor
from typing import NamedTuple

from retour.address import PROVIDERS
from retour.flow.listcheck.blocks import Block
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.parting import RECORD, plain_field

PIECE = 64 * 1024
_RECORDS = 1000  # the same where quotation marks part them

# Letters that need no second look, and none that begins a formula: a part of singly.PLAIN_LOCAL.
LOCAL = r"[a-z0-9_][a-z0-9_\-]*+(?:\.[a-z0-9_\-]++)*+"
DOMAIN = r"[a-z0-9.\-]++"
_BROKEN = (
    r"\udc80-\udcff"  # octets that are no UTF-8, as Python holds them: their lines are mended one by one
)
_UNROLLED = 16  # columns
_OTHER = ".*+$"

# Domains whose provider takes two plain addresses for one: whether dots are nothing, and its name.
MERGING = {
    name: (provider.dots, provider.domain)
    for name, provider in PROVIDERS.items()
    if provider.dots or provider.domain != name
}


class Piece(NamedTuple):
    """Some rows of a block."""

    first: int
    lines: Sequence[str]  # as they stand there
    text: str  # the same as one; an empty line where a row has several
    quoted: bool
    clean: bool

    def plain(self, layout: Layout) -> "Plain":
        """Of each row the address, its local part and its domain; empty where it is not plain."""
        if self.quoted and len(self.text) > RECORD and max(map(len, self.lines)) > RECORD:
            none = [""] * len(self.lines)
            return Plain(none, none, none)  # too long to be parted into columns
        # Parted, and not found: one list of all groups takes less time than a tuple for each row.
        flat = pattern(layout.delimiter, layout.column, self.quoted, self.clean).split(self.text)
        made = Plain(flat[1::4], flat[2::4], flat[3::4])
        for place in [place for place, cell in enumerate(made.cells) if cell is None]:
            for each in made:
                each[place] = ""
        return made


class Plain(NamedTuple):
    """The plain rows among some: address, local part and domain of each, empty where a row is not plain."""

    cells: list[str]
    locals: list[str]
    domains: list[str]

    def numbers(self) -> list[complex]:
        """What duplicates are told by: `seen.key` of each."""
        halves = map(xor, map(hash, self.locals), map(hash, self.domains))
        return list(map(complex, map(hash, self.cells), halves))

    def theirs(self) -> dict[int, str]:
        """What the providers of some read instead, by their places."""
        found = {}
        for place, domain in enumerate(self.domains):
            if domain in MERGING:
                (dots, kept), local = MERGING[domain], self.locals[place]
                theirs = f"{(local.replace('.', '') or local) if dots else local}@{kept}"
                if theirs != self.cells[place]:
                    found[place] = theirs
        return found


def pieces(block: Block, size: int = PIECE) -> Iterator[Piece]:
    """The rows of a block, some at a time."""
    if block.records_:
        for place in range(0, len(block.records_), _RECORDS):
            lines = list(block.records_[place : place + _RECORDS])
            text = "\n".join("" if "\n" in line else line for line in lines)
            yield Piece(block.first + place, lines, text, True, block.clean)
        return
    first, quoted = block.first, b'"' in block.raw
    for raw in _cut(block.raw, size):
        text = raw.decode("utf-8", "strict" if block.clean else "surrogateescape")[:-1]
        lines = text.split("\n")
        yield Piece(first, lines, text, quoted, block.clean)
        first += len(lines)


def _cut(raw: bytes, size: int) -> Iterator[bytes]:
    start = 0
    while start < len(raw):
        end = raw.find(b"\n", start + size) + 1 or len(raw)
        yield raw[start:end]
        start = end


@cache
def pattern(delimiter: str | None, column: int, quoted: bool, clean: bool) -> re.Pattern[str]:
    """Matches every line; its groups are the address and both its halves, empty where it is not plain."""
    address = f"(({LOCAL})@({DOMAIN}))"
    if delimiter is None:
        return re.compile(f"^(?:{address}$|{_OTHER})", re.MULTILINE)
    d, none = re.escape(delimiter), "" if clean else _BROKEN
    field, rest = rf"[^\n{d}{none}]*+", rf"(?={d}|$)[^\n{none}]*+$"
    if quoted:
        field = plain_field(delimiter, none)
        address = rf'(?={field}(?:{d}|$))"?+{address}"?+'
        rest = rf'(?={d}|$)(?:[^"\n{none}]*+$|(?:{d}{field})*+$)'
    before = f"{field}{d}"
    before = before * column if column <= _UNROLLED else f"(?:{before}){{{column}}}"
    return re.compile(f"^(?:{before}{address}{rest}|{_OTHER})", re.MULTILINE)
