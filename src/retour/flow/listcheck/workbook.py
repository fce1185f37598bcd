"""XLSX: the sheets of a workbook as rows of text, in constant memory but for its shared strings.

ECMA-376 part 1, §18.3 (worksheets), §18.4 (shared strings). The few elements that hold cells are found as
text (`archive`); numbers that are days become days (`serials`), and a name that leads to mail gets its
address (`mail_links`).
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from retour.flow.listcheck.archive import (
    COLUMNS,
    ROWS,
    BrokenWorkbookError,
    Element,
    attributes,
    elements,
    number,
    plain,
    whole_part,
)
from retour.flow.listcheck.mail_links import address_of, mail_links
from retour.flow.listcheck.serials import Serials, serials_of

STRINGS = 256 * 1024**2  # characters of the shared strings together
_EACH = 8  # characters that a string counts for besides its own: empty ones take memory, too
GAP = 1000  # empty rows in a row that are counted as rows
_TRUE = (b"1", b"true")
_HIDDEN = (b"hidden", b"veryHidden")  # ECMA-376 part 1, §18.18.68

_ROW, _CELL, _STRING = Element("row"), Element("c"), Element("si")
_VALUE, _TEXT, _FORMULA = Element("v"), Element("t"), Element("f")
_OPENED = re.compile(r'\s*+=?\s*+HYPERLINK\(\s*+"(mailto:[^"]++)"', re.IGNORECASE)
_SPOKEN = Element("rPh")  # how a word is read aloud
_SHEET = re.compile(rb"<(?:\w++:)?sheet\b([^<>]*+)>")
_PROPERTIES = re.compile(rb"<(?:\w++:)?workbookPr\b([^<>]*+)>")
_RELATION = re.compile(rb"<(?:\w++:)?Relationship\b([^<>]*+)>")
_PLACE = re.compile(rb"([A-Z]{1,3})\d*")
_MARKS = re.compile(r'[<>"(),;\s]+')


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    part: str
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Workbook:
    """An open workbook."""

    archive: zipfile.ZipFile
    sheets: tuple[Sheet, ...]
    strings: tuple[str, ...]
    serials: Serials = field(default_factory=Serials)

    def rows(self, sheet: Sheet) -> Iterator[list[str]]:
        """The rows of a sheet from its top. Raises BrokenWorkbookError."""
        links = mail_links(self.archive, sheet.part)
        last = 0
        for head, body in elements(self.archive, sheet.part, _ROW):
            place = number(attributes(head).get(b"r"), last + 1)
            if last < place - 1 <= last + GAP:
                yield from ([] for _ in range(place - 1 - last))
            last = max(place, last + 1)
            if last > ROWS:
                raise BrokenWorkbookError("too_many_rows")
            yield self._cells(body, links)

    def _cells(self, body: bytes, links: Mapping[bytes, str]) -> list[str]:
        cells: list[str] = []
        behind: list[tuple[int, str]] = []
        for head, inside in _CELL.all(body):
            told = attributes(head)
            column = _column(told.get(b"r"), len(cells))
            if column >= COLUMNS:
                raise BrokenWorkbookError("workbook_broken")
            cells += [""] * (column - len(cells))
            cells[column:] = [self._text(told, inside)]
            if address := links.get(told.get(b"r", b""), "") or _opened(inside):
                behind.append((column, address))
        if behind and not any("@" in cell for cell in cells):
            for column, address in behind:
                cells[column] = _led(cells[column], address)
        return cells

    def _text(self, told: Mapping[bytes, bytes], body: bytes) -> str:
        kind = told.get(b"t", b"n")
        if kind == b"inlineStr":
            return _together(body)
        value = next((inside for _, inside in _VALUE.all(body)), b"")
        if kind == b"s":
            place = number(value, -1)
            return self.strings[place] if 0 <= place < len(self.strings) else ""
        text = plain(value)
        return self.serials.written(text, told.get(b"s", b"0")) if kind == b"n" else text


def _opened(body: bytes) -> str:
    """The address that a formula opens a mail to: HYPERLINK("mailto:ann@b.example","Ann")."""
    if b"HYPERLINK" not in body:
        return ""
    formula = "".join(plain(inside) for _, inside in _FORMULA.all(body))
    found = _OPENED.match(formula)
    return "" if found is None else next(address_of(found[1]), "")


def _led(text: str, address: str) -> str:
    """A name with the address that it leads to, as mail writes the two (RFC 5322 §3.4)."""
    return f"{_MARKS.sub(' ', text).strip()} <{address}>" if text.strip() else address


def open_workbook(file: IO[bytes]) -> Workbook:
    """A workbook. Raises BrokenWorkbookError."""
    try:
        archive = zipfile.ZipFile(file)
        names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise BrokenWorkbookError("workbook_broken") from error
    if "xl/workbook.xml" not in names:
        raise BrokenWorkbookError("no_workbook")
    body = whole_part(archive, "xl/workbook.xml")
    strings = tuple(_strings(archive)) if "xl/sharedStrings.xml" in names else ()
    return Workbook(archive, tuple(_sheets(archive, body, names)), strings, _serials(archive, body))


def _sheets(archive: zipfile.ZipFile, body: bytes, names: set[str]) -> Iterator[Sheet]:
    targets = _targets(archive) if "xl/_rels/workbook.xml.rels" in names else {}
    for each in _SHEET.finditer(body):
        told = attributes(each[1])
        if (part := targets.get(told.get(b"r:id", b""), "")) in names:
            yield Sheet(plain(told.get(b"name", b"")), part, told.get(b"state") in _HIDDEN)


def _serials(archive: zipfile.ZipFile, body: bytes) -> Serials:
    found = _PROPERTIES.search(body)
    return serials_of(archive, found is not None and attributes(found[1]).get(b"date1904") in _TRUE)


def _targets(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """The parts of the archive by the ids that the workbook has for them."""
    found = [
        attributes(each[1]) for each in _RELATION.finditer(whole_part(archive, "xl/_rels/workbook.xml.rels"))
    ]
    targets = {each.get(b"Id", b""): plain(each.get(b"Target", b"")) for each in found}
    return {id: part[1:] if part.startswith("/") else f"xl/{part}" for id, part in targets.items()}


def _strings(archive: zipfile.ZipFile) -> Iterator[str]:
    length = 0
    for _, body in elements(archive, "xl/sharedStrings.xml", _STRING):
        text = _together(_SPOKEN.without(body))
        length += len(text) + _EACH
        if length > STRINGS:
            raise BrokenWorkbookError("workbook_too_large")
        yield text


def _together(body: bytes) -> str:
    return "".join(plain(inside) for _, inside in _TEXT.all(body))


def _column(place: bytes | None, otherwise: int) -> int:
    found = _PLACE.match(place or b"")
    if found is None:
        return otherwise
    place_of = 0
    for letter in found[1]:
        place_of = place_of * 26 + letter - 64
    return place_of - 1
