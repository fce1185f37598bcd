"""The layout of a list: what parts its columns, whether it has a head, and which column has the addresses."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retour.flow.listcheck.delimiter import ABOVE, parted, read, unclear
from retour.flow.listcheck.headings import FIRST_NAMES, LAST_NAMES, OURS, RANK, bare, names_addresses
from retour.flow.lists.row import Defect
from retour.vet.check import bared

SAMPLE = 500  # records that a layout is told by
_ENOUGH = 0.3  # share of the cells of a column without a telling name that look like addresses
_TELLING = 0.7  # the same of a column whose name goes before what others hold more of
_FEW = 3  # so many times as many different addresses has another than a column of advisers, or of a few

# QUIRK: Excel writes and reads what parts the columns of a file in a line before its head.
_TOLD = re.compile(r'"?sep=([^\w\s"@]|[_\t])"?', re.IGNORECASE)
_ADDRESS = re.compile(r"\S@\S|[(\[{]\s*+(?:at|ät|@)\s*+[)\]}]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a list lies. A list without delimiter has one column: the line."""

    delimiter: str | None
    head: tuple[str, ...] | None  # the names of its columns
    column: int  # where the addresses stand
    others: tuple[int, ...] = ()  # further columns that hold addresses, and are left alone
    width: int = 1  # columns of most rows
    names: tuple[int, ...] = ()  # columns of first and last names
    above: int = 0  # records before the head, or before the rows, that are neither: titles, "sep=;"
    guessed: bool = False  # the encoding of the whole list was

    @property
    def name(self) -> str:
        """What the column of addresses is called; empty where the list has no head, or none for it."""
        head = self.head or ()
        return head[self.column] if self.column < len(head) else ""

    @property
    def parts(self) -> str:
        """What parts the columns of the files that come out."""
        return self.delimiter or ","


def layout_of(text: str, whole: bool) -> Layout | Defect:
    """The layout of a list that begins with this text, or why it has none: "no_column", "unclear_delimiter".

    `whole`: the text is the whole list; else its last line may be cut, and is not looked at.
    """
    lines = text.splitlines()
    if not whole and len(lines) > 1:
        del lines[-1]
    lines = [line for line in lines[: SAMPLE * 2] if line.strip()]
    if lines and (told := _TOLD.fullmatch(lines[0].strip(" "))):
        found = columns_of(read(lines[1:], told[1])[:SAMPLE], told[1])
        return Defect(0, "no_column") if found is None else replace(found, above=found.above + 1)
    delimiter, records = parted(lines)
    if delimiter is None and (sign := unclear(lines)):
        return Defect(0, "unclear_delimiter", sign)
    return columns_of(records[:SAMPLE], delimiter) or Defect(0, "no_column")


def columns_of(records: Sequence[Sequence[str]], delimiter: str | None) -> Layout | None:
    """The layout of records that are parted already."""
    records = [record for record in records if any(map(str.strip, record))]
    if not records:
        return None
    above = _above(records)
    head = _head(records[above:])
    body = records[above + 1 :] if head is not None else records
    chosen = _columns(head, body)
    if not chosen:
        return None
    names = tuple(column for column, cell in enumerate(head or ()) if bare(cell) in FIRST_NAMES | LAST_NAMES)
    return Layout(delimiter, head, chosen[0], tuple(sorted(chosen[1:])), _width(head, body), names, above)


def _width(head: tuple[str, ...] | None, body: Sequence[Sequence[str]]) -> int:
    return len(head) if head is not None else Counter(map(len, body)).most_common(1)[0][0]


def _above(records: Sequence[Sequence[str]]) -> int:
    """How many records stand above the head: what is narrower than it and has no address is a title."""
    first = next((at for at, each in enumerate(records) if any(map(_ADDRESS.search, each))), len(records))
    named = [at for at, each in enumerate(records[: min(first, ABOVE)]) if names_addresses(each)]
    of_mail = [at for at in named if _is_of_mail(records[at])]
    if of_mail or not named:
        return of_mail[0] if of_mail else 0
    widest = max(map(_full, records[: named[0]]), default=0)
    return named[0] if widest < _full(records[named[0]]) else 0


def _is_of_mail(record: Sequence[str]) -> bool:
    return any("mail" in bare(cell) and names_addresses([cell]) for cell in record)


def _full(record: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in record)


def _head(records: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """The first record, where it names columns and holds no address itself."""
    first = records[0]
    if any("@" in cell or _ADDRESS.search(cell) for cell in first):
        return None
    known = any(bare(cell) in RANK for cell in first)
    if not known and any(bared(cell) is not None for cell in first):
        return None  # an address without its @ names no column: "ann at gmx.de", "ann.gmx.de"
    later = any("@" in cell for record in records[1:] for cell in record)
    named = len(first) > 1 and all(not cell.strip() or re.search(r"[^\W\d]", cell) for cell in first)
    return tuple(cell.strip() for cell in first) if known or (later and named) else None


def _columns(head: tuple[str, ...] | None, body: Sequence[Sequence[str]]) -> list[int]:
    """The columns of addresses, the best first."""
    width = max(len(head or ()), max(map(len, body), default=0))
    shares = [_share(body, column) for column in range(width)]
    named = [column for column, cell in enumerate(head or ()) if bare(cell) in RANK]
    told = [column for column in named if shares[column] > 0 or bare((head or ())[column]).find("mail") >= 0]
    found = [column for column in range(width) if column in told or shares[column] >= _ENOUGH]
    # Beyond the head stands what a delimiter within a name has moved, in the few rows that are so long.
    found = [column for column in found if column < len(head or ())] or found
    if not found and width == 1:
        return [0]  # one column: whatever stands there was meant to be an address
    # A file of an earlier check that comes back: what was corrected stands in the list's own column.
    ours = {column for column, name in enumerate(head or ()) if bare(name).startswith(OURS)}
    found = [column for column in found if column not in ours] or found
    rank = {column: RANK[bare((head or ())[column])] for column in told}
    different = {column: len(_different(body, column)) for column in found}

    def place(column: int) -> tuple[bool, bool, float, int, int]:
        is_few = different[column] * _FEW < max(different.values())
        least = _ENOUGH if "mail" in bare("".join((head or ())[column : column + 1])) else _TELLING
        is_told = column in rank and shares[column] >= least
        weight = 0.0 if is_told else -round(shares[column], 1)
        return is_few, not is_told, weight, rank.get(column, len(RANK)), column

    return sorted(found, key=place)


def _different(body: Sequence[Sequence[str]], column: int) -> set[str]:
    cells = (record[column].strip().lower() for record in body if column < len(record))
    return {cell for cell in cells if _ADDRESS.search(cell)}


def looks_like_one(cell: str) -> bool:
    """Whether a cell was meant to hold an address."""
    return _ADDRESS.search(cell) is not None


def _share(body: Sequence[Sequence[str]], column: int) -> float:
    cells = [record[column] for record in body if column < len(record) and record[column].strip()]
    return sum(bool(_ADDRESS.search(cell)) for cell in cells) / len(cells) if cells else 0.0
