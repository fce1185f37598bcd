"""Replays: a history judged again, looked at, applied in one step, and undone (N2)."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.own_rules import RuleFile, faults_of, in_words
from retour.flow.previews import APPLY, REPLAY, UNDO
from retour.outlets.api.access import (
    AccountChoice,
    Manager,
    Member,
    Restorer,
    existing_account,
    is_support,
)
from retour.outlets.api.jobs import JobShape
from retour.outlets.api.jobs import shape as job_shape
from retour.outlets.api.previews import (
    After,
    FoundList,
    Limit,
    MoveChoice,
    PreviewShape,
    asked,
    findings_of,
    found_page,
    preview,
    sampled,
)
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.ports import Stage
from retour.texts import catalogue

router = APIRouter(tags=["replays"])

LARGEST = 256 * 1024  # characters of rules


class ReplayBody(BaseModel):
    """What the history is judged by."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["rules", "policy", "types"] = Field(
        description="`rules`: the reports under other rules (support only); `policy`: the lives as though a "
        "version had been in force from the beginning; `types`: the same of its types and codes alone"
    )
    version: int | None = Field(None, description="of the policy; the newest if left out", examples=[3])
    rules: str | None = Field(
        None,
        max_length=LARGEST,
        description="own rules as TOML, in the place of those in force; without them those in force",
        examples=[None],
    )


class ReasonBody(BaseModel):
    """Why it is done."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000, examples=["Request 17: a rule was too wide in May"])


@router.post("/v1/replays", status_code=202, summary="Judge a history again, and look at the difference")
def post_replay(request: Request, key: Manager, body: ReplayBody, account: AccountChoice = None) -> JobShape:
    """Nothing is changed: the job finds who would stop, come back, or be stopped for another cause."""
    chosen = existing_account(request, key, account)
    order: dict[str, Any] = {"what": body.what}
    if body.what == "rules":
        if not is_support(key):
            raise Problem("role_too_low", role=key.role.value, needed="support")
        look_at(request, body.rules)
        return asked(request, key, chosen, REPLAY, order | {"rules": body.rules})
    versions = services(request).store.accounts.policies(chosen)
    number = versions[-1].number if body.version is None else body.version
    if all(version.number != number for version in versions):
        raise Problem("version_unknown", "version", version=number)
    return asked(request, key, chosen, REPLAY, order | {"version": number})


@router.get("/v1/replays/{id}", summary="What a replay has found, and whether it is applied")
def get_replay(request: Request, key: Member, id: str, account: AccountChoice = None) -> PreviewShape:
    """The counts stand in the job's result: moves, changed verdicts by rule, reasons, providers."""
    job = preview(request, existing_account(request, key, account), id, REPLAY)
    stage = stage_of(request, id)
    return PreviewShape(
        job=job_shape(request, job, not key.account),
        samples=sampled(request, job),
        stage=stage and stage.value,
    )


@router.get("/v1/replays/{id}/addresses", summary="Whom a replay has found")
def get_replay_addresses(
    request: Request,
    key: Member,
    id: str,
    account: AccountChoice = None,
    move: MoveChoice = None,
    after: After = 0,
    limit: Limit = 100,
) -> FoundList:
    """Page by page; who was erased since is not among them."""
    job = preview(request, existing_account(request, key, account), id, REPLAY)
    return found_page(request, job, move, after, limit)


@router.post("/v1/replays/{id}/apply", status_code=202, summary="Apply a replay (support only)")
def post_apply(
    request: Request, key: Restorer, id: str, body: ReasonBody, account: AccountChoice = None
) -> JobShape:
    """One step, wholly or not at all: a line of the ledger for it, and one for each address it moves."""
    chosen = existing_account(request, key, account)
    findings_of(request, preview(request, chosen, id, REPLAY)).close()
    stage = stage_of(request, id)
    if stage not in (None, Stage.PLANNING, Stage.PLANNED, Stage.DROPPED):
        raise Problem("replay_stage", "id", stage=stage.value)
    return asked(request, key, chosen, APPLY, {"replay": id, "reason": body.reason})


@router.post("/v1/replays/{id}/undo", status_code=202, summary="Undo a replay (support only)")
def post_undo(
    request: Request, key: Restorer, id: str, body: ReasonBody, account: AccountChoice = None
) -> JobShape:
    """As though it had never been: every state is again what it would be without it."""
    chosen = existing_account(request, key, account)
    preview(request, chosen, id, REPLAY)
    stage = stage_of(request, id)
    if stage not in (Stage.APPLYING, Stage.APPLIED, Stage.UNDOING):
        raise Problem("replay_stage", "id", stage="not applied" if stage is None else stage.value)
    return asked(request, key, chosen, UNDO, {"replay": id, "reason": body.reason})


def stage_of(request: Request, id: str) -> Stage | None:
    """How far the wave of a replay is; None: nobody has applied it."""
    wave = services(request).desk.waves.one(id)
    return None if wave is None else wave.stage


def look_at(request: Request, rules: str | None) -> None:
    """Raises Problem `rules_invalid` for rules that cannot be used."""
    found = [] if rules is None else faults_of([RuleFile("rules", rules)])
    if found:
        words = catalogue(f"rules.{language_of(request)}")
        raise Problem("rules_invalid", "rules", faults="; ".join(in_words(each, words) for each in found))
