"""Who asks, and whose data it may see: API keys, roles, accounts.

An account's key sees its own account, a staff key (without account) chooses one.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from retour.instants import SECOND, Instant
from retour.model import Role
from retour.outlets.api.limits import Buckets
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services
from retour.ports import Account, Accounts, Key
from retour.secret import PREFIX, digest

_RANK = {role: rank for rank, role in enumerate(Role)}
_REMEMBERED: Instant = 5 * SECOND  # a key revoked by another process works this long at most
_NOTED: Instant = 60 * SECOND  # between two notes of when a key was used last
_MOST_REMEMBERED = 10_000
_PLACE = "retour.key"  # in the scope of a request that is authenticated
_CONSOLE = "retour.console"  # and there too, where the console asks


class Keys:
    """Keys by secret, each remembered for some seconds: the check route must not read the database."""

    def __init__(self, accounts: Accounts, down: tuple[type[Exception], ...] = ()) -> None:
        self._accounts, self._down = accounts, down
        self._used: dict[str, Instant] = {}  # by id of key, when its use was written down
        self._known: dict[bytes, tuple[Instant, Key]] = {}

    def known(self, digest: bytes, now: Instant) -> Key | None:
        """The key, if it was looked up just now."""
        at, key = self._known.get(digest, (0, None))
        return key if now - at < _REMEMBERED else None

    def look_up(self, digest: bytes, now: Instant) -> Key | None:
        """The key as the database knows it. Unknown ones are not remembered: they would fill the memory."""
        key = self._accounts.key(digest)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        if key is not None:
            self._known[digest] = now, key
            self._note(key, now)
        return key

    def _note(self, key: Key, now: Instant) -> None:
        """Write down that it is used; what cannot write just now answers all the same."""
        if now - self._used.get(key.id, 0) < _NOTED:
            return
        self._used[key.id] = now
        with suppress(*self._down):
            self._accounts.key_used(key.id, now)

    def forget(self) -> None:
        """After a key was revoked here."""
        self._known.clear()


async def key_of(request: Request, bucket: str = "requests") -> Key:
    """The key that a request carries, with a token taken for it.

    Raises Problem `unauthenticated` or `rate_limited`. Asked again of the same request, it takes no other.
    """
    known: Key | None = request.scope.get(_PLACE)
    if known is None:
        known = request.scope[_PLACE] = await _authenticated(request)
        buckets: Mapping[str, Buckets] = request.app.state.buckets
        buckets[bucket].take(request.scope, known.id, services(request).clock.now())
    return known


async def _authenticated(request: Request) -> Key:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.startswith(PREFIX):
        raise Problem("unauthenticated")
    console = services(request).console
    if console is not None and compare_digest(digest(secret), console):
        request.scope[_CONSOLE] = True
        return _person(request)
    keys: Keys = request.app.state.keys
    now = services(request).clock.now()
    known = keys.known(digest(secret), now) or await run_in_threadpool(keys.look_up, digest(secret), now)
    if known is None:
        raise Problem("unauthenticated")
    return known


def _person(request: Request) -> Key:
    """Whom the console speaks for: it has authenticated the person, and says what that person may do.

    Only the process that this one has started knows the console's secret. Raises Problem `unauthenticated`.
    """
    names = ("retour-person", "retour-account", "retour-role")
    person, account, role = (unquote(request.headers.get(name, "")) for name in names)
    if not person or role not in set(Role):
        raise Problem("unauthenticated")
    return Key(f"person {person}", account, Role(role), person)


async def console_alone(request: Request) -> Key:
    """Whom the console speaks for. Raises Problem `unauthenticated`, or `console_alone` for any other key."""
    key = await key_of(request)
    if _CONSOLE not in request.scope:
        raise Problem("console_alone")
    return key


@dataclass(frozen=True, slots=True)
class Least:
    """The least role that a route asks for; a dependency that gives the key."""

    role: Role
    refusal: str = "role_too_low"

    async def __call__(self, request: Request) -> Key:
        """The caller's key. Raises Problem `unauthenticated` or the refusal."""
        key = await key_of(request)
        if ranks_above(self.role, key.role):
            raise Problem(self.refusal, role=key.role.value, needed=self.role.value)
        return key


MEMBER, MANAGER, SUPPORT = Least(Role.MEMBER), Least(Role.MANAGER), Least(Role.SUPPORT)
RESTORER = Least(Role.SUPPORT, "restore_by_support")

AccountChoice = Annotated[
    str | None,
    Query(
        description="Name of the account. A key of an account may leave it out; a staff key must give it.",
        examples=["demo"],
    ),
]


def is_support(key: Key) -> bool:
    """Whether this is support of the platform, which is shown the addresses of others as well."""
    return not ranks_above(Role.SUPPORT, key.role)


def ranks_above(role: Role, other: Role) -> bool:
    """Whether a role may do more than the other."""
    return _RANK[role] > _RANK[other]


def account_of(key: Key, asked: str | None) -> str:
    """The account whose data a caller may see. Raises Problem `account_missing` or `account_unknown`.

    Another's account and one that does not exist look alike from outside. That the account a staff key
    names exists is seen by whoever then reads it.
    """
    if key.account:
        if asked not in (None, "", key.account):
            raise Problem("account_unknown", "account")
        return key.account
    if not asked:
        raise Problem("account_missing", "account")
    return asked


def existing_account(request: Request, key: Key, asked: str | None) -> str:
    """The same, made sure of; for routes that work in a thread."""
    return whole_account(request, key, asked).name


def whole_account(request: Request, key: Key, asked: str | None) -> Account:
    """The same, with its number and return domain."""
    known = services(request)
    account = known.directory.named(account_of(key, asked), known.clock.now())
    if account is None:
        raise Problem("account_unknown", "account")
    return account


Member = Annotated[Key, Depends(MEMBER)]
Manager = Annotated[Key, Depends(MANAGER)]
Support = Annotated[Key, Depends(SUPPORT)]
Restorer = Annotated[Key, Depends(RESTORER)]
