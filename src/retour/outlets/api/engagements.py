"""Signs of life that programs tell: opens, clicks, replies, logins."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from retour import instants
from retour.flow.engagement import MOST, Told, Wrong, engaged
from retour.instants import Instant
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.problems import Problem, language_of, wrong
from retour.outlets.api.services import services
from retour.ports import Key, Sign
from retour.texts import catalogue

router = APIRouter(tags=["engagements"])

_MOST_SEND = (1 << 63) - 1


class EngagementBody(BaseModel):
    """A sign of life of an address, or of the recipient of a send."""

    model_config = ConfigDict(extra="forbid")

    kind: Sign
    address: str | None = Field(None, examples=["ann@b.example"], max_length=1016)
    send: str | None = Field(None, description="id of a send, as POST /v1/sends gave it", max_length=19)
    at: str | None = Field(None, description="ISO 8601 with zone; now when left out")
    campaign: str | None = Field(None, description="that of the send when left out", max_length=2000)
    account: str | None = None


class EngagementBatch(BaseModel):
    """At most 10,000 signs of one account."""

    model_config = ConfigDict(extra="forbid")

    engagements: list[EngagementBody]
    account: str | None = None


def _form(given: object) -> str:
    if isinstance(given, list):
        return "<list>"
    return "<batch>" if isinstance(given, dict) and "engagements" in given else "<one>"


AnyBody = Annotated[
    Annotated[EngagementBody, Tag("<one>")]
    | Annotated[EngagementBatch, Tag("<batch>")]
    | Annotated[list[EngagementBody], Tag("<list>")],
    Discriminator(_form),
]


class WrongShape(BaseModel):
    """A sign that was not taken."""

    place: int = Field(description="which of them, from 0")
    field: str = Field(examples=["address"])
    fault: str
    remedy: str


class EngagedShape(BaseModel):
    """What became of the signs."""

    account: str
    taken: int
    wrong: list[WrongShape]


_FIELDS = {Wrong.ADDRESS: "address", Wrong.NOBODY: "address", Wrong.SEND: "send", Wrong.MISMATCH: "send"}


@router.post("/v1/engagements", summary="Tell of opens, clicks, replies and logins, one or a batch")
def post_engagements(
    request: Request,
    key: Member,
    body: Annotated[AnyBody, Body()],
    account: AccountChoice = None,
) -> EngagedShape:
    """Keep the last time of each kind of each address; those that are wrong are told, the others are kept."""
    batch = body.engagements if isinstance(body, EngagementBatch) else body
    bodies = [batch] if isinstance(batch, EngagementBody) else batch
    if len(bodies) > MOST:
        raise Problem("too_many", "engagements", count=len(bodies), most=MOST)
    named = {each.account for each in bodies} | {account}
    if isinstance(body, EngagementBatch):
        named.add(body.account)
    chosen = _owner(request, key, named - {None})
    known = services(request)
    told = [_told(each, within) for each, within in zip(bodies, _places(body), strict=True)]
    wrong = _wrong(engaged(told, chosen, known.store, known.clock.now()), language_of(request))
    if isinstance(body, EngagementBody) and wrong:
        raise Problem("invalid", wrong[0].field, fault=f"{wrong[0].field}: {wrong[0].fault}")
    return EngagedShape(account=chosen, taken=len(bodies) - len(wrong), wrong=wrong)


def _owner(request: Request, key: Key, named: set[str | None]) -> str:
    """The one account that all signs are of."""
    if len(named) > 1:
        raise wrong("account", "one_account", "all engagements of a call are of one account")
    return existing_account(request, key, next(iter(named), None))


def _places(body: AnyBody) -> list[str]:
    """What stands before the name of a field of each, as the framework names it."""
    if isinstance(body, EngagementBody):
        return [""]
    if isinstance(body, EngagementBatch):
        return [f"engagements.{place}." for place in range(len(body.engagements))]
    return [f"{place}." for place in range(len(body))]


def _told(body: EngagementBody, within: str) -> Told:
    send = None
    if body.send is not None:
        whole = body.send.isascii() and body.send.isdecimal()
        send = int(body.send) if whole else -1
        send = send if 0 <= send <= _MOST_SEND else -1  # no send has it: told as one that is not known
    return Told(body.kind, body.address, send, _moment(body.at, within), body.campaign)


def _moment(given: str | None, within: str) -> Instant | None:
    try:
        return None if given is None else instants.parse(given)
    except (ValueError, OverflowError) as error:
        raise Problem("invalid", f"{within}at", fault=f"at: {error}") from error


def _wrong(results: Sequence[Wrong | None], language: str) -> list[WrongShape]:
    words = catalogue(f"engagement.{language}")
    return [
        WrongShape(
            place=place,
            field=_FIELDS.get(wrong, "at"),
            fault=words(f"fault.{wrong}"),
            remedy=words(f"remedy.{wrong}"),
        )
        for place, wrong in enumerate(results)
        if wrong is not None
    ]
