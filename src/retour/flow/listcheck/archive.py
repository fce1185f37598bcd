"""The parts of an XLSX archive as elements, found as text, and bounded.

Nothing here expands an entity, follows a reference or loads a schema, and what declares any is refused
(security.md §3). What a small file can unpack to is bounded.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator

UNPACKED = 2 * 1024**3  # octets of one part of a workbook
RATIO = 200  # times its packed size, above a first part
FREE = 16 * 1024 * 1024
ROWS, COLUMNS, CELL = 1_048_576, 16_384, 32_767  # what a spreadsheet can hold
_PIECE = 1 << 18

_TAG = 1 << 16  # octets of a tag at the most
_WHOLE = 64 * 1024**2  # of an element


class Element:
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


_ATTRIBUTE = re.compile(rb"""(?<![\w:])([\w:]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
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


def elements(archive: zipfile.ZipFile, part: str, element: Element) -> Iterator[tuple[bytes, bytes]]:
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


def whole_part(archive: zipfile.ZipFile, part: str) -> bytes:
    """A small part at once. Raises BrokenWorkbookError."""
    read = bytearray()
    for piece in _pieces(archive, part):
        read += piece
        if len(read) > FREE:
            raise BrokenWorkbookError("workbook_too_large")
    return bytes(read)


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


def attributes(head: bytes) -> dict[bytes, bytes]:
    """Those of a tag, as they are written."""
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(head[:4096])}


def number(text: bytes | None, otherwise: int) -> int:
    """A whole number; `otherwise` where none is told."""
    return int(text) if text and len(text) < 10 and text.strip().isdigit() else otherwise


def plain(body: bytes) -> str:
    """The text that some octets of XML stand for, cut at what a cell holds."""
    text = body[: 4 * CELL].decode("utf-8", "replace")
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _entity(found: re.Match[str]) -> str:
    if found[3]:
        return _NAMED[found[3]]
    code = int(found[1]) if found[1] else int(found[2], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
