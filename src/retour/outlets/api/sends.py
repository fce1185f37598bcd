"""Registering sends: each gets its signed return address, before it is handed to an MTA."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from retour import instants
from retour.address import Fault
from retour.flow.sends import MOST, Draft, Registered, register
from retour.instants import Instant, text
from retour.model import MailKind
from retour.outlets.api.access import AccountChoice, Member, whole_account
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.services import services
from retour.ports import Account, Key
from retour.return_address import verify

router = APIRouter(tags=["sends"])

Text = Annotated[str | None, Field(max_length=2000)]


class SendBody(BaseModel):
    """One message to one recipient, about to be handed over."""

    model_config = ConfigDict(extra="forbid")

    recipient: str = Field(examples=["ann@b.example"], max_length=1016)
    kind: MailKind = MailKind.MAILING
    account: str | None = None
    campaign: Text = Field(None, examples=["May news"])
    sender: Text = Field(None, examples=["News <news@demo.example>"])
    subject: Text = Field(None, examples=["What is new in May"])
    message_id: Text = Field(None, examples=["<20260503.1@demo.example>"])
    handed_over: str | None = Field(None, description="ISO 8601 with zone; now when left out")


class BatchBody(BaseModel):
    """At most 10,000 sends of one account."""

    model_config = ConfigDict(extra="forbid")

    sends: list[SendBody]
    account: str | None = None


def _form(given: object) -> str:
    if isinstance(given, list):
        return "<list>"
    return "<batch>" if isinstance(given, dict) and "sends" in given else "<one>"


AnyBody = Annotated[
    Annotated[SendBody, Tag("<one>")]
    | Annotated[BatchBody, Tag("<batch>")]
    | Annotated[list[SendBody], Tag("<list>")],
    Discriminator(_form),
]
"""One send, an object with `sends`, or a list; told apart first, so that a fault is named in its own form."""


class RegisteredShape(BaseModel):
    """A send that is known from now on, or why it is not."""

    recipient: str
    send: Annotated[str | None, Field(description="id of the send")] = None
    return_address: Annotated[str | None, Field(description="MAIL FROM to use (RFC 5321 §4.1.1.2)")] = None
    envid: Annotated[str | None, Field(description="ENVID to use (RFC 3461 §4.4), where one is taken")] = None
    expires: Annotated[str | None, Field(description="a later bounce is kept without effect")] = None
    list_unsubscribe: Annotated[
        str | None, Field(description="URL for List-Unsubscribe, in one click (RFC 8058); null if not served")
    ] = None
    fault: Annotated[str | None, Field(description="why the recipient is no address")] = None


class RegisteredBatch(BaseModel):
    """Results in the order of the sends."""

    account: str
    sends: list[RegisteredShape]


class RegisteredOne(RegisteredShape):
    """The result for a single send."""

    account: str


@router.post("/v1/sends", status_code=201, summary="Register a send, or a batch: a return address for each")
def post_sends(
    request: Request,
    key: Member,
    body: Annotated[AnyBody, Body()],
    account: AccountChoice = None,
) -> RegisteredOne | RegisteredBatch:
    """Store what is about to be sent; use the return address as MAIL FROM, and what comes back is proven."""
    bodies = [body] if isinstance(body, SendBody) else body.sends if isinstance(body, BatchBody) else body
    if len(bodies) > MOST:
        raise Problem("too_many", "sends", count=len(bodies), most=MOST)
    named = {each.account for each in bodies} | {account}
    if isinstance(body, BatchBody):
        named.add(body.account)
    owner = _owner(request, key, named - {None})
    results = _register(request, owner, bodies, _places(body))
    if isinstance(body, SendBody):
        return _single(owner, results[0])
    return RegisteredBatch(account=owner.name, sends=results)


def _owner(request: Request, key: Key, named: set[str | None]) -> Account:
    """The one account that all sends are of."""
    if len(named) > 1:
        raise wrong("account", "one_account", "all sends of a call are of one account")
    return whole_account(request, key, next(iter(named), None))


def _places(body: AnyBody) -> list[str]:
    """What stands before the name of a field of each, as the framework names it."""
    if isinstance(body, SendBody):
        return [""]
    if isinstance(body, BatchBody):
        return [f"sends.{place}." for place in range(len(body.sends))]
    return [f"{place}." for place in range(len(body))]


def _register(
    request: Request, owner: Account, bodies: Sequence[SendBody], places: Sequence[str]
) -> list[RegisteredShape]:
    known = services(request)
    drafts = [_draft(body, within) for body, within in zip(bodies, places, strict=True)]
    results = register(drafts, owner, known.store.sends, known.keyring, known.send_ids, known.clock.now())
    return [
        _shape(request, owner, body.recipient, result) for body, result in zip(bodies, results, strict=True)
    ]


def _draft(body: SendBody, within: str) -> Draft:
    return Draft(
        body.recipient,
        body.kind,
        body.campaign,
        body.sender,
        body.subject,
        body.message_id,
        _moment(body.handed_over, within),
    )


def _moment(given: str | None, within: str) -> Instant | None:
    try:
        return None if given is None else instants.parse(given)
    except ValueError as error:
        raise Problem("invalid", f"{within}handed_over", fault=f"handed_over: {error}") from error


def _shape(request: Request, owner: Account, recipient: str, result: Registered | Fault) -> RegisteredShape:
    if isinstance(result, Fault):
        return RegisteredShape(recipient=recipient, fault=result)
    known = services(request)
    token = verify(known.keyring, result.envid, owner.return_domain)
    return RegisteredShape(
        recipient=recipient,
        send=str(result.send.id),
        return_address=result.return_address,
        envid=result.envid,
        expires=None if token is None else text(token.expires),
        list_unsubscribe=known.unsubscribe_url(owner, result.send, known.clock.now()),
    )


def _single(owner: Account, result: RegisteredShape) -> RegisteredOne:
    if result.fault is not None:
        raise Problem("address_malformed", "recipient", fault=result.fault)
    return RegisteredOne(account=owner.name, **result.model_dump())
