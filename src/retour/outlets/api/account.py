"""The account and its keys."""

from secrets import token_hex

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from retour import secret
from retour.flow.never_stop import warning
from retour.model import Role
from retour.outlets.api.access import (
    AccountChoice,
    Manager,
    Member,
    Support,
    existing_account,
    ranks_above,
    whole_account,
)
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.ports import Key

router = APIRouter(tags=["account"])


class AccountShape(BaseModel):
    """An account, as its keys see it."""

    name: str
    return_domain: str = Field(description="domain of its return addresses; its mail must reach our inlet")
    policy: int = Field(description="version in force")
    warnings: list[str] = Field(description="that stay until their cause is gone; as Accept-Language asks")


class Accounts(BaseModel):
    """All accounts."""

    accounts: list[str]


class KeyBody(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    role: Role = Field(Role.MEMBER, description="not above the role of the key that asks")


class KeyShape(BaseModel):
    """A key as it is known; its secret is never kept."""

    id: str
    account: str = Field(description="empty for a key of the staff")
    role: Role


class NewKey(KeyShape):
    """A key just made."""

    key: str = Field(description="shown this once", examples=["rk_…"])


class KeyList(BaseModel):
    """The keys of an account that are not revoked."""

    account: str
    keys: list[KeyShape]


@router.get("/v1/account", summary="The account of this key")
def get_account(request: Request, key: Member, account: AccountChoice = None) -> AccountShape:
    """Its name, return domain and policy version."""
    found = whole_account(request, key, account)
    version = services(request).store.accounts.policies(found.name)[-1]
    told = warning(version.policy, language_of(request))
    return AccountShape(
        name=found.name,
        return_domain=found.return_domain,
        policy=version.number,
        warnings=[] if told is None else [told],
    )


@router.get("/v1/accounts", summary="All accounts that this key may see (support only)")
def get_accounts(request: Request, key: Support) -> Accounts:
    """Names for `?account=`."""
    names = [each.name for each in services(request).store.accounts.accounts()]
    return Accounts(accounts=[name for name in names if key.account in ("", name)])


@router.get("/v1/keys", summary="Keys of the account")
def get_keys(request: Request, key: Manager, account: AccountChoice = None) -> KeyList:
    """Ids and roles; the secrets are kept nowhere."""
    chosen = existing_account(request, key, account)
    return KeyList(account=chosen, keys=[_shape(each) for each in _keys(request, chosen)])


@router.post("/v1/keys", status_code=201, summary="Make a key")
def post_key(
    request: Request, response: Response, key: Manager, body: KeyBody, account: AccountChoice = None
) -> NewKey:
    """A key of the account with a role not above the caller's own. Its secret is in this answer only."""
    response.headers["Cache-Control"] = "no-store"
    chosen = existing_account(request, key, account)
    if ranks_above(body.role, key.role):
        raise Problem("role_too_low", "role", role=key.role.value, needed=body.role.value)
    value, made = secret.new(), Key(token_hex(8), chosen, body.role)
    known = services(request)
    known.store.accounts.add_key(made, secret.digest(value), known.clock.now())
    return NewKey(**_shape(made).model_dump(), key=value)


@router.delete("/v1/keys/{id}", status_code=204, summary="Revoke a key")
def delete_key(request: Request, key: Manager, id: str, account: AccountChoice = None) -> Response:
    """It stops working at once here, within seconds in other processes."""
    chosen = existing_account(request, key, account)
    known = services(request)
    if all(each.id != id for each in _keys(request, chosen)):
        raise Problem("key_unknown", "id")
    known.store.accounts.revoke_key(id, known.clock.now())
    request.app.state.keys.forget()
    return Response(status_code=204)


def _keys(request: Request, account: str) -> list[Key]:
    every = services(request).store.accounts.keys()
    return [each for each in every if each.account == account]


def _shape(key: Key) -> KeyShape:
    return KeyShape(id=key.id, account=key.account, role=key.role)
