"""The data view: every bounce, those not listed too, and segments: questions with a name (E31-E32)."""

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from retour.flow.browse import MOST
from retour.flow.lists.workbook import Cell
from retour.flow.questions import Question, all_of, counted
from retour.instants import text
from retour.outlets.api import tables
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account, is_support
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.questions import Asked, Filter, question_of, sought_of
from retour.outlets.api.services import services
from retour.outlets.api.shapes import EventShape
from retour.outlets.api.shown import event_shape
from retour.ports import Bounced, Segment, Segments, Sought

router = APIRouter(tags=["segments"])

_COLUMNS = ("address", "at", "type", "reason", "code", "campaign", "reply")
Name = Annotated[str, Path(max_length=100, pattern=r"^[^/\x00-\x1f]+$", examples=["full-at-gmail"])]
Saved = Annotated[
    str | None, Query(description="name of a segment, instead of conditions", examples=["full-at-gmail"])
]


class BouncedShape(BaseModel):
    """A bounce as it was told, whether it counts or not."""

    address: str
    type: str = Field(description="hard, soft, block, or ignore: it counts as nothing")
    campaign: str | None
    bounce: EventShape


class DataPage(BaseModel):
    """Bounces, the latest day first."""

    account: str
    count: int = Field(description="of all that are meant")
    behind: int = Field(description="events that no count has yet; 0 but after an upgrade or a flood")
    bounces: list[BouncedShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class SegmentShape(BaseModel):
    """A question with a name, and how many bounces it means now."""

    account: str
    name: str
    filter: Filter
    count: int
    actor: str
    at: str


class SegmentList(BaseModel):
    """By name."""

    account: str
    segments: list[SegmentShape]


class Dropped(BaseModel):
    """What was removed."""

    account: str
    name: str


@router.get("/v1/data", summary="Every bounce, the uncounted codes too")
def get_data(
    request: Request,
    key: Member,
    asked: Asked,
    account: AccountChoice = None,
    segment: Saved = None,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> DataPage:
    """Bounces as they were told, each report of its own, with the count of all that are meant."""
    chosen = existing_account(request, key, account)
    wanted = sought_of(request, chosen_question(request, chosen, asked, segment))
    known = services(request).store.segments
    count = counted(chosen, wanted, known)
    try:
        rows = known.page(chosen, wanted, limit, after)
    except ValueError as error:  # a cursor that was never given out
        raise wrong("after", "cursor", str(error)) from error
    shapes = [_row(row, to_support=is_support(key)) for row in rows]
    following = rows[-1].cursor if len(rows) == limit else None
    return DataPage(account=chosen, count=count, behind=known.behind(), bounces=shapes, next=following)


@router.get(
    "/v1/data/export",
    summary="The data view as a file",
    response_class=StreamingResponse,
    responses=tables.described("All bounces that are meant", _COLUMNS),
)
def export_data(
    request: Request,
    key: Member,
    asked: Asked,
    form: tables.Choice = tables.Form.CSV,
    account: AccountChoice = None,
    segment: Saved = None,
) -> StreamingResponse:
    """In constant memory; fields are guarded against formulas."""
    chosen = existing_account(request, key, account)
    wanted = sought_of(request, chosen_question(request, chosen, asked, segment))
    services(request).exported("data", chosen, key.id)
    rows = _rows(chosen, wanted, services(request).store.segments, to_support=is_support(key))
    return tables.table(request, form, "bounces", _COLUMNS, rows)


@router.get("/v1/segments", summary="Segments of the account, with their counts")
def get_segments(request: Request, key: Member, account: AccountChoice = None) -> SegmentList:
    """Each counted now."""
    chosen = existing_account(request, key, account)
    found = services(request).store.segments.saved(chosen)
    return SegmentList(account=chosen, segments=[_segment(request, each) for each in found])


@router.put("/v1/segments/{name}", summary="Save a question as a segment (manager)")
def put_segment(
    request: Request, key: Manager, name: Name, body: Filter, account: AccountChoice = None
) -> SegmentShape:
    """In place of the one of this name, if there is one."""
    chosen, known = existing_account(request, key, account), services(request)
    question = question_of(body)
    sought_of(request, question)
    made = Segment(chosen, name, json.dumps(question.told()), key.actor, known.clock.now())
    known.store.segments.save(made)
    return _segment(request, made)


@router.delete("/v1/segments/{name}", summary="Forget a segment (manager)")
def delete_segment(request: Request, key: Manager, name: Name, account: AccountChoice = None) -> Dropped:
    """Its bounces stay."""
    chosen = existing_account(request, key, account)
    if not services(request).store.segments.drop(chosen, name):
        raise Problem("segment_unknown", "name")
    return Dropped(account=chosen, name=name)


def chosen_question(request: Request, account: str, asked: Filter, segment: str | None) -> Question:
    """The question of a saved segment, or else the one that is asked. Raises Problem."""
    if segment is None:
        return question_of(asked)
    for each in services(request).store.segments.saved(account):
        if each.name == segment:
            return Question(**json.loads(each.asked))
    raise Problem("segment_unknown", "segment")


def _segment(request: Request, made: Segment) -> SegmentShape:
    told = json.loads(made.asked)
    wanted = sought_of(request, Question(**told))
    count = counted(made.account, wanted, services(request).store.segments)
    return SegmentShape(
        account=made.account,
        name=made.name,
        filter=Filter(**told),
        count=count,
        actor=made.actor,
        at=text(made.at),
    )


def _row(row: Bounced, *, to_support: bool) -> BouncedShape:
    shown = event_shape(row.event, to_support=to_support)
    return BouncedShape(address=row.event.address, type=row.type, campaign=row.campaign, bounce=shown)


def _rows(account: str, wanted: Sought, segments: Segments, *, to_support: bool) -> Iterator[list[Cell]]:
    for page in all_of(account, wanted, segments):
        for row in page:
            shown = event_shape(row.event, to_support=to_support)
            report = shown.evidence.report if shown.evidence else None
            reply = (report.diagnostic or report.text) if report else ""
            at = tables.moment(shown.at)
            yield [row.event.address, at, row.type, shown.reason, shown.status, row.campaign, reply]
