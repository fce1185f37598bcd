"""Saved views: a name for the filters of a list, for all of an account or for one person.

A key is no person: it sees and changes those of the account. Whom the console speaks for has their own too.
"""

from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.model import Role
from retour.outlets.api.access import AccountChoice, Member, existing_account, ranks_above
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports import Key
from retour.ports.people import FullError, SavedView, TakenError, Views, Whose

router = APIRouter(tags=["account"])

Page = Literal["overview"]
Id = Annotated[int, Path(description="Id of it, as the list shows it.", ge=0, le=2**63 - 1)]
Name = Annotated[str, Field(min_length=1, max_length=100, examples=["hard bounces of May"])]
Filters = Annotated[
    str,
    Field(
        max_length=2000,
        description="as they stand in the address of the page",
        examples=["status=invalid&type=hard"],
    ),
]


class ViewBody(BaseModel):
    """A view to be saved."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    page: Page = "overview"
    name: Name
    query: Filters
    shared: bool = Field(True, description="for all of the account (manager); else the person's own")


class ViewChange(BaseModel):
    """Another name, or other filters; what is left out stays."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name | None = Field(None, examples=["soft bounces of May"])
    query: Filters | None = Field(None, examples=["type=soft"])


class ViewShape(BaseModel):
    """A saved view."""

    id: int
    page: str
    name: str
    query: str
    shared: bool = Field(description="seen by all of the account; else by the person who asks alone")


class ViewList(BaseModel):
    """Saved views, by name."""

    account: str
    views: list[ViewShape]


@router.get("/v1/views", summary="Saved views")
def get_views(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    page: Annotated[Page | None, Query(description="whose list they are of")] = None,
) -> ViewList:
    """Those of the account; to a person of the console their own too."""
    chosen = existing_account(request, key, account)
    found = _views(request).views(Whose(chosen, key.person), page)
    return ViewList(account=chosen, views=[_shape(each) for each in found])


@router.post("/v1/views", status_code=201, summary="Save a view")
def post_view(request: Request, key: Member, body: ViewBody, account: AccountChoice = None) -> ViewShape:
    """One of the same name is replaced. For all of the account a manager saves it."""
    chosen = existing_account(request, key, account)
    if body.shared and ranks_above(Role.MANAGER, key.role):
        raise Problem("role_too_low", "shared", role=key.role.value, needed=Role.MANAGER.value)
    if not body.shared and not key.person:
        raise Problem("view_of_nobody", "shared")
    try:
        made = SavedView(0, body.page, body.name, _clean(body.query), body.shared)
        return _shape(_views(request).save(Whose(chosen, key.person), made))
    except FullError as error:
        raise Problem("too_many_views", "name") from error


@router.put("/v1/views/{id}", summary="Change a view")
def put_view(
    request: Request, key: Member, id: Id, body: ViewChange, account: AccountChoice = None
) -> ViewShape:
    """Its name, its filters. Those of the account a manager changes."""
    known, whose = _views(request), _whose(key, existing_account(request, key, account))
    before = _one(known, key, whose, id)
    name = before.name if body.name is None else body.name
    query = before.query if body.query is None else _clean(body.query)
    try:
        after = known.change(whose, SavedView(id, before.page, name, query, before.is_shared))
    except TakenError as error:
        raise Problem("view_taken", "name") from error
    if after is None:  # dropped a moment ago
        raise Problem("view_unknown", "id")
    return _shape(after)


@router.delete("/v1/views/{id}", summary="Drop a view")
def delete_view(request: Request, key: Member, id: Id, account: AccountChoice = None) -> ViewShape:
    """What it was, so that it can be saved again. Those of the account a manager drops."""
    known, whose = _views(request), _whose(key, existing_account(request, key, account))
    _one(known, key, whose, id)
    gone = known.drop(whose, id)
    if gone is None:  # dropped a moment ago
        raise Problem("view_unknown", "id")
    return _shape(gone)


def _whose(key: Key, account: str) -> Whose:
    """Those that the caller may change."""
    return Whose(account, key.person, shared=not ranks_above(Role.MANAGER, key.role))


def _one(known: Views, key: Key, whose: Whose, id: int) -> SavedView:
    """Raises Problem `view_unknown`, or `role_too_low` for one that may only be looked at."""
    seen = {each.id: each for each in known.views(Whose(whose.account, whose.person), None)}
    if id not in seen:
        raise Problem("view_unknown", "id")
    if seen[id].is_shared and not whose.shared:
        raise Problem("role_too_low", "id", role=key.role.value, needed=Role.MANAGER.value)
    return seen[id]


def _clean(query: str) -> str:
    """A query alone, of its beginning: it leads nowhere else, and to no page in the midst."""
    return urlencode([(name, value) for name, value in parse_qsl(query) if name != "after"])


def _views(request: Request) -> Views:
    """Those who keep them. Raises Problem `console_off`."""
    found = services(request).views
    if found is None:
        raise Problem("console_off")
    return found


def _shape(view: SavedView) -> ViewShape:
    return ViewShape(id=view.id, page=view.page, name=view.name, query=view.query, shared=view.is_shared)
