"""What is only counted, by day and never by address."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from retour.instants import Instant

MOST_TALLIES = 2000  # of one account and day that are told apart

REMEMBERED_DAYS = 4  # how long a repetition of what was only counted is known; providers try again for 36 h


class Passing(NamedTuple):
    """Something that is only counted: a delivery, a mail opened."""

    id: bytes  # of the event
    account: str
    at: Instant
    kind: str
    domain: str = ""  # of the recipient
    campaign: str = ""


class Tally(NamedTuple):
    """How often something of a kind was told of a day."""

    day: int  # since 1970, UTC
    kind: str
    domain: str
    campaign: str
    times: int


class Tallies(Protocol):
    """What is only counted, by day and never by address."""

    def count(self, told: Sequence[Passing]) -> None:
        """Commit and count each once, whatever comes again within REMEMBERED_DAYS.

        Beyond MOST_TALLIES of a day, domain and campaign are left empty. Raises KeyError for an unknown
        account.
        """

    def of(self, account: str, since: Instant, until: Instant) -> list[Tally]:
        """The tallies of these UTC days, both included. Raises KeyError for an unknown account."""

    def expire(self, before: Instant, now: Instant) -> None:
        """Drop the tallies of days before, and the memory of what was counted long ago."""
