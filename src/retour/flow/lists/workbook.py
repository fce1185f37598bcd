"""XLSX, written row by row in constant memory, however long a table is (ECMA-376 part 1, §18).

Numbers and moments keep their types. Text is text: it stands in the cell itself, never as a formula, and what
a spreadsheet would take for one when the cell is edited is marked as quoted (`quotePrefix`, §18.8.45), as
`guarded` does for CSV. A sheet holds 1,048,576 rows; what is longer goes on in the next one.
"""

import re
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from retour.flow.lists.table import is_formula

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS, CELL = 1_048_576, 32_767  # of a sheet; characters of a cell
_PIECE = 64 * 1024
_FAST = 3  # zlib's level: half the time of its default, for a fifth more octets

_FIRST = datetime(1899, 12, 30, tzinfo=UTC)  # day 0 of spreadsheets
_DAY = 86400
_HEAD, _MOMENT, _QUOTED = 1, 2, 3  # places in cellXfs below
# What XML cannot hold, and what reads like the escape that stands for it (§22.4.2.4).
_UNTOLD = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TOP = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'{_TOP}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" '
    'formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/>'
    '<name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
    'patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1">'
    '<xf/></cellStyleXfs><cellXfs count="4"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="164" '
    'applyNumberFormat="1"/><xf quotePrefix="1"/></cellXfs></styleSheet>'
)

Cell = str | int | float | bool | datetime | None


def workbook(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A table with its head, piece by piece."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as archive:
        left, sheets = iter(rows), 0
        while True:
            sheets += 1
            ended = yield from _sheet(archive, sink, f"xl/worksheets/sheet{sheets}.xml", head, left)
            if ended:
                break
        for name, part in _parts(sheets):
            archive.writestr(name, part)
    yield sink.taken()


class _Sink:
    """What the archive writes to; it cannot seek, so each part tells its size behind itself."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind."""

    def close(self) -> None:
        """Nothing to close."""

    def taken(self) -> bytes:
        """What was written since."""
        held = bytes(self._held)
        self._held.clear()
        return held

    def __len__(self) -> int:
        return len(self._held)


def _sheet(
    archive: zipfile.ZipFile, sink: _Sink, part: str, head: Sequence[str], rows: Iterator[Sequence[Cell]]
) -> Generator[bytes, None, bool]:
    """One sheet; its generator returns whether the rows have ended."""
    ended = True
    with archive.open(part, "w", force_zip64=True) as file:
        file.write(_opening(head).encode())
        held: list[str] = []
        for number, row in enumerate(rows, start=2):
            held.append(f"<row>{''.join(map(_cell, row))}</row>")
            if len(held) == 500:
                file.write("".join(held).encode())
                held.clear()
                if len(sink) >= _PIECE:
                    yield sink.taken()
            if number == ROWS:
                ended = False
                break
        file.write(("".join(held) + "</sheetData></worksheet>").encode())
    return ended


def _opening(head: Sequence[str]) -> str:
    """The head in bold, and in sight while one scrolls."""
    cells = "".join(_text(name, _HEAD) for name in head)
    return (
        f'{_TOP}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
        'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>'
        f'<col min="1" max="{len(head)}" width="22" customWidth="1"/></cols><sheetData><row>{cells}</row>'
    )


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{value:d}</v></c>'
    if isinstance(value, datetime):
        serial = (value - _FIRST).total_seconds() / _DAY
        return f'<c s="{_MOMENT}"><v>{serial:.8f}</v></c>'
    if isinstance(value, str):
        return _text(value, _QUOTED if is_formula(value) else 0)
    return f"<c><v>{value!r}</v></c>"


def _text(value: str, style: int) -> str:
    told = value if len(value) <= CELL else value[: CELL - 1] + "…"
    told = escape(_UNTOLD.sub(_escaped, told), quote=False)
    styled = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{styled}><is><t xml:space="preserve">{told}</t></is></c>'


def _escaped(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def _parts(sheets: int) -> Iterator[tuple[str, str]]:
    """What holds the sheets together; known at the end, for a zip is read from there."""
    numbers = range(1, sheets + 1)
    named = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        (f'{_TOP}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>'),
    )
    targets = "".join(_relation(n, "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    yield "xl/_rels/workbook.xml.rels", _relations(targets + _relation(sheets + 1, "styles", "styles.xml"))
    yield "xl/styles.xml", _STYLES
    yield "_rels/.rels", _relations(_relation(1, "officeDocument", "xl/workbook.xml"))
    kinds = "".join(_kind(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in numbers)
    kinds += _kind("/xl/workbook.xml", "sheet.main") + _kind("/xl/styles.xml", "styles")
    yield (
        "[Content_Types].xml",
        (
            f'{_TOP}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{kinds}</Types>'
        ),
    )


def _relations(inner: str) -> str:
    return f'{_TOP}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _kind(part: str, kind: str) -> str:
    media = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
    return f'<Override PartName="{part}" ContentType="{media}"/>'
