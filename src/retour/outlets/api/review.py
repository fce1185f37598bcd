"""The guided review of stopped addresses: where somebody has probably slipped, with what was meant (E37)."""

from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.counts import Wanted, counted
from retour.flow.jobs import Job
from retour.flow.review import LOOKED_AT, REVIEW, Candidate, Reviewed, at_places, candidates
from retour.outlets.api.access import AccountChoice, Member, existing_account
from retour.outlets.api.corrections import SuggestionShape, suggestion_shape
from retour.outlets.api.jobs import JobShape
from retour.outlets.api.jobs import shape as job_shape
from retour.outlets.api.problems import Problem, language_of, wrong
from retour.outlets.api.services import services
from retour.outlets.api.shapes import BounceShape
from retour.outlets.api.shown import bounce_shape, reader_of

router = APIRouter(tags=["corrections"])


class CandidateShape(BounceShape):
    """A stopped address as GET /v1/bounces shows it, and what was probably meant."""

    suggestions: list[SuggestionShape]


class ReviewPage(BaseModel):
    """Candidates, the latest bounce first; of a job those that still are some."""

    account: str
    candidates: list[CandidateShape]
    looked_at: int = Field(description=f"stopped addresses looked at, {LOOKED_AT} at most, or by the job")
    next: str | None = Field(
        description="cursor for ?after= of the next page; null on the last. A page without any may have one"
    )


@router.get("/v1/review", summary="Stopped addresses in which somebody has probably slipped")
def get_review(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=LOOKED_AT)] = 20,
    job: Annotated[str | None, Query(description="one that has looked at all of them", max_length=64)] = None,
) -> ReviewPage:
    """Only those not corrected yet. Suggestions are for people: POST /v1/corrections corrects one."""
    chosen, known = existing_account(request, key, account), services(request)
    try:
        if job is None:
            found = candidates(chosen, known.store, known.clock.now(), limit, after)
        else:
            found = _of_job(request, chosen, job, limit, after)
    except ValueError as error:  # a cursor that was never given out
        raise wrong("after", "cursor", str(error)) from error
    reader = reader_of(request, key)
    policy = known.store.accounts.policies(chosen)[-1].policy

    def shape(each: Candidate) -> CandidateShape:
        told = bounce_shape(each.row, policy, reader)
        language = language_of(request)
        meant = [suggestion_shape(one, each.row.address, language) for one in each.meant]
        return CandidateShape(**dict(told), suggestions=meant)

    return ReviewPage(
        account=chosen,
        candidates=[shape(each) for each in found.candidates],
        looked_at=found.looked_at,
        next=found.after,
    )


def _of_job(request: Request, account: str, id: str, limit: int, after: str | None) -> Reviewed:
    """Some of the slips that a job has found. Raises ValueError for a cursor that was never given out."""
    known = services(request)
    job = known.desk.jobs.one(account, id)
    if job is None or job.kind != REVIEW or "places" not in job.result:
        raise Problem("job_unknown", "job")
    begin, places = int(after or 0), job.result["places"]
    if not 0 <= begin <= len(places):
        raise ValueError(after)
    found = at_places(account, known.store, known.clock.now(), places[begin : begin + limit])
    following = str(begin + limit) if begin + limit < len(places) else None
    return Reviewed(found, int(job.result["looked_at"]), following)


@router.post("/v1/review", status_code=202, summary="Look at all stopped addresses for slips")
def post_review(request: Request, key: Member, account: AccountChoice = None) -> JobShape:
    """A job, which changes nothing; GET /v1/review?job= tells what it has found, 500 slips at most."""
    chosen, known = existing_account(request, key, account), services(request)
    stopped = counted(known.store.counts.shown(chosen, None), Wanted("invalid")).addresses
    job = Job(token_hex(8), chosen, REVIEW, key.actor, known.clock.now(), {"stopped": stopped})
    known.desk.jobs.add(job)
    known.wake_jobs()
    return job_shape(request, job)
