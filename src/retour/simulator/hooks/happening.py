"""Something that happened to a mail, before a provider tells it in its own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retour.instants import SECOND, Instant, to_datetime
from retour.instants import text as moment
from retour.model import GROUPS, Group, Kind, Reason

Json = dict[str, Any]

_BLOCKS = frozenset({Group.BLOCK, Group.CONTENT})


@dataclass(frozen=True, slots=True)
class Happening:
    """One event about one recipient."""

    kind: Kind
    recipient: str
    at: Instant
    event_id: str
    message_id: str  # of the provider
    reply: str = ""  # what the recipient's server said: "550 5.1.1 words"
    reason: Reason | None = None  # why, of a bounce or a delay
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)  # what the sender had given along

    @property
    def code(self) -> str:
        """The basic code of the reply."""
        return self.reply.split(" ")[0]

    @property
    def enhanced(self) -> str:
        """The enhanced code."""
        return self.reply.split(" ")[1]

    @property
    def words(self) -> str:
        """The reply without its codes."""
        return self.reply.split(" ", 2)[2]

    @property
    def is_hard(self) -> bool:
        """Whether a provider would count the recipient as gone."""
        if self.reason is None:
            return False
        return GROUPS[self.reason] is Group.DEAD or self.reason is Reason.REFUSED

    @property
    def is_block(self) -> bool:
        """Whether a provider would say that it was the sender or the message."""
        return self.reason is not None and GROUPS[self.reason] in _BLOCKS

    @property
    def seconds(self) -> int:
        """When, since 1970."""
        return self.at // SECOND

    @property
    def iso(self) -> str:
        """When, in ISO 8601."""
        return moment(self.at)

    @property
    def naive(self) -> str:
        """When, in UTC without saying so."""
        return to_datetime(self.at).strftime("%Y-%m-%d %H:%M:%S")

    def among(self, hard: str, soft: str, block: str) -> str:
        """The provider's class."""
        return hard if self.is_hard else block if self.is_block else soft


def without_empty(said: Json) -> Json:
    """What a provider leaves out where it knows nothing."""
    return {key: value for key, value in said.items() if value not in ("", None, [], {}, ())}
