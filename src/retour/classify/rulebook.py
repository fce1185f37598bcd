"""What is known about servers' words and codes, read from rules/*.toml. Code here only reads it.

A rule names the reason that its words or codes stand for, says where that knowledge comes from, and carries
samples that a test holds it to. docs/rules.md shows the form; `retour rules lint` checks a file.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from importlib import resources
from typing import Any

from retour.model import GROUPS, Group, Kind, Part, Party, Reason


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
    order: Mapping[str, int] = field(default_factory=dict)  # the rank of each reason

    def rule(self, id: str) -> Rule | None:
        """The rule with this id; None when there is none."""
        return next((rule for rule in self.rules if rule.id == id), None)


class RuleError(ValueError):
    """A rule file that cannot be used: says where, what is wrong, and what to do."""


_WEIGHTS = {
    "specific": Weight.SPECIFIC,
    "broad": Weight.BROAD,
    "overloaded": Weight.OVERLOADED,
    "clear": Weight.CLEAR,
    "faint": Weight.FAINT,
    "reply": Weight.REPLY,
}
_CONFIDENCE = {
    Weight.OURS: 1.0,
    Weight.PROVIDER: 0.97,
    Weight.SPECIFIC: 0.95,
    Weight.CLEAR: 0.9,
    Weight.BROAD: 0.75,
    Weight.FAINT: 0.6,
    Weight.OVERLOADED: 0.5,
    Weight.REPLY: 0.4,
}
KEYS = frozenset(
    {"id", "reason", "source", "samples", "phrases", "codes", "weight", "before", "confidence"}
    | {"kind", "refused_by", "part", "blocklist"}
)


def rules_of(name: str, document: Mapping[str, Any], order: Mapping[str, int]) -> list[Rule]:
    """The rules of one parsed file; `order` ranks reasons. Raises RuleError at the first rule at fault."""
    provider = document.get("provider", {}).get("name")
    return [
        _rule(f"{name}, rule {number}", entry, provider, document.get("weight"), order)
        for number, entry in enumerate(document.get("rule", ()), 1)
    ]


def _rule(
    where: str, entry: Mapping[str, Any], provider: str | None, weight: str | None, order: Mapping[str, int]
) -> Rule:
    where = f"{where} ({entry.get('id', 'without id')})"
    _demand(where, entry)
    try:
        rule_weight = _weight(entry, provider, weight)
        return Rule(
            id=entry["id"],
            reason=Reason(entry["reason"]) if "reason" in entry else None,
            source=entry["source"],
            samples=tuple(entry["samples"]),
            weight=rule_weight,
            rank=_rank(entry, order),
            phrases=tuple(entry.get("phrases", ())),
            codes=frozenset(entry.get("codes", ())),
            provider=provider,
            confidence=float(entry.get("confidence", _CONFIDENCE[rule_weight])),
            kind=Kind(entry["kind"]) if "kind" in entry else None,
            refused_by=Party(entry["refused_by"]) if "refused_by" in entry else None,
            part=Part(entry["part"]) if "part" in entry else None,
            blocklist=entry.get("blocklist"),
            group=GROUPS[Reason(entry["reason"])] if "reason" in entry else None,
        )
    except (ValueError, KeyError, TypeError) as fault:
        raise RuleError(f"{where}: {fault}; use one of the values in docs/rules.md") from fault


def _demand(where: str, entry: Mapping[str, Any]) -> None:
    for key in ("id", "source", "samples"):
        if not entry.get(key):
            raise RuleError(f"{where}: {key} is missing; every rule says {key}")
    if not entry.get("phrases") and not entry.get("codes"):
        raise RuleError(f"{where}: has neither phrases nor codes; give it what it is to match")
    if "reason" not in entry and "kind" not in entry:
        raise RuleError(f"{where}: says no reason; name one of reasons.md, or a kind")
    if unknown := sorted(entry.keys() - KEYS):
        raise RuleError(f"{where}: unknown key {unknown[0]!r}; the keys are {', '.join(sorted(KEYS))}")


def _rank(entry: Mapping[str, Any], order: Mapping[str, int]) -> float:
    """The place of its reason; `before` puts a rule right before all rules of another reason."""
    if "before" in entry:
        return order[entry["before"]] - 0.5
    return order.get(entry.get("reason", ""), 0)


def _weight(entry: Mapping[str, Any], provider: str | None, weight: str | None) -> Weight:
    if entry["id"].startswith("ours."):
        return Weight.OURS
    if provider or "kind" in entry:
        return Weight.PROVIDER
    named = entry.get("weight", weight or ("clear" if entry.get("phrases") else "specific"))
    return _WEIGHTS[named]


def _order(rule: Rule) -> tuple[int, float, bool]:
    """By weight, then by the place of the reason; a list with a name before "some list"."""
    return rule.weight, rule.rank, rule.blocklist is None


def rulebook(documents: Iterable[tuple[str, Mapping[str, Any]]]) -> Rulebook:
    """All rules of several parsed files, the order of reasons among them. Raises RuleError."""
    documents = list(documents)
    order = {
        reason: rank for _, document in documents for rank, reason in enumerate(document.get("order", ()), 1)
    }
    rules = [rule for name, document in documents for rule in rules_of(name, document, order)]
    return Rulebook(
        rules=tuple(sorted(rules, key=_order)),
        providers=tuple(
            Provider(
                name=document["provider"]["name"],
                hosts=tuple(document["provider"]["hosts"]),
                marks=tuple(document["provider"].get("marks", ())),
            )
            for _, document in documents
            if "provider" in document
        ),
        parts=tuple(
            (Part(entry["part"]), phrase)
            for _, document in documents
            for entry in document.get("part", ())
            for phrase in entry["phrases"]
        ),
        order=order,
    )


@cache
def packaged() -> Rulebook:
    """The rules that come with Retour, read once."""
    folder = resources.files("retour.classify").joinpath("rules")
    files = [*folder.iterdir(), *folder.joinpath("providers").iterdir()]
    return rulebook(
        (file.name, tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".toml")
    )
