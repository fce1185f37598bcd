"""Contacts are deleted, people erased (E33, lifecycle rule 10)."""

from secrets import token_hex

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.erase import ERASE
from retour.flow.jobs import Job
from retour.outlets.api.access import AccountChoice, Manager, existing_account
from retour.outlets.api.contacts import Place, normalised
from retour.outlets.api.jobs import JobShape, shape
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports import Erasure, Key

router = APIRouter(tags=["contacts"])


class ErasureBody(BaseModel):
    """Who is to be erased, and on whose word."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=1016, examples=["ann@b.example"])
    reason: str = Field(max_length=2000, examples=["Asked for by letter of 1 May"])
    account: str | None = None


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


def _begun(request: Request, key: Key, account: str, address: str, reason: str) -> JobShape:
    """The job names the erasure, not the address: nothing of that is to be left on it."""
    known, now = services(request), services(request).clock.now()
    made = Erasure(token_hex(8), account, address, key.actor, reason, now)
    known.desk.erasures.add(made)
    job = Job(token_hex(8), account, ERASE, made.actor, now, {"erasure": made.id})
    known.desk.jobs.add(job)
    known.wake_jobs()
    return shape(request, job)
