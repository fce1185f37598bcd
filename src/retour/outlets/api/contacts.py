"""Contacts of an account, one and many at once."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from retour.address import fault, normalise
from retour.flow.browse import MOST
from retour.flow.contacts import MOST_AT_ONCE, MOST_OF_ATTRIBUTES, attributes_of
from retour.flow.lists.workbook import Cell
from retour.instants import text
from retour.model import MailKind
from retour.outlets.api import tables
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.services import services
from retour.ports import Contact

router = APIRouter(tags=["contacts"])

_COLUMNS = ("address", "name", "attributes", "decision")
_ATTRIBUTES = {"city": "Graz", "since": 2019}
Place = Annotated[str, Path(description="percent-encoded", examples=["ann@b.example"])]
ListChoice = Annotated[str | None, Query(alias="list", description="id of a list", examples=["6f2c…"])]


class ContactBody(BaseModel):
    """A contact; what is given replaces what was known."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=1016, examples=["ann@b.example"])
    name: str = Field("", max_length=300, examples=["Ann Archer"])
    attributes: dict[str, Any] = Field(
        {}, description=f"any JSON object, {MOST_OF_ATTRIBUTES} octets at most", examples=[_ATTRIBUTES]
    )


class ContactsBody(BaseModel):
    """Many contacts, and a list to put them on."""

    model_config = ConfigDict(extra="forbid")

    contacts: list[ContactBody] = Field(
        min_length=1,
        max_length=MOST_AT_ONCE,
        examples=[[{"address": "ann@b.example", "name": "Ann Archer"}]],
    )
    list: str | None = Field(None, description="id of a list")
    account: str | None = None


class ContactShape(BaseModel):
    """A contact, with what a check would say of it."""

    address: str
    name: str
    attributes: dict[str, Any]
    made_at: str
    changed_at: str
    decision: str = Field(description="may this account send a mailing to it now: send, hold, stop")


class WholeContact(ContactShape):
    """The same, with its lists."""

    account: str
    lists: list[str] = Field(description="names")


class ContactPage(BaseModel):
    """By address."""

    account: str
    contacts: list[ContactShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


class ContactsSet(BaseModel):
    """What came of many contacts."""

    account: str
    contacts: int
    new: int
    stopped: int = Field(description="of them are not plainly written to: GET /v1/check tells why")


@router.get("/v1/contacts", summary="Contacts of the account")
def get_contacts(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    on: ListChoice = None,
    search: Annotated[str, Query(description="how addresses begin", max_length=320)] = "",
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=1016)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> ContactPage:
    """All of them, or those on a list."""
    chosen, known = existing_account(request, key, account), services(request)
    try:
        found = known.store.contacts.page(chosen, limit, after, on, search.lower())
    except KeyError as error:
        raise Problem("contact_list_unknown", "list") from error
    shapes = [ContactShape(**_facts(request, each)) for each in found]
    following = found[-1].address if len(found) == limit else None
    return ContactPage(account=chosen, contacts=shapes, next=following)


@router.post("/v1/contacts", status_code=201, summary="Keep contacts (manager)")
def post_contacts(
    request: Request, key: Manager, body: ContactsBody, account: AccountChoice = None
) -> ContactsSet:
    """All of them, or none. Whoever is stopped stays stopped: to be a contact changes no state."""
    chosen, known = existing_account(request, key, body.account or account), services(request)
    made = [_contact(request, chosen, each, f"contacts.{n}.") for n, each in enumerate(body.contacts)]
    try:
        new = known.store.contacts.set(made, body.list)
    except KeyError as error:
        raise Problem("contact_list_unknown", "list") from error
    stopped = sum(_decision(request, each) != "send" for each in made)
    return ContactsSet(account=chosen, contacts=len(made), new=new, stopped=stopped)


@router.get(
    "/v1/contacts/export",
    summary="Contacts as a file",
    response_class=StreamingResponse,
    responses=tables.described("All contacts, or those on a list, by address", _COLUMNS),
)
def export_contacts(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    on: ListChoice = None,
    search: Annotated[str, Query(description="how addresses begin", max_length=320)] = "",
    form: tables.Choice = tables.Form.CSV,
) -> StreamingResponse:
    """However many, in constant memory; attributes as JSON. Fields are guarded against formulas."""
    chosen, known = existing_account(request, key, account), services(request)
    if on is not None and all(each.id != on for each in known.store.contacts.lists(chosen)):
        raise Problem("contact_list_unknown", "list")
    known.exported("contacts", chosen, key.id)
    return tables.table(request, form, "contacts", _COLUMNS, _rows(request, chosen, on, search.lower()))


def _rows(request: Request, account: str, on: str | None, search: str) -> Iterator[list[Cell]]:
    after = None
    while found := services(request).store.contacts.page(account, MOST, after, on, search):
        for each in found:
            given = "" if each.attributes == "{}" else each.attributes
            yield [each.address, each.name, given, _decision(request, each)]
        after = found[-1].address


@router.get("/v1/contacts/{address:path}", summary="One contact")
def get_contact(request: Request, key: Member, address: Place, account: AccountChoice = None) -> WholeContact:
    """With its attributes and lists."""
    chosen = existing_account(request, key, account)
    return _whole(request, chosen, _known(request, chosen, address))


@router.put("/v1/contacts/{address:path}", summary="Keep one contact (manager)")
def put_contact(
    request: Request, key: Manager, address: Place, body: ContactBody, account: AccountChoice = None
) -> WholeContact:
    """In place of what was known; the address in the body is that of the path."""
    chosen = existing_account(request, key, account)
    made = _contact(request, chosen, body, "")
    if made.address != normalise(address):
        raise wrong("address", "of_path", "is not the one in the path")
    services(request).store.contacts.set([made])
    return _whole(request, chosen, _known(request, chosen, address))


def normalised(address: str, field: str = "address") -> str:
    """The address as it is kept. Raises Problem."""
    found = normalise(address)
    if found is None:
        raise Problem("address_malformed", field, fault=fault(address))
    return found


def _known(request: Request, account: str, address: str) -> Contact:
    found = services(request).store.contacts.one(account, normalised(address))
    if found is None:
        raise Problem("contact_unknown", "address")
    return found


def _contact(request: Request, account: str, body: ContactBody, within: str) -> Contact:
    attributes = attributes_of(body.attributes)
    if attributes is None:
        raise Problem("attributes_too_long", f"{within}attributes", most=MOST_OF_ATTRIBUTES)
    now = services(request).clock.now()
    return Contact(account, normalised(body.address, f"{within}address"), body.name, attributes, now, now)


def _decision(request: Request, contact: Contact) -> str:
    known = services(request)
    now = known.clock.now()
    return known.snapshot.decision(contact.account, contact.address, MailKind.MAILING, now).answer.value


def _facts(request: Request, contact: Contact) -> dict[str, Any]:
    return {
        "address": contact.address,
        "name": contact.name,
        "attributes": json.loads(contact.attributes),
        "made_at": text(contact.made_at),
        "changed_at": text(contact.changed_at),
        "decision": _decision(request, contact),
    }


def _whole(request: Request, account: str, contact: Contact) -> WholeContact:
    lists = services(request).store.contacts.lists_of(account, contact.address)
    return WholeContact(account=account, lists=[each.name for each in lists], **_facts(request, contact))
