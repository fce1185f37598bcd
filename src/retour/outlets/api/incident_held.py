"""What an incident holds, and what either of its ends would make of it: seen before one is chosen."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.incident_effect import MOST_COUNTED, HeldAddress, effect, held_addresses
from retour.instants import text
from retour.model import StateName
from retour.outlets.api.access import AccountChoice, Member
from retour.outlets.api.incidents import incident_of
from retour.outlets.api.messages import cursor
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports.incidents import IncidentStage

router = APIRouter(tags=["incidents"])


class PreviewShape(BaseModel):
    """Both ends of an open incident, in numbers."""

    account: str
    id: str
    count: int = Field(description="addresses that it holds; counted to 10,000")
    is_more: bool = Field(description="there are more than were counted")
    played: int = Field(description="the first so many of them, for which the following holds; at most 1,000")
    reached: int = Field(description="mail has reached them since the incident began")
    confirm: dict[StateName, int] = Field(description="their states, if the bounces are believed")
    revert: dict[StateName, int] = Field(description="their states, if the bounces are forgotten")


class HeldShape(BaseModel):
    """One address that an incident holds, or held."""

    address: str
    bounce: str | None = Field(description="id of the latest bounce that is not believed")
    at: str | None
    reason: str | None
    code: str | None
    reached: bool = Field(description="mail has reached it since the incident began")
    confirm: StateName | None = Field(description="its state, if the bounces are believed; null: closed")
    revert: StateName | None = Field(description="its state, if the bounces are forgotten; null: closed")


class HeldPage(BaseModel):
    """In the order in which they were held."""

    account: str
    id: str
    addresses: list[HeldShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


@router.get("/v1/incidents/{id}/preview", summary="What either end of an incident would do")
def get_preview(request: Request, key: Member, id: str, account: AccountChoice = None) -> PreviewShape:
    """Nothing is done by it. Of an open one alone. `POST /v1/contacts/counts` counts all that it holds."""
    incident = incident_of(request, key, id, account)
    if incident.stage is not IncidentStage.OPEN:
        raise Problem("incident_stage", stage=incident.stage.value)
    known = services(request)
    found = effect(incident, known.store, known.clock.now())
    return PreviewShape(
        account=incident.account,
        id=id,
        count=min(found.count, MOST_COUNTED),
        is_more=found.count > MOST_COUNTED,
        played=found.played,
        reached=found.reached,
        confirm=dict(found.ends["confirm"]),
        revert=dict(found.ends["revert"]),
    )


@router.get("/v1/incidents/{id}/addresses", summary="The addresses that an incident holds")
def get_held(
    request: Request,
    key: Member,
    id: str,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> HeldPage:
    """Also those of a closed one, which it has let go."""
    incident = incident_of(request, key, id, account)
    known = services(request)
    found = held_addresses(incident, known.store, known.clock.now(), limit, cursor(after) or 0)
    following = str(found[-1].number) if len(found) == limit else None
    rows = [_shape(each) for each in found]
    return HeldPage(account=incident.account, id=id, addresses=rows, next=following)


def _shape(held: HeldAddress) -> HeldShape:
    bounce = held.bounce
    return HeldShape(
        address=held.address,
        bounce=None if bounce is None else bounce.id.hex(),
        at=None if bounce is None else text(bounce.at),
        reason=None if bounce is None or bounce.reason is None else bounce.reason.value,
        code=None if bounce is None else bounce.status,
        reached=held.is_reached,
        confirm=held.ends.get("confirm"),
        revert=held.ends.get("revert"),
    )
