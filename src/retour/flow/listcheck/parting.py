"""Which lines make one record, and what its columns are, as `csv.reader` would have it; but a quotation mark
that nobody closes parts nothing, instead of swallowing the rest of the list. Such a record is odd, and told.
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


@cache
def _one(delimiter: str) -> re.Pattern[str]:
    """A field of a record whose quotation marks do not all fit together, and what parts it from the next.

    Marks around the whole, or around its beginning ("Lee, Ann" <ann@b.example>); but one that stands where
    a field begins ends none. Else it goes to the next delimiter. Every character is looked at twice at most.
    """
    d = re.escape(delimiter)
    whole, begun = (
        rf'"(?P<whole>(?:[^"]|"")*+)"(?={d}|\Z)',
        rf'"(?P<begun>[^"]*+)(?<![{d}"])"(?P<rest>[^{d}]*+)',
    )
    return re.compile(rf"(?:{whole}|{begun}|(?P<open>[^{d}]*+))(?P<end>{d}|\Z)", re.DOTALL)


def plain_field(delimiter: str, none: str = "") -> str:
    """The pattern of a field of such lines, without some signs."""
    d = re.escape(delimiter)
    return rf'(?:"[^"\n{none}]*+"|[^"\n{d}{none}]*+)'


def records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[str, bool]]:
    """The records that lines make, and whether each is odd: its quotation marks do not fit together."""
    place = 0
    while place < len(lines):
        length = 1 if '"' not in lines[place] else length_of(lines, place, delimiter)
        yield lines[place] if length < 2 else "\n".join(lines[place : place + length]), not length
        place += length or 1


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


def fields(record: str, delimiter: str) -> list[str]:
    """The columns of a record; of an odd one what parts them outside of marks that do fit."""
    if '"' not in record:
        return record.split(delimiter)
    if not whole(delimiter).fullmatch(record):
        return list(_odd(record, delimiter))
    try:
        return next(csv.reader([record], delimiter=delimiter), [""]) or [""]
    except csv.Error:
        return record.split(delimiter)


def _odd(record: str, delimiter: str) -> Iterator[str]:
    pattern, place, more = _one(delimiter), 0, True
    while more and (field := pattern.match(record, place)) is not None:
        if field["whole"] is not None:
            yield field["whole"].replace('""', '"')
        else:
            yield field["open"] if field["begun"] is None else f"{field['begun']}{field['rest']}"
        place, more = field.end(), bool(field["end"])
