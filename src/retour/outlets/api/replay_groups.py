"""A replay over every account at once, for staff: one group of replays, applied and undone together (N2).

Each account has a replay of its own in it, done one after the other with what else its jobs do, and applied
as one wave. A support key of one account has a group of that account alone.
"""

from collections import Counter
from collections.abc import Sequence
from secrets import token_hex
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from retour.flow.jobs import ENDED, GroupTold, Job, JobState
from retour.flow.previews import APPLY, REPLAY, UNDO
from retour.instants import text
from retour.outlets.api.access import Restorer, Support
from retour.outlets.api.problems import Problem, wrong
from retour.outlets.api.replays import ReasonBody, ReplayBody, look_at, stage_of
from retour.outlets.api.services import services
from retour.ports import Key, Stage

router = APIRouter(tags=["replays"])

_APPLICABLE = (None, Stage.PLANNING, Stage.PLANNED, Stage.DROPPED)
Stages = Literal["playing", "played", "applying", "applied", "undoing", "undone"]
_UNDOABLE = (Stage.APPLYING, Stage.APPLIED, Stage.UNDOING)


class GroupMemberShape(BaseModel):
    """The replay of one account; `GET /v1/replays/{id}?account=` has its samples and addresses."""

    account: str
    replay: str
    state: JobState
    stage: str | None = Field(description="applied, undone …; null: nobody has applied it")
    looked_at: int
    move: dict[str, int] = Field(examples=[{"stops": 3, "returns": 12}])


class ReplayGroupShape(BaseModel):
    """The difference over all accounts."""

    id: str
    done: int = Field(description="accounts whose replay has ended")
    total: int = Field(description="accounts")
    move: dict[str, int] = Field(examples=[{"stops": 3, "returns": 12}])
    reason: dict[str, dict[str, int]] = Field(description="by move, then by reason of the latest bounce")
    provider: dict[str, dict[str, int]] = Field(description="by move, then by provider")
    accounts: list[GroupMemberShape] = Field(description="those with the most addresses that move first")


class ReplayGroupLine(BaseModel):
    """A replay over every account, as the list of them tells it."""

    id: str
    what: str = Field(examples=["rules"])
    own: bool = Field(description="by rules that were given with it")
    asked_at: str
    actor: str
    done: int = Field(description="accounts whose replay has ended")
    total: int = Field(description="accounts")
    move: dict[str, int] = Field(examples=[{"stops": 3, "returns": 12}])
    stage: Stages


class ReplayGroupList(BaseModel):
    """The latest first, for as long as jobs are kept."""

    groups: list[ReplayGroupLine]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


@router.get("/v1/replay-groups", summary="Replays over every account (support)")
def get_groups(
    request: Request,
    key: Support,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ReplayGroupList:
    """Without their accounts: `GET /v1/replay-groups/{id}` has those."""
    found = services(request).desk.jobs.groups(key.account, limit, after)
    next_ = found[-1].id if len(found) == limit else None
    return ReplayGroupList(groups=[_line(each) for each in found], next=next_)


@router.post("/v1/replay-groups", status_code=202, summary="Judge every account's history again (support)")
def post_group(request: Request, key: Support, body: ReplayBody) -> ReplayGroupShape:
    """Nothing is changed. Under `policy` and `types` each account is played under its newest version."""
    if body.version is not None:
        raise wrong("version", "of_one", "is that of one account; leave it out here")
    if body.what == "rules":
        look_at(request, body.rules)
    known, id = services(request), token_hex(8)
    order = {"what": body.what} | ({"rules": body.rules} if body.what == "rules" else {})
    names = [each.name for each in known.store.accounts.accounts() if key.account in ("", each.name)]
    now = known.clock.now()
    known.desk.jobs.add(
        *(Job(f"{id}-{n}", name, REPLAY, key.actor, now, order) for n, name in enumerate(names, 1))
    )
    known.wake_jobs()
    return _shape(request, id, _group(request, key, id))


@router.get("/v1/replay-groups/{id}", summary="What a replay over every account has found (support)")
def get_group(request: Request, key: Support, id: str) -> ReplayGroupShape:
    """The difference, whole and by account."""
    return _shape(request, id, _group(request, key, id))


@router.post("/v1/replay-groups/{id}/apply", status_code=202, summary="Apply it to every account (support)")
def post_group_apply(request: Request, key: Restorer, id: str, body: ReasonBody) -> ReplayGroupShape:
    """One wave for each account, with lines in that account's ledger; repeated, it applies what is left."""
    jobs = _group(request, key, id)
    for job in jobs:
        if job.state is not JobState.DONE:
            raise Problem("replay_stage", "id", stage=job.state.value)
    asked = _asked(request, id, APPLY)
    stages = {job.id: stage_of(request, job.id) for job in jobs}
    meant = [job for job in jobs if stages[job.id] in _APPLICABLE and job.id not in asked]
    return _each(request, key, id, meant, APPLY, body.reason)


@router.post("/v1/replay-groups/{id}/undo", status_code=202, summary="Undo it in every account (support)")
def post_group_undo(request: Request, key: Restorer, id: str, body: ReasonBody) -> ReplayGroupShape:
    """As though it had never been, wherever it was applied, or is to be: there it is undone right after."""
    jobs = _group(request, key, id)
    applying, asked = _asked(request, id, APPLY), _asked(request, id, UNDO)
    stages = {job.id: stage_of(request, job.id) for job in jobs}
    undoable = [job for job in jobs if stages[job.id] in _UNDOABLE or job.id in applying]
    meant = [job for job in undoable if job.id not in asked]
    return _each(request, key, id, meant, UNDO, body.reason)


def _line(told: GroupTold) -> ReplayGroupLine:
    return ReplayGroupLine(
        id=told.id,
        what=str(told.order["what"]),
        own=bool(told.order.get("rules")),
        asked_at=text(told.asked_at),
        actor=told.actor,
        done=told.done,
        total=told.total,
        move=dict(told.move),
        stage=_stage(told),
    )


def _stage(told: GroupTold) -> Stages:
    """What was last done with all of it; an act that came to nothing in every account was none."""
    stages: tuple[tuple[str, Stages, Stages], ...] = (
        (UNDO, "undoing", "undone"),
        (APPLY, "applying", "applied"),
    )
    for kind, going, gone in stages:
        states = told.acts.get(kind, {})
        if states.keys() - ENDED:
            return going
        if JobState.DONE in states:
            return gone
    return "played" if told.done == told.total else "playing"


def _asked(request: Request, id: str, kind: str) -> set[str]:
    """The replays of a group that are to be applied, or undone, by a job that has not ended yet."""
    jobs = services(request).desk.jobs.group(id)
    return {job.order["replay"] for job in jobs if job.kind == kind and job.state not in ENDED}


def _each(
    request: Request, key: Key, id: str, meant: Sequence[Job], kind: str, reason: str
) -> ReplayGroupShape:
    """A job for each of these replays: for all at once, so that none is left out by a crash."""
    known, jobs = services(request), _group(request, key, id)
    if not meant:
        stages = [stage_of(request, job.id) for job in jobs]
        named = sorted({"not applied" if stage is None else stage.value for stage in stages})
        raise Problem("replay_stage", "id", stage=", ".join(named))
    now = known.clock.now()
    # Of one account one job runs at a time, in the order in which they were asked for.
    known.desk.jobs.add(
        *(
            Job(
                f"{id}-{token_hex(4)}",
                job.account,
                kind,
                key.actor,
                now,
                {"replay": job.id, "reason": reason},
            )
            for job in meant
        )
    )
    known.wake_jobs()
    return _shape(request, id, jobs)


def _group(request: Request, key: Key, id: str) -> list[Job]:
    """The replays of a group, as far as the key may see them. Raises Problem."""
    found = [
        job
        for job in services(request).desk.jobs.group(id)
        if job.kind == REPLAY and key.account in ("", job.account)
    ]
    if not found:
        raise Problem("preview_unknown", "id")
    return found


def _shape(request: Request, id: str, jobs: Sequence[Job]) -> ReplayGroupShape:
    members = []
    move: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    providers: dict[str, Counter[str]] = {}
    for job in jobs:
        stage = stage_of(request, job.id)
        told: dict[str, Any] = dict(job.result)
        members.append(
            GroupMemberShape(
                account=job.account,
                replay=job.id,
                state=job.state,
                stage=stage and stage.value,
                looked_at=told.get("looked_at", 0),
                move=told.get("move", {}),
            )
        )
        move.update(told.get("move", {}))
        for name, found in (("reason", reasons), ("provider", providers)):
            for each, counts in told.get(name, {}).items():
                found.setdefault(each, Counter()).update(counts)
    ended = sum(job.state not in (JobState.WAITING, JobState.RUNNING) for job in jobs)
    members.sort(key=lambda member: (-sum(member.move.values()), member.account))
    return ReplayGroupShape(
        id=id,
        done=ended,
        total=len(jobs),
        move=move,
        reason={each: dict(counts) for each, counts in reasons.items()},
        provider={each: dict(counts) for each, counts in providers.items()},
        accounts=members,
    )
