"""The desk: what Retour keeps for those who ask it and those who listen to it, beside the system of record.

Answers already given (so that a repeated request does nothing twice), what each import brought, and what is
to be told to others. Bodies stand in stores/; it lies in a file of its own, so that none of this ever holds
back an arrival or a change of state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from retour.instants import DAY, Instant

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
class Desk:
    """Everything that lies on the desk."""

    answers: Answers
    close: Callable[[], None]  # nothing may be asked afterwards
