"""Who may look at an account in the console, and the views that they have saved there.

The people themselves (how they log in, their second factors) are the console's. This is what their account
sees and changes of it: never a password, nor the secret of a link.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from retour.instants import Instant
from retour.model import Role


class LastManagerError(Exception):
    """Without this member nobody could manage the account."""


class BelongsError(Exception):
    """Somebody with this address belongs to the account already."""


class TakenError(Exception):
    """Another view has this name."""


class FullError(Exception):
    """There are as many as there may be."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to an account."""

    id: int
    email: str
    role: Role  # member or manager
    second_factor: bool  # is asked for one at the login
    login_at: Instant | None  # the latest; None: never yet


@dataclass(frozen=True, slots=True)
class MemberQuery:
    """Which members are looked for; None means all. They come in the order of their addresses."""

    account: str
    role: Role | None = None
    search: str | None = None  # how the address begins
    after: str | None = None  # an address
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Invitation:
    """A role in an account, offered to an address."""

    id: int
    email: str
    role: Role
    by: str  # who offered it
    made_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered to whom; the secret of its link is known by a digest alone."""

    account: str
    email: str
    role: Role
    actor: str
    digest: str
    made_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class SavedView:
    """A name for the filters of a list."""

    id: int
    page: str
    name: str
    query: str  # as it stands in the address of the page
    is_shared: bool  # by all of the account; else one person's own


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose views are meant: those of the account, and of one person who asks."""

    account: str
    person: str = ""  # "": nobody's own
    shared: bool = True  # those of the account may be changed


@dataclass(frozen=True, slots=True)
class PersonChange:
    """How somebody stands towards an account from now on, until its ledger has the line."""

    name: str
    account: str  # "": every one, for staff belong to none
    at: Instant
    by: str
    before: str
    after: str


class People(Protocol):
    """The people of the accounts. What changes them is committed with the PersonChange that tells of it."""

    def members(self, query: MemberQuery) -> Sequence[Member]: ...

    def member(self, account: str, id: int) -> Member | None: ...

    def set_role(self, account: str, id: int, role: Role, actor: str, now: Instant) -> Member | None:
        """The member with another role; None where there is none. Raises LastManagerError."""

    def remove(self, account: str, id: int, actor: str, now: Instant) -> bool:
        """End a membership; False where there is none. Raises LastManagerError."""

    def invitations(self, account: str, now: Instant) -> Sequence[Invitation]:
        """Those that can still be used, the latest first."""

    def invite(self, offer: Offer) -> Invitation:
        """An earlier one to the same address ends. Raises BelongsError, FullError."""

    def withdraw(self, account: str, id: int, actor: str, now: Instant) -> bool:
        """It can no longer be used; False where there is none."""

    def standings(self) -> Sequence[PersonChange]:
        """What no ledger has yet, in its order."""

    def told(self, name: str) -> None:
        """The ledger has it."""


class Views(Protocol):
    """Views that are saved."""

    def views(self, whose: Whose, page: str | None) -> Sequence[SavedView]:
        """By name."""

    def save(self, whose: Whose, view: SavedView) -> SavedView:
        """One of the same name is replaced; the id is made here. Raises FullError."""

    def change(self, whose: Whose, view: SavedView) -> SavedView | None:
        """Name and filters of that id; None where there is none. Raises TakenError."""

    def drop(self, whose: Whose, id: int) -> SavedView | None:
        """What it was; None where there is none."""
