"""Subscriptions of topics that wait for an operator: kept in the inbox, confirmed by a URL that we write.

A post that asks to be confirmed could ask anything: who fetched the URL in it would fetch for a stranger.
What is kept is the topic, which was listed, and the token; where to go with them `topics` knows.
"""

import json
from hashlib import blake2b
from typing import NamedTuple

from retour.inlets.webhooks.fetch import Https
from retour.inlets.webhooks.scheme import Subscription
from retour.inlets.webhooks.topics import Amazon, Scaleway
from retour.instants import Instant
from retour.ports import Inbox

PENDING = "webhooks/pending/"  # names of marks in the inbox: source and id behind
MOST = 20  # that wait for one source
_LONGEST_TOKEN = 1024


class Waiting(NamedTuple):
    """One subscription that nobody has confirmed yet."""

    id: str
    source: str
    topic: str
    token: str
    kind: str
    at: Instant


def mark(source: str, asked: Subscription, now: Instant) -> tuple[str, bytes] | None:
    """Name and content of its mark, the same for each repetition; None for a token that is none."""
    if not asked.token.isascii() or not asked.token.isalnum() or len(asked.token) > _LONGEST_TOKEN:
        return None
    id = blake2b(f"{asked.topic}\n{asked.token}".encode(), digest_size=6).hexdigest()
    content = {"topic": asked.topic, "token": asked.token, "kind": asked.kind, "at": now}
    return f"{PENDING}{source}/{id}", json.dumps(content).encode()


def waiting(name: str, content: bytes) -> Waiting:
    """A mark read back."""
    source, _, id = name.removeprefix(PENDING).rpartition("/")
    said = json.loads(content)
    return Waiting(id, source, said["topic"], said["token"], said["kind"], said["at"])


def pending(inbox: Inbox) -> list[Waiting]:
    """All that wait, the oldest first."""
    return sorted((waiting(*each) for each in inbox.cursors(PENDING).items()), key=lambda each: each.at)


def confirm(inbox: Inbox, chosen: Waiting, https: Https) -> None:
    """Say yes to a subscription, by a URL of our own making. Raises FetchError, and then it still waits."""
    rule = next(each for each in (Amazon(), Scaleway()) if each.is_topic(chosen.topic))
    https.get(*rule.confirmation(chosen.topic, chosen.token))
    forget(inbox, chosen)


def forget(inbox: Inbox, chosen: Waiting) -> None:
    """It no longer waits; its token ends by itself after some days."""
    inbox.put([], {f"{PENDING}{chosen.source}/{chosen.id}": None})
