"""Accounts, their keys and their policies."""

from dataclasses import dataclass
from typing import Protocol

from retour.instants import Instant
from retour.lifecycle import Policy, PolicyVersion
from retour.model import Role


@dataclass(frozen=True, slots=True)
class Account:
    """One customer of the platform. `number` (1 … 2^24-1) stands in its return addresses."""

    name: str
    number: int
    return_domain: str


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as it is known after authentication; its secret is never kept."""

    id: str
    account: str  # "" for staff keys, which see all accounts
    role: Role
    person: str = ""  # who asks by the console, which speaks for people

    @property
    def actor(self) -> str:
        """Who acts, as ledger and history name it."""
        return f"person {self.person}" if self.person else f"key {self.id}"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as its account looks at it."""

    key: Key
    name: str  # what it is for, in the words of whoever made it
    made_at: Instant
    used_at: Instant | None  # to within a minute; None: never, or not since this is noted


class StaleVersionError(ValueError):
    """Somebody else changed the policy since it was read."""

    def __init__(self, newest: int, expected: int) -> None:
        super().__init__(f"the newest version is {newest}, not {expected}; read it again, then change it")
        self.newest = newest


class Accounts(Protocol):
    """Accounts, their keys and their policies."""

    def accounts(self) -> list[Account]: ...

    def add_account(self, name: str, return_domain: str, policy: Policy, now: Instant) -> Account:
        """Raises ValueError when the name or the return domain is taken."""

    def add_key(self, key: Key, digest: bytes, now: Instant, name: str = "") -> None:
        """Raises ValueError when the id is taken."""

    def keys(self) -> list[Key]:
        """All keys that are not revoked."""

    def keys_of(self, account: str) -> list[KnownKey]:
        """The same of one account ("": of the staff), in the order in which they were made."""

    def key_used(self, id: str, now: Instant) -> None:
        """Note when a key was used last."""

    def revoke_key(self, id: str, now: Instant) -> bool:
        """End a key; False when there is none of this id."""

    def key(self, digest: bytes) -> Key | None:
        """The key whose secret has this digest; None when unknown or revoked."""

    def policies(self, account: str) -> tuple[PolicyVersion, ...]:
        """All versions, oldest first. Raises KeyError for an unknown account."""

    def add_policy(self, account: str, version: PolicyVersion, expected: int) -> None:
        """Append a version. Raises StaleVersionError when the newest is not `expected`: no silent merge."""
