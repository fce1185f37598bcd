"""Topics that ask whether they may post here: an operator answers, and the ledger keeps the answer.

A post cannot say yes to itself (the URL in it would be asked for a stranger), so what it asks waits.
"""

from dataclasses import dataclass, field
from typing import Protocol

from retour.identity import told_id
from retour.instants import Instant
from retour.ports import Acts, Record

CONFIRMED, REFUSED = "confirmed", "refused"


class UnconfirmedError(Exception):
    """The host of a topic could not be told yes; the message says why. It still waits."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One subscription that nobody has answered yet."""

    id: str
    account: str
    source: str  # the webhook that it asks to post to
    topic: str
    token: str = field(repr=False)
    kind: str  # SubscriptionConfirmation, or UnsubscribeConfirmation: somebody has ended it
    at: Instant


class Subscriptions(Protocol):
    """Where they wait, and how a topic is told yes."""

    def pending(self) -> list[Waiting]:
        """All that wait, the oldest first."""

    def confirm(self, chosen: Waiting) -> None:
        """Tell its host yes. Harmless to repeat. Raises UnconfirmedError."""

    def forget(self, chosen: Waiting) -> None:
        """It no longer waits; its token ends by itself after some days."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who answers, and when."""

    name: str
    at: Instant


def confirm(chosen: Waiting, by: Operator, subscriptions: Subscriptions, acts: Acts) -> None:
    """Let it post here. Raises UnconfirmedError, and then it still waits and nothing is noted."""
    subscriptions.confirm(chosen)
    _end(chosen, CONFIRMED, by, subscriptions, acts)


def refuse(chosen: Waiting, by: Operator, subscriptions: Subscriptions, acts: Acts) -> None:
    """Leave it unconfirmed, and off the list."""
    _end(chosen, REFUSED, by, subscriptions, acts)


def _end(chosen: Waiting, how: str, by: Operator, subscriptions: Subscriptions, acts: Acts) -> None:
    """Noted before it is forgotten: what a kill leaves between the two is answered again, and noted once."""
    # The same topic may ask again under the same token once it was refused: that is another answer.
    id = told_id("topic", chosen.source, chosen.id, str(chosen.at), how)
    told = Record(0, by.at, chosen.account, "", by.name, "asked", how, f"topic {chosen.topic}", id, 0)
    acts.note(id, told)
    subscriptions.forget(chosen)
