"""Restore: support gives addresses back; an account user is told whom to ask (E24-E25)."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.restore import MOST_ADDRESSES, Refusal, restore, stop, would_restore
from retour.flow.restore import Request as RestoreRequest
from retour.outlets.api.access import AccountChoice, Restorer, Support, existing_account
from retour.outlets.api.dry import DryRun
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services

router = APIRouter(tags=["restores"])


class RestoreBody(BaseModel):
    """At most ten addresses, or one domain; and why."""

    model_config = ConfigDict(extra="forbid")

    addresses: list[str] = Field(default=[], examples=[["ann@b.example"]])
    domain: str | None = Field(None, examples=["b.example"])
    reason: str = Field(max_length=2000, examples=["Request 17: the mailbox was emptied, the owner wrote us"])
    account: str | None = None


class RestoredShape(BaseModel):
    """The addresses that were given back, or stopped."""

    account: str
    addresses: list[str]
    changed: int = Field(description="how many of their states changed by it")
    dry_run: bool = Field(False, description="true: nothing was done")


@router.post("/v1/restores", status_code=201, summary="Give addresses back (support only)")
def post_restore(
    request: Request,
    key: Restorer,
    body: RestoreBody,
    account: AccountChoice = None,
    dry_run: DryRun = False,
) -> RestoredShape:
    """Each address becomes valid and clean, whatever the causes; the reason is kept in the ledger."""
    chosen = existing_account(request, key, body.account or account)
    known = services(request)
    asked = RestoreRequest(chosen, body.reason, tuple(body.addresses), body.domain, for_all=not key.account)
    ledger, now = known.store.ledger, known.clock.now()
    if dry_run:
        outcome = would_restore(asked, ledger, key.role, now)
    else:
        outcome = restore(asked, ledger, known.bus, key.actor, key.role, now)
    if isinstance(outcome, Refusal):
        raise _problem(outcome, body, key.role.value)
    if body.addresses and not dry_run:
        known.platform.look_at(outcome.addresses)  # of a domain: within a second
    addresses = list(outcome.addresses)
    return RestoredShape(account=chosen, addresses=addresses, changed=len(outcome.changes), dry_run=dry_run)


@router.post("/v1/stops", status_code=201, summary="Stop addresses (support only)")
def post_stop(
    request: Request,
    key: Support,
    body: RestoreBody,
    account: AccountChoice = None,
    dry_run: DryRun = False,
) -> RestoredShape:
    """Each address becomes invalid with the cause `support`, until support restores it."""
    chosen = existing_account(request, key, body.account or account)
    known = services(request)
    asked, now = RestoreRequest(chosen, body.reason, tuple(body.addresses), body.domain), known.clock.now()
    outcome = stop(asked, known.store.ledger, known.bus, key.actor, key.role, now, dry_run)
    if isinstance(outcome, Refusal):
        raise _problem(outcome, body, key.role.value)
    addresses = list(outcome.addresses)
    return RestoredShape(account=chosen, addresses=addresses, changed=len(outcome.changes), dry_run=dry_run)


def _problem(refusal: Refusal, body: RestoreBody, role: str) -> Problem:
    match refusal:
        case Refusal.ROLE:
            return Problem("restore_by_support", role=role)
        case Refusal.TOO_MANY:
            return Problem("too_many", "addresses", count=len(body.addresses), most=MOST_ADDRESSES)
        case Refusal.REASON:
            return Problem("reason_missing", "reason")
        case Refusal.TARGET:
            return Problem("restore_target", "addresses")
        case Refusal.ADDRESS:
            field = "domain" if body.domain is not None else "addresses"
            return Problem("address_malformed", field, fault=field)
