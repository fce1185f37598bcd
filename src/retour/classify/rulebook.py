"""What is known about servers' words and codes, as values: rules, providers, and the book that holds them.

A rule names the reason that its words or codes stand for, says where that knowledge comes from, and carries
samples that a test holds it to. The knowledge itself stands in rules/*.toml (docs/rules.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from retour.model import Group, Kind, Part, Party, Reason


class Weight(IntEnum):
    """How much a rule's evidence is worth against other evidence; the heaviest (lowest) decides.

    This is the order of reasons.md: provider, specific code, text, reply code, nothing. Codes that servers
    use for many things stand behind clear words, and words that stand everywhere stand behind codes.
    """

    OURS = 0  # our own marker: whatever else is said
    PROVIDER = 1  # words or codes of a known host
    SPECIFIC = 2  # an enhanced code that servers use for one thing
    CLEAR = 3  # words that say the cause
    BROAD = 4  # an enhanced code that is used for several things
    FAINT = 5  # single words that hint at a cause
    OVERLOADED = 6  # an enhanced code that is used for anything
    REPLY = 7  # a basic reply code


@dataclass(frozen=True, slots=True)
class Rule:
    """One piece of knowledge."""

    id: str
    reason: Reason | None  # None: no bounce at all, `kind` says what
    source: str
    samples: tuple[str, ...]
    weight: Weight
    rank: float  # among rules of one weight; the lowest wins
    phrases: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()  # "5.1.1", "x.1.1", "550"; with phrases: needed as well
    provider: str | None = None
    confidence: float = 0.9
    kind: Kind | None = None
    refused_by: Party | None = None
    part: Part | None = None
    blocklist: str | None = None
    group: Group | None = None  # of the reason

    @property
    def order(self) -> tuple[int, float, bool]:
        """By weight, then by the place of the reason; a list with a name before "some list"."""
        return self.weight, self.rank, self.blocklist is None


@dataclass(frozen=True, slots=True)
class Provider:
    """A receiving system whose words we know: by the names of its hosts, or by marks in its replies."""

    name: str
    hosts: tuple[str, ...]  # domain suffixes, of the remote MTA or of the recipient
    marks: tuple[str, ...] = ()  # phrases that only this provider writes


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules, in the order in which they decide."""

    rules: tuple[Rule, ...]
    providers: tuple[Provider, ...] = ()
    parts: tuple[tuple[Part, str], ...] = ()  # phrases that say which part of a message was refused
    idioms: tuple[str, ...] = ()  # phrases that mean nothing of what their words mean alone
    order: Mapping[str, int] = field(default_factory=dict)  # the rank of each reason

    def rule(self, id: str) -> Rule | None:
        """The rule with this id; None when there is none."""
        return next((rule for rule in self.rules if rule.id == id), None)
