"""Contacts and lists of an account: whom it writes to, and what it knows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from retour.instants import DAY, Instant

DROPPED_KEPT_FOR: Instant = 30 * DAY


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody an account writes to."""

    account: str
    address: str  # normalised
    name: str
    attributes: str  # a JSON object
    made_at: Instant
    changed_at: Instant


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list of contacts, with their number."""

    account: str
    id: str
    name: str
    actor: str
    made_at: Instant
    contacts: int = 0


class ContactChange(NamedTuple):
    """What one act did to a contact."""

    address: str  # normalised
    at: Instant  # the contact's `changed_at` after it
    before: Contact | None  # None where the act made the contact


class Reverted(NamedTuple):
    """Addresses of contacts, by what came of taking changes back."""

    removed: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    left: tuple[str, ...] = ()  # something else has touched them since


class Contacts(Protocol):
    """Contacts by address, and the lists they are on. All raise KeyError for an unknown account."""

    def set(self, contacts: Sequence[Contact], on: str | None = None) -> int:
        """Commit contacts, in place of those of the same addresses, and put them on a list, by its id.

        Returns how many are new. One known before keeps the moment it was made.
        """

    def put_on(self, list: ContactList, addresses: Sequence[str], now: Instant) -> int:
        """Put addresses on a list; whoever is no contact becomes one. Returns how many were not on it."""

    def take_off(self, list: ContactList, addresses: Sequence[str]) -> int:
        """Take addresses off a list; they stay contacts. Returns how many were on it."""

    def revert(self, account: str, changes: Sequence[ContactChange]) -> Reverted:
        """Have contacts as they were before changes; whoever was changed since, or is on a list, is left.

        Being on a list keeps those alone whom the change made. Harmless to repeat: whoever is as before, or
        gone, is in none of the three.
        """

    def one(self, account: str, address: str) -> Contact | None:
        """The contact of a normalised address."""

    def some(self, account: str, addresses: Sequence[str]) -> dict[str, Contact]:
        """The contacts of normalised addresses, by these; whoever is none is not in it."""

    def on(self, list: ContactList, addresses: Sequence[str]) -> frozenset[str]:
        """Which of normalised addresses are on a list; none where it is gone."""

    def page(
        self, account: str, limit: int, after: str | None = None, on: str | None = None, search: str = ""
    ) -> list[Contact]:
        """Contacts by address beyond `after`: all, or those on a list, or whose addresses begin so."""

    def at(self, account: str, domain: str, limit: int) -> list[Contact]:
        """Contacts at a (normalised) domain, those with a name first."""

    def make_list(self, list: ContactList) -> bool:
        """A new list; False where its name is taken."""

    def rename(self, account: str, id: str, name: str) -> bool:
        """Give a list another name; False where that is taken."""

    def lists(self, account: str) -> list[ContactList]:
        """The lists of an account, by name."""

    def lists_of(self, account: str, address: str) -> list[ContactList]:
        """The lists that an address is on."""

    def drop_list(self, account: str, id: str, now: Instant) -> bool:
        """Drop a list; its contacts stay. False when there is none.

        It can be taken back for DROPPED_KEPT_FOR at least: whatever was dropped before goes for good now.
        """

    def dropped(self, account: str, id: str) -> ContactList | None:
        """A list that was dropped and can still be taken back, under the name that it had."""

    def take_back(self, account: str, id: str) -> bool:
        """Have a dropped list back, with who is on it; False where another bears its name or none is."""
