"""How many contacts a filter means: told at once, or by a job."""

from secrets import token_hex

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.counts import Wanted, counted
from retour.flow.jobs import Job
from retour.flow.whom import COUNT, quickly
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.contact_lists import Bounces, From, order_of
from retour.outlets.api.incidents import incident_of
from retour.outlets.api.jobs import JobShape, shape
from retour.outlets.api.problems import wrong
from retour.outlets.api.services import services
from retour.ports import Key

router = APIRouter(tags=["contacts"])


class Counted(From):
    """Who is counted: one of four."""

    incident: str | None = Field(None, description="id of an incident, for whom it holds or held")


class CountBody(BaseModel):
    """Whoever a filter means, or an incident holds."""

    model_config = ConfigDict(extra="forbid")

    filled: Counted = Field(alias="from", examples=[{"bounces": {"since": "2026-05-01T00:00:00Z"}}])
    account: str | None = None


class ContactsCounted(BaseModel):
    """How many addresses are meant, each once."""

    account: str
    addresses: int | None = Field(description="null: a job counts them, and its result says so")
    job: JobShape | None = Field(description="null where they were counted at once")


@router.post("/v1/contacts/counts", summary="How many contacts a filter means")
def post_counts(
    request: Request, key: Member, body: CountBody, account: AccountChoice = None
) -> ContactsCounted:
    """Told at once where that takes a tenth of a second at most; else a job counts them all.

    Such a job tells how far it is, can be cancelled, and changes nothing.
    """
    chosen, known = existing_account(request, key, body.account or account), services(request)
    if body.filled.incident is None:
        meant, found = order_of(request, chosen, body.filled), at_once(request, chosen, body.filled)
    else:
        meant = _held_by(request, key, chosen, body.filled)
        found = quickly(chosen, meant, known.store, known.clock)
    if found is not None:
        return ContactsCounted(account=chosen, addresses=found, job=None)
    job = Job(token_hex(8), chosen, COUNT, key.actor, known.clock.now(), {"from": meant})
    known.desk.jobs.add(job)
    known.wake_jobs()
    return ContactsCounted(account=chosen, addresses=None, job=shape(request, job))


def _held_by(request: Request, key: Key, account: str, filled: Counted) -> dict[str, str]:
    """The incident, as jobs keep it. Raises Problem."""
    if any(each is not None for each in (filled.bounces, filled.data, filled.segment)):
        raise wrong("from", "one_source", "name one of bounces, data, segment, incident")
    return {"incident": incident_of(request, key, filled.incident or "", account).id}


def at_once(request: Request, account: str, filled: From) -> int | None:
    """How many are meant: from roll-ups where these know them, else counted; None where that takes too long.

    Raises Problem.
    """
    known, asked = services(request), filled.bounces
    if asked is not None and asked.since is None and asked.until is None and asked.search is None:
        order_of(request, account, filled)  # refuses a provider that nobody knows
        rows = known.store.counts.shown(account, asked.campaign)
        wanted = Wanted(asked.status, asked.type, asked.reason, asked.kind, asked.provider)
        if asked.corrected is None:
            return counted(rows, wanted).addresses
        corrected = _under(request, account, asked)
        if asked.corrected or corrected is None:
            return corrected
        return counted(rows, wanted).addresses - corrected
    return quickly(account, order_of(request, account, filled), known.store, known.clock)


def corrected_of(request: Request, account: str, filled: From) -> int | None:
    """How many of whom a filter of the Overview means were corrected; None where nobody can say at once.

    Raises Problem.
    """
    if filled.bounces is None:
        return None
    return 0 if filled.bounces.corrected is False else _under(request, account, filled.bounces)


def _under(request: Request, account: str, asked: Bounces) -> int | None:
    """Corrected addresses under all the other filters."""
    known = services(request)
    corrected = From(bounces=asked.model_copy(update={"corrected": True}), data=None, segment=None)
    return quickly(account, order_of(request, account, corrected), known.store, known.clock)
