"""A list whose columns an uncommon sign parts, as CSV: that can be read by what opens the results."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from retour.flow.listcheck.blocks import Block, blocks
from retour.flow.listcheck.encoding import mended
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.parting import fields, inner_of
from retour.flow.listcheck.written import csv_of


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Makes it. The rows are the same, by their numbers; what was wrong with them is no longer to be seen."""

    pieces: Callable[[], Iterator[bytes]]  # of the list as it stands there
    sign: str

    def blocks(self, layout: Layout) -> Iterator[Block]:
        """The blocks of the list in this layout of CSV, with the flaws of the list as it stands there."""
        read: list[Block] = []
        row = 1
        for block in blocks(self._made(layout, read), layout):
            row = block.first + block.rows
            yield _flawed(block, _taken(read, row))
        if read:
            yield _flawed(Block(row, 0, b"", True), read)

    def _made(self, layout: Layout, read: list[Block]) -> Iterator[bytes]:
        # Its head is read like any row.
        whole = replace(layout, delimiter=self.sign, head=None, above=0)
        for block in blocks(self.pieces(), whole):
            if block.odd or block.nuls:
                read.append(replace(block, raw=b"", records_=()))
            rows = (fields(line, self.sign) for line in _lines(block))
            yield csv_of(inner_of(row, self.sign, layout.column) or row for row in rows)


def _lines(block: Block) -> Iterator[str]:
    raws = [each.encode("utf-8", "surrogateescape") for each in block.records_] or block.raw.split(b"\n")[:-1]
    return (mended(raw)[0] for raw in raws)


def _taken(read: list[Block], end: int) -> list[Block]:
    """What was read before a row, and is not told yet; of NULs that a block has some are of its first row."""
    taken = []
    for place, each in enumerate(read):
        odd = tuple(row for row in each.odd if row < end)
        is_told = bool(each.nul_rows) and each.nul_rows[0] < end
        nuls, rows = (each.nuls, each.nul_rows) if is_told else (0, ())
        taken.append(replace(each, odd=odd, nuls=nuls, nul_rows=rows))
        left = replace(each, odd=each.odd[len(odd) :])
        read[place] = replace(left, nuls=0, nul_rows=()) if is_told else left
    read[:] = [each for each in read if each.odd or each.nuls]
    return taken


def _flawed(block: Block, found: Iterable[Block]) -> Block:
    some = list(found)
    return replace(
        block,
        odd=tuple(row for each in some for row in each.odd),
        nuls=sum(each.nuls for each in some),
        nul_rows=tuple(row for each in some for row in each.nul_rows),
    )
