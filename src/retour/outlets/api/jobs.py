"""Jobs: what long work was asked for, how far it is, and a way to cancel it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.jobs import ENDED, Facts, Job, JobState
from retour.instants import SECOND, Instant, text
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.outlets.api.shown import time
from retour.texts import catalogue

router = APIRouter(tags=["jobs"])

# Rules that are tried, and files of rules that name an erased person: of mails of other accounts, perhaps.
_OF_STAFF = "rules"


class ProblemShape(BaseModel):
    """Why a job failed."""

    code: str
    told: str = Field(description="what happened and what to do, in the language of Accept-Language")


class JobShape(BaseModel):
    """A job and how far it is."""

    id: str
    account: str
    kind: str = Field(examples=["replay"])
    state: JobState
    actor: str
    asked_at: str
    started_at: str | None
    ended_at: str | None
    done: int = Field(description="of `total`")
    total: int | None = Field(description="null as long as it is not known")
    rate: float | None = Field(description="done in a second, since it started")
    ends_at: str | None = Field(description="when it will be done at this rate")
    stage: str | None = Field(description="of work that has several, each with its own unit")
    covered: float | None = Field(
        description="of a check of a list that asks the DNS: share of the contacts whose domain is known"
    )
    cancelling: bool = Field(description="somebody wants it to end, and it stops at its next step")
    order: dict[str, Any] = Field(
        description="what was asked for; rules that are tried are told to staff alone, to others `withheld`"
    )
    result: dict[str, Any] = Field(description="{} before it is done")
    problem: ProblemShape | None


class JobList(BaseModel):
    """A page of jobs, latest first."""

    account: str
    jobs: list[JobShape]
    next: str | None = Field(description="`after` of the next page; null at the end")


@router.get("/v1/jobs", summary="Jobs of an account, latest first")
def get_jobs(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    kind: Annotated[str | None, Query(description="jobs of this kind alone")] = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> JobList:
    """Those that run, wait or ended within 90 days."""
    chosen, known = existing_account(request, key, account), services(request)
    jobs = known.desk.jobs.listed(chosen, limit, after, kind)
    shown = [shape(request, job, not key.account) for job in jobs]
    return JobList(account=chosen, jobs=shown, next=jobs[-1].id if len(jobs) == limit else None)


@router.get("/v1/jobs/{id}", summary="How far a job is")
def get_job(request: Request, key: Member, id: str, account: AccountChoice = None) -> JobShape:
    """Progress, and in the end the result."""
    job = _job(request, existing_account(request, key, account), id)
    return shape(request, job, not key.account)


@router.post("/v1/jobs/{id}/cancel", summary="Cancel a job")
def post_cancel(request: Request, key: Manager, id: str, account: AccountChoice = None) -> JobShape:
    """One that waits ends at once, one that runs at its next step; one that has ended stays as it is."""
    job, known = _job(request, existing_account(request, key, account), id), services(request)
    now_is = known.desk.jobs.cancel(job.id, known.clock.now()) or job
    if now_is.state is JobState.CANCELLED and now_is.started_at is None:
        single = [job.order["erasure"]] if "erasure" in job.order else []
        named = job.order.get("erasures", single)
        known.desk.erasures.forget(job.id, named)  # it never comes to that itself
    return shape(request, now_is, not key.account)


def shape(request: Request, job: Job, for_staff: bool = False) -> JobShape:
    """A job as every route shows it."""
    told = catalogue(f"jobs.{language_of(request)}")
    problem = None
    if job.problem:
        why = told(f"problem.{job.problem}", value=job.result.get("value", ""))
        problem = ProblemShape(code=job.problem, told=why)
    rate, ends_at = pace(job, services(request).clock.now())
    withheld = bool(job.order.get(_OF_STAFF)) and not for_staff
    return JobShape(
        id=job.id,
        account=job.account,
        kind=job.kind,
        state=job.state,
        actor=job.actor,
        asked_at=text(job.asked_at),
        started_at=time(job.started_at),
        ended_at=time(job.ended_at),
        done=job.done,
        total=job.total,
        rate=rate,
        ends_at=time(ends_at),
        stage=job.place.get("stage"),
        covered=job.place.get("covered") if job.place.get("stage") == "ask" else None,
        cancelling=job.cancelling and job.state not in ENDED,
        order=_told(job.order, for_staff) | ({"withheld": True} if withheld else {}),
        result=_told(job.result, for_staff),
        problem=problem,
    )


def _told(facts: Facts, for_staff: bool) -> dict[str, Any]:
    return {name: told for name, told in facts.items() if for_staff or name != _OF_STAFF}


def pace(job: Job, now: Instant) -> tuple[float | None, Instant | None]:
    """How much a job does in a second, and when it will be done at that; None where nothing tells.

    Work of several stages says in its place since when the present one lasts, and with what it began.
    """
    since, did = job.place.get("since", job.started_at), job.done - int(job.place.get("base", 0))
    if since is None or did <= 0:
        return None, None
    took = max((job.ended_at or now) - since, 1)
    left = None if job.total is None or job.state in ENDED else max(job.total - job.done, 0)
    return round(did * SECOND / took, 1), None if left is None else now + left * took // did


def _job(request: Request, account: str, id: str) -> Job:
    job = services(request).desk.jobs.one(account, id)
    if job is None:
        raise Problem("job_unknown", "id")
    return job
