"""What the console's other tables hold: the decision ledger, and the sources."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from retour.flow.browse import MOST
from retour.flow.heard import OPEN, FromSource, Standing
from retour.flow.lists.table import guarded
from retour.flow.lists.workbook import Cell, workbook
from retour.model import Cause, Role, StateName
from retour.outlets.api import tables
from retour.outlets.api.access import (
    AccountChoice,
    Member,
    existing_account,
    ranks_above,
    whole_account,
)
from retour.outlets.api.addresses import Moment, between
from retour.outlets.api.messages import cursor
from retour.outlets.api.services import Source, services
from retour.outlets.api.shapes import RecordShape
from retour.outlets.api.shown import record_shape, time
from retour.ports import Ledger, Record, RecordQuery

router = APIRouter(tags=["looking"])

_SHARED = ("smtp", "lmtp")  # kinds of ways in that take mail for every account

Why = Annotated[
    Cause
    | Literal["incident", "correction", "given_back", "restore", "stop", "rejudged"]
    | Literal["people", "key", "request", "review"]
    | None,
    Query(
        description="`incident` and `given_back` (by a person or a key) also find lines that name no cause,"
        " by who acted; `restore` and `stop`: a wave; `rejudged`: a replay; `people`: who belongs to the"
        " account, and since when"
    ),
]
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
    form: str = Field(description="whose posts or lines they are; empty: mail", examples=["sendgrid"])
    proof: str | None = Field(description="how far it is believed; null: each mail proves itself")
    state: str = Field(
        description="`silent` (nothing came yet), `heard`; `closed` (a setting is missing), `refused` (its"
        " posts are), `failing` (it cannot be read now)"
    )
    since: str | None = Field(description="of that state, or when a visit last went through")
    why: str = Field(description="what is missing, or why it is refused: see docs/webhooks.md")
    behind: int | None = Field(description="seconds since all that lay there was read; null: nothing lies")
    waiting: int | None = Field(description="seen there and not yet taken in; null: nothing lies")
    url: str | None = Field(description="to enter at the provider, with its secret; shown to managers alone")
    undated: bool = Field(description="its posts are signed without a time, and could be with one")
    first_at: str | None
    last_at: str | None = Field(description="when the last arrival came")
    arrivals: int
    unparsed: int = Field(description="arrivals that nobody understood")
    last_unparsed_at: str | None


class SourceList(BaseModel):
    """By name."""

    account: str
    return_domain: str = Field(description="of the return addresses of the account")
    reached: dict[str, str] = Field(
        description="where mail servers and providers find us, by the settings",
        examples=[{"lmtp": "127.0.0.1:2424", "policy": "127.0.0.1:10040"}],
    )
    sources: list[SourceShape]


@router.get("/v1/ledger", summary="The decision ledger of the account")
def get_ledger(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
    state: Annotated[StateName | None, Query(description="the state that it led to")] = None,
    cause: Why = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> LedgerPage:
    """Every change of state: when, by whom, why, under which policy; the latest first."""
    chosen = existing_account(request, key, account)
    times = between(since, until)
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
    state: Annotated[StateName | None, Query(description="the state that it led to")] = None,
    cause: Why = None,
) -> StreamingResponse:
    """All of it, or what the filters mean, in constant memory. Fields of CSV are guarded against formulas."""
    chosen = existing_account(request, key, account)
    times = between(since, until)
    query = RecordQuery(chosen, *times, state, cause, limit=MOST)
    services(request).exported("ledger", chosen, key.id)
    rows = _rows(services(request).store.ledger, query)
    if form == "xlsx":
        return tables.file(tables.Form.XLSX, "ledger", workbook(_COLUMNS, map(_cells, rows)))
    pieces = _table(rows) if form == "csv" else (json.dumps(row).encode() + b"\n" for row in rows)
    headers = {
        "Content-Disposition": f'attachment; filename="ledger.{form}"',
        "X-Content-Type-Options": "nosniff",
    }
    media_type = "text/csv; charset=utf-8; header=present" if form == "csv" else "application/jsonl"
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


@router.get("/v1/sources", summary="Every way in, and when something last came of it")
def get_sources(request: Request, key: Member, account: AccountChoice = None) -> SourceList:
    """Sources of the account, by the settings and by what came; and SMTP and LMTP, which all share."""
    chosen, known = whole_account(request, key, account), services(request)
    heard = {each.source: each for each in known.heard(chosen.name)}
    named = {each.name: each for each in known.sources if each.account in (chosen.name, None)}
    standing, secrets = known.standing(), not ranks_above(Role.MANAGER, key.role)
    own = (each.name for each in named.values() if each.account == chosen.name or each.kind in _SHARED)
    shapes = [
        _source(chosen.name, name, named.get(name), heard.get(name), standing.get(name, OPEN), secrets)
        for name in sorted({*heard, *own})
    ]
    return SourceList(
        account=chosen.name,
        return_domain=chosen.return_domain,
        reached=dict(known.reached),
        sources=shapes,
    )


def _source(
    account: str, name: str, source: Source | None, came: FromSource | None, now: Standing, secrets: bool
) -> SourceShape:
    quiet = "silent" if came is None else "heard"
    return SourceShape(
        source=name,
        kind=source.kind if source else None,
        account=account,
        form=source.form if source else "",
        proof=source.proof.value if source and source.proof else None,
        state=quiet if now.state == "open" else now.state,
        since=time(now.since),
        why=now.why,
        behind=now.behind,
        waiting=now.waiting,
        url=source.url or None if source and secrets else None,
        undated=source is not None and source.undated,
        first_at=time(came and came.first_at),
        last_at=time(came and came.last_at),
        arrivals=0 if came is None else came.arrivals,
        unparsed=0 if came is None else came.unparsed,
        last_unparsed_at=time(came and came.last_unparsed_at),
    )


def _line(record: Record) -> dict[str, Any]:
    beside = {"address": record.address, "who": record.who, "link": record.link}
    return beside | record_shape(record).model_dump()


def _rows(ledger: Ledger, query: RecordQuery) -> Iterator[dict[str, object]]:
    """All lines, page by page."""
    before: int | None = None
    while True:
        page = replace(query, before=before)
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
