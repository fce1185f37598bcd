"""How much was sent, arrived, bounced and was spared, by day, provider and campaign."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from retour.instants import Instant

MOST_RATES = 10_000  # rows of one account and day; beyond, campaigns are not told apart


class Rated(StrEnum):
    """What is counted; stable."""

    SENT = "sent"  # registered before it was handed over
    DELIVERED = "delivered"
    HARD = "hard"
    SOFT = "soft"
    BLOCK = "block"
    BY_RELAY = "avoided_relay"
    BY_POLICY = "avoided_policy"
    BY_CHECK = "avoided_check"


RATED = {"delivered": Rated.DELIVERED, "avoided": Rated.BY_RELAY}
"""What is only counted (`ports.tallies`) and belongs to the rates, too."""


class Rate(NamedTuple):
    """How often, on one UTC day, at one provider, of one campaign."""

    day: int  # since 1970
    provider: str  # "" where the domain tells none
    campaign: str  # "" of none, or of many
    kind: Rated
    times: int


class RateQuery(NamedTuple):
    """Which counts are wanted, and what they are told apart by: of all else they are summed up."""

    account: str
    since: Instant
    until: Instant  # whole UTC days, both included
    days: bool = True
    providers: bool = True
    campaigns: bool = True
    provider: str | None = None  # None: all
    campaign: str | None = None


class Rates(Protocol):
    """Counts by day. Sends, deliveries and bounces come by their own ports, in the same commit, each once."""

    def add(self, account: str, counted: Sequence[Rate]) -> None:
        """Commit more of what no other port tells. Raises KeyError for an unknown account."""

    def of(self, query: RateQuery) -> list[Rate]:
        """The counts, in the order of their fields; what they are not told apart by is 0 or "".

        Raises KeyError for an unknown account.
        """

    def expire(self, before: Instant) -> None:
        """Drop the counts of days before."""
