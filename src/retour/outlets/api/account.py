"""The account and its keys."""

from secrets import token_hex

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from retour import secret
from retour.flow import keys
from retour.flow.never_stop import warning
from retour.instants import text
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
from retour.outlets.api.shown import time
from retour.ports import Key, KnownKey

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
    name: str = Field("", description="what it is for", examples=["shop server"], max_length=100)


class KeyShape(BaseModel):
    """A key as it is known; its secret is never kept."""

    id: str
    account: str = Field(description="empty for a key of the staff")
    role: Role
    name: str = Field(description="what it is for, in the words of whoever made it")
    made_at: str
    used_at: str | None = Field(description="when it was used last, to within a minute; null: not yet")


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
    found = services(request).store.accounts.keys_of(chosen)
    return KeyList(account=chosen, keys=[_shape(each) for each in found])


@router.post("/v1/keys", status_code=201, summary="Make a key")
def post_key(
    request: Request, response: Response, key: Manager, body: KeyBody, account: AccountChoice = None
) -> NewKey:
    """A key of the account with a role not above the caller's own. Its secret is in this answer only.

    It stands in the ledger.
    """
    response.headers["Cache-Control"] = "no-store"
    chosen = existing_account(request, key, account)
    if ranks_above(body.role, key.role):
        raise Problem("role_too_low", "role", role=key.role.value, needed=body.role.value)
    value, made = secret.new(), Key(token_hex(8), chosen, body.role)
    known = services(request)
    now = known.clock.now()
    keys.make(known.store, made, secret.digest(value), body.name.strip(), key.actor, now)
    return NewKey(**_shape(KnownKey(made, body.name.strip(), now, None)).model_dump(), key=value)


@router.delete("/v1/keys/{id}", status_code=204, summary="Revoke a key")
def delete_key(request: Request, key: Manager, id: str, account: AccountChoice = None) -> Response:
    """It stops working at once here, within seconds in other processes. It stands in the ledger."""
    chosen = existing_account(request, key, account)
    known = services(request)
    found = next((each.key for each in known.store.accounts.keys_of(chosen) if each.key.id == id), None)
    if found is None:
        raise Problem("key_unknown", "id")
    keys.revoke(known.store, found, key.actor, known.clock.now())
    request.app.state.keys.forget()
    return Response(status_code=204)


def _shape(known: KnownKey) -> KeyShape:
    return KeyShape(
        id=known.key.id,
        account=known.key.account,
        role=known.key.role,
        name=known.name,
        made_at=text(known.made_at),
        used_at=time(known.used_at),
    )
