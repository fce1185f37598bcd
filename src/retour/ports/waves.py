"""Waves: one act over many addresses, planned before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from retour.instants import Instant
from retour.model import Event


class Stage(StrEnum):
    """How far a wave has come. Those that end in "ing" go on at the next start."""

    PLANNING = "planning"  # its events are written down; none is recorded
    PLANNED = "planned"  # waits for somebody to apply it
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"  # nothing of it was ever recorded


WAVE_BATCH = 1000  # events recorded in one commit


@dataclass(frozen=True, slots=True)
class Wave:
    """One act over many addresses. All its events are dated `at`, when it was asked for."""

    id: str
    account: str  # "": of several accounts, or of all
    act: str  # what it does, as the ledger names it: "restore", "stop", "rejudged" ...
    at: Instant
    actor: str  # who asked for it
    note: str  # why
    about: str = "{}"  # JSON of what was asked for: the filter, for people
    stage: Stage = Stage.PLANNING
    planned: int = 0  # events
    done: int = 0  # of them recorded, and not withdrawn
    by: str = ""  # who applied or undid it last
    moved_at: Instant | None = None  # when it came to its stage


class Waves(Protocol):
    """Waves with the events that each is made of, kept where kill -9 does not reach."""

    def begin(self, wave: Wave) -> bool:
        """A new wave, being planned. One of this id that was being planned, or dropped, begins anew; False
        where it has come further."""

    def add(self, id: str, events: Sequence[Event]) -> None:
        """Plan more events, behind those planned before."""

    def tell(self, id: str, about: str) -> None:
        """What the plan has shown, beside what was asked for."""

    def turn(self, id: str, stages: Sequence[Stage], to: Stage, by: str, now: Instant) -> bool:
        """Go to another stage; False where it stands in none of these.

        From APPLYING to UNDOING, `done` becomes what may have been recorded: a batch more.
        """

    def advance(self, id: str, done: int) -> None:
        """How many of its events are recorded, the first ones."""

    def events(self, id: str, after: int, until: int) -> list[Event]:
        """The planned events by their place in the plan, whole: after one place, up to another.

        Those of erased addresses are missing.
        """

    def accounts(self, id: str) -> list[str]:
        """The accounts that its events are of."""

    def one(self, id: str) -> Wave | None:
        """A wave by its id."""

    def listed(self, account: str | None, limit: int, after: str | None = None) -> list[Wave]:
        """Waves of an account, or (None) all, the latest first; `after` is the last id of the page before."""

    def expire(self, before: Instant) -> None:
        """Forget the events of waves that ended before: they can be undone no more."""
