"""What no rule knows, grouped by shape, with a rule to begin with; and the queue judged again."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow import shapes
from retour.flow.shapes import Group, Grouped
from retour.flow.stub import stub
from retour.instants import text
from retour.outlets.api.access import Support
from retour.outlets.api.problems import language_of
from retour.outlets.api.services import services
from retour.texts import catalogue

MOST_LOOKED_AT = 2000  # of one request: each has to be read, while others ask
router = APIRouter(tags=["unparsed"])


class GroupShape(BaseModel):
    """Texts that differ in addresses, ids, numbers, dates and hosts alone. Hostile: show as text only."""

    id: str
    count: int
    first: str
    last: str
    inlets: list[str] = Field(description="sources of arrivals; hosts that refused, for bounces")
    examples: list[str] = Field(description="ids of the latest arrivals or events")
    shape: str = Field(examples=["the inhabitant @ has flown the nest on #"])
    text: str | None = Field(None, description="the latest text; only with ?shape=")
    stub: str | None = Field(None, description="a file with a rule to begin with; only with ?shape=")
    aside: int | None = Field(None, description="set aside by staff when it had so many; null: it was not")


class GroupList(BaseModel):
    """The largest first."""

    looked_at: int = Field(description="the latest so many were grouped")
    others: int = Field(description="of shapes that were too many to be kept apart")
    late: int = Field(
        description="posts that came days after what they tell, and whose deliveries are not counted"
    )
    groups: list[GroupShape]


class Retried(BaseModel):
    """What waits for the worker now."""

    retried: int


@router.get("/v1/unparsed/shapes", summary="What no rule knows, grouped by shape (support only)")
def get_shapes(
    request: Request,
    key: Support,
    of: Annotated[
        Literal["unparsed", "undetermined"],
        Query(description="the queue, or bounces whose cause nothing told"),
    ] = "unparsed",
    shape: Annotated[str | None, Query(description="id of one group: with its text and a stub")] = None,
    last: Annotated[int, Query(ge=1, le=MOST_LOOKED_AT, description="how many of the latest")] = 1000,
) -> GroupList:
    """A key of one account sees what came for that account only."""
    known, account = services(request), key.account or None
    if of == "unparsed":
        found = shapes.grouped(shapes.unparsed(known.inbox, last, account))
    else:
        found = shapes.grouped(shapes.undetermined(known.store.ledger, last, account))
    groups = _shown(request, found, of, shape)
    return GroupList(looked_at=found.looked_at, others=found.others, late=found.late, groups=groups)


@router.post("/v1/unparsed/retry", summary="Judge the queue again, under the rules of now (support only)")
def post_retry(
    request: Request,
    key: Support,
    late: Annotated[
        bool,
        Query(description="those alone that came days after what they tell, now to be counted"),
    ] = False,
) -> Retried:
    """The worker takes them up within a second. A key of one account retries that account's arrivals."""
    return Retried(retried=services(request).inbox.again(key.account or None, late))


def _shown(request: Request, found: Grouped, of: str, wanted: str | None) -> list[GroupShape]:
    aside = services(request).rules.set_aside()
    if wanted is None:
        return [_shape(group, aside.get(f"{of} {group.id}")) for group in found.groups]
    group = found.group(wanted)
    if group is None:
        return []
    words = catalogue(f"unparsed.{language_of(request)}")
    written = stub(group, of == "unparsed", words)
    shown = _shape(group, aside.get(f"{of} {group.id}"))
    return [shown.model_copy(update={"text": group.text, "stub": written})]


def _shape(group: Group, aside: int | None) -> GroupShape:
    return GroupShape(
        id=group.id,
        count=group.count,
        first=text(group.first),
        last=text(group.last),
        inlets=group.inlets,
        examples=group.examples,
        shape=group.shape,
        text=None,
        stub=None,
        aside=aside,
    )
