"""Never stop: the short list of own addresses that are written to whatever comes back."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.address import domain, normalise
from retour.flow.never_stop import MOST, spared, warning
from retour.lifecycle import PolicyError
from retour.outlets.api.access import AccountChoice, Manager, Member, existing_account
from retour.outlets.api.policy import version_of
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.outlets.api.shown import time
from retour.ports import Key, StaleVersionError

router = APIRouter(tags=["policy"])

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match", description='version of the policy that was read, as "3"; the newest if left out'
    ),
]


class EntryBody(BaseModel):
    """An address, or a domain."""

    model_config = ConfigDict(extra="forbid")

    entry: str = Field(max_length=300, examples=["boss@shop.example"])


class EntryShape(BaseModel):
    """One entry, with who put it there and when."""

    entry: str = Field(examples=["boss@shop.example"])
    author: str = Field(examples=["key 17c9a0"])
    since: str
    version: int = Field(description="of the policy that brought it")


class NeverStop(BaseModel):
    """The list."""

    account: str
    version: int = Field(description="of the policy in force")
    entries: list[EntryShape]
    most: int = Field(description="entries that the list may have")
    warning: str | None = Field(description="stays as long as there is an entry; as Accept-Language asks")


@router.get("/v1/never-stop", summary="The addresses that are never stopped")
def get_never_stop(request: Request, key: Member, account: AccountChoice = None) -> NeverStop:
    """Own addresses and domains that are written to whatever comes back, each with author and time."""
    return _shape(request, existing_account(request, key, account))


@router.post("/v1/never-stop", status_code=201, summary="Never stop this address")
def post_never_stop(
    request: Request, key: Manager, body: EntryBody, account: AccountChoice = None, if_match: IfMatch = None
) -> NeverStop:
    """Adds one address or domain (which does not cover its subdomains). It is a version of the policy."""
    chosen = existing_account(request, key, account)
    return _changed(request, key, chosen, body.entry, if_match, there=True)


@router.delete("/v1/never-stop/{entry}", summary="Stop this address again like any other")
def delete_never_stop(
    request: Request,
    key: Manager,
    entry: Annotated[str, Path(description="percent-encoded", examples=["boss@shop.example"])],
    account: AccountChoice = None,
    if_match: IfMatch = None,
) -> NeverStop:
    """Takes one entry off the list. What stopped it meanwhile stops it from now on."""
    return _changed(request, key, existing_account(request, key, account), entry, if_match, there=False)


def _changed(
    request: Request, key: Key, account: str, given: str, if_match: str | None, there: bool
) -> NeverStop:
    """The list with an entry, or without it; a new version only if that changes it."""
    entry = _normalised(given)
    newest = services(request).store.accounts.policies(account)[-1]
    listed = newest.policy.never_stop
    expected = newest.number if if_match is None else version_of(if_match)
    if not there and entry not in listed:
        raise Problem("never_stop_unknown", "entry", entry=entry)
    if not there or entry not in listed:
        after = listed | {entry} if there else listed - {entry}
        _change(request, key, account, sorted(after), expected)
    return _shape(request, account)


def _change(request: Request, key: Key, account: str, after: list[str], expected: int) -> None:
    try:
        services(request).change_policy(account, {"never_stop": after}, expected, key.actor)
    except StaleVersionError as error:
        raise Problem("version_conflict", "If-Match", expected=expected, newest=error.newest) from error
    except PolicyError as error:
        raise Problem("policy_invalid", "entry", en=error.told("en"), de=error.told("de")) from error


def _normalised(given: str) -> str:
    name = given.removeprefix("@")
    entry = normalise(name) if "@" in name else domain(name)
    if entry is None or "." not in entry.rpartition("@")[2]:  # a word alone is rather a slip
        raise Problem("never_stop_malformed", "entry", entry=given)
    return entry


def _shape(request: Request, account: str) -> NeverStop:
    versions = services(request).store.accounts.policies(account)
    entries = [
        EntryShape(entry=each.entry, author=each.author, since=time(each.at) or "", version=each.version)
        for each in spared(versions)
    ]
    told = warning(versions[-1].policy, language_of(request))
    return NeverStop(account=account, version=versions[-1].number, entries=entries, most=MOST, warning=told)
