"""Which lines make one record, and what its columns are, as `csv.reader` would have it; but a quotation mark
that nobody closes parts nothing, instead of swallowing the rest of the list.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from functools import cache

LINES = 64  # lines of one record
RECORD = 64 * 1024  # characters of one record (security.md §3)


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


def plain_field(delimiter: str, none: str = "") -> str:
    """The pattern of a field of such lines, without some signs."""
    d = re.escape(delimiter)
    return rf'(?:"[^"\n{none}]*+"|[^"\n{d}{none}]*+)'


def records(lines: Sequence[str], delimiter: str) -> Iterator[str]:
    """The records that lines make."""
    place = 0
    while place < len(lines):
        length = 1 if '"' not in lines[place] else length_of(lines, place, delimiter)
        yield lines[place] if length == 1 else "\n".join(lines[place : place + length])
        place += length


def length_of(lines: Sequence[str], place: int, delimiter: str) -> int:
    """Of how many lines the record is that begins here; 1 where its quotation marks make no sense."""
    record = ""
    for length, line in enumerate(lines[place : place + LINES], start=1):
        record = line if length == 1 else f"{record}\n{line}"
        if len(record) > RECORD:
            break
        if whole(delimiter).fullmatch(record):
            return length
    return 1


def fields(record: str, delimiter: str) -> list[str]:
    """The columns of a record; quotation marks that make no sense are letters."""
    if '"' not in record or not whole(delimiter).fullmatch(record):
        return record.split(delimiter)
    try:
        return next(csv.reader([record], delimiter=delimiter), [""]) or [""]
    except csv.Error:
        return record.split(delimiter)
