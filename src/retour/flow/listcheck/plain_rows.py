"""Rows that are plain as they stand, found among many at once: an address in small letters, alone in its
column, with quotation marks around whole fields at the most.

Nothing here is done row by row. A piece of a list is parted, counted and translated as a whole, for that
takes a third of the time of a pattern, which finds the columns only where not all lines have the same ones.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from retour.address import PROVIDERS
from retour.flow.listcheck.blocks import Block
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.parting import RECORD, plain_field

PIECE = 96 * 1024  # octets: what is made of so many stays near the processor
_RECORDS = 2000  # the same where quotation marks part them

# Letters that need no second look, and none that begins a formula: a part of singly.PLAIN_LOCAL. A local part
# is of them and of single dots within, and begins with no hyphen; whether a domain is one is asked by name.
_LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789_-."
_NOBODY = b"x@"  # stands where a row is not plain
_UNROLLED = 16  # columns

# Domains whose provider takes two plain addresses for one: whether dots are nothing, and its name.
MERGING = {
    name.encode(): (provider.dots, provider.domain.encode())
    for name, provider in PROVIDERS.items()
    if provider.dots or provider.domain != name
}


class Plain(NamedTuple):
    """The plain rows among some: address, local part and domain of each; "", "x" and "" where one is not."""

    cells: list[bytes]
    locals: list[bytes]
    domains: list[bytes]
    odd: dict[int, bytes]  # what stands in the others, where it is certain

    def put(self, place: int, local: bytes, domain: bytes) -> None:
        """A row is plain when something around its address is taken off."""
        self.cells[place], self.locals[place] = b"%b@%b" % (local, domain), local
        self.domains[place] = domain

    def theirs(self, present: Iterable[bytes]) -> dict[int, bytes]:
        """What their providers read, where those take two addresses for one; by their places."""
        found: dict[int, bytes] = {}
        for domain in MERGING.keys() & present:
            dots, kept = MERGING[domain]
            places = [place for place, name in enumerate(self.domains) if name == domain]
            folded = b"\n".join([self.locals[place] for place in places])
            folded = (folded.replace(b".", b"") if dots else folded).replace(b"\n", b"@%b\n" % kept)
            found |= zip(places, (b"%b@%b" % (folded, kept)).split(b"\n"), strict=True)
        return found


class Piece(NamedTuple):
    """Some rows of a block."""

    first: int
    lines: Sequence[bytes]  # as they stand there
    text: bytes  # the same as one; an empty line where a row has several
    quoted: bool
    clean: bool

    def plain(self, layout: Layout) -> Plain:
        """Of each row the address, its local part and its domain."""
        width = 0 if layout.delimiter is None else self._width(layout.parts.encode())
        cells, odd = self._cells(layout, width), dict[int, bytes]()
        mixed = b"\n".join(cells).translate(None, _LETTERS)
        if mixed != b"@\n" * (len(cells) - 1) + b"@":
            for place, signs in enumerate(mixed.split(b"\n")):
                if signs != b"@":
                    odd[place], cells[place] = cells[place], _NOBODY
        halves = b"\n".join(cells).replace(b"@", b"\n").split(b"\n")
        made = Plain(cells, halves[0::2], halves[1::2], odd if self._is_certain(layout, width) else {})
        for place in _misplaced(made.locals):
            made.domains[place] = b""
        for place in [place for place, name in enumerate(made.domains) if not name]:
            made.cells[place], made.locals[place] = b"", b"x"
        return made

    def _cells(self, layout: Layout, width: int) -> list[bytes]:
        """What stands in the column of addresses; nothing where that is not certain."""
        if layout.delimiter is None:
            return list(self.lines)
        d, column = layout.parts.encode(), layout.column
        if column < width:
            return self.text.replace(b"\n", d).split(d)[column::width]
        if self.quoted and len(self.text) > RECORD and max(map(len, self.lines)) > RECORD:
            return [b""] * len(self.lines)  # too long to be parted into columns
        # Parted, and not found: that takes less time than a match for each row.
        return [cell or b"" for cell in pattern(d, column, self.quoted, self.clean).split(self.text)[1::2]]

    def _is_certain(self, layout: Layout, width: int) -> bool:
        """Whether the cell of each row that is not plain is known, and all have the columns of most."""
        if layout.delimiter is None:
            return self.clean
        return width == layout.width > layout.column

    def _width(self, delimiter: bytes) -> int:
        """How many columns each row has, where all have the same; else 0."""
        if self.quoted or not self.clean:
            return 0
        parts = delimiter * self.lines[0].count(delimiter)
        regular = b"\n".join([parts] * len(self.lines))
        return len(parts) + 1 if self.text.translate(None, _others(delimiter)) == regular else 0


@cache
def _others(delimiter: bytes) -> bytes:
    return bytes(sign for sign in range(256) if sign not in delimiter + b"\n")


def _misplaced(locals_: Sequence[bytes]) -> Iterator[int]:
    """The places of local parts with a dot too many, and of those that a formula may begin with."""
    text = b"\n%b\n" % b"\n".join(locals_)
    for mark, looked in ((b"\n\n", text.replace(b".", b"\n")), (b"\n-", text)):
        row, start, at = -1, 0, looked.find(mark)
        while at >= 0:
            row += text.count(b"\n", start, at + 1)
            start = at + 1
            yield row
            at = looked.find(mark, start)


def pieces(block: Block, size: int = PIECE) -> Iterator[Piece]:
    """The rows of a block, some at a time."""
    if block.records_:
        for place in range(0, len(block.records_), _RECORDS):
            lines = [
                line.encode("utf-8", "surrogateescape") for line in block.records_[place : place + _RECORDS]
            ]
            text = b"\n".join([b"" if b"\n" in line else line for line in lines])
            yield Piece(block.first + place, lines, text, True, block.clean)
        return
    first, quoted = block.first, b'"' in block.raw
    for raw in _cut(block.raw, size):
        text = raw[:-1]
        lines = text.split(b"\n")
        yield Piece(first, lines, text, quoted, block.clean)
        first += len(lines)


def _cut(raw: bytes, size: int) -> Iterator[bytes]:
    start = 0
    while start < len(raw):
        end = raw.find(b"\n", start + size) + 1 or len(raw)
        yield raw[start:end]
        start = end


@cache
def pattern(delimiter: bytes, column: int, quoted: bool, clean: bool) -> re.Pattern[bytes]:
    """Matches every line; its group is what stands in the column of addresses, empty where that is unclear.

    In a block that is no UTF-8 no line with other letters than those of ASCII is plain: it may have to be
    mended.
    """
    d, none = re.escape(delimiter), b"" if clean else rb"\x80-\xff"
    address = rb"([^@\n\"%b%b]*+@[^@\n\"%b%b]*+)" % (d, none, d, none)
    field, rest = rb"[^\n%b%b]*+" % (d, none), rb"(?=%b|$)[^\n%b]*+$" % (d, none)
    if quoted:
        field = plain_field(delimiter.decode(), "" if clean else r"\x80-\xff").encode()
        address = rb'(?=%b(?:%b|$))"?+%b"?+' % (field, d, address)
        rest = rb'(?=%b|$)(?:[^"\n%b]*+$|(?:%b%b)*+$)' % (d, none, d, field)
    before = rb"%b%b" % (field, d)
    before = before * column if column <= _UNROLLED else rb"(?:%b){%d}" % (before, column)
    return re.compile(rb"^(?:%b%b%b|.*+$)" % (before, address, rest), re.MULTILINE)
