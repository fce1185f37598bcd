"""A list is opened: what sort of file it is, how it is written, and where its addresses stand."""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO

from retour.address import normalise
from retour.flow.listcheck.archive import BrokenWorkbookError
from retour.flow.listcheck.blocks import Block, blocks, records
from retour.flow.listcheck.cells import cell_of
from retour.flow.listcheck.delimiter import DELIMITERS, RARE_DELIMITERS
from retour.flow.listcheck.encoding import (
    LOOKED_AT,
    Encoding,
    encoding_named,
    encoding_of,
    pieces,
)
from retour.flow.listcheck.layout import SAMPLE, Layout, columns_of, layout_of
from retour.flow.listcheck.rewritten import Rewritten
from retour.flow.listcheck.strung import strung_apart, strung_by
from retour.flow.listcheck.workbook import Sheet, Workbook, open_workbook
from retour.flow.listcheck.written import csv_of
from retour.flow.lists.row import Defect

_SHEETS = 50  # of a workbook that are looked at for the most addresses
_TABLE = 2  # columns that a head names
_TOGETHER = 2000  # rows of a workbook that become one piece of text
# Control characters that no list has, but for a slip: those that part, end or change letters are left out.
_NO_TEXT = re.compile(r"[\x01-\x08\x0e-\x19\x7f]")
_BEYOND = re.compile(r"[^\x00-\x7f]")
_COMMON = frozenset((*DELIMITERS, *RARE_DELIMITERS))
# Text that has addresses and is no list of them; of a web page a file may be called ".xls".
_OTHERS = (
    ("vCard", re.compile(r"\s*BEGIN:VCARD\b", re.IGNORECASE).match),
    ("HTML", re.compile(r"\s*<(?:!doctype html|html|head|body|table|meta|style)\b", re.IGNORECASE).match),
    ("XML", re.compile(r"\s*<\?xml\b").match),
    ("JSON", re.compile(r'\s*(?:\[\s*)?\{\s*"').match),
    ("LDIF", re.compile(r"\s*(?:version: \d+\s+)?dn:{1,2} ").match),
)
_BINARY = 32  # of so many characters one is such a sign: a picture has two or three, a list none
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Compound File Binary: .xls, or a workbook with a password


@dataclass(frozen=True, slots=True)
class Source:
    """A list that can be read, from its beginning as often as needed."""

    layout: Layout
    encoding: Encoding
    pieces: Callable[[], Iterator[bytes]]
    sheet: str = ""  # of a workbook
    other_sheets: tuple[str, ...] = ()  # that have addresses, too, and are not looked at
    strung_by: str = ""  # the sign between the addresses of its lines, where each of them is a row
    parted_by: str = ""  # the sign that parted its columns, where the files that come out have commas instead

    def blocks(self) -> Iterator[Block]:
        """Its rows, block by block. May raise BrokenWorkbookError."""
        if self.parted_by:
            return Rewritten(self.pieces, self.parted_by).blocks(self.layout)
        return blocks(self.pieces(), self.layout)

    def addresses(self) -> Iterator[str]:
        """Every address in it, normalised, one after the other. May raise BrokenWorkbookError."""
        for block in self.blocks():
            for record in records(block, self.layout):
                for text in cell_of(record.cell).addresses:
                    if (address := normalise(text)) is not None:
                        yield address


def open_source(file: IO[bytes], column: str = "", encoding: str = "", sheet: str = "") -> Source | Defect:
    """Open a list.

    `column`: name or number (from 1) of the column of addresses, `encoding`: its name, `sheet`: name or
    number of one of a workbook, where they are told. A workbook tells its encoding; text has no sheets.
    """
    file.seek(0)
    head = file.read(LOOKED_AT)
    if head.startswith(_OLD_OFFICE):
        return Defect(0, "old_office")
    try:
        is_workbook = head.startswith(b"PK\x03\x04")
        made = _from_workbook(file, sheet) if is_workbook else _from_text(file, head, encoding)
    except BrokenWorkbookError as error:
        return Defect(0, error.code)
    return made if isinstance(made, Defect) or not column else _at_column(made, column)


def _from_text(file: IO[bytes], head: bytes, named: str) -> Source | Defect:
    encoding = encoding_named(named, head) if named else encoding_of(head)
    if encoding is None:
        return Defect.of(0, "no_such_encoding", named)
    decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
    text = decoder.decode(head[len(encoding.mark) :], len(head) < LOOKED_AT).replace("\0", "")
    if not text.strip():
        return Defect(0, "no_rows")
    unread = text.count("\ufffd")
    if named and unread * 2 > len(_BEYOND.findall(text)):
        return Defect.of(0, "other_encoding", named)
    if unread * 20 > len(text) or head.startswith(b"%PDF") or _is_binary(text):
        return Defect(0, "no_list")
    if found := next((name for name, begins in _OTHERS if begins(text)), ""):
        return Defect(0, "other_format", found)
    layout = layout_of(text, whole=len(head) < LOOKED_AT)
    strung = strung_by(text.splitlines()[:SAMPLE])
    if strung and (isinstance(layout, Defect) or len(layout.head or ()) < _TABLE):
        return _strung(file, encoding, text, strung)
    if isinstance(layout, Defect):
        return layout
    layout = replace(layout, guessed=not encoding.sure)
    sign = layout.delimiter
    if sign is None or sign in _COMMON or (sign.isascii() and sign.isprintable()):
        return Source(layout, encoding, lambda: pieces(file, encoding))
    layout = replace(layout, delimiter=",")
    return Source(layout, encoding, lambda: pieces(file, encoding), parted_by=sign)


def _strung(file: IO[bytes], encoding: Encoding, text: str, sign: str) -> Source | Defect:
    """A list that has many addresses on each line."""
    made = b"".join(strung_apart([text.encode("utf-8", "replace")], sign)).decode()
    layout = columns_of([[line] for line in made.splitlines()[:SAMPLE]], None)
    if layout is None:
        return Defect(0, "no_column")
    layout = replace(layout, guessed=not encoding.sure)
    return Source(layout, encoding, lambda: strung_apart(pieces(file, encoding), sign), strung_by=sign)


def _is_binary(text: str) -> bool:
    """Whether it is none of letters; one such sign may part the columns, as Hive writes them."""
    found = Counter(_NO_TEXT.findall(text))
    return (found.total() - max(found.values(), default=0)) * _BINARY > len(text)


def _from_workbook(file: IO[bytes], named: str) -> Source | Defect:
    book = open_workbook(file)
    wanted = _sheet_named(book, named)
    if named and wanted is None:
        return Defect.of(0, "no_such_sheet", ", ".join(sheet.name for sheet in book.sheets))
    found: list[tuple[bool, int, Sheet, Layout]] = []
    looked_at = [*book.sheets[:_SHEETS], *([wanted] if wanted else [])]
    for sheet in {sheet.part: sheet for sheet in looked_at}.values():
        sample = list(islice(book.rows(sheet), SAMPLE))
        layout = columns_of(sample, ",")
        if layout is not None:
            count = sum("@" in cell for record in sample for cell in record)
            found.append((count > 0 and not sheet.is_hidden, count, sheet, layout))
    mine = [each for each in found if wanted in (None, each[2])]
    if not mine:
        return Defect(0, "no_column")
    # What somebody sees goes before what is hidden: old sheets are put away so.
    _, _, sheet, layout = chosen = max(mine, key=lambda each: each[:2])
    others = tuple(each[2].name for each in found if each[1] and each is not chosen)
    return Source(layout, Encoding("utf-8"), lambda: _written(book, sheet), sheet.name, others)


def _sheet_named(book: Workbook, named: str) -> Sheet | None:
    """A sheet by its name, or else by its number."""
    name = named.strip().lower()
    found = next((sheet for sheet in book.sheets if sheet.name.strip().lower() == name), None)
    if found is None and name.isdecimal() and 0 < int(name) <= len(book.sheets):
        return book.sheets[int(name) - 1]
    return found


def _written(book: Workbook, sheet: Sheet) -> Iterator[bytes]:
    """The rows of a sheet as CSV."""
    rows = book.rows(sheet)
    while batch := list(islice(rows, _TOGETHER)):
        yield csv_of([cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in batch)


def _at_column(source: Source, column: str) -> Source | Defect:
    head = [name.lower() for name in source.layout.head or ()]
    if column.strip().lower() in head:
        place = head.index(column.strip().lower())
    elif column.isdecimal() and 0 < int(column) <= max(source.layout.width, source.layout.column + 1):
        place = int(column) - 1
    else:
        there = ", ".join(source.layout.head or ()) or f"1–{source.layout.width}"
        return Defect.of(1, "no_such_column", there)
    return replace(source, layout=replace(source.layout, column=place))
