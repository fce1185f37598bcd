"""Incidents: outages at providers, in which hard bounces are held and not believed (N4)."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.guard import IncidentStageError
from retour.instants import text
from retour.outlets.api.access import AccountChoice, Member, Support, existing_account
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports import Key
from retour.ports.incidents import Incident, IncidentStage

router = APIRouter(tags=["incidents"])


class IncidentShape(BaseModel):
    """One outage, as this account sees it."""

    account: str
    id: str
    provider: str = Field(
        description="a provider, a domain whose provider is not known, or `*`: many domains at once",
        examples=["gmail"],
    )
    stage: IncidentStage
    begins: str = Field(description="hard bounces from here on are held")
    opened_at: str
    sign: str = Field(description="`rate`: out of the norm; `living`: addresses that took mail lately")
    hard: int = Field(description="addresses that bounced within the hour that opened it")
    rate: float | None = Field(description="of attempts in that hour; null where nobody told them")
    norm: float = Field(description="the same of thirty days; bounces an hour, where `rate` is null")
    last_seen: str = Field(description="when the rate was last out of the norm")
    outcome: str | None = Field(description="`confirm`: the bounces count; `revert`: they never were")
    closed_at: str | None
    by: str = Field(description="who opened, closed or reopened it last")
    reason: str
    held: int = Field(description="addresses that were let go when it closed")
    delivered: int = Field(description="of them: mail had reached them since")
    retried: int = Field(description="the others: the next mail to them goes, and its bounce counts")


class IncidentList(BaseModel):
    """The latest first."""

    account: str | None = Field(description="null: of all accounts, for staff")
    incidents: list[IncidentShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class EndBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000, examples=["The provider says that it was its fault"])


@router.get("/v1/incidents", summary="Incidents at providers")
def get_incidents(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    standing: Annotated[bool, Query(description="only those that are not closed, all of them")] = False,
) -> IncidentList:
    """Open and closed ones, the latest first. Of those that stand, a staff key without account sees all."""
    if standing:
        return _standing(request, key, account)
    chosen = existing_account(request, key, account)
    found = services(request).store.incidents.listed(chosen, limit, after)
    following = found[-1].id if len(found) == limit else None
    return IncidentList(account=chosen, incidents=[_shape(each) for each in found], next=following)


def _standing(request: Request, key: Key, account: str | None) -> IncidentList:
    chosen = None if not key.account and not account else existing_account(request, key, account)
    standing = services(request).store.incidents.standing()[::-1]
    found = [_shape(each) for each in standing if chosen in (None, each.account)]
    return IncidentList(account=chosen, incidents=found, next=None)


@router.get("/v1/incidents/{id}", summary="One incident")
def get_incident(request: Request, key: Member, id: str, account: AccountChoice = None) -> IncidentShape:
    """How it stands."""
    return _shape(incident_of(request, key, id, account))


@router.post("/v1/incidents/{id}/confirm", status_code=202, summary="Believe the bounces (support only)")
def post_confirm(
    request: Request, key: Support, id: str, body: EndBody, account: AccountChoice = None
) -> IncidentShape:
    """Closes it: its bounces count, each at its own time."""
    return _closed(request, key, id, account, "confirm", body.reason)


@router.post("/v1/incidents/{id}/revert", status_code=202, summary="Forget the bounces (support only)")
def post_revert(
    request: Request, key: Support, id: str, body: EndBody, account: AccountChoice = None
) -> IncidentShape:
    """Closes it: its bounces are void, as though they had not happened."""
    return _closed(request, key, id, account, "revert", body.reason)


@router.post("/v1/incidents/{id}/reopen", status_code=202, summary="Take a closing back (support only)")
def post_reopen(
    request: Request, key: Support, id: str, body: EndBody, account: AccountChoice = None
) -> IncidentShape:
    """Its addresses are held again, as though it had not been closed; also one that closed by itself."""
    incident_of(request, key, id, account)
    reason = _reason(body.reason)
    return _told(lambda: services(request).guard.reopen(id, key.actor, reason))


def _closed(
    request: Request, key: Key, id: str, account: str | None, outcome: str, reason: str
) -> IncidentShape:
    incident_of(request, key, id, account)
    told = _reason(reason)
    return _told(lambda: services(request).guard.close(id, outcome, key.actor, told))


def _told(act: Callable[[], Incident]) -> IncidentShape:
    try:
        return _shape(act())
    except IncidentStageError as error:
        raise Problem("incident_stage", stage=error.incident.stage.value) from error


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Problem("reason_missing", "reason")
    return reason.strip()


def incident_of(request: Request, key: Key, id: str, account: str | None) -> Incident:
    """An incident of the account. Raises Problem `incident_unknown`, and what names no account."""
    chosen = existing_account(request, key, account)
    found = services(request).store.incidents.one(id)
    if found is None or found.account != chosen:
        raise Problem("incident_unknown", id=id)
    return found


def _shape(incident: Incident) -> IncidentShape:
    closed = incident.closed_at
    return IncidentShape(
        account=incident.account,
        id=incident.id,
        provider=incident.family,
        stage=incident.stage,
        begins=text(incident.begins),
        opened_at=text(incident.opened_at),
        sign=incident.sign,
        hard=incident.hard,
        rate=incident.rate,
        norm=incident.norm,
        last_seen=text(incident.seen_at),
        outcome=incident.outcome or None,
        closed_at=None if closed is None else text(closed),
        by=incident.by,
        reason=incident.note,
        held=incident.held,
        delivered=incident.delivered,
        retried=incident.retried,
    )
