"""Which lines make one record, and what its columns are, as `csv.reader` would have it; but a quotation mark
that nobody closes parts nothing, instead of swallowing the rest of the list. Such a record is odd, and told.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

LINES = 64  # lines of one record
RECORD = 64 * 1024  # characters of one record (security.md §3)
_ADDRESS = re.compile(r'[\s"]*+(?:[^@<>]*+<)?+[^\s@<>"]++@[^\s@<>"]++>?[\s"]*+').fullmatch


@cache
def whole(delimiter: str) -> re.Pattern[str]:
    """A record at whose end no field is open; every character is looked at once."""
    d = re.escape(delimiter)
    field = rf'(?:"(?:[^"]|"")*+"(?={d}|\Z)|(?!")[^{d}]*+)'
    return re.compile(rf"{field}(?:{d}{field})*+", re.DOTALL)


@cache
def simple(delimiter: str) -> re.Pattern[str]:
    """Lines that are a record each, with quotation marks around whole fields alone."""
    d = re.escape(delimiter)
    return re.compile(rf"(?:{plain_field(delimiter)}(?:{d}{plain_field(delimiter)})*+\n)*+")


@cache
def strict(delimiter: str) -> re.Pattern[str]:
    """A record as CSV has it: quotation marks around whole fields, or doubled in these (RFC 4180 §2)."""
    d = re.escape(delimiter)
    field = rf'(?:"(?:[^"]|"")*+"(?={d}|\Z)|[^"{d}]*+)'
    return re.compile(rf"{field}(?:{d}{field})*+", re.DOTALL)


@cache
def _one(delimiter: str) -> re.Pattern[str]:
    """A field of a record that CSV does not have so, and what parts it from the next.

    Marks around the whole, or around its beginning ("Lee, Ann" <ann@b.example>); but one that stands where
    a field begins ends none. Else it goes to the next delimiter. No character is looked at often.
    """
    d = re.escape(delimiter)
    # QUIRK: people and scripts write `Ann, "Lee, Bob"`, with a blank before the marks or behind them.
    whole = rf' *+"(?:[^"]|"")*+" *+(?={d}|\Z)'
    # QUIRK: `"Ann "X" Lee"`, marks that nobody doubled: the last of them closes.
    doubled = rf'"(?!")(?:[^"{d}]|"(?!{d}|\Z)|{d}(?!"))*+"(?={d}|\Z)'
    begun = rf'"(?P<begun>[^"]*+)(?<![{d}"])"(?P<rest>[^{d}]*+)'
    fields = rf"(?P<whole>{whole})|(?P<doubled>{doubled})|{begun}|(?P<open>[^{d}]*+)"
    return re.compile(rf"(?:{fields})(?P<end>{d}|\Z)", re.DOTALL)


def plain_field(delimiter: str, none: str = "") -> str:
    """The pattern of a field of such lines, without some signs."""
    d = re.escape(delimiter)
    return rf'(?:"[^"\n{none}]*+"|[^"\n{d}{none}]*+)'


class Table(NamedTuple):
    """What is known of the rows of a list: their columns, and which has the address."""

    width: int
    column: int


def records(lines: Sequence[str], delimiter: str, table: Table | None = None) -> Iterator[tuple[str, bool]]:
    """The records that lines make, and whether each is odd: its quotation marks do not fit together."""
    place = 0
    while place < len(lines):
        if is_strict(lines[place], delimiter):
            yield lines[place], False
            place += 1
            continue
        length = rows_of(lines, place, delimiter, table)
        record = "\n".join(lines[place : place + length])
        yield record, length == 1 or not is_strict(record, delimiter)
        place += length


def rows_of(lines: Sequence[str], place: int, delimiter: str, table: Table | None = None) -> int:
    """Of how many lines the row is that begins here: of one, where the lines of its record are rows already.

    Of two marks that nobody meant, in rows far apart, CSV makes a field that has all rows between. Most of
    these have all columns, and an address in the same one, as no note of several lines has. Where the table
    is known, one such line suffices whose address is not that of the record.
    """
    length = length_of(lines, place, delimiter) or 1
    if length == 1:
        return 1
    held = lines[place : place + length]
    least = table.width - 1 if table else 0
    having = [line for line in held if "@" in line and line.count(delimiter) >= least]
    if not having:
        return length
    own = fields("\n".join(held), delimiter)
    if table and any(_is_another(_columns(line, delimiter, table), own, table) for line in having):
        return 1
    width = len(own)
    parts = [columns for line in having if len(columns := fields(line, delimiter)) >= width]
    places = Counter(at for columns in parts for at, cell in enumerate(columns) if _ADDRESS(cell))
    return 1 if max(places.values(), default=0) * 2 > length else length


def _columns(line: str, delimiter: str, table: Table) -> list[str]:
    columns = fields(line, delimiter)
    return inner_of(columns, delimiter, table.column) or columns


def _is_another(columns: Sequence[str], own: Sequence[str], table: Table) -> bool:
    """Whether this is a row with another address; in a text a blank is behind each comma.

    A cell with one mark alone is where a field begins or ends that has more lines.
    """
    if len(columns) != table.width or any(cell.startswith(" ") for cell in columns):
        return False
    cell = columns[table.column] if table.column < table.width else ""
    is_whole = cell.count('"') % 2 == 0 and _ADDRESS(cell) is not None
    return is_whole and cell not in own[table.column : table.column + 1]


def length_of(lines: Sequence[str], place: int, delimiter: str) -> int:
    """Of how many lines the record is that begins here; 0 where it is odd, and a line for itself."""
    record = ""
    for length, line in enumerate(lines[place : place + LINES], start=1):
        record = line if length == 1 else f"{record}\n{line}"
        if len(record) > RECORD:
            break
        if whole(delimiter).fullmatch(record):
            return length
    return 0


def is_strict(record: str, delimiter: str) -> bool:
    """Whether a record, as it is read here, is what CSV has."""
    return '"' not in record or strict(delimiter).fullmatch(record) is not None


def fields(record: str, delimiter: str) -> list[str]:
    """The columns of a record; of an odd one what parts them outside of marks that do fit."""
    if '"' not in record:
        return record.split(delimiter)
    if not is_strict(record, delimiter):
        return list(_odd(record, delimiter))
    try:
        return next(csv.reader([record], delimiter=delimiter), [""]) or [""]
    except csv.Error:
        return record.split(delimiter)


def inner_of(columns: Sequence[str], delimiter: str, column: int) -> list[str]:
    """The columns within the only one of a row; empty where none of them has an address in its place.

    QUIRK: programs that know one column alone put marks around whole rows ("Ann,ann@b.example").
    """
    inner = fields(columns[0], delimiter) if len(columns) == 1 else []
    return inner if column < len(inner) and "@" in inner[column] else []


def _odd(record: str, delimiter: str) -> Iterator[str]:
    pattern, place, more = _one(delimiter), 0, True
    while more and (field := pattern.match(record, place)) is not None:
        quoted = field["whole"] or field["doubled"]
        if quoted is not None:
            before, _, inside = quoted.partition('"')
            inside, _, behind = inside.rpartition('"')
            yield before + inside.replace('""', '"') + behind
        else:
            yield field["open"] if field["begun"] is None else f"{field['begun']}{field['rest']}"
        place, more = field.end(), bool(field["end"])
