"""Subscriptions of topics that wait for an operator: kept in the inbox, confirmed by a URL that we write.

A post that asks to be confirmed could ask anything: who fetched the URL in it would fetch for a stranger.
What is kept is the topic, which was listed, and the token; where to go with them `topics` knows.
"""

import json
from dataclasses import dataclass
from hashlib import blake2b

from retour.flow.topics import UnconfirmedError, Waiting
from retour.inlets.webhooks.fetch import FetchError, Https
from retour.inlets.webhooks.scheme import Subscription
from retour.inlets.webhooks.topics import Amazon, Scaleway
from retour.instants import Instant
from retour.ports import Inbox

PENDING = "webhooks/pending/"  # names of marks in the inbox: source and id behind
MOST = 20  # that wait for one source
_LONGEST_TOKEN = 1024


def mark(source: str, account: str, asked: Subscription, now: Instant) -> tuple[str, bytes] | None:
    """Name and content of its mark, the same for each repetition; None for a token that is none."""
    if not asked.token.isascii() or not asked.token.isalnum() or len(asked.token) > _LONGEST_TOKEN:
        return None
    id = blake2b(f"{asked.topic}\n{asked.token}".encode(), digest_size=6).hexdigest()
    content = {
        "account": account,
        "topic": asked.topic,
        "token": asked.token,
        "kind": asked.kind,
        "at": now,
    }
    return f"{PENDING}{source}/{id}", json.dumps(content).encode()


def waiting(name: str, content: bytes) -> Waiting:
    """A mark read back."""
    source, _, id = name.removeprefix(PENDING).rpartition("/")
    said = json.loads(content)
    account = said.get("account", "")  # those of before it was kept ask again, and then have it
    return Waiting(id, account, source, said["topic"], said["token"], said["kind"], said["at"])


@dataclass(frozen=True, slots=True)
class Pending:
    """A body of `flow.topics.Subscriptions`: marks in an inbox, and hosts that are reached over HTTPS."""

    inbox: Inbox
    https: Https

    def pending(self) -> list[Waiting]:
        """All that wait, the oldest first."""
        return sorted(
            (waiting(*each) for each in self.inbox.cursors(PENDING).items()), key=lambda each: each.at
        )

    def confirm(self, chosen: Waiting) -> None:
        """By a URL of our own making. Raises UnconfirmedError."""
        rule = next(each for each in (Amazon(), Scaleway()) if each.is_topic(chosen.topic))
        try:
            self.https.get(*rule.confirmation(chosen.topic, chosen.token))
        except FetchError as error:
            raise UnconfirmedError(str(error)) from error

    def forget(self, chosen: Waiting) -> None:
        """Take its mark away."""
        self.inbox.put([], {f"{PENDING}{chosen.source}/{chosen.id}": None})
