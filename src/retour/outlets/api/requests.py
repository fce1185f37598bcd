"""The restore desk: accounts ask for addresses back, support decides (K25-K28, E24-E25)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.address import normalise
from retour.flow.platform import under
from retour.flow.restore_desk import (
    MOST_CASES,
    MOST_REQUESTS,
    Asking,
    Case,
    Decision,
    Fault,
)
from retour.model import Role
from retour.outlets.api.access import (
    AccountChoice,
    Member,
    Restorer,
    Support,
    existing_account,
    ranks_above,
)
from retour.outlets.api.addresses import Moment, between
from retour.outlets.api.messages import cursor
from retour.outlets.api.problems import Problem, language_of, wrong
from retour.outlets.api.services import services
from retour.outlets.api.shapes import AddressShape
from retour.outlets.api.shown import address_shape, linked, reader_of, time
from retour.ports import Key, RequestKind, RequestQuery, RequestStatus, RestoreRequest, Ruling
from retour.texts import catalogue

router = APIRouter(tags=["requests"])

_WORDS = 4000  # characters of what was done, or of a reason


class RequestBody(BaseModel):
    """At most ten exact addresses, or one domain; and what was done about the cause."""

    model_config = ConfigDict(extra="forbid")

    addresses: list[str] = Field(default=[], examples=[["ann@b.example"]])
    domain: str | None = Field(None, examples=["b.example"])
    done: str = Field(max_length=_WORDS, examples=["Ann emptied her mailbox and answered our test mail"])
    kind: RequestKind = Field(
        RequestKind.RESTORE, description="review: of the stop of the whole platform (`why` is platform)"
    )
    account: str | None = None


class RulingShape(BaseModel):
    """What support said of one address."""

    address: str
    approved: bool
    reason: str


class RequestShape(BaseModel):
    """A restore request."""

    id: str
    account: str
    kind: RequestKind
    status: RequestStatus = Field(description="mixed: some addresses were given back, and some not")
    addresses: list[str]
    domain: str | None
    done: str
    at: str
    by: str = Field(examples=["key 17c9a0"])
    ended_at: str | None
    ended_by: str | None
    reason: str | None = Field(description="of the decision")
    why: str | None = Field(
        description="`erased`: withdrawn, for those whom it was about were erased; null: for no such reason"
    )
    rulings: list[RulingShape] = Field(description="address by address, once it is decided")


class RequestPage(BaseModel):
    """The queue, or a part of it."""

    requests: list[RequestShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class WhyShape(BaseModel):
    """One reason of an advice."""

    code: str = Field(examples=["early"])
    told: str


class AdviceShape(BaseModel):
    """What support is advised to do; it decides itself."""

    verdict: Literal["approve", "refuse", "ask_back", "correct"]
    told: str
    reasons: list[WhyShape] = Field(description="the one that decided comes first")


class VerdictShape(BaseModel):
    """What one account was told of an address; shown to the staff of the platform alone."""

    account: str
    at: str
    reason: str = Field(examples=["address_unknown"])


class CaseShape(BaseModel):
    """One address of a request with everything that there is to decide on."""

    address: AddressShape
    advice: AdviceShape
    earlier: list[RequestShape] = Field(description="requests for it before this one, the latest first")
    platform_since: str | None = Field(description="stopped on the whole platform since")
    verdicts: list[VerdictShape] = Field(description="of a review: what the stop is made of, latest first")


class CasePage(BaseModel):
    """The addresses of a request; of a domain those that are stopped or held."""

    request: RequestShape
    cases: list[CaseShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class ApartBody(BaseModel):
    """What is said of one address, where it differs."""

    model_config = ConfigDict(extra="forbid")

    approved: bool
    reason: str = Field(max_length=_WORDS)


class DecisionBody(ApartBody):
    """What support says of the request, and of single addresses where it differs."""

    addresses: dict[str, ApartBody] = Field(
        default={}, examples=[{"bob@b.example": {"approved": False, "reason": "No such mailbox"}}]
    )


@router.post("/v1/requests", status_code=201, summary="Ask support to give addresses back")
def post_request(
    request: Request, key: Member, body: RequestBody, account: AccountChoice = None
) -> RequestShape:
    """Puts a request into the queue of support. An address stands in one open request at a time."""
    chosen = existing_account(request, key, body.account or account)
    asking = Asking(chosen, key.actor, body.done, tuple(body.addresses), body.domain, body.kind)
    return _shape(_whole(services(request).restores.ask(asking)))


@router.get("/v1/requests", summary="Restore requests: of the account; for support the queue")
def get_requests(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    status: RequestStatus | None = None,
    kind: RequestKind | None = None,
    address: Annotated[str | None, Query(description="named by it, or of the domain it names")] = None,
    since: Moment = None,
    until: Moment = None,
    order: Annotated[Literal["oldest", "latest"], Query(description="which come first")] = "oldest",
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_REQUESTS)] = 50,
) -> RequestPage:
    """The oldest first. A staff key that names no account sees those of all."""
    chosen = None if not key.account and not account else existing_account(request, key, account)
    normalised = None if address is None else normalise(address)
    if address is not None and normalised is None:
        raise Problem("address_malformed", "address", fault=address)
    times = between(since, until)
    query = RequestQuery(chosen, status, kind, normalised, *times, cursor(after), order == "latest", limit)
    found = services(request).store.requests.sought(query)
    return RequestPage(
        requests=[_shape(each) for each in found],
        next=str(found[-1].number) if len(found) == limit else None,
    )


@router.get("/v1/requests/{id}", summary="One restore request")
def get_request(request: Request, key: Member, id: str, account: AccountChoice = None) -> RequestShape:
    """What was asked, and what became of it."""
    return _shape(_one(request, key, id, account))


@router.delete("/v1/requests/{id}", summary="Withdraw a restore request")
def delete_request(request: Request, key: Member, id: str, account: AccountChoice = None) -> RequestShape:
    """By the key that asked, or by a manager. What was decided cannot be withdrawn."""
    found = _one(request, key, id, account)
    if found.by != key.actor and ranks_above(Role.MANAGER, key.role):
        raise Problem("role_too_low", "id", role=key.role.value, needed=Role.MANAGER.value)
    return _shape(_whole(services(request).restores.withdraw(found, key.actor)))


@router.get("/v1/requests/{id}/cases", summary="Everything to decide a request on (support only)")
def get_cases(
    request: Request,
    key: Support,
    id: str,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CASES)] = 10,
) -> CasePage:
    """The whole history of each address, earlier requests, and an advice with its reasons."""
    found = _one(request, key, id, account)
    if found.kind is RequestKind.REVIEW and key.account:
        raise Problem("lift_by_staff", "id")  # it would tell one account what others were told
    try:
        cases, more = services(request).restores.cases(found, limit, after)
    except ValueError as error:
        if after is None:
            raise
        # a cursor that was never given out
        raise wrong("after", "cursor", str(error)) from error
    shown = [_case(request, key, found, case) for case in cases]
    return CasePage(request=_shape(found), cases=shown, next=more)


@router.post("/v1/requests/{id}/decision", summary="Approve or refuse a request (support only)")
def post_decision(
    request: Request, key: Restorer, id: str, body: DecisionBody, account: AccountChoice = None
) -> RequestShape:
    """With a reason, which the account is told. Once: of two who decide at once, one is refused."""
    found = _one(request, key, id, account)
    apart = {address: Ruling(said.approved, said.reason) for address, said in body.addresses.items()}
    approves = body.approved or any(ruling.approved for ruling in apart.values())
    if found.kind is RequestKind.REVIEW and approves and key.account:
        raise Problem("lift_by_staff", "approved")
    decision = Decision(key.actor, Ruling(body.approved, body.reason), apart, for_all=not key.account)
    return _shape(_whole(services(request).restores.decide(found, decision)))


def _one(request: Request, key: Key, id: str, account: str | None) -> RestoreRequest:
    chosen = existing_account(request, key, account)
    found = services(request).store.requests.one(id)
    if found is None or found.account != chosen:
        raise Problem("request_unknown", "id", id=id)
    return found


def _whole(outcome: RestoreRequest | Fault) -> RestoreRequest:
    if isinstance(outcome, Fault):
        raise Problem(outcome.problem, outcome.field, **outcome.words)
    return outcome


def _shape(request: RestoreRequest) -> RequestShape:
    ending = request.ending
    ruled = () if ending is None or ending.ruling is None else (*request.addresses, *ending.apart)
    rulings = {address: ruling for address in ruled if (ruling := request.ruling_on(address)) is not None}
    return RequestShape(
        id=request.id,
        account=request.account,
        kind=request.kind,
        status=request.status,
        addresses=list(request.addresses),
        domain=request.domain,
        done=request.done,
        at=time(request.at) or "",
        by=request.by,
        ended_at=None if ending is None else time(ending.at),
        ended_by=None if ending is None else ending.by,
        reason=None if ending is None or ending.ruling is None else ending.ruling.reason,
        why=None if ending is None else ending.why or None,
        rulings=[
            RulingShape(address=address, approved=ruling.approved, reason=ruling.reason)
            for address, ruling in rulings.items()
        ],
    )


def _case(request: Request, key: Key, found: RestoreRequest, case: Case) -> CaseShape:
    policies = services(request).store.accounts.policies(found.account)
    language, advice = language_of(request), case.advice
    corrections = linked(request, found.account, case.life.address)
    since = case.stopped_for_all
    life = under(case.life, since)  # as the account sees it
    return CaseShape(
        address=address_shape(
            found.account, life, policies, case.latest, corrections, reader_of(request, key), since
        ),
        advice=AdviceShape(
            verdict=advice.verdict.value,
            told=catalogue(f"restores.{language}")(f"verdict.{advice.verdict}"),
            reasons=[WhyShape(code=why.code, told=why.told(language)) for why in advice.reasons],
        ),
        earlier=[_shape(each) for each in case.earlier],
        platform_since=time(since),
        verdicts=[
            VerdictShape(account=each.account, at=time(each.at) or "", reason=each.reason)
            for each in case.verdicts
        ],
    )
