"""What parts the columns of a list, told by the lines that it begins with."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from retour.flow.listcheck.headings import names_addresses
from retour.flow.listcheck.parting import fields
from retour.flow.listcheck.parting import records as wholes

DELIMITERS = (";", ",", "\t", "|")
# Looked for where none of the others makes a table; the last is the unit separator of ASCII.
RARE_DELIMITERS = (":", "^", "~", "#", "*", "\x1f")
# Parts of a local part as well (RFC 5322 §3.2.3), so that only a head tells that they part columns: "%" and
# "!" stand in names of gateways ("ann%b.example@gw.example"), "=" in return addresses.
_IN_ADDRESSES = frozenset("/%!$&=?\\")
_UNCLEAR = frozenset("/\\$?")  # of these, what parts every row the same is told to whoever sent the list
ABOVE = 10  # records in which the head is looked for: titles and dates of exports stand above it
_REGULAR = 0.8  # share of the records that have as many columns as most have
_NAMED = 0.4  # the same where the first of them names a column of addresses
_TRIED = 20  # uncommon signs: a text may have thousands
_SOME, _MANY = 3, 5  # lines, of which all have a sign by no accident
_WHOLE = re.compile(r"[^\s@\"<>]++@[^\s@\"<>]++").fullmatch
_PROPER = re.compile(r"[^\s@]++@[^\s@.]++(?:\.[^\s@.]++)++").fullmatch
# Signs that nobody writes into an address and no keyboard takes for one of it: currencies, sections, bullets.
# Dashes and quotation marks stand around names, angles around addresses, points of other scripts in domains.
_CATEGORIES = frozenset(("Sc", "Sm", "So", "Sk", "Po", "Cc"))
_LETTERS = frozenset("þÿ")  # which programs take because no name of theirs has them
_NEVER = frozenset("<>@.-_+'\"\\·＠．。｡﹒﹫*#,;:|^~\r\n\t\f\v\x1c\x1d\x1e\x1f\x85")

Records = list[list[str]]


def parted(lines: Sequence[str]) -> tuple[str | None, Records]:
    """The delimiter that makes most of these lines one table, and the records that it makes.

    One that makes a head goes before one that makes none: each row may have a comma besides (1,50).
    """
    found = [
        _parted_by(DELIMITERS, lines, lambda sign, records: True),
        _parted_by(RARE_DELIMITERS, lines, lambda sign, records: _is_table(lines, records)),
        _parted_by(_signs(lines), lines, _has_addresses),
    ]
    tables = [each for each in found if each[0] is not None]
    headed = [each for each in tables if _has_head(each[1])]
    return next(iter([*headed, *tables]), (None, [[line] for line in lines]))


def unclear(lines: Sequence[str]) -> str:
    """A sign that parts every one of these lines, and of which only a person knows what it does; mostly "".

    "Ann/Bonn/ann@b.example" is an address as a whole, and such a list has been seen; none of these was.
    """
    if len(lines) < _MANY:
        return ""
    regular = (sign for sign in _UNCLEAR if len({line.count(sign) for line in lines} | {0}) == 2)
    found = (sign for sign in sorted(regular) if not _are_whole(lines, read(lines, sign)))
    return next((sign for sign in found if all(map(_WHOLE, _last(lines, sign)))), "")


def read(lines: Sequence[str], delimiter: str) -> Records:
    """The records that lines make."""
    return [fields(record, delimiter) for record, _ in wholes(lines, delimiter)]


def _parted_by(
    delimiters: Sequence[str], lines: Sequence[str], fits: Callable[[str, Records], bool]
) -> tuple[str | None, Records]:
    best: tuple[float, str | None, Records] = (0.0, None, [])
    for delimiter in delimiters:
        records = read(lines, delimiter)
        titles = _titles(records)
        records, above = records[titles:], records[:titles]
        widths = Counter(map(len, records))
        width = len(records[0]) if records and widths[len(records[0])] * 2 > len(records) else 0
        width = width or (max(widths, key=lambda each: (widths[each], each)) if widths else 1)
        share = widths[width] / len(records) if records else 0
        needed = _NAMED if _is_named(records) else _REGULAR
        if width > 1 and share >= needed and not _is_text(records, width) and fits(delimiter, records):
            weight = share + min(width, 40) / 100
            best = max(best, (weight, delimiter, [*above, *records]), key=lambda each: each[0])
    return best[1], best[2]


def _titles(records: Records) -> int:
    """How many lines stand above a table and are none of its rows: narrower, without an address."""
    top = records[:ABOVE]
    width = next((len(each) for each in top if any("@" in cell for cell in each)), 0)
    own = (at for at, each in enumerate(top) if len(each) >= width or names_addresses(each))
    return next(own, 0) if width else 0


def _is_named(records: Records) -> bool:
    return any(names_addresses(record) for record in records[:ABOVE])


def _has_head(records: Records) -> bool:
    return any(len(record) > 1 and names_addresses(record) for record in records[:ABOVE])


def _is_text(records: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a delimiter only stands within names or between addresses: "Doe, Ann <ann@b.example>"."""
    full = [record for record in records if len(record) == width]
    inside = sum(bool(re.search(r"<[^<>]*@[^<>]*>", cell)) for record in full for cell in record)
    is_headed = "@" not in "".join(full[0]) and len(full) > 1
    several = 0 if is_headed else sum(map(_are_several, full))
    return (inside * 2 > len(full) and width == 2 and not names_addresses(full[0])) or several * 2 > len(full)


def _are_several(record: Sequence[str]) -> bool:
    filled = [cell for cell in record if cell.strip()]
    return len(filled) > 1 and all("@" in cell for cell in filled)


def _is_table(lines: Sequence[str], records: Records) -> bool:
    """Whether there are columns beside that of the addresses: a mark before each row makes none."""
    return _has_head(records) or (len(_filled(records)) > 1 and not _are_whole(lines, records))


def _are_whole(lines: Sequence[str], records: Records) -> bool:
    """Whether the lines are addresses as they stand, and what is left of them, if parted, are not theirs.

    QUIRK: Entra ID calls guests ann_b.example#EXT#@c.example: behind the sign all have the same.
    """
    whole = {line.strip() for line in lines if _WHOLE(line.strip())}
    if _has_head(records) or len(whole) * 2 <= len(lines):
        return False
    columns = range(max(map(len, records), default=0))
    different = (len({*filter(_WHOLE, _column(records, column))}) for column in columns)
    return max(different, default=0) * 2 <= len(whole)


def _signs(lines: Sequence[str]) -> list[str]:
    """What else most of the lines have, and may part them."""
    having = Counter(sign for line in lines for sign in {*line})
    least = len(lines) * _REGULAR
    found = [sign for sign, count in having.most_common() if count >= least and is_sign(sign)]
    return sorted(found[:_TRIED])


def is_sign(sign: str) -> bool:
    """Whether a character may part columns that seldom does; "" does not."""
    if not sign:
        return False
    is_one = unicodedata.category(sign) in _CATEGORIES or sign in _LETTERS
    return sign in _IN_ADDRESSES or (is_one and sign not in _NEVER)


def _has_addresses(sign: str, records: Records) -> bool:
    """Whether a sign that seldom parts anything makes a column of addresses, and others that are filled."""
    has_head = _has_head(records)
    if (sign in _IN_ADDRESSES or len(records) < _SOME) and not has_head:
        return False
    filled, needed = _filled(records), (len(records) - 1) * _REGULAR
    return (has_head or len(filled) > 1) and any(
        sum(map(bool, map(_PROPER, column))) >= needed for column in filled
    )


def _filled(records: Records) -> list[list[str]]:
    """The columns that say something in most rows."""
    columns = [_column(records, column) for column in range(max(map(len, records), default=0))]
    return [column for column in columns if sum(map(bool, column)) * 2 > len(records)]


def _column(records: Records, column: int) -> list[str]:
    return [record[column].strip() for record in records if column < len(record)]


def _last(lines: Sequence[str], sign: str) -> list[str]:
    return [line.rpartition(sign)[2].strip() for line in lines]
