"""Contacts are deleted, people erased (E33, lifecycle rule 10)."""

from secrets import token_hex
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.corrections import is_corrected
from retour.flow.erase import ERASE
from retour.flow.erase_many import DELETE, MOST_AT_ONCE
from retour.flow.jobs import Job
from retour.flow.whom import meant
from retour.outlets.api.access import AccountChoice, Manager, existing_account
from retour.outlets.api.contact_lists import From, order_of
from retour.outlets.api.contacts import Place, normalised
from retour.outlets.api.dry import DryRun
from retour.outlets.api.jobs import JobShape, shape
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.services import services
from retour.outlets.api.whom import at_once, corrected_of
from retour.ports import Erasure, Key

router = APIRouter(tags=["contacts"])


class ErasureBody(BaseModel):
    """Who is to be erased, and on whose word."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=1016, examples=["ann@b.example"])
    reason: str = Field(max_length=2000, examples=["Asked for by letter of 1 May"])
    account: str | None = None


class DeletionsBody(BaseModel):
    """Who is to be deleted: addresses, or whoever a filter means and how many that were."""

    model_config = ConfigDict(extra="forbid")

    addresses: list[str] = Field([], max_length=MOST_AT_ONCE, examples=[["ann@b.example"]])
    filled: From | None = Field(
        None, alias="from", description="instead of addresses", examples=[{"bounces": {"status": "invalid"}}]
    )
    count: int | None = Field(
        None, description="how many addresses the filter meant when somebody looked; refused if it differs"
    )
    account: str | None = None


class Deletions(BaseModel):
    """How many addresses are meant, and the job that deletes them."""

    account: str
    count: int | None = Field(description="null: too many to be counted at once; POST /v1/contacts/counts")
    corrected: int | None = Field(
        description="how many of them were corrected: with them their corrections go, and the links by which"
        " contacts confirm; null: not counted"
    )
    job: JobShape | None = Field(description="null for a dry run")


@router.delete("/v1/contacts/{address:path}", status_code=202, summary="Delete a contact (manager)")
def delete_contact(request: Request, key: Manager, address: Place, account: AccountChoice = None) -> JobShape:
    """All personal data of the address goes from this account, whether it is a contact or was only mailed.

    Where it was not plainly written to, a keyed hash keeps that so: importing it again does not mail it.
    """
    chosen = existing_account(request, key, account)
    return _begun(request, key, chosen, normalised(address), "")


@router.post("/v1/erasures", status_code=202, summary="Erase a person (manager)")
def post_erasure(
    request: Request, key: Manager, body: ErasureBody, account: AccountChoice = None
) -> JobShape:
    """The same, on request of the person; for whoever is no contact, too. It is never cancelled or undone."""
    chosen = existing_account(request, key, body.account or account)
    if not body.reason.strip():
        raise Problem("reason_missing", "reason")
    return _begun(request, key, chosen, normalised(body.address), body.reason.strip())


@router.post("/v1/contacts/deletions", status_code=202, summary="Delete many contacts (manager)")
def post_deletions(
    request: Request,
    key: Manager,
    body: DeletionsBody,
    account: AccountChoice = None,
    dry_run: DryRun = False,
) -> Deletions:
    """Of a filter exactly those whom somebody has seen: where their number has changed, nobody is deleted.

    The job collects them, and looks once more that they are as many before it touches anybody. Where they
    are too many to be counted at once, it is the first to look.
    Cancelled, it leaves whoever is not deleted yet as they were.
    """
    chosen, known = existing_account(request, key, body.account or account), services(request)
    addresses, count = _meant(request, chosen, body)
    if dry_run:
        corrected = _corrected(request, chosen, body)
        return Deletions(account=chosen, count=count, corrected=corrected, job=None)
    if body.filled is not None and body.count is None:
        raise wrong("count", "missing", "is missing")
    if body.filled is not None and count is not None and body.count != count:
        raise Problem("count_changed", "count", seen=body.count, count=count)
    now = known.clock.now()
    made = [Erasure(token_hex(8), chosen, address, key.actor, "", now) for address in addresses or ()]
    order: dict[str, Any] = {"erasures": [each.id for each in made]}
    if addresses is None and body.filled is not None:
        order = {"from": order_of(request, chosen, body.filled), "count": body.count}
    job = Job(token_hex(8), chosen, DELETE, key.actor, now, order)
    known.desk.jobs.add(job, erasures=made)
    known.wake_jobs()
    count = body.count if count is None else count
    return Deletions(account=chosen, count=count, corrected=None, job=shape(request, job))


def _meant(request: Request, account: str, body: DeletionsBody) -> tuple[list[str] | None, int | None]:
    """Who is meant, each once, where they are few; and how many, None where that takes too long to count.

    Raises Problem.
    """
    if bool(body.addresses) == (body.filled is not None):
        raise wrong("addresses", "or_filter", "name them, or a filter in from")
    if body.filled is None:
        named = {normalised(each, f"addresses.{n}"): None for n, each in enumerate(body.addresses)}
        return list(named), len(named)
    count = at_once(request, account, body.filled)
    if body.filled.bounces is None or count is None or count > MOST_AT_ONCE:
        return None, count
    known, found = services(request), dict[str, None]()
    for page in meant(account, order_of(request, account, body.filled), known.store, known.clock):
        found.update(dict.fromkeys(page))  # as the list shows them now, where time alone has moved some
    return list(found), len(found)


def _corrected(request: Request, account: str, body: DeletionsBody) -> int | None:
    if body.filled is not None:
        return corrected_of(request, account, body.filled)
    store = services(request).store
    named = {normalised(each) for each in body.addresses}
    return sum(is_corrected(account, each, store.corrections) for each in named)


def _begun(request: Request, key: Key, account: str, address: str, reason: str) -> JobShape:
    """The job names the erasure, not the address: nothing of that is to be left on it."""
    known, now = services(request), services(request).clock.now()
    made = Erasure(token_hex(8), account, address, key.actor, reason, now)
    job = Job(token_hex(8), account, ERASE, made.actor, now, {"erasure": made.id})
    known.desk.jobs.add(job, erasures=[made])
    known.wake_jobs()
    return shape(request, job)
