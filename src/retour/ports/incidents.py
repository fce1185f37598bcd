"""Outages at providers: what the guard keeps, and what it reads to see one (lifecycle rule 12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from retour.instants import Instant
from retour.model import EventKind, Reason


class IncidentStage(StrEnum):
    """How far an incident has come. Those that end in "ing" go on at the next start."""

    OPEN = "open"  # hard bounces at the provider are held
    CLOSING = "closing"  # its addresses are let go, one after the other
    CLOSED = "closed"
    REOPENING = "reopening"  # its closing is taken back


@dataclass(frozen=True, slots=True)
class Incident:
    """An outage at one provider, as one account sees it."""

    id: str
    account: str
    family: str  # provider; a domain whose provider nobody knows; or `EVERYWHERE`
    begins: Instant  # hard bounces from here on are held
    opened_at: Instant
    first: int  # events up to this number are older than all that belong to it
    sign: str  # what opened it: "rate" or "living"
    hard: int  # hard bounces within the hour that opened it
    rate: float | None  # of attempts; None where nobody told them
    norm: float  # the same over thirty days before; an hour, where nobody told attempts
    stage: IncidentStage = IncidentStage.OPEN
    seen_at: Instant = 0  # when the rate was last out of the norm
    outcome: str = ""  # "confirm" or "revert"
    turn: int = 0  # how often it was closed
    closed_at: Instant | None = None
    by: str = ""  # who opened, closed or reopened it last
    note: str = ""
    done: int = 0  # events up to this number are let go
    held: int = 0  # addresses
    delivered: int = 0  # of them, when it closed: mail has reached them since
    retried: int = 0  # the others, to which one mail may go


EVERYWHERE = "*"
"""The family of many domains that fail together: a fault of ours, of the DNS or of the line."""


class Suspect(NamedTuple):
    """A proven bounce, or an address that an incident holds. Without evidence."""

    number: int
    account: str
    address: str
    id: bytes
    kind: EventKind
    at: Instant
    reason: Reason | None
    status: str | None
    incident: str | None  # of an opening: its id


class GuardMark(NamedTuple):
    """How far the events had come at a moment, and what had been attempted by then."""

    at: Instant
    number: int
    attempts: Mapping[str, int]  # by "account provider", since the day before


class Incidents(Protocol):
    """Incidents of all accounts, and the events that they are read out of."""

    def keep(self, incident: Incident) -> None:
        """Commit an incident, new or changed."""

    def one(self, id: str) -> Incident | None:
        """An incident by its id."""

    def listed(self, account: str, limit: int, before: str | None = None) -> list[Incident]:
        """Of an account, the latest first; `before` is the last id of the page before."""

    def standing(self) -> list[Incident]:
        """Those of all accounts that are not closed, the oldest first."""

    def heard(self, after: int, limit: int) -> tuple[list[Suspect], int]:
        """Proven bounces and openings among the next `limit` events, of addresses that are not erased.

        With the number to go on from, which is `after` at the end.
        """

    def held(self, id: str, limit: int, after: int = 0) -> list[Suspect]:
        """What an open incident holds now, or another one held: its openings by number, of those not erased.

        Whoever an open one watches and who is not held (a soft bounce, given back by hand) is not among them.
        """

    def count_held(self, id: str, most: int, after: int = 0) -> tuple[int, int]:
        """How many those are, up to `most`, and the number to go on from."""

    def mark(self, mark: GuardMark, keep_from: Instant) -> None:
        """Commit a mark, and drop those from before `keep_from`."""

    def marks(self) -> Sequence[GuardMark]:
        """The marks, oldest first."""
