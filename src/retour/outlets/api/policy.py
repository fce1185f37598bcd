"""The policy of an account: read, change from a known version, look at the versions before."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from retour.instants import text
from retour.lifecycle import PolicyError, PolicyVersion, policy_to_dict
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports import StaleVersionError

router = APIRouter(tags=["policy"])

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
    shape = _shape(chosen, services(request).store.accounts.policies(chosen)[-1])
    response.headers["ETag"] = f'"{shape.version}"'
    return shape


@router.get("/v1/policy/versions", summary="All versions of the policy")
def get_versions(request: Request, key: Member, account: AccountChoice = None) -> PolicyVersions:
    """Every version that was ever in force, with its author."""
    chosen = existing_account(request, key, account)
    versions = services(request).store.accounts.policies(chosen)
    return PolicyVersions(account=chosen, versions=[_shape(chosen, version) for version in versions])


@router.put("/v1/policy", summary="Change the policy, from the version that was read")
def put_policy(
    request: Request,
    response: Response,
    key: Manager,
    body: PolicyBody,
    account: AccountChoice = None,
    if_match: Annotated[str | None, Header(description='the version read, as "3"')] = None,
) -> PolicyShape:
    """Settings left out stay as they are. In force at once; stored states follow in the background."""
    chosen = existing_account(request, key, account)
    expected = body.expected if if_match is None else _version(if_match)
    if expected is None:
        raise Problem("version_missing", "If-Match")
    try:
        version = services(request).change_policy(chosen, body.settings, expected, f"key {key.id}")
    except StaleVersionError as error:
        raise Problem("version_conflict", "If-Match", expected=expected, newest=error.newest) from error
    except PolicyError as error:
        told = {"en": error.told("en"), "de": error.told("de")}
        raise Problem("policy_invalid", f"settings.{error.key}", **told) from error
    response.headers["ETag"] = f'"{version.number}"'
    return _shape(chosen, version)


def _version(if_match: str) -> int:
    number = if_match.strip().removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit()) or len(number) > 9:
        raise Problem("invalid", "If-Match", fault=f"If-Match: {number!r} is no number of a version")
    return int(number)


def _shape(account: str, version: PolicyVersion) -> PolicyShape:
    return PolicyShape(
        account=account,
        version=version.number,
        at=text(version.at),
        author=version.author,
        settings=policy_to_dict(version.policy),
    )
