"""Lists of contacts, made empty or from what is shown: Save as list (E36)."""

from secrets import token_hex
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.contacts import MOST_AT_ONCE, MOST_LISTS, named
from retour.flow.jobs import Job
from retour.instants import text
from retour.model import BounceType, MailKind, Reason, Role
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account, ranks_above
from retour.outlets.api.addresses import between, domains_of
from retour.outlets.api.contacts import normalised
from retour.outlets.api.data import chosen_question
from retour.outlets.api.jobs import JobShape, shape
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.questions import Filter, sought_of
from retour.outlets.api.services import services
from retour.ports import ContactList

router = APIRouter(tags=["contacts"])

Name = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$", examples=["Full at Gmail"])
]


class Bounces(BaseModel):
    """Filters of GET /v1/bounces."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["valid", "held", "invalid"] | None = None
    type: BounceType | None = None
    campaign: str | None = None
    reason: Reason | None = None
    kind: MailKind | None = None
    since: str | None = None
    until: str | None = None
    search: str | None = None
    provider: str | None = None
    corrected: bool | None = None


class From(BaseModel):
    """Who is put on the list: one of three."""

    model_config = ConfigDict(extra="forbid")

    bounces: Bounces | None = Field(None, description="as GET /v1/bounces shows them")
    data: Filter | None = Field(None, description="as GET /v1/data shows them")
    segment: str | None = Field(None, description="name of a segment")


class ListBody(BaseModel):
    """A list to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    filled: From | None = Field(
        None, alias="from", description="left out: it is empty", examples=[{"segment": "full-at-gmail"}]
    )
    account: str | None = None


class RenameBody(BaseModel):
    """Another name."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class MembersBody(BaseModel):
    """Who is put on a list, and who is taken off."""

    model_config = ConfigDict(extra="forbid")

    add: list[str] = Field([], max_length=MOST_AT_ONCE, examples=[["ann@b.example"]])
    remove: list[str] = Field([], max_length=MOST_AT_ONCE, examples=[[]])


class ListShape(BaseModel):
    """A list and how many are on it."""

    account: str
    id: str
    name: str
    contacts: int
    actor: str
    made_at: str
    job: JobShape | None = Field(None, description="fills it, where it is made from something")


class Lists(BaseModel):
    """By name."""

    account: str
    lists: list[ListShape]


class Changed(BaseModel):
    """What came of it."""

    account: str
    id: str
    added: int
    removed: int


@router.get("/v1/contact-lists", summary="Lists of contacts")
def get_lists(request: Request, key: Member, account: AccountChoice = None) -> Lists:
    """With the number of contacts on each."""
    chosen = existing_account(request, key, account)
    found = services(request).store.contacts.lists(chosen)
    return Lists(account=chosen, lists=[_shape(each) for each in found])


@router.post("/v1/contact-lists", status_code=201, summary="Save as list; make an empty one (manager)")
def post_list(request: Request, key: Member, body: ListBody, account: AccountChoice = None) -> ListShape:
    """Filled by a job with everybody whom a filter or a segment means now, or empty.

    Whoever may export may save a list (E36): it says no more than the file. An empty one is the manager's,
    as is all that puts people on lists and takes them off.
    """
    if body.filled is None and ranks_above(Role.MANAGER, key.role):
        raise Problem("role_too_low", "from", role=key.role.value, needed=Role.MANAGER.value)
    chosen, known = existing_account(request, key, body.account or account), services(request)
    order = None if body.filled is None else order_of(request, chosen, body.filled)
    if len(known.store.contacts.lists(chosen)) >= MOST_LISTS:
        raise Problem("too_many_lists", most=MOST_LISTS)
    made = ContactList(chosen, token_hex(8), body.name, key.actor, known.clock.now())
    if not known.store.contacts.make_list(made):
        raise Problem("contact_list_taken", "name")
    job = None
    if order is not None:
        told = {"list": made.id, "name": made.name, "from": order}
        job = Job(token_hex(8), chosen, "list_save", made.actor, made.made_at, told)
        known.desk.jobs.add(job)
        known.wake_jobs()
    return _shape(made, None if job is None else shape(request, job))


@router.put("/v1/contact-lists/{id}", summary="Give a list another name (manager)")
def put_list(
    request: Request, key: Manager, id: str, body: RenameBody, account: AccountChoice = None
) -> ListShape:
    """Who is on it stays."""
    chosen = existing_account(request, key, account)
    found = _list(request, chosen, id)
    if found.name != body.name and not services(request).store.contacts.rename(chosen, id, body.name):
        raise Problem("contact_list_taken", "name")
    return _shape(_list(request, chosen, id))


@router.post("/v1/contact-lists/{id}/contacts", summary="Put addresses on a list, take others off (manager)")
def post_members(
    request: Request, key: Manager, id: str, body: MembersBody, account: AccountChoice = None
) -> Changed:
    """Whoever is put on a list becomes a contact; whoever is taken off stays one."""
    chosen, known = existing_account(request, key, account), services(request)
    found = _list(request, chosen, id)
    add = [normalised(each, f"add.{n}") for n, each in enumerate(body.add)]
    remove = [normalised(each, f"remove.{n}") for n, each in enumerate(body.remove)]
    added = known.store.contacts.put_on(found, add, known.clock.now())
    removed = known.store.contacts.take_off(found, remove)
    return Changed(account=chosen, id=id, added=added, removed=removed)


@router.delete("/v1/contact-lists/{id}", summary="Forget a list (manager)")
def delete_list(request: Request, key: Manager, id: str, account: AccountChoice = None) -> ListShape:
    """Its contacts stay; the list itself can be taken back for thirty days."""
    chosen, known = existing_account(request, key, account), services(request)
    found = _list(request, chosen, id)
    known.store.contacts.drop_list(chosen, id, known.clock.now())
    return _shape(found)


@router.post("/v1/contact-lists/{id}/take-back", summary="Have a dropped list back (manager)")
def post_take_back(request: Request, key: Manager, id: str, account: AccountChoice = None) -> ListShape:
    """Under its name, with whoever was on it and has not been deleted since."""
    chosen, known = existing_account(request, key, account), services(request)
    found = known.store.contacts.dropped(chosen, id)
    if found is None:
        raise Problem("contact_list_unknown", "id")
    if len(known.store.contacts.lists(chosen)) >= MOST_LISTS:
        raise Problem("too_many_lists", most=MOST_LISTS)
    if not known.store.contacts.take_back(chosen, id):
        raise Problem("contact_list_taken", "name")
    return _shape(found)


def order_of(request: Request, account: str, filled: From) -> dict[str, Any]:
    """Who is meant, as jobs keep it. Raises Problem."""
    if sum(each is not None for each in (filled.bounces, filled.data, filled.segment)) != 1:
        raise wrong("from", "one_source", "name one of bounces, data, segment")
    if filled.bounces is None:
        question = chosen_question(request, account, filled.data or Filter.model_validate({}), filled.segment)
        sought_of(request, question, "from.data.")
        return {"data": question.told()}
    told: dict[str, Any] = filled.bounces.model_dump(mode="json", exclude_none=True)
    domains = domains_of(told.pop("provider", None))
    if domains is not None:
        told["domains"] = sorted(domains)
    begin, end = between(told.pop("since", None), told.pop("until", None), "from.bounces.")
    times = {"since": begin, "until": end}
    return {"bounces": told | {name: at for name, at in times.items() if at is not None}}


def _list(request: Request, account: str, id: str) -> ContactList:
    found = named(services(request).store.contacts.lists(account), id)
    if found is None:
        raise Problem("contact_list_unknown", "id")
    return found


def _shape(made: ContactList, job: JobShape | None = None) -> ListShape:
    return ListShape(
        account=made.account,
        id=made.id,
        name=made.name,
        contacts=made.contacts,
        actor=made.actor,
        made_at=text(made.made_at),
        job=job,
    )
