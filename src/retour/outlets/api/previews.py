"""What-if: what settings would do before they are saved, and what those that were saved have done since."""

from secrets import token_hex
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field

from retour.flow.effects import effects
from retour.flow.findings import Finding, Findings, Move
from retour.flow.jobs import Job, JobState
from retour.flow.previews import WHAT_IF, samples
from retour.flow.whatif import question
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.jobs import JobShape
from retour.outlets.api.jobs import shape as job_shape
from retour.outlets.api.policy import PolicyBody, refusing, version_of
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.outlets.api.shown import time
from retour.ports import Key

router = APIRouter(tags=["what-if"])

MoveChoice = Annotated[Move | None, Query(description="only these addresses", examples=["stops"])]
After = Annotated[int, Query(ge=0, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=1000)]


class FoundShape(BaseModel):
    """An address to which something would happen."""

    address: str
    move: Move
    before: str = Field(examples=["bouncing"])
    after: str = Field(examples=["invalid: soft"])
    reason: str | None = Field(description="of its latest bounce", examples=["mailbox_full"])
    provider: str | None = Field(description="where the domain tells", examples=["gmail"])
    active: list[str] = Field(description="signs of life within 90 days: delivery, open, click, reply, login")
    returns_at: str | None = Field(description="when it would come back by itself")


class PreviewShape(BaseModel):
    """A what-if or a replay: its job, whose result has the counts, and some of the addresses."""

    job: JobShape
    samples: dict[str, list[str]] = Field(description="addresses by what would happen to them")
    stage: str | None = Field(None, description="of a replay that somebody applied: applied, undone …")


class FoundList(BaseModel):
    """A page of addresses."""

    account: str
    addresses: list[FoundShape]
    next: int | None = Field(description="`after` of the next page; null at the end")


class RewritingShape(BaseModel):
    """How far stored states have followed the policy."""

    account: str
    version: int = Field(description="in force; checks answer under it from its time on")
    rewriting: bool
    done: int | None = Field(description="addresses whose stored state follows it; null where not counted")
    total: int | None


class PeriodShape(BaseModel):
    """A week or a month under a version of the policy."""

    version: int
    period: str = Field(examples=["2026-W07"])
    freed: int = Field(description="came back by themselves")
    delivered: int = Field(description="of those that came back: reached for the first time since")
    bounced: int = Field(description="of those that came back: bounced again for the first time since")


class EffectsShape(BaseModel):
    """What the resets of an account did."""

    account: str
    periods: list[PeriodShape]
    looked_at: int = Field(description="returns that are counted")
    whole: bool = Field(description="true: all there were")


@router.post("/v1/policy/what-if", status_code=202, summary="What settings would do before they are saved")
def post_what_if(
    request: Request,
    key: Manager,
    body: PolicyBody,
    account: AccountChoice = None,
    if_match: Annotated[str | None, Header(description='the version read, as "3"')] = None,
) -> JobShape:
    """Played over every address in a job of its own; the numbers are those of a saving at the same moment."""
    chosen, known = existing_account(request, key, account), services(request)
    expected = body.expected if if_match is None else version_of(if_match)
    if expected is None:
        raise Problem("version_missing", "If-Match")
    with refusing(expected):
        question(chosen, body.settings, expected, known.store.accounts, key.actor, known.clock.now())
    return asked(request, key, chosen, WHAT_IF, {"settings": body.settings, "expected": expected})


@router.get("/v1/policy/what-if/{id}", summary="What a what-if has found")
def get_what_if(request: Request, key: Member, id: str, account: AccountChoice = None) -> PreviewShape:
    """The counts stand in the job's result: moves, reasons, providers, activity, and resets by day."""
    job = preview(request, existing_account(request, key, account), id, WHAT_IF)
    return PreviewShape(job=job_shape(request, job), samples=sampled(request, job), stage=None)


@router.get("/v1/policy/what-if/{id}/addresses", summary="Whom a what-if has found")
def get_what_if_addresses(
    request: Request,
    key: Member,
    id: str,
    account: AccountChoice = None,
    move: MoveChoice = None,
    after: After = 0,
    limit: Limit = 100,
) -> FoundList:
    """Page by page; who was erased since is not among them."""
    job = preview(request, existing_account(request, key, account), id, WHAT_IF)
    return found_page(request, job, move, after, limit)


@router.get("/v1/policy/progress", summary="How far stored states have followed the policy")
def get_progress(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    counted: Annotated[bool, Query(description="false: addresses are counted only during the work")] = True,
) -> RewritingShape:
    """Answers follow at once; this is the work behind them. Counting ten million takes half a second."""
    chosen, known = existing_account(request, key, account), services(request)
    done = known.rewriting(chosen)
    total = None if done is None and not counted else known.store.sweep.size(chosen)[0]
    return RewritingShape(
        account=chosen,
        version=known.store.accounts.policies(chosen)[-1].number,
        rewriting=done is not None,
        done=total if done is None or total is None else min(done, total),
        total=total,
    )


@router.get("/v1/policy/effects", summary="What resets did, by week or month")
def get_effects(
    request: Request,
    key: Member,
    account: AccountChoice = None,
    by: Annotated[Literal["week", "month"], Query(description="the periods")] = "week",
) -> EffectsShape:
    """For each version of the policy: who came back, was reached since, bounced again."""
    chosen = existing_account(request, key, account)
    found = effects(services(request).store.counts.effects(chosen), by)
    periods = [
        PeriodShape(
            version=version,
            period=period,
            **{name: told.get(name, 0) for name in ("freed", "delivered", "bounced")},
        )
        for (version, period), told in sorted(found.items())
    ]
    return EffectsShape(
        account=chosen, periods=periods, looked_at=sum(each.freed for each in periods), whole=True
    )


# --- for replays, too ---------------------------------------------------------------------------------------


def asked(request: Request, key: Key, account: str, kind: str, order: dict[str, Any]) -> JobShape:
    """A new job."""
    known = services(request)
    job = Job(token_hex(8), account, kind, key.actor, known.clock.now(), order)
    known.desk.jobs.add(job)
    known.wake_jobs()
    return job_shape(request, job, not key.account)


def preview(request: Request, account: str, id: str, kind: str) -> Job:
    """The job of a preview. Raises Problem `preview_unknown`."""
    job = services(request).desk.jobs.one(account, id)
    if job is None or job.kind != kind:
        raise Problem("preview_unknown", "id")
    return job


def findings_of(request: Request, job: Job) -> Findings:
    """What a preview has found, to be closed. Raises Problem `preview_unready` or `preview_unknown`."""
    if job.state is not JobState.DONE:
        raise Problem("preview_unready", "id", state=job.state.value, id=job.id)
    findings = services(request).shelf.find(job.id)
    if findings is None:
        raise Problem("preview_unknown", "id")
    return findings


def sampled(request: Request, job: Job) -> dict[str, list[str]]:
    """Some addresses of each move; none while there is nothing to show."""
    findings = services(request).shelf.find(job.id) if job.state is JobState.DONE else None
    if findings is None:
        return {}
    try:
        places = samples(findings)
    finally:
        findings.close()
    every = [place for those in places.values() for place in those]
    names = services(request).store.sweep.names(job.account, every)
    return {
        move.value: [names[place] for place in those if place in names]
        for move, those in places.items()
        if those
    }


def found_page(request: Request, job: Job, move: Move | None, after: int, limit: int) -> FoundList:
    """A page of what a preview has found."""
    findings = findings_of(request, job)
    try:
        rows = findings.page(move, limit, after)
    finally:
        findings.close()
    names = services(request).store.sweep.names(job.account, [found.place for _, found in rows])
    shown = [_found(found, names[found.place]) for _, found in rows if found.place in names]
    return FoundList(account=job.account, addresses=shown, next=rows[-1][0] if len(rows) == limit else None)


def _found(found: Finding, address: str) -> FoundShape:
    return FoundShape(
        address=address,
        move=found.move,
        before=found.before,
        after=found.after,
        reason=found.reason or None,
        provider=found.provider or None,
        active=found.active.split(),
        returns_at=time(found.at),
    )
