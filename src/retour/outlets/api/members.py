"""Who may look at an account in the console: its members with their roles, and invitations.

A key gives nobody more than a manager of its own account may: staff is made on the command line alone. What
a link of an invitation opens is said by the console, and its secret is in one answer only.
"""

from contextlib import suppress
from hashlib import sha256
from secrets import token_urlsafe
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from retour.address import normalise
from retour.instants import DAY, text
from retour.model import Role
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account, ranks_above
from retour.outlets.api.people import note
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.services import services
from retour.outlets.api.shown import time
from retour.ports import Key
from retour.ports.people import (
    BelongsError,
    FullError,
    Invitation,
    LastManagerError,
    MemberQuery,
    Offer,
    People,
)
from retour.ports.people import Member as Belonging

router = APIRouter(tags=["account"])

DAYS = 7  # that a link is good
AccountRole = Literal["member", "manager"]
Id = Annotated[int, Path(description="Id of it, as the list shows it.", ge=0, le=2**63 - 1)]


class MemberShape(BaseModel):
    """Somebody who belongs to the account."""

    id: int
    email: str = Field(description="logs in with it", examples=["ann@shop.example"])
    role: AccountRole
    second_factor: bool = Field(description="is asked for one at the login")
    login_at: str | None = Field(description="the latest; null: never yet")


class MemberPage(BaseModel):
    """Some members, by address. Staff of the platform sees every account and is in none of these lists."""

    account: str
    people: list[MemberShape]
    next: str | None = Field(description="`after` of the next page; null on the last one")


class RoleBody(BaseModel):
    """What somebody may do."""

    model_config = ConfigDict(extra="forbid")

    role: AccountRole = Field(examples=["manager"])


class OfferBody(BaseModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=254, examples=["ann@shop.example"])
    role: AccountRole = Field("member", description="not above the role of the key that asks")


class InvitationShape(BaseModel):
    """A role in the account, offered to an address; its link is shown once, to whoever invited."""

    id: int
    email: str
    role: AccountRole
    by: str = Field(description="who invited")
    made_at: str
    ends_at: str


class NewInvitation(InvitationShape):
    """An invitation just made."""

    link: str = Field(
        description="good once, and shown this once; a path where `console.url` is not set",
        examples=["https://retour.shop.example/invited/…/"],
    )


class InvitationList(BaseModel):
    """Invitations that can still be used, the latest first."""

    account: str
    invitations: list[InvitationShape]


@router.get("/v1/people", summary="Members of the account")
def get_people(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    role: AccountRole | None = None,
    search: Annotated[str | None, Query(description="how addresses begin", max_length=254)] = None,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=254)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> MemberPage:
    """With their roles. What they log in with is known to nobody, and shown to nobody."""
    chosen = existing_account(request, key, account)
    wanted = None if role is None else Role(role)
    found = _people(request).members(MemberQuery(chosen, wanted, search, after, limit))
    following = found[-1].email if len(found) == limit else None
    return MemberPage(account=chosen, people=[_shape(each) for each in found], next=following)


@router.get("/v1/people/{id}", summary="One member")
def get_person(request: Request, key: Member, id: Id, account: AccountChoice = None) -> MemberShape:
    """With the role in this account."""
    found = _people(request).member(existing_account(request, key, account), id)
    if found is None:
        raise Problem("person_unknown", "id")
    return _shape(found)


@router.put("/v1/people/{id}", summary="Give a member another role (manager)")
def put_person(
    request: Request, key: Manager, id: Id, body: RoleBody, account: AccountChoice = None
) -> MemberShape:
    """Not above the caller's own; the last manager stays one. It stands in the ledger."""
    chosen, role = existing_account(request, key, account), Role(body.role)
    _not_above(key, role)
    try:
        found = _people(request).set_role(chosen, id, role, key.actor, services(request).clock.now())
    except LastManagerError as error:
        raise Problem("last_manager", "role") from error
    if found is None:
        raise Problem("person_unknown", "id")
    _tell(request)
    return _shape(found)


@router.delete("/v1/people/{id}", status_code=204, summary="End a membership (manager)")
def delete_person(request: Request, key: Manager, id: Id, account: AccountChoice = None) -> Response:
    """The person sees this account no more; the last manager stays. It stands in the ledger."""
    chosen = existing_account(request, key, account)
    try:
        found = _people(request).remove(chosen, id, key.actor, services(request).clock.now())
    except LastManagerError as error:
        raise Problem("last_manager", "id") from error
    if not found:
        raise Problem("person_unknown", "id")
    _tell(request)
    return Response(status_code=204)


@router.get("/v1/invitations", summary="Invitations of the account (manager)")
def get_invitations(request: Request, key: Manager, account: AccountChoice = None) -> InvitationList:
    """Those that can still be used; their links are kept nowhere."""
    chosen = existing_account(request, key, account)
    found = _people(request).invitations(chosen, services(request).clock.now())
    return InvitationList(account=chosen, invitations=[InvitationShape(**_facts(each)) for each in found])


@router.post("/v1/invitations", status_code=201, summary="Invite somebody (manager)")
def post_invitation(
    request: Request, response: Response, key: Manager, body: OfferBody, account: AccountChoice = None
) -> NewInvitation:
    """The link is in this answer only, and no mail is sent: give it to them. An earlier one ends."""
    response.headers["Cache-Control"] = "no-store"
    chosen, known = existing_account(request, key, account), services(request)
    role, now, secret = Role(body.role), known.clock.now(), token_urlsafe(32)
    _not_above(key, role)
    email = body.email.strip()
    if normalise(email) is None or not email.isascii():
        raise wrong("email", "login", "is no address to log in with")
    digest = sha256(secret.encode()).hexdigest()
    offer = Offer(chosen, email, role, key.actor, digest, now, now + DAYS * DAY)
    try:
        made = _people(request).invite(offer)
    except BelongsError as error:
        raise Problem("belongs_already", "email") from error
    except FullError as error:
        raise Problem("too_many_invitations", "email") from error
    _tell(request)
    return NewInvitation(**_facts(made), link=f"{known.console_url.rstrip('/')}/invited/{secret}/")


@router.delete("/v1/invitations/{id}", status_code=204, summary="Withdraw an invitation (manager)")
def delete_invitation(request: Request, key: Manager, id: Id, account: AccountChoice = None) -> Response:
    """Its link can no longer be used. It stands in the ledger."""
    chosen = existing_account(request, key, account)
    if not _people(request).withdraw(chosen, id, key.actor, services(request).clock.now()):
        raise Problem("invitation_unknown", "id")
    _tell(request)
    return Response(status_code=204)


def _people(request: Request) -> People:
    """Those who keep them. Raises Problem `console_off`."""
    found = services(request).people
    if found is None:
        raise Problem("console_off")
    return found


def _tell(request: Request) -> None:
    """Bring to the ledger what it has not yet. What it cannot take now the console tells it later."""
    known, people = services(request), _people(request)
    with suppress(*known.down):
        for each in people.standings():
            note(known.store, each)
            people.told(each.name)


def _not_above(key: Key, role: Role) -> None:
    if ranks_above(role, key.role):
        raise Problem("role_too_low", "role", role=key.role.value, needed=role.value)


def _shape(found: Belonging) -> MemberShape:
    role: AccountRole = "manager" if found.role is Role.MANAGER else "member"
    return MemberShape(
        id=found.id,
        email=found.email,
        role=role,
        second_factor=found.second_factor,
        login_at=time(found.login_at),
    )


def _facts(found: Invitation) -> dict[str, Any]:
    return {
        "id": found.id,
        "email": found.email,
        "role": found.role.value,
        "by": found.by,
        "made_at": text(found.made_at),
        "ends_at": text(found.ends_at),
    }
