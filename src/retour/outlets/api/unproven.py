"""Reports that belong to no account: sent to an address of ours that is nobody's, naming no send."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.outlets.api.access import Support
from retour.outlets.api.problems import wrong
from retour.outlets.api.services import services
from retour.outlets.api.shapes import EventShape
from retour.outlets.api.shown import event_shape

router = APIRouter(tags=["unparsed"])


class UnprovenShape(BaseModel):
    """A report and the address that it names, for which it changes nothing."""

    address: str
    event: EventShape


class UnprovenPage(BaseModel):
    """The latest to arrive first."""

    reports: list[UnprovenShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


@router.get("/v1/unproven", summary="Reports that belong to no account (support only)")
def get_unproven(
    request: Request,
    key: Support,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
) -> UnprovenPage:
    """Kept, counted and without effect. Staff sees them; a key of one account sees none, for none is its."""
    if key.account:
        return UnprovenPage(reports=[], next=None)
    rows = services(request).store.ledger.of_nobody(limit, _cursor(after))
    reports = [
        UnprovenShape(address=event.address, event=event_shape(event, to_support=True)) for _, event in rows
    ]
    return UnprovenPage(reports=reports, next=str(rows[-1][0]) if len(rows) == limit else None)


def _cursor(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise wrong("after", "cursor", "is no cursor of this list")
    return int(given)
