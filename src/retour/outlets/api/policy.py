"""The policy of an account: read, change from a known version, look at the versions before."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.never_stop import warning
from retour.flow.policy import Effect, would_change
from retour.instants import text
from retour.lifecycle import PolicyError, PolicyVersion, policy_to_dict
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.dry import DryRun
from retour.outlets.api.problems import Problem, language_of, wrong
from retour.outlets.api.services import services
from retour.ports import StaleVersionError

router = APIRouter(tags=["policy"])

MOST_PLAYED = 50_000  # addresses of a dry run: somebody waits for its answer
_EXAMPLE = {"soft_threshold": 3, "reset_after": 30}


class PolicyBody(BaseModel):
    """Settings to be merged over the version in force; `preset` loads that preset first."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, Any] = Field(examples=[_EXAMPLE])
    expected: int | None = Field(None, description="version this was made from, unless If-Match tells it")


class PolicyShape(BaseModel):
    """One version of a policy."""

    account: str
    version: int
    at: str = Field(description="in force since")
    author: str
    settings: dict[str, Any] = Field(examples=[_EXAMPLE])
    warning: str | None = Field(None, description="of the list `never_stop`, as long as it has an entry")


class EffectShape(BaseModel):
    """What a policy would change, played over the history of the addresses."""

    looked_at: int = Field(description="addresses with a history that were played")
    whole: bool = Field(description="false: the account has more, which were not looked at")
    moves: dict[str, int] = Field(
        description="addresses by state before and after, where these differ",
        examples=[{"bouncing invalid": 12}],
    )


class ChangedPolicy(PolicyShape):
    """The version that a change made, or would make."""

    dry_run: bool = Field(False, description="true: nothing was changed")
    effect: EffectShape | None = Field(None, description="of a dry run alone")


class PolicyVersions(BaseModel):
    """All versions, oldest first."""

    account: str
    versions: list[PolicyShape]


@router.get("/v1/policy", summary="The policy in force")
def get_policy(
    request: Request, response: Response, key: Member, account: AccountChoice = None
) -> PolicyShape:
    """All settings of the newest version; its number stands in the ETag too."""
    chosen = existing_account(request, key, account)
    newest = services(request).store.accounts.policies(chosen)[-1]
    shape = _shape(chosen, newest, language_of(request))
    response.headers["ETag"] = f'"{shape.version}"'
    return shape


@router.get("/v1/policy/versions", summary="All versions of the policy")
def get_versions(request: Request, key: Member, account: AccountChoice = None) -> PolicyVersions:
    """Every version that was ever in force, with its author."""
    chosen = existing_account(request, key, account)
    versions = services(request).store.accounts.policies(chosen)
    language = language_of(request)
    return PolicyVersions(
        account=chosen, versions=[_shape(chosen, version, language) for version in versions]
    )


@router.put("/v1/policy", summary="Change the policy, from the version that was read")
def put_policy(
    request: Request,
    response: Response,
    key: Manager,
    body: PolicyBody,
    account: AccountChoice = None,
    if_match: Annotated[str | None, Header(description='the version read, as "3"')] = None,
    dry_run: DryRun = False,
) -> ChangedPolicy:
    """Settings left out stay as they are. In force at once; stored states follow in the background."""
    chosen = existing_account(request, key, account)
    expected = body.expected if if_match is None else version_of(if_match)
    if expected is None:
        raise Problem("version_missing", "If-Match")
    known, asked = services(request), (chosen, body.settings, expected)
    effect = None
    with refusing(expected):
        if dry_run:
            effect = would_change(*asked, known.store, key.actor, known.clock.now(), MOST_PLAYED)
            version = effect.version
        else:
            version = known.change_policy(*asked, key.actor)
    if effect is None:
        response.headers["ETag"] = f'"{version.number}"'
    shape = _shape(chosen, version, language_of(request)).model_dump()
    return ChangedPolicy(**shape, dry_run=dry_run, effect=None if effect is None else _effect(effect))


@contextmanager
def refusing(expected: int) -> Iterator[None]:
    """Settings that cannot be, and a version that is not the newest any more, as problems."""
    try:
        yield
    except StaleVersionError as error:
        raise Problem("version_conflict", "If-Match", expected=expected, newest=error.newest) from error
    except PolicyError as error:
        told = {"en": error.told("en"), "de": error.told("de")}
        raise Problem("policy_invalid", f"settings.{error.key}", **told) from error


def _effect(effect: Effect) -> EffectShape:
    moves = {f"{before} {after}": count for (before, after), count in sorted(effect.moves.items())}
    return EffectShape(looked_at=effect.looked_at, whole=effect.whole, moves=moves)


def version_of(if_match: str) -> int:
    """The number of a version as If-Match tells it. Raises Problem."""
    number = if_match.strip().removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit()) or len(number) > 9:
        raise wrong("If-Match", "version_number", f"{number!r} is no number of a version", told=number)
    return int(number)


def _shape(account: str, version: PolicyVersion, language: str) -> PolicyShape:
    return PolicyShape(
        account=account,
        version=version.number,
        at=text(version.at),
        author=version.author,
        settings=policy_to_dict(version.policy),
        warning=warning(version.policy, language),
    )
