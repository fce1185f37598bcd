"""Tables as files: CSV for programs, XLSX for people, both guarded against formulas, in constant memory.

CSV has short names and times in UTC; XLSX heads, words and times as its reader has them on pages.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import StreamingResponse

from retour.flow.days import zone
from retour.flow.lists.table import written
from retour.flow.lists.workbook import MEDIA_TYPE, Cell, workbook
from retour.model import Reason
from retour.outlets.api.problems import language_of
from retour.texts import catalogue


class Form(StrEnum):
    """How a table is written."""

    CSV = "csv"
    XLSX = "xlsx"


Choice = Annotated[Form, Query(alias="format", description="`csv` (UTF-8), or `xlsx` for a spreadsheet")]
_MEDIA_TYPES = {Form.CSV: "text/csv; charset=utf-8; header=present", Form.XLSX: MEDIA_TYPE}
_MOMENTS = frozenset({"at", "since", "until"})  # columns of moments
_PIECE = 64 * 1024


def described(told: str, columns: Sequence[str]) -> dict[int | str, dict[str, Any]]:
    """The answer of such a route, for OpenAPI."""
    content = {
        "text/csv": {"example": ",".join(columns)},
        MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}},
    }
    return {200: {"description": told, "content": content}}


def table(
    request: Request, form: Form, name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> StreamingResponse:
    """A table as the file `name.csv` or `name.xlsx`; rows as for CSV, with the short names of `columns`."""
    if form is Form.XLSX:
        return file(form, name, _for_people(request, columns, rows))
    return file(form, name, _together(written(columns, map(_told, rows))))


def file(form: Form, name: str, pieces: Iterable[bytes]) -> StreamingResponse:
    """The file `name.csv` or `name.xlsx`."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, media_type=_MEDIA_TYPES[form], headers=headers)


def _for_people(request: Request, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A workbook in the language and the zone of its reader. A zone that is not known here is UTC."""
    language, named = language_of(request), request.headers.get("time-zone", "UTC")
    where = zone(named)
    say, short = catalogue(f"tables.{language}"), _words(language)
    head = [
        say(f"column.{name}") + (f" ({named if where else 'UTC'})" if name in _MOMENTS else "")
        for name in columns
    ]
    worded = [short.get(name, {}) for name in columns]
    return workbook(head, (_as_read(row, worded, where or UTC) for row in rows))


def _words(language: str) -> Mapping[str, Mapping[str, str]]:
    """For columns of short names, each in words."""
    say, label = catalogue(f"tables.{language}"), catalogue(f"status.{language}")
    found: dict[str, dict[str, str]] = {"reason": {each.value: label(f"label.{each}") for each in Reason}}
    for key in say.keys:
        section, _, rest = key.partition(".")
        column, _, value = rest.partition(".")
        if section == "value":
            found.setdefault(column, {})[value] = say(key)
    return found


def _as_read(row: Sequence[Cell], worded: Sequence[Mapping[str, str]], where: tzinfo) -> list[Cell]:
    return [_cell(cell, words, where) for cell, words in zip(row, worded, strict=True)]


def _cell(cell: Cell, words: Mapping[str, str], where: tzinfo) -> Cell:
    if isinstance(cell, datetime):  # a workbook knows no zones: the head names it
        return cell.astimezone(where).replace(tzinfo=UTC)
    return words.get(cell, cell) if isinstance(cell, str) else cell


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
