"""A list as blocks of whole records, each with the cell that should hold an address.

A block is what is checked and committed at once. Its borders follow from the octets of the list alone, so
that a job which was killed finds the same blocks again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from retour import swift
from retour.flow.listcheck.encoding import LOOKED_AT, mended
from retour.flow.listcheck.layout import Layout, looks_like_one
from retour.flow.listcheck.nuls import Nul, Nuls, row_at
from retour.flow.listcheck.parting import LINES, RECORD, Table, fields, inner_of, rows_of, simple, whole
from retour.flow.listcheck.parting import records as parted

BLOCK = 8 * 1024 * 1024  # octets of a block, about

_Found = tuple[tuple[str, bool], ...]  # records, and whether each is odd


class Record(NamedTuple):
    """One row of a list."""

    line: str  # as it stands there
    cell: str  # what stands in the column of addresses
    guessed: bool = False  # its encoding was
    moved: bool = False  # the address stood in another column


@dataclass(frozen=True, slots=True)
class Block:
    """Some records that follow each other; `first` is the number of the first, as a spreadsheet counts."""

    first: int
    rows: int
    raw: bytes  # in UTF-8, as far as `clean` tells; each record ends with a line feed
    clean: bool
    records_: tuple[str, ...] = ()  # where a line feed in quotation marks parts none; else a line is one
    odd: tuple[int, ...] = ()  # the numbers of rows whose quotation marks do not fit together
    nuls: int = 0  # octets that were taken out,
    nul_rows: tuple[int, ...] = ()  # and where some of them stood: the first ones did


def blocks(pieces: Iterable[bytes], layout: Layout, size: int = BLOCK) -> Iterator[Block]:
    """The blocks of a list, without its head and what stands above it: that is told of with the first block.

    The last one may have no rows.
    """
    nuls = Nuls()
    row, place = 1, 0
    for raw in _with_head_cut(_cut(_with_line_feeds(pieces, nuls), size, layout), layout):
        above = raw.above if isinstance(raw, _Headless) else b""
        head = _told(_block(row, above, layout), nuls.before(place, place + len(above)))
        place += len(above)
        block = _told(_block(row + head.rows, raw, layout), nuls.before(place, place + len(raw) + 1))
        row, place = block.first + block.rows, place + len(raw)
        yield _with_head_told(block, head) if above else block
    if nuls:
        yield _told(_block(row, b"", layout), nuls.before(place, place + 1))


def _told(block: Block, nuls: Sequence[Nul]) -> Block:
    """With the NULs that stood there, whose places are those in the block."""
    if not nuls:
        return block
    lengths = [record.count("\n") + 1 for record in block.records_]
    rows = {block.first + row_at(block.raw.count(b"\n", 0, nul.place), lengths) for nul in nuls}
    return replace(block, nuls=sum(nul.many for nul in nuls), nul_rows=tuple(sorted(rows)))


def _with_head_told(block: Block, head: Block) -> Block:
    nul_rows = tuple(dict.fromkeys((*head.nul_rows, *block.nul_rows)))
    return replace(block, odd=(*head.odd, *block.odd), nuls=head.nuls + block.nuls, nul_rows=nul_rows)


class _Headless(bytes):
    """A block whose head was taken off."""

    above = b""


def _with_head_cut(raws: Iterable[bytes], layout: Layout) -> Iterator[bytes]:
    left = layout.above + (layout.head is not None)
    for raw in raws:
        if not left:
            yield raw
            continue
        # A layout is told by the beginning of a list, and its head stands there.
        start = raw[: raw.find(b"\n", 4 * LOOKED_AT) + 1 or len(raw)]
        lines = start.decode("utf-8", "surrogateescape").split("\n")
        end = 0
        while left and end < len(lines):
            # As the layout was told: empty ones tell nothing.
            left -= bool(lines[end].strip(f" {layout.parts}"))
            end += rows_of(lines, end, layout.parts) if layout.delimiter else 1
        above = "".join(f"{line}\n" for line in lines[:end]).encode("utf-8", "surrogateescape")
        cut = min(len(above), len(start))
        headless = _Headless(raw[cut:])
        headless.above = raw[:cut]
        left = 0
        yield headless


def _with_line_feeds(pieces: Iterable[bytes], nuls: Nuls) -> Iterator[bytes]:
    """CR LF and CR as LF, and NUL taken out. A CR at the end of a piece waits for what follows."""
    waiting, passed = b"", 0
    for piece in pieces:
        raw = waiting + piece if waiting else piece
        waiting = b""
        if b"\0" in raw:
            nuls.note(passed + len(_fed(raw[: raw.index(b"\0")])), raw.count(b"\0"))
            raw = raw.replace(b"\0", b"")
        if raw.endswith(b"\r"):
            raw, waiting = raw[:-1], b"\r"
        raw = _fed(raw)
        passed += len(raw)
        yield raw
    if waiting:
        yield b"\n"


def _fed(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in raw else raw


def _cut(pieces: Iterable[bytes], size: int, layout: Layout) -> Iterator[bytes]:
    """Blocks of whole records; the last one ends with a line feed like all others."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            raw, rest = _at_line_end(b"".join(held), layout)
            if raw:
                yield raw
            held, length = [rest], len(rest)
            if not raw and length > max(4 * size, RECORD):  # one line without end
                yield rest + b"\n"
                held, length = [], 0
    if raw := b"".join(held):
        yield raw if raw.endswith(b"\n") else raw + b"\n"


class _Parted(bytes):
    """A block whose records are known."""

    found: _Found = ()


def _at_line_end(raw: bytes, layout: Layout) -> tuple[bytes, bytes]:
    """Cut behind the last record that is whole."""
    end = raw.rfind(b"\n") + 1
    if layout.delimiter is None or b'"' not in raw:
        return raw[:end], raw[end:]
    found = _found(raw[:end], layout)
    last = _last(found, layout.parts)
    left = "".join(f"{record}\n" for record, _ in found[last:])
    end -= len(left.encode("utf-8", "surrogateescape"))
    made = _Parted(raw[:end])
    made.found = found[:last]
    return made, raw[end:]


def _last(found: _Found, delimiter: str) -> int:
    """Where the records end that no line behind them belongs to: one that is open may go on there."""
    lines = size = 0
    last = at = len(found)
    while at and lines < LINES and size <= RECORD:
        at -= 1
        record, is_odd = found[at]
        lines += record.count("\n") + 1
        size += len(record) + 1
        if is_odd and lines < LINES and size <= RECORD and not whole(delimiter).fullmatch(record):
            last = at
    return last


def _found(raw: bytes, layout: Layout) -> _Found:
    """The records of some lines, and whether each is odd; none where each line is one, and not odd."""
    if layout.delimiter is None or b'"' not in raw:
        return ()
    text = raw.decode("utf-8", "surrogateescape")
    if simple(layout.delimiter).fullmatch(text):
        return ()
    return tuple(parted(text.split("\n")[:-1], layout.parts, Table(layout.width, layout.column)))


def _block(first: int, raw: bytes, layout: Layout) -> Block:
    clean = _is_clean(raw)
    found = raw.found if isinstance(raw, _Parted) else _found(raw, layout)
    if not found:
        return Block(first, lines_in(raw), raw, clean)
    odd = tuple(row for row, (_, is_odd) in enumerate(found, start=first) if is_odd)
    return Block(first, len(found), raw, clean, tuple(record for record, _ in found), odd)


def lines_in(raw: bytes) -> int:
    """How many lines end there."""
    return swift.line_feeds(raw) if swift.IN_C else raw.count(b"\n")


def _is_clean(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def records(block: Block, layout: Layout) -> Iterator[Record]:
    """The rows of a block, one by one."""
    if block.records_:
        for text in block.records_:
            yield record_of(text.encode("utf-8", "surrogateescape"), layout)
    else:
        for raw in block.raw.split(b"\n")[:-1]:
            yield record_of(raw, layout)


def record_of(raw: bytes, layout: Layout) -> Record:
    """One row."""
    line, guessed = mended(raw)
    return record_of_text(line, layout, guessed)


def record_of_text(line: str, layout: Layout, guessed: bool = False) -> Record:
    """The same of a row whose octets are known to be UTF-8."""
    guessed = guessed or layout.guessed
    if layout.delimiter is None:
        return Record(line, line, guessed)
    columns = fields(line, layout.delimiter)
    cell = columns[layout.column] if layout.column < len(columns) else ""
    if "@" in cell or (len(columns) == layout.width and (not layout.others or looks_like_one(cell))):
        return Record(line, cell, guessed)
    if inner := inner_of(columns, layout.delimiter, layout.column):
        return Record(line, inner[layout.column], guessed, True)
    if layout.others:  # of two addresses of a contact the one, where the other is missing
        second = next((each for each in _at(columns, layout.others) if looks_like_one(each)), "")
        if second:
            return Record(line, second, guessed, True)
    # A delimiter within a name that nobody quoted moves all that follows.
    others = [column for column in columns if "@" in column]
    return Record(line, others[0], guessed, True) if len(others) == 1 else Record(line, cell, guessed)


def _at(columns: Sequence[str], places: Sequence[int]) -> list[str]:
    return [columns[place] for place in places if place < len(columns)]
