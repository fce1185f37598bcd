"""What the console's other tables hold: the decision ledger, and the sources."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from retour.flow.browse import MOST
from retour.flow.lists.table import guarded
from retour.flow.lists.workbook import Cell
from retour.model import Cause, StateName
from retour.outlets.api import tables
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.addresses import Moment, moment
from retour.outlets.api.messages import cursor
from retour.outlets.api.services import services
from retour.outlets.api.shapes import RecordShape
from retour.outlets.api.shown import record_shape, time
from retour.ports import Ledger, Record, RecordQuery

router = APIRouter(tags=["looking"])

_COLUMNS = (
    *("number", "at", "address", "actor", "before", "after", "cause", "event", "policy"),
    *("who", "link"),
)


class LineShape(RecordShape):
    """A line of the decision ledger, with its address."""

    address: str = Field(description="empty: it was erased", examples=["ann@b.example"])
    who: str = Field(description="keyed hash of the address, in hex")
    link: str = Field(description="SHA-256 over the link of the line before and this line (docs/api.md)")


class LedgerPage(BaseModel):
    """Lines, the latest first."""

    account: str
    lines: list[LineShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class SourceShape(BaseModel):
    """A way in, with what came of it."""

    source: str = Field(description="as arrivals and events name it", examples=["bounces@shop.example"])
    kind: str | None = Field(description="null: the settings no longer name it", examples=["webhook", "log"])
    account: str | None = Field(description="null: of no account, or of all")
    state: str = Field(description="`silent` (nothing came yet), `heard`")
    first_at: str | None
    last_at: str | None = Field(description="when the last arrival came")
    arrivals: int
    unparsed: int = Field(description="arrivals that nobody understood")
    last_unparsed_at: str | None


class SourceList(BaseModel):
    """By name."""

    account: str
    sources: list[SourceShape]


@router.get("/v1/ledger", summary="The decision ledger of the account")
def get_ledger(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
    state: Annotated[StateName | None, Query(description="the state that it led to")] = None,
    cause: Cause | None = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> LedgerPage:
    """Every change of state: when, by whom, why, under which policy; the latest first."""
    chosen = existing_account(request, key, account)
    times = moment("since", since), moment("until", until)
    query = RecordQuery(chosen, *times, state, cause, cursor(after), limit)
    found = services(request).store.ledger.records(query)
    lines = [LineShape(**_line(each)) for each in found]
    return LedgerPage(
        account=chosen, lines=lines, next=str(found[-1].number) if len(found) == limit else None
    )


@router.get(
    "/v1/ledger/export",
    summary="The decision ledger as a file",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The lines, the latest first",
            "content": tables.described("", _COLUMNS)[200]["content"],
        }
    },
)
def export_ledger(
    request: Request,
    key: Member,
    form: Annotated[Literal["csv", "jsonl", "xlsx"], Query(alias="format")] = "csv",
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
) -> StreamingResponse:
    """All of it, or of a time, in constant memory. Fields of CSV are guarded against formulas."""
    chosen = existing_account(request, key, account)
    query = RecordQuery(chosen, moment("since", since), moment("until", until), limit=MOST)
    services(request).exported("ledger", chosen, key.id)
    rows = _rows(services(request).store.ledger, query)
    if form == "xlsx":
        return tables.table(tables.Form.XLSX, "ledger", _COLUMNS, map(_cells, rows))
    pieces = _table(rows) if form == "csv" else (json.dumps(row).encode() + b"\n" for row in rows)
    headers = {
        "Content-Disposition": f'attachment; filename="ledger.{form}"',
        "X-Content-Type-Options": "nosniff",
    }
    media_type = "text/csv; charset=utf-8; header=present" if form == "csv" else "application/jsonl"
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


@router.get("/v1/sources", summary="Every way in, and when something last came of it")
def get_sources(request: Request, key: Member, account: AccountChoice = None) -> SourceList:
    """Sources of the account, by the settings and by what came; those of no account are for the staff."""
    chosen = existing_account(request, key, account)
    known = services(request)
    heard = {each.source: each for each in known.heard(chosen)}
    named = {each.name: each for each in known.sources if each.account in (chosen, None)}
    shapes = []
    for name in sorted({*heard, *(each.name for each in named.values() if each.account == chosen)}):
        came, source = heard.get(name), named.get(name)
        shapes.append(
            SourceShape(
                source=name,
                kind=None if source is None else source.kind,
                account=chosen,
                state="silent" if came is None else "heard",
                first_at=time(came and came.first_at),
                last_at=time(came and came.last_at),
                arrivals=0 if came is None else came.arrivals,
                unparsed=0 if came is None else came.unparsed,
                last_unparsed_at=time(came and came.last_unparsed_at),
            )
        )
    return SourceList(account=chosen, sources=shapes)


def _line(record: Record) -> dict[str, Any]:
    beside = {"address": record.address, "who": record.who, "link": record.link}
    return beside | record_shape(record).model_dump()


def _rows(ledger: Ledger, query: RecordQuery) -> Iterator[dict[str, object]]:
    """All lines, page by page."""
    before: int | None = None
    while True:
        page = RecordQuery(query.account, query.since, query.until, None, None, before, MOST)
        found = ledger.records(page)
        for each in found:
            yield _line(each)
        if len(found) < MOST:
            return
        before = found[-1].number


def _cells(row: Mapping[str, object]) -> list[Cell]:
    """A line as a workbook holds it: its number and its time as such."""
    return [_cell(name, row[name]) for name in _COLUMNS]


def _cell(name: str, value: object) -> Cell:
    if name == "at" and isinstance(value, str):
        return tables.moment(value)
    return value if isinstance(value, int) or value is None else str(value)


def _table(rows: Iterator[dict[str, object]]) -> Iterator[bytes]:
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow([guarded("" if row[name] is None else str(row[name])) for name in _COLUMNS])
        if held.tell() > 64 * 1024:
            yield held.getvalue().encode("utf-8", "replace")
            held.seek(0)
            held.truncate()
    yield held.getvalue().encode("utf-8", "replace")
