"""What the console's other tables hold: the decision ledger, tallies, campaigns, sources."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from retour.flow.browse import MOST
from retour.flow.lists.table import guarded
from retour.flow.suppressions import provider_of
from retour.instants import DAY, Instant, text
from retour.model import Cause, StateName
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.addresses import Moment, moment
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.outlets.api.shapes import RecordShape
from retour.outlets.api.shown import record_shape, time
from retour.ports import Ledger, RecordQuery

router = APIRouter(tags=["looking"])

_DAYS = 30  # looked back where no `since` is given
_MOST_DAYS = 400
_MOST_ROWS = 100  # providers and domains
_COLUMNS = ("number", "at", "address", "actor", "before", "after", "cause", "event", "policy")


class LineShape(RecordShape):
    """A line of the decision ledger, with its address."""

    address: str = Field(description="empty: it was erased", examples=["ann@b.example"])


class LedgerPage(BaseModel):
    """Lines, the latest first."""

    account: str
    lines: list[LineShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class TallyShape(BaseModel):
    """How often something of a kind was told of a day."""

    day: str = Field(examples=["2026-05-03"])
    kind: str = Field(examples=["delivered", "avoided"])
    domain: str = Field(description="empty: of many")
    campaign: str = Field(description="empty: of none, or of many")
    times: int


class TallyList(BaseModel):
    """What is only counted, by day and never by address."""

    account: str
    tallies: list[TallyShape]


class CampaignShape(BaseModel):
    """One campaign in this time."""

    campaign: str | None = Field(description="null: bounces of no campaign, or of no send that is known")
    delivered: int = Field(description="deliveries that were told and counted")
    bounces: int = Field(description="listed bounces since their addresses were last clean")
    types: dict[str, int] = Field(examples=[{"hard": 3, "soft": 12}])
    reasons: dict[str, int] = Field(examples=[{"address_unknown": 3, "mailbox_full": 12}])


class CampaignList(BaseModel):
    """The one with the most bounces first."""

    account: str
    since: str
    until: str
    campaigns: list[CampaignShape]


class ProviderShape(BaseModel):
    """One provider, or one domain of nobody that is known, in this time."""

    provider: str | None = Field(description="null: not known by its domain", examples=["gmail"])
    domain: str | None = Field(description="null: all domains of the provider", examples=["b.example"])
    delivered: int = Field(description="deliveries that were told and counted")
    bounces: int = Field(description="listed bounces since their addresses were last clean")
    types: dict[str, int] = Field(examples=[{"hard": 3, "soft": 12}])
    reasons: dict[str, int] = Field(examples=[{"address_unknown": 3, "mailbox_full": 12}])


class ProviderRows(BaseModel):
    """The one with the most bounces first."""

    account: str
    since: str
    until: str
    providers: list[ProviderShape]
    others: int = Field(description="bounces of domains beyond the first hundred rows")


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
    query = RecordQuery(chosen, *times, state, cause, _cursor(after), limit)
    found = services(request).store.ledger.records(query)
    lines = [LineShape(address=each.address, **record_shape(each).model_dump()) for each in found]
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
            "content": {"text/csv": {"example": ",".join(_COLUMNS)}},
        }
    },
)
def export_ledger(
    request: Request,
    key: Member,
    form: Annotated[Literal["csv", "jsonl"], Query(alias="format")] = "csv",
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
) -> StreamingResponse:
    """All of it, or of a time, in constant memory. Fields of CSV are guarded against formulas."""
    chosen = existing_account(request, key, account)
    query = RecordQuery(chosen, moment("since", since), moment("until", until), limit=MOST)
    services(request).exported("ledger", chosen, key.id)
    rows = _rows(services(request).store.ledger, query)
    pieces = _table(rows) if form == "csv" else (json.dumps(row).encode() + b"\n" for row in rows)
    headers = {
        "Content-Disposition": f'attachment; filename="ledger.{form}"',
        "X-Content-Type-Options": "nosniff",
    }
    media_type = "text/csv; charset=utf-8; header=present" if form == "csv" else "application/jsonl"
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


@router.get("/v1/tallies", summary="Deliveries and avoided sends, counted by day")
def get_tallies(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
    kind: Annotated[
        str | None, Query(description="what was counted", examples=["delivered", "avoided"], max_length=100)
    ] = None,
) -> TallyList:
    """Whole UTC days, the last thirty if no time is given."""
    chosen = existing_account(request, key, account)
    found = services(request).store.tallies.of(chosen, *_span(request, since, until))
    return TallyList(
        account=chosen,
        tallies=[
            TallyShape(
                day=text(each.day * DAY)[:10],
                kind=each.kind,
                domain=each.domain,
                campaign=each.campaign,
                times=each.times,
            )
            for each in found
            if kind in (None, each.kind)
        ],
    )


@router.get("/v1/campaigns", summary="Bounces by campaign")
def get_campaigns(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
) -> CampaignList:
    """By type and reason, beside the deliveries that were told; the last thirty days if no time is given."""
    chosen = existing_account(request, key, account)
    begin, end = _span(request, since, until)
    store = services(request).store
    found: dict[str | None, CampaignShape] = {}

    def of(campaign: str | None) -> CampaignShape:
        empty = CampaignShape(campaign=campaign, delivered=0, bounces=0, types={}, reasons={})
        return found.setdefault(campaign, empty)

    for campaign, type_, reason, count in store.ledger.campaigns(chosen, begin, end):
        _add(of(campaign), type_, reason, count)
    for tally in store.tallies.of(chosen, begin, end):
        if tally.kind == "delivered" and tally.campaign:
            of(tally.campaign).delivered += tally.times
    campaigns = sorted(found.values(), key=lambda each: (-each.bounces, each.campaign or ""))
    return CampaignList(account=chosen, since=text(begin), until=text(end), campaigns=campaigns)


@router.get("/v1/providers", summary="Bounces by provider and domain")
def get_providers(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    since: Moment = None,
    until: Moment = None,
) -> ProviderRows:
    """By type and reason, beside the deliveries that were told; the last thirty days if no time is given."""
    chosen = existing_account(request, key, account)
    begin, end = _span(request, since, until)
    store = services(request).store
    found: dict[tuple[str | None, str | None], ProviderShape] = {}

    def of(domain: str) -> ProviderShape:
        name = provider_of(domain)
        place = (None, domain) if name is None else (name, None)
        empty = ProviderShape(
            provider=place[0], domain=place[1], delivered=0, bounces=0, types={}, reasons={}
        )
        return found.setdefault(place, empty)

    for domain, type_, reason, count in store.ledger.domains(chosen, begin, end):
        _add(of(domain), type_, reason, count)
    for tally in store.tallies.of(chosen, begin, end):
        if tally.kind == "delivered" and tally.domain:
            of(tally.domain).delivered += tally.times
    rows = sorted(found.values(), key=lambda each: (-each.bounces, -each.delivered, str(each.domain)))
    others = sum(each.bounces for each in rows[_MOST_ROWS:])
    times = {"since": text(begin), "until": text(end)}
    return ProviderRows(account=chosen, **times, providers=rows[:_MOST_ROWS], others=others)


def _add(shape: CampaignShape | ProviderShape, type_: str | None, reason: str | None, count: int) -> None:
    shape.bounces += count
    shape.types[type_ or "none"] = shape.types.get(type_ or "none", 0) + count
    shape.reasons[reason or "none"] = shape.reasons.get(reason or "none", 0) + count


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


def _span(request: Request, since: str | None, until: str | None) -> tuple[Instant, Instant]:
    """The time asked for. Raises Problem for one that is turned round, or too long."""
    now = services(request).clock.now()
    end = moment("until", until)
    end = now if end is None else end
    begin = moment("since", since)
    begin = end - _DAYS * DAY if begin is None else begin
    if not 0 <= end - begin <= _MOST_DAYS * DAY:
        raise Problem("invalid", "since", fault=f"since: is at most {_MOST_DAYS} days before until")
    return begin, end


def _cursor(given: str | None) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdigit()) or len(given) > 18:
        raise Problem("invalid", "after", fault="after: is no cursor of this list")
    return int(given)


def _rows(ledger: Ledger, query: RecordQuery) -> Iterator[dict[str, object]]:
    """All lines, page by page."""
    before: int | None = None
    while True:
        page = RecordQuery(query.account, query.since, query.until, None, None, before, MOST)
        found = ledger.records(page)
        for each in found:
            yield {"address": each.address, **record_shape(each).model_dump()}
        if len(found) < MOST:
            return
        before = found[-1].number


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
