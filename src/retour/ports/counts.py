"""How much the Overview has to show, without a look at what it shows: kept exact as states change."""

from typing import NamedTuple, Protocol

from retour.instants import Instant
from retour.model import StateName

MOST_LISTED = 500  # rows of one account and day; beyond, campaigns and domains are not told apart


class Mark(NamedTuple):
    """What a listed bounce is filtered by; "" where nothing told."""

    type: str
    reason: str
    kind: str  # of the mail


class Shown(NamedTuple):
    """How many addresses are alike in all that they are filtered by."""

    provider: str  # "": its domain tells none
    state: StateName
    marks: frozenset[Mark]  # of its listed bounces since it was last clean
    addresses: int


class ListedCount(NamedTuple):
    """How many listed bounces a campaign or a domain has had of one type and reason."""

    of: str  # "": of none, of no send that is known, or of those beyond MOST_LISTED of a day
    type: str
    reason: str
    bounces: int


class Effect(NamedTuple):
    """How many addresses that a reset gave back did something on a day."""

    version: int  # of the policy that let them come back
    day: int  # since 1970, UTC
    what: str  # "freed", "delivered" (reached for the first time since) or "bounced" (again)
    addresses: int


class Counts(Protocol):
    """Roll-ups of the listed bounces of the stored states. All raise KeyError for an unknown account."""

    def fold(self) -> None:
        """Add what commits left behind them to the roll-ups, so that who counts next does not wait for it."""

    def shown(self, account: str, campaign: str | None = None) -> list[Shown]:
        """The addresses that the Overview shows; of a campaign, with its bounces alone."""

    def emails(self, account: str, limit: int) -> list[tuple[str, int]]:
        """The campaigns with the most bounced addresses that the Overview shows, and how many these are."""

    def campaigns(self, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        """Listed bounces since their addresses were last clean, of the UTC days of [since, until)."""

    def domains(self, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        """The same by the domain of the address. Those of known providers are always told apart."""

    def effects(self, account: str) -> list[Effect]:
        """What became of the addresses that came back by themselves, of all time (E22)."""
