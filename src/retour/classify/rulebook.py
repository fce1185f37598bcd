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
    own: bool = False  # of a file that an operator wrote, not of Retour
    unparsed: bool = False  # reads also mails that no form tells to be a bounce

    @property
    def is_clear(self) -> bool:
        """Whether its words alone say the cause, whoever speaks."""
        return self.weight is Weight.CLEAR and not self.codes

    @property
    def order(self) -> tuple[int, int, float, bool]:
        """Our marker, an operator's own rules, ours; each by weight, then by the place of the reason.

        A list with a name stands before "some list".
        """
        whose = 0 if self.weight is Weight.OURS else 1 if self.own else 2
        return whose, self.weight, self.rank, self.blocklist is None


@dataclass(frozen=True, slots=True)
class Provider:
    """A receiving system whose words we know: by the names of its hosts, or by marks in its replies."""

    name: str
    hosts: tuple[str, ...]  # domain suffixes, of the remote MTA or of the recipient
    marks: tuple[str, ...] = ()  # phrases that only this provider writes
    own: bool = False  # of an operator's file


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said of a kind of noun, and the rule that it speaks for (sentences.py)."""

    rule: str  # its id
    noun: str  # kind: "recipient", "domain"
    follows: tuple[str, ...] = ()  # said behind the noun
    leads: tuple[str, ...] = ()  # said before it


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules, in the order in which they decide."""

    rules: tuple[Rule, ...]
    providers: tuple[Provider, ...] = ()
    parts: tuple[tuple[Part, str], ...] = ()  # phrases that say which part of a message was refused
    idioms: tuple[str, ...] = ()  # phrases that mean nothing of what their words mean alone
    sentences: tuple[Sentence, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of sentences, by kind
    order: Mapping[str, int] = field(default_factory=dict)  # the rank of each reason

    def rule(self, id: str) -> Rule | None:
        """The rule with this id; None when there is none."""
        return next((rule for rule in self.rules if rule.id == id), None)

    @property
    def own(self) -> tuple[Rule, ...]:
        """The rules of an operator's files, in the order in which they decide."""
        return tuple(rule for rule in self.rules if rule.own)

    @property
    def hosts(self) -> Mapping[str, frozenset[str]]:
        """By suffix of a host, the names of its providers.

        An operator's provider stands beside ours of the same hosts, or of a part of them: it takes no rules
        of ours away.
        """
        ours = {
            host: provider.name for provider in self.providers if not provider.own for host in provider.hosts
        }
        own = [
            (host, provider.name) for provider in self.providers if provider.own for host in provider.hosts
        ]
        table = {host: {name} for host, name in ours.items()}
        for host, _ in own:
            table.setdefault(host, {ours[parent] for parent in _suffixes(host) if parent in ours})
        for host, name in own:
            for known in table:
                if host in _suffixes(known):
                    table[known].add(name)
        return {host: frozenset(names) for host, names in table.items()}


def _suffixes(host: str) -> list[str]:
    """A host's name and those of the domains that it is in: "a.b.example", "b.example", "example"."""
    labels = host.split(".")
    return [".".join(labels[place:]) for place in range(len(labels))]
