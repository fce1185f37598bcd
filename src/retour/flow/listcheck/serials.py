"""Days and times of a workbook, which holds them as numbers: 43831 is the first of January 2020.

That a number is a day is told by the format of its cell alone (ECMA-376 part 1, §18.8.30 numFmt, §18.17.4
dates and times). They are written as ISO 8601 has them, which every program reads in the same way.
"""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Flag, auto

from retour.flow.listcheck.archive import BrokenWorkbookError, Element, attributes, plain, whole_part

STYLES = "xl/styles.xml"
_DAY = 86_400  # seconds
_LEAP, _LAST = 60, 2_958_465  # 29 February 1900, a day that Lotus 1-2-3 invented; 31 December 9999
_FROM_1904 = 1462  # days between the two beginnings of time
_BEGIN = datetime(1899, 12, 30, tzinfo=UTC)  # of no zone, in truth: the cell tells none
_FORMAT, _CELLS, _CELL = Element("numFmt"), Element("cellXfs"), Element("xf")
_UNMEANT = re.compile(r'"[^"]*+"|\[[^\[\]]*+\]|\\.|[_*].|general', re.IGNORECASE | re.DOTALL)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


class Shows(Flag):
    """What a format shows of a moment; nothing of one where it is of another number."""

    NOTHING = 0
    DAY = auto()
    TIME = auto()


# ECMA-376 part 1, §18.8.30: formats that every program knows by number; those from 27 on are of East Asia
_KNOWN: Mapping[int, Shows] = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), Shows.DAY),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 55, 56), Shows.TIME),
    22: Shows.DAY | Shows.TIME,
}


@dataclass(frozen=True, slots=True)
class Serials:
    """How a workbook shows its numbers, by the number of a cell's style."""

    styles: Mapping[bytes, Shows] = field(default_factory=dict)
    from_1904: bool = False  # workbookPr@date1904: as the first spreadsheets of Apple counted

    def written(self, number: str, style: bytes) -> str:
        """The day and the time that a number is; the number itself where its cell shows none."""
        shows = self.styles.get(style)
        if not shows:
            return number
        try:
            at = float(number)
        except ValueError:
            return number
        return _moment(at + _FROM_1904 * (self.from_1904 and Shows.DAY in shows), shows) or number


def serials_of(archive: zipfile.ZipFile, from_1904: bool) -> Serials:
    """What the styles of a workbook say; where none can be read, numbers stay numbers."""
    try:
        body = whole_part(archive, STYLES)
    except BrokenWorkbookError:
        return Serials()
    own = {}
    for head, _ in _FORMAT.all(body):
        told = attributes(head)
        own[told.get(b"numFmtId", b"")] = _shows(plain(told.get(b"formatCode", b"")))
    styles = {}
    for _, inside in _CELLS.all(body):
        for place, (head, _) in enumerate(_CELL.all(inside)):
            id = attributes(head).get(b"numFmtId", b"")
            shows = own[id] if id in own else _KNOWN.get(int(id) if id.isdigit() else 0, Shows.NOTHING)
            if shows:
                styles[str(place).encode()] = shows
    return Serials(styles, from_1904)


def _shows(code: str) -> Shows:
    """What a format of somebody's own shows: `dd/mm/yyyy hh:mm`, `[$-407]d. mmm`; a span of time is none."""
    first = code.split(";", 1)[0]
    if _ELAPSED.search(first):
        return Shows.NOTHING
    letters = set(_UNMEANT.sub("", first).lower())
    time = Shows.TIME if letters & set("hs") else Shows.NOTHING
    day = Shows.DAY if letters & set("yd") or ("m" in letters and not time) else Shows.NOTHING
    return day | time


def _moment(at: float, shows: Shows) -> str:
    """A serial number as ISO 8601 writes it; empty for one that is no day."""
    if not 0 <= at < _LAST + 1 or int(at) == _LEAP or round(at * _DAY) >= (_LAST + 1) * _DAY:
        return ""
    if Shows.DAY not in shows and at >= 1:
        return ""  # a time of several days is a span
    seconds = round(at * _DAY)
    moment = _BEGIN + timedelta(days=seconds // _DAY + (at < _LEAP), seconds=seconds % _DAY)
    written = moment.isoformat(" ")
    if Shows.DAY not in shows:
        return written[11:19]
    if at < 1:
        return ""  # day 0 is none
    return written[:10] if seconds % _DAY == 0 else written[:19]
