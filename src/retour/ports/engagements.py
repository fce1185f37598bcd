"""When somebody behind an address last gave a sign of life."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from retour.instants import DAY, Instant

LOOKED_BACK: Instant = 90 * DAY  # how far a what-if looks back, for addresses that never bounced too
ENGAGED: Instant = 400 * DAY  # how long it is kept of addresses that have events: lifecycle rule 15


class Sign(StrEnum):
    """What was done at an address; stable, weakest first."""

    OPEN = "open"  # programs fetch pictures by themselves: weak
    CLICK = "click"  # and follow links: a little stronger
    REPLY = "reply"
    LOGIN = "login"


class Engagement(NamedTuple):
    """A sign of life."""

    account: str
    address: str  # normalised
    kind: Sign
    at: Instant


Latest = Mapping[Sign, Instant]
"""The last time of each kind; kinds without a sign are left out."""


class Engagements(Protocol):
    """The last sign of each kind: one row an address, however often it opens.

    Of an address without events it is kept for LOOKED_BACK, as a keyed hash alone: should it bounce, the days
    before count. Of others for ENGAGED.
    """

    def note(self, signs: Sequence[Engagement]) -> None:
        """Commit the later of what is known and what is told. Raises KeyError for an unknown account."""

    def latest(self, account: str, addresses: Sequence[str], since: Instant = 0) -> Mapping[str, Latest]:
        """Of these normalised addresses, those with a sign since. Raises KeyError for an unknown account."""

    def active_since(self, account: str, since: Instant) -> Iterator[tuple[str, Latest]]:
        """Addresses that have events and gave a sign since, each with those signs, in no order.

        Raises KeyError for an unknown account.
        """

    def forget(self, account: str, addresses: Sequence[str]) -> None:
        """Drop what is known of these normalised addresses. Raises KeyError for an unknown account."""

    def expire(self, now: Instant, limit: int, after: str = "") -> str | None:
        """Look at `limit` addresses beyond the cursor, and drop those past their time; None at the end."""
