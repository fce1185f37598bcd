"""XLSX: the sheets of a workbook as rows of text, in constant memory but for its shared strings.

ECMA-376 part 1, §18.3 (worksheets), §18.4 (shared strings). The few elements that hold cells are found as
text: nothing here expands an entity, follows a reference or loads a schema, and what declares any is refused
(security.md §3). What a small file can unpack to is bounded.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

UNPACKED = 2 * 1024**3  # octets of one part of a workbook
RATIO = 200  # times its packed size, above a first part
FREE = 16 * 1024 * 1024
STRINGS = 256 * 1024**2  # characters of the shared strings together
_EACH = 8  # characters that a string counts for besides its own: empty ones take memory, too
ROWS, COLUMNS, CELL = 1_048_576, 16_384, 32_767  # what a spreadsheet can hold
GAP = 1000  # empty rows in a row that are counted as rows
_PIECE = 1 << 18

_TAG = 1 << 16  # octets of a tag at the most
_WHOLE = 64 * 1024**2  # of an element


class _Element:
    """An element of a part: its tags are looked for one after the other, so that what never closes, or opens
    ever again, is passed over once (a pattern of both would look to the end from each of them).
    """

    def __init__(self, name: str) -> None:
        prefixed = rb"(?:\w++:)?" + name.encode()
        self.opening = re.compile(rb"<%b\b([^<>]*+)>" % prefixed)
        self.closing = re.compile(rb"</%b\s*+>" % prefixed)

    def all(self, body: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The attributes and the inside of each that stands in some octets."""
        for start, end in self._pairs(body):
            yield start[1], b"" if end is None else body[start.end() : end.start()]

    def without(self, body: bytes) -> bytes:
        """The octets without all of them."""
        kept, place = [], 0
        for start, end in self._pairs(body):
            kept.append(body[place : start.start()])
            place = (end or start).end()
        return b"".join((*kept, body[place:])) if kept else body

    def _pairs(self, body: bytes) -> Iterator[tuple[re.Match[bytes], re.Match[bytes] | None]]:
        place = 0
        while (start := self.opening.search(body, place)) is not None:
            closed = start[1].endswith(b"/")
            end = None if closed else self.closing.search(body, start.end())
            if end is None and not closed:
                return  # nothing behind it closes either
            yield start, end
            place = (end or start).end()


_ROW, _CELL, _STRING = _Element("row"), _Element("c"), _Element("si")
_VALUE, _TEXT = _Element("v"), _Element("t")
_SPOKEN = _Element("rPh")  # how a word is read aloud
_ATTRIBUTE = re.compile(rb"""(?<![\w:])([\w:]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_SHEET = re.compile(rb"<(?:\w++:)?sheet\b([^<>]*+)>")
_RELATION = re.compile(rb"<(?:\w++:)?Relationship\b([^<>]*+)>")
_PLACE = re.compile(rb"([A-Z]{1,3})\d*")
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));")
_UNREADABLE = (
    *(KeyError, ValueError, OSError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class BrokenWorkbookError(Exception):
    """The file cannot be read as a workbook; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    part: str


@dataclass(frozen=True, slots=True)
class Workbook:
    """An open workbook."""

    archive: zipfile.ZipFile
    sheets: tuple[Sheet, ...]
    strings: tuple[str, ...]

    def rows(self, sheet: Sheet) -> Iterator[list[str]]:
        """The rows of a sheet from its top. Raises BrokenWorkbookError."""
        last = 0
        for head, body in _elements(self.archive, sheet.part, _ROW):
            number = _number(_attributes(head).get(b"r"), last + 1)
            if last < number - 1 <= last + GAP:
                yield from ([] for _ in range(number - 1 - last))
            last = max(number, last + 1)
            if last > ROWS:
                raise BrokenWorkbookError("too_many_rows")
            yield self._cells(body)

    def _cells(self, body: bytes) -> list[str]:
        cells: list[str] = []
        for head, inside in _CELL.all(body):
            attributes = _attributes(head)
            column = _column(attributes.get(b"r"), len(cells))
            if column >= COLUMNS:
                raise BrokenWorkbookError("workbook_broken")
            cells += [""] * (column - len(cells))
            cells[column:] = [self._text(attributes.get(b"t", b"n"), inside)]
        return cells

    def _text(self, kind: bytes, body: bytes) -> str:
        if kind == b"inlineStr":
            return _together(body)
        value = next((inside for _, inside in _VALUE.all(body)), b"")
        if kind == b"s":
            place = _number(value, -1)
            return self.strings[place] if 0 <= place < len(self.strings) else ""
        return _plain(value)


def open_workbook(file: IO[bytes]) -> Workbook:
    """A workbook. Raises BrokenWorkbookError."""
    try:
        archive = zipfile.ZipFile(file)
        names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise BrokenWorkbookError("workbook_broken") from error
    if "xl/workbook.xml" not in names:
        raise BrokenWorkbookError("no_workbook")
    targets = _targets(archive) if "xl/_rels/workbook.xml.rels" in names else {}
    found = [_attributes(each[1]) for each in _SHEET.finditer(_part(archive, "xl/workbook.xml"))]
    sheets = tuple(
        Sheet(_plain(each.get(b"name", b"")), part)
        for each in found
        if (part := targets.get(each.get(b"r:id", b""), "")) in names
    )
    strings = tuple(_strings(archive)) if "xl/sharedStrings.xml" in names else ()
    return Workbook(archive, sheets, strings)


def _targets(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """The parts of the archive by the ids that the workbook has for them."""
    found = [
        _attributes(each[1]) for each in _RELATION.finditer(_part(archive, "xl/_rels/workbook.xml.rels"))
    ]
    targets = {each.get(b"Id", b""): _plain(each.get(b"Target", b"")) for each in found}
    return {id: part[1:] if part.startswith("/") else f"xl/{part}" for id, part in targets.items()}


def _strings(archive: zipfile.ZipFile) -> Iterator[str]:
    length = 0
    for _, body in _elements(archive, "xl/sharedStrings.xml", _STRING):
        text = _together(_SPOKEN.without(body))
        length += len(text) + _EACH
        if length > STRINGS:
            raise BrokenWorkbookError("workbook_too_large")
        yield text


def _together(body: bytes) -> str:
    return "".join(_plain(inside) for _, inside in _TEXT.all(body))


def _elements(archive: zipfile.ZipFile, part: str, element: _Element) -> Iterator[tuple[bytes, bytes]]:
    """The elements of a part, one by one; what stands between them is passed over."""
    held, sought = bytearray(), 0
    for piece in _pieces(archive, part):
        held += piece
        at = 0
        while (start := element.opening.search(held, at)) is not None:
            head, end = bytes(start[1]), start.end()
            inside = b""
            if not head.endswith(b"/"):
                close = element.closing.search(held, max(end, sought))
                if close is None:
                    break
                inside, end = bytes(held[end : close.start()]), close.end()
            yield head, inside
            at, sought = end, 0
        at, sought = _left(held, at, None if start is None else start.start())
        del held[:at]
        if len(held) > _WHOLE:
            raise BrokenWorkbookError("workbook_broken")


def _left(held: bytearray, at: int, open_at: int | None) -> tuple[int, int]:
    """From where on octets are looked at again with those that follow; and how many of these were searched.

    `open_at`: where an element begins that is not closed yet.
    """
    if open_at is not None:
        return open_at, max(0, len(held) - open_at - _TAG)
    tag = held.rfind(b"<", max(at, len(held) - _TAG))
    return (len(held) if tag < 0 else tag), 0


def _part(archive: zipfile.ZipFile, part: str) -> bytes:
    whole = bytearray()
    for piece in _pieces(archive, part):
        whole += piece
        if len(whole) > FREE:
            raise BrokenWorkbookError("workbook_too_large")
    return bytes(whole)


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """A part unpacked piece by piece, up to its bounds, whatever the archive says of its size."""
    try:
        packed = archive.getinfo(part).compress_size
        most = min(UNPACKED, max(FREE, RATIO * packed))
        length = 0
        with archive.open(part) as file:
            while piece := file.read(_PIECE):
                length += len(piece)
                if length > most:
                    raise BrokenWorkbookError("workbook_too_large")
                if b"<!" in piece and re.search(rb"<!(?:DOCTYPE|ENTITY)", piece):
                    raise BrokenWorkbookError("workbook_broken")
                yield piece
    except _UNREADABLE as error:
        raise BrokenWorkbookError("workbook_broken") from error


def _attributes(head: bytes) -> dict[bytes, bytes]:
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(head[:4096])}


def _number(text: bytes | None, otherwise: int) -> int:
    return int(text) if text and len(text) < 10 and text.strip().isdigit() else otherwise


def _column(place: bytes | None, otherwise: int) -> int:
    found = _PLACE.match(place or b"")
    if found is None:
        return otherwise
    number = 0
    for letter in found[1]:
        number = number * 26 + letter - 64
    return number - 1


def _plain(body: bytes) -> str:
    text = body[: 4 * CELL].decode("utf-8", "replace")
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _entity(found: re.Match[str]) -> str:
    if found[3]:
        return _NAMED[found[3]]
    code = int(found[1]) if found[1] else int(found[2], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
