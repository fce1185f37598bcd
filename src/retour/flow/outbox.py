"""What is to be told to others, kept until they have heard it; and who wants to hear what.

A target is a webhook ("hook:ID") or a provider's own list ("list:NAME"). Messages wait in a queue of their
own: a receiver that is slow, or gone, holds nobody back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from retour.instants import DAY, HOUR, MINUTE, SECOND, Instant

PAUSES: Sequence[Instant] = (
    5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR,
    12 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
"""Between one attempt and the next: three days in all."""

DISABLED_AFTER: Instant = 5 * DAY  # of failures without one success
OLD_SECRET: Instant = DAY  # how long the secret before signs beside the new one


@dataclass(frozen=True, slots=True)
class Hook:
    """Who wants to be told by HTTP. Its secrets are made from the key file, and kept nowhere."""

    id: str
    account: str
    url: str
    types: tuple[str, ...]  # empty: all
    created_at: Instant
    secret: int = 1  # its number; a rotation makes another
    rotated_at: Instant | None = None
    disabled_at: Instant | None = None
    disabled_why: str = ""
    failing_since: Instant | None = None

    @property
    def target(self) -> str:
        """Its name in the queue."""
        return f"hook:{self.id}"

    def wants(self, type_: str) -> bool:
        """Whether it is told of this."""
        return not self.types or type_ in self.types


@dataclass(frozen=True, slots=True)
class Message:
    """One notice on its way to one target."""

    target: str
    id: str
    account: str
    type: str
    body: str
    created_at: Instant
    number: int = 0
    state: str = "waiting"  # or "delivered", or "failed": all attempts were made
    attempts: int = 0
    due_at: Instant = 0
    status: int | None = None  # of the last answer
    said: str = ""  # what went wrong last, or the beginning of the answer
    ended_at: Instant | None = None
    fault: str = ""  # a name of retour.flow.unheard, where the last attempt was not heard


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver a message."""

    at: Instant
    status: int | None
    said: str
    milliseconds: int
    fault: str = ""  # as of a message


@dataclass(frozen=True, slots=True)
class Sought:
    """Which messages of a target are looked for."""

    target: str
    state: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    before: int | None = None  # number of the last message of the page before: the latest come first
    limit: int = 50


class Outbox(Protocol):
    """Hooks, and messages with their attempts."""

    def set_hook(self, hook: Hook) -> None:
        """A new hook, or how it is from now on."""

    def drop_hook(self, id: str) -> None:
        """With everything that waits for it."""

    def hooks(self, account: str | None = None) -> list[Hook]:
        """Of an account, or of all."""

    def hook(self, id: str) -> Hook | None: ...

    def mark(self, name: str) -> int | None:
        """How far something was read; None: never."""

    def put(self, messages: Sequence[Message], marks: Mapping[str, int] | None = None) -> int:
        """Messages and how far was read for them, in one commit; known ids are ignored. Returns how many."""

    def due(self, now: Instant, busy: Mapping[str, int], limit: int) -> list[Message]:
        """What is to be sent, the longest due first: nothing to hooks that are disabled, and to each target
        that `busy` names no more than that."""

    def tried(self, message: Message, attempt: Attempt) -> None:
        """The message as it stands after an attempt."""

    def sought(self, sought: Sought) -> list[Message]: ...

    def message(self, target: str, id: str) -> Message | None: ...

    def attempts(self, number: int) -> list[Attempt]:
        """Of a message, oldest first."""

    def again(self, target: str, ids: Sequence[str], since: Instant, until: Instant, now: Instant) -> int:
        """Let messages go out once more: those of these ids, or all created in this time. Returns how many.

        What waits for its next attempt does not wait for it any longer.
        """

    def counts(self) -> Mapping[str, int]:
        """Messages by state."""

    def purge(self, before: Instant) -> int:
        """Drop messages created before, in whatever state; returns how many of them nobody had heard."""


def pause_after(attempts: int) -> Instant | None:
    """How long to wait after so many failed attempts; None: give up."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None
