"""What a scheme of authentication is, and what it can find.

A scheme knows its keys and sees the raw bytes. It holds no state, so that any number of processes agree.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from retour.inlets.webhooks.post import Post
from retour.instants import SECOND, Instant


class Why(StrEnum):
    """Why a post is refused; each has a sentence under [why] in texts/webhooks.en.toml."""

    MISSING = "missing"  # credentials are not there, empty, there twice, or no such encoding
    WRONG = "wrong"  # they are somebody else's, or those of another body
    OLD = "old"  # genuine, of a time too far from ours
    USED = "used"  # genuine, but it has already come with other content
    TOPIC = "topic"  # signed, of a topic that is not ours
    VERSION = "version"  # a version of the signature that nobody knows
    RAW = "raw"  # without envelope and signature
    CERTIFICATE = "certificate"  # not where Amazon keeps its own, expired, or none


@dataclass(frozen=True, slots=True)
class Key:
    """A secret of a source. It stands in no repr, so that no log and no trace shows it."""

    octets: bytes = field(repr=False)


Keys = Sequence[Key]
"""One key, or two while they are exchanged."""


class Genuine(NamedTuple):
    """It comes from the provider."""

    delivery: str | None = None  # what names this delivery, where that is signed; None: its content
    once: bool = False  # the body is not signed: under the same name no other one is believed


class Refused(NamedTuple):
    """It does not, or nobody can tell."""

    why: Why


class Answered(NamedTuple):
    """A handshake behind a valid secret: to be answered, not to be kept."""

    body: bytes  # JSON


class Later(NamedTuple):
    """What is needed to verify it cannot be had just now: the provider is to try again."""

    fault: str


class Subscription(NamedTuple):
    """A topic of ours asks whether it may post here. An operator says so, never the post itself."""

    topic: str
    token: str
    kind: str  # SubscriptionConfirmation, or UnsubscribeConfirmation: somebody has ended it


Finding = Genuine | Refused | Answered | Later | Subscription


class Scheme(Protocol):
    """One way of telling who posts."""

    async def verify(self, post: Post, now: Instant) -> Finding:
        """What this post is. Never raises on any bytes."""


def recent(at: float | None, now: Instant, window: Instant) -> bool:
    """Whether a moment in seconds lies within the window around now."""
    return at is not None and abs(int(at * SECOND) - now) <= window


MISSING, WRONG, OLD = Refused(Why.MISSING), Refused(Why.WRONG), Refused(Why.OLD)
GENUINE = Genuine()


def any_equals(keys: Keys, given: bytes) -> bool:
    """Whether one of the keys is the given one; all are compared, whichever fits."""
    return any_fits([key.octets for key in keys], given)


def any_fits(made: Sequence[bytes], given: bytes) -> bool:
    """Whether one of ours is the given one, in a time that tells neither which nor where they differ."""
    found = False
    for ours in made:
        found |= hmac.compare_digest(ours, given)
    return found
