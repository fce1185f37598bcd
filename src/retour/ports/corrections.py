"""Which address was corrected into which, and whether the contact has confirmed it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from retour.instants import Instant


class Stand(StrEnum):
    """Where a correction stands; stable."""

    PLAIN = "plain"  # nobody was to confirm it
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"  # unconfirmed, and its link is too old
    REPLACED = "replaced"  # unconfirmed, and a later correction has a link of its own
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Correction:
    """One address that stands for another from now on. Both keep their own history."""

    id: bytes  # of the event
    account: str
    old: str
    new: str
    at: Instant
    actor: str
    reason: str
    expires: Instant | None = None  # of the link; None: nobody was to confirm it
    confirmed: Instant | None = None
    withdrawn: Instant | None = None
    is_linked: bool = field(default=True, compare=False)  # its link is the latest; told by the store

    def stand(self, now: Instant) -> Stand:
        """Where it stands at this moment."""
        if self.withdrawn is not None:
            return Stand.WITHDRAWN
        if self.expires is None:
            return Stand.PLAIN
        if self.confirmed is not None:
            return Stand.CONFIRMED
        if now >= self.expires:
            return Stand.EXPIRED
        return Stand.WAITING if self.is_linked else Stand.REPLACED


class Corrections(Protocol):
    """Corrections, and the digests of the links that confirm them. Raises KeyError for an unknown account."""

    def add(self, correction: Correction, digest: bytes | None) -> None:
        """Commit a correction, with the digest of its link; earlier links to its new address are dead then.

        Of an id already there only the link is new, and none for what was confirmed or withdrawn.
        """

    def linked(self, digest: bytes, now: Instant) -> Correction | None:
        """The correction that a link confirms; None for one that is unknown, used, dead or too old."""

    def confirm(self, correction: Correction, at: Instant) -> None:
        """The new address is its contact's: of all that wait for it. Their links are dead then."""

    def withdraw(self, correction: Correction, at: Instant) -> None:
        """It was none. Its link is dead then."""

    def named(self, account: str, id: bytes) -> Correction | None:
        """One of an account's."""

    def of(self, account: str, address: str) -> list[Correction]:
        """Those from or to this normalised address, the latest first."""

    def page(self, account: str, limit: int, before: bytes | None = None) -> list[Correction]:
        """The latest first; `before` is the id of the last one of the page before."""

    def forget(self, account: str, addresses: Sequence[str]) -> None:
        """Drop all from or to these normalised addresses."""
