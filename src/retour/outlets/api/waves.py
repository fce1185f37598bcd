"""Waves: addresses given back or stopped by query, seen before, applied by another, undone (K25-K28)."""

import json
from secrets import token_hex
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.jobs import Job
from retour.flow.wave_orders import Order
from retour.flow.waves import NotNowError, Place, drop
from retour.instants import text
from retour.model import StateName
from retour.outlets.api.access import AccountChoice, Support, existing_account
from retour.outlets.api.jobs import JobShape, shape
from retour.outlets.api.problems import Problem
from retour.outlets.api.questions import Filter, question_of, sought_of
from retour.outlets.api.services import services
from retour.ports import Key, Stage, Wave

router = APIRouter(tags=["waves"])


class WaveBody(BaseModel):
    """What a wave is to do, and why."""

    model_config = ConfigDict(extra="forbid")

    act: Literal["restore", "stop"]
    filter: Filter = Field(
        examples=[{"provider": "gmail", "reason": "address_unknown", "since": "2026-05-01"}]
    )
    state: StateName | None = Field(
        None, description="of the addresses; left out: for a restore `invalid`, for a stop all others"
    )
    reason: str = Field(min_length=1, max_length=2000, examples=["The provider was at fault on 1 May"])
    account: str | None = None


class SeenBody(BaseModel):
    """What the preview showed: the wave must be the same still."""

    model_config = ConfigDict(extra="forbid")

    filter: Filter = Field(examples=[{"provider": "gmail", "since": "2026-05-01"}])
    count: int = Field(ge=0, description="addresses", examples=[4711])


class WaveShape(BaseModel):
    """A wave and how far it is."""

    account: str
    id: str
    act: str
    stage: Stage
    at: str = Field(description="when it was asked for: all its events are dated so")
    actor: str
    reason: str
    filter: Filter | None
    state: str | None
    planned: int = Field(description="addresses")
    done: int
    by: str = Field(description="who applied or undid it last")
    may_apply: bool = Field(description="whether whoever asks may apply it: planned, and by somebody else")
    preview: dict[str, Any] | None = Field(
        description="addresses; by reason and provider; samples; how many were active within 90 days"
    )


class WaveList(BaseModel):
    """The latest first."""

    account: str
    waves: list[WaveShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


@router.post("/v1/waves", status_code=202, summary="Plan a wave (support only)")
def post_wave(request: Request, key: Support, body: WaveBody, account: AccountChoice = None) -> JobShape:
    """Finds the addresses and counts them; nothing is done. The job's result is the preview.

    A restore gives back only addresses that a bounce stopped which the filter means, and no other cause.
    """
    chosen = existing_account(request, key, body.account or account)
    if not body.reason.strip():
        raise Problem("reason_missing", "reason")
    question = question_of(body.filter)
    sought_of(request, question, "filter.")
    told = Order(body.act, question, body.state).told()
    return _begun(
        request, key, "wave_plan", chosen, {"wave": token_hex(8), "reason": body.reason.strip(), **told}
    )


@router.get("/v1/waves", summary="Waves of the account (support only)")
def get_waves(
    request: Request,
    key: Support,
    account: AccountChoice = None,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> WaveList:
    """Planned, applied and undone ones, the latest first."""
    chosen = existing_account(request, key, account)
    found = services(request).desk.waves.listed(chosen, limit, after)
    following = found[-1].id if len(found) == limit else None
    return WaveList(account=chosen, waves=[_shape(request, key, each) for each in found], next=following)


@router.get("/v1/waves/{id}", summary="One wave, with its preview (support only)")
def get_wave(request: Request, key: Support, id: str, account: AccountChoice = None) -> WaveShape:
    """How far it is, and what it does."""
    return _shape(request, key, _wave(request, existing_account(request, key, account), id))


@router.post("/v1/waves/{id}/apply", status_code=202, summary="Apply a wave (support only)")
def post_apply(
    request: Request, key: Support, id: str, body: SeenBody, account: AccountChoice = None
) -> JobShape:
    """Exactly what was planned. Not by whoever asked for it; and only with the filter and the count that were
    seen. Cancelled, it is taken back as far as it came."""
    wave = _wave(request, existing_account(request, key, account), id)
    _staged(wave, Stage.PLANNED)
    if not _has_other_eyes(request, wave, key):
        raise Problem("four_eyes")
    told = question_of(body.filter).told()
    if told != (meant := json.loads(wave.about).get("filter")):
        raise Problem("wave_differs", "filter", what="filter", found=json.dumps(meant))
    if body.count != wave.planned:
        raise Problem("wave_differs", "count", what="count", found=wave.planned)
    return _begun(request, key, "wave_apply", wave.account, {"wave": id})


@router.post("/v1/waves/{id}/undo", status_code=202, summary="Take a wave back (support only)")
def post_undo(request: Request, key: Support, id: str, account: AccountChoice = None) -> JobShape:
    """As though it had never been; what else happened to the addresses stays."""
    wave = _wave(request, existing_account(request, key, account), id)
    _staged(wave, Stage.APPLIED, Stage.APPLYING, Stage.UNDOING)
    return _begun(request, key, "wave_undo", wave.account, {"wave": id})


@router.delete("/v1/waves/{id}", summary="Drop a planned wave (support only)")
def delete_wave(request: Request, key: Support, id: str, account: AccountChoice = None) -> WaveShape:
    """One of which nothing was done."""
    chosen, known = existing_account(request, key, account), services(request)
    wave = _wave(request, chosen, id)
    place = Place(known.store.ledger, known.store.acts, known.bus, known.desk.waves, known.clock)
    try:
        drop(id, key.actor, place)
    except NotNowError as error:
        raise _not_now(wave, Stage.PLANNED) from error
    return _shape(request, key, _wave(request, chosen, id))


def _begun(request: Request, key: Key, kind: str, account: str, order: dict[str, Any]) -> JobShape:
    known = services(request)
    job = Job(token_hex(8), account, kind, key.actor, known.clock.now(), order)
    known.desk.jobs.add(job)
    known.wake_jobs()
    return shape(request, job)


def _has_other_eyes(request: Request, wave: Wave, key: Key) -> bool:
    return not (services(request).four_eyes and _is_one(wave.actor, key.actor))


def _is_one(actor: str, other: str) -> bool:
    """Whether two are one: a person in the console, and a key that bears the person's name."""
    return actor.partition(" ")[2].casefold() == other.partition(" ")[2].casefold()


def _wave(request: Request, account: str, id: str) -> Wave:
    wave = services(request).desk.waves.one(id)
    if wave is None or wave.account != account:
        raise Problem("wave_unknown", "id")
    return wave


def _staged(wave: Wave, *stages: Stage) -> None:
    if wave.stage not in stages:
        raise _not_now(wave, *stages)


def _not_now(wave: Wave, *stages: Stage) -> Problem:
    return Problem("wave_stage", "id", stage=wave.stage.value, needed=", ".join(stages))


def _shape(request: Request, key: Key, wave: Wave) -> WaveShape:
    told = json.loads(wave.about)
    return WaveShape(
        account=wave.account,
        id=wave.id,
        act=wave.act,
        stage=wave.stage,
        at=text(wave.at),
        actor=wave.actor,
        reason=wave.note,
        filter=Filter(**told["filter"]) if "filter" in told else None,
        state=told.get("state"),
        planned=wave.planned,
        done=wave.done,
        by=wave.by,
        may_apply=wave.stage is Stage.PLANNED and _has_other_eyes(request, wave, key),
        preview=told.get("preview"),
    )
