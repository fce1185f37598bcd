"""Tables as files: CSV for programs, XLSX for people, both guarded against formulas, in constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import StreamingResponse

from retour.flow.lists.table import written
from retour.flow.lists.workbook import MEDIA_TYPE, Cell, workbook


class Form(StrEnum):
    """How a table is written."""

    CSV = "csv"
    XLSX = "xlsx"


Choice = Annotated[Form, Query(alias="format", description="`csv` (UTF-8), or `xlsx` for a spreadsheet")]
_MEDIA_TYPES = {Form.CSV: "text/csv; charset=utf-8; header=present", Form.XLSX: MEDIA_TYPE}
_PIECE = 64 * 1024


def described(told: str, columns: Sequence[str]) -> dict[int | str, dict[str, Any]]:
    """The answer of such a route, for OpenAPI."""
    content = {
        "text/csv": {"example": ",".join(columns)},
        MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}},
    }
    return {200: {"description": told, "content": content}}


def table(form: Form, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> StreamingResponse:
    """A table as the file `name.csv` or `name.xlsx`."""
    pieces = workbook(head, rows) if form is Form.XLSX else _together(written(head, map(_told, rows)))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, media_type=_MEDIA_TYPES[form], headers=headers)


def moment(told: str | None) -> datetime | None:
    """A moment of a shape as a workbook holds moments."""
    return None if told is None else datetime.fromisoformat(told)


def _told(row: Sequence[Cell]) -> list[str]:
    return [_field(cell) for cell in row]


def _field(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    return "" if cell is None else str(cell)


def _together(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Many rows in a piece: each piece is a turn of the event loop."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)
