"""What a message looks like to its target, and what the answer means."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from retour.flow.outbox import DISABLED_AFTER, OLD_SECRET, Hook, Message, Outbox
from retour.instants import Instant
from retour.outlets.notify.post import Reply, Request
from retour.outlets.notify.sign import secret_of, signed

_OK = range(200, 300)
_GONE = 410


class Fate(StrEnum):
    """What became of an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    REFUSED = "refused"  # the target will never take it: trying again is no use


@dataclass(frozen=True, slots=True)
class Moot:
    """Nothing is to be sent, and why."""

    why: str
    fate: Fate


_NO_MORE = Moot("the webhook is no more", Fate.REFUSED)


class Carrier(Protocol):
    """Carries messages to the targets of one kind."""

    def request(self, message: Message, now: Instant) -> Request | Moot:
        """What to send, or why nothing is."""

    def judge(self, message: Message, reply: Reply, now: Instant) -> Fate:
        """What the reply means; notes of the target what follows from it."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Targets "hook:ID"."""

    outbox: Outbox
    pepper: bytes = field(repr=False)
    disabled: Callable[[Hook], None] = lambda hook: None

    def request(self, message: Message, now: Instant) -> Request | Moot:
        """A signed POST; for a day after a rotation the secret before signs as well."""
        hook = self._hook(message)
        if hook is None:
            return _NO_MORE
        numbers = [hook.secret]
        if hook.rotated_at is not None and now - hook.rotated_at < OLD_SECRET:
            numbers.append(hook.secret - 1)
        secrets = tuple(secret_of(self.pepper, hook.id, number) for number in numbers)
        body = message.body.encode()
        headers = {"Content-Type": "application/json", **signed(message.id, now, body, secrets)}
        return Request("POST", hook.url, body, headers)

    def judge(self, message: Message, reply: Reply, now: Instant) -> Fate:
        """Any 2xx is heard; 410 and five days without success end the hook, until somebody enables it."""
        hook = self._hook(message)
        if hook is None:
            return Fate.REFUSED
        if reply.status in _OK:
            if hook.failing_since is not None:
                self.outbox.set_hook(replace(hook, failing_since=None))
            return Fate.DELIVERED
        since = now if hook.failing_since is None else hook.failing_since
        why = "gone" if reply.status == _GONE else "failing" if now - since >= DISABLED_AFTER else ""
        if why and hook.disabled_at is None:
            hook = replace(hook, disabled_at=now, disabled_why=why)
            self.disabled(hook)
        if why or hook.failing_since is None:
            self.outbox.set_hook(replace(hook, failing_since=since))
        return Fate.RETRY

    def _hook(self, message: Message) -> Hook | None:
        return self.outbox.hook(message.target.partition(":")[2])
