"""Segments: bounces by what was said and where (E31-E32), counted by roll-ups."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from retour.instants import Instant
from retour.model import Event
from retour.ports.lives import Counting

Shape = Callable[[str], str]

MOST_REPLIES = 5000  # of an account that are told apart; the words of others are not searched


@dataclass(frozen=True, slots=True)
class Sought:
    """Which bounces of an account are meant; None means all. All conditions hold of one bounce."""

    text: str | None = None  # words of the server's reply, as `classify.shape` makes them
    code: str | None = None  # "4.4.7", or how codes begin: "4.4."
    reason: str | None = None
    type: str | None = None  # "hard", "soft", "block" or "ignore", under the policy of its time
    campaign: str | None = None
    domains: frozenset[str] | None = None  # of the addresses
    since: int | None = None  # UTC days since 1970, both included
    until: int | None = None


class Bounced(NamedTuple):
    """A bounce, with what it counts as."""

    event: Event  # whole, with evidence
    type: str
    campaign: str | None
    cursor: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A question that an account has given a name."""

    account: str
    name: str
    asked: str  # JSON of the question, as it was asked
    actor: str
    at: Instant


class Segments(Protocol):
    """Every proven bounce, listed or not, by reply, code, reason, type, campaign, domain and day."""

    def roll(self, limit: int, shape: Shape) -> int:
        """Add what happened since to the roll-ups, at most `limit` events; how many were looked at.

        `shape` makes of a server's reply what is the same for all addresses.
        """

    def behind(self) -> int:
        """How many events are not in the roll-ups yet."""

    def count(self, account: str, sought: Sought) -> int:
        """How many bounces are meant. Raises KeyError for an unknown account."""

    def page(self, account: str, sought: Sought, limit: int, after: str | None = None) -> list[Bounced]:
        """The bounces themselves, the latest day first; `after` is the cursor of a row.

        Raises KeyError for an unknown account, ValueError for a cursor that was never given out.
        """

    def whom(self, account: str, sought: Sought, seconds: float) -> int | None:
        """How many addresses these bounces are of; None when the time was up before they were counted.

        Raises KeyError for an unknown account.
        """

    def counting(self, account: str, sought: Sought) -> Iterator[Counting]:
        """The same without an end of time, day by day: the last tells how many there are. Raises as above."""

    def addresses(self, account: str, sought: Sought, limit: int) -> Iterator[Sequence[str]]:
        """These addresses, each once, at most `limit` at a time; none at all for each day that is looked at.

        Raises as above.
        """

    def save(self, segment: Segment) -> None:
        """Keep a segment under its name, in place of the one of this name."""

    def saved(self, account: str) -> Sequence[Segment]:
        """The segments of an account, by name."""

    def drop(self, account: str, name: str) -> bool:
        """Forget a segment; False when there is none of this name."""
