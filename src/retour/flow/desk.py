"""The desk: what Retour keeps for those who ask it and those who listen to it, beside the system of record.

Answers already given (so that a repeated request does nothing twice), what each import brought, and what is
to be told to others. Bodies stand in stores/; it lies in a file of its own, so that none of this ever holds
back an arrival or a change of state.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from retour.flow.heard import Kept
from retour.flow.jobs import Jobs
from retour.flow.outbox import Outbox
from retour.instants import DAY, Instant
from retour.ports import ErasingDesk, Waves

KEPT_FOR: Instant = 2 * DAY  # an answer; a caller that repeats later asks anew


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with; `body` is None where it held a secret, which is kept nowhere."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


class Repeat(StrEnum):
    """What is known of an idempotency key that has no answer to give."""

    FRESH = "fresh"  # never seen: the caller goes on, and then keeps or forgets
    RUNNING = "running"  # the first request with it is not done yet
    OTHER = "other"  # it stands for another request


class Answers(Protocol):
    """Answers by idempotency key. `scope` is the API key that asks: two callers never share one."""

    def begin(self, scope: str, key: str, request: bytes, now: Instant) -> Answer | Repeat:
        """The answer given before, or how things stand; FRESH is told to one caller alone."""

    def keep(self, scope: str, key: str, answer: Answer) -> None:
        """The request is done: whoever repeats it is given this."""

    def forget(self, scope: str, key: str) -> None:
        """The request changed nothing: whoever repeats it begins anew."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a list, with what came of it."""

    id: str
    account: str
    at: Instant
    actor: str
    form: str
    counts: Mapping[str, int]
    undone_at: Instant | None = None


class Imports(Protocol):
    """What each import brought, so that it can be undone."""

    def begin(self, made: Import, dry: bool) -> None:
        """A new import. A dry one is never listed, and goes when it ends."""

    def fresh(self, id: str, rows: Sequence[tuple[str, str]]) -> list[bool]:
        """For each row (address, kind): whether this import has not had it yet."""

    def stopped(self, id: str, rows: Sequence[tuple[str, str, bytes]]) -> None:
        """The events (address, kind, id) that the import is about to record."""

    def end(self, id: str, counts: Mapping[str, int]) -> None:
        """It is done: what it did not change is forgotten, and of a dry one everything."""

    def listed(self, account: str, limit: int, after: str | None = None) -> list[Import]:
        """The imports of an account, latest first; `after` is the last id of the page before."""

    def one(self, account: str, id: str) -> Import | None:
        """An import of this account."""

    def brought(self, id: str, limit: int, after: tuple[str, str]) -> list[tuple[str, str, bytes]]:
        """What it recorded, by address and kind, beyond the last of the page before; at first ("", "")."""

    def undone(self, id: str, now: Instant) -> None:
        """It was undone."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that lies on the desk."""

    answers: Answers
    imports: Imports
    outbox: Outbox
    heard: Kept
    jobs: Jobs
    waves: Waves
    erasures: ErasingDesk
    close: Callable[[], None]  # nothing may be asked afterwards
