"""TOML → rulebook. The form of a rule file is described in docs/rules.md."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Final

from retour.classify.rulebook import Provider, Rule, Rulebook, Sentence, Weight
from retour.model import GROUPS, Kind, Part, Party, Reason

NEEDED: Final[tuple[str, ...]] = ("id", "source", "samples")
LISTS: Final[tuple[str, ...]] = ("samples", "phrases", "codes")
NAMED: Final = {  # keys whose values have names
    "reason": tuple(Reason),
    "before": tuple(Reason),
    "kind": tuple(Kind),
    "refused_by": tuple(Party),
    "part": tuple(Part),
    "weight": ("specific", "clear", "broad", "faint", "overloaded", "reply"),
}
KEYS: Final[tuple[str, ...]] = (*NEEDED, "phrases", "codes", *NAMED, "confidence", "blocklist", "unparsed")
# What a file of an operator's own may hold at its top.
TABLES: Final[tuple[str, ...]] = ("rule", "provider", "weight")

_CONFIDENCE: Final = {  # measured on replies seen for the first time: docs/rules.md, bench/reliability.py
    Weight.OURS: 1.0,
    Weight.PROVIDER: 0.97,
    Weight.SPECIFIC: 0.95,
    Weight.CLEAR: 0.9,
    Weight.BROAD: 0.8,
    Weight.FAINT: 0.75,
    Weight.OVERLOADED: 0.6,
    Weight.REPLY: 0.5,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a rule, by name; the words for it are `fault.<name>` in the texts."""

    name: str
    rule: str  # its id, or its number in the file
    values: Mapping[str, str] = field(default_factory=dict)


class RuleError(ValueError):
    """A rule file that cannot be used; `fault` says why."""

    def __init__(self, name: str, rule: str, **values: str) -> None:
        self.fault = Fault(name, rule, values)
        super().__init__(f"{rule}: {name} {values}")


def rules_of(document: Mapping[str, Any], order: Mapping[str, int], own: bool = False) -> list[Rule]:
    """The rules of one parsed file; `order` ranks reasons. Raises RuleError at the first rule at fault.

    `own`: the file is an operator's.
    """
    rules = []
    for rule in each_rule(document, order, own):
        if isinstance(rule, RuleError):
            raise rule
        rules.append(rule)
    return rules


def each_rule(
    document: Mapping[str, Any], order: Mapping[str, int], own: bool = False
) -> Iterator[Rule | RuleError]:
    """The same, rule by rule, each or what is wrong with it. Raises RuleError where the file has no rules."""
    entries = document.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RuleError("not_tables", "rule")
    provider = provider_of(document, own)
    common = {"weight": document["weight"]} if "weight" in document else {}
    for number, entry in enumerate(entries, 1):
        whole = {**common, **entry}
        try:
            _check(str(entry.get("id", number)), whole)
        except RuleError as error:
            yield error
        else:
            yield _rule(whole, provider.name if provider else None, order, own)


def _check(rule: str, entry: Mapping[str, Any]) -> None:
    for key in NEEDED:
        if not entry.get(key):
            raise RuleError("missing", rule, key=key)
    for key, value in entry.items():
        _check_value(rule, key, value)
    if not entry.get("phrases") and not entry.get("codes"):
        raise RuleError("matches_nothing", rule)
    if "reason" not in entry and "kind" not in entry:
        raise RuleError("no_reason", rule)


def _check_value(rule: str, key: str, value: object) -> None:
    if key not in KEYS:
        raise RuleError("unknown_key", rule, key=key, keys=", ".join(KEYS))
    if key in LISTS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise RuleError("not_a_list", rule, key=key)
    elif key == "unparsed":
        if not isinstance(value, bool):
            raise RuleError("not_yes_or_no", rule, key=key)
    elif key == "confidence":
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise RuleError("no_confidence", rule, value=str(value))
    elif not isinstance(value, str):
        raise RuleError("not_a_text", rule, key=key)
    elif key in NAMED and value not in NAMED[key]:
        raise RuleError("no_such_value", rule, key=key, value=value, values=", ".join(NAMED[key]))


def _rule(entry: Mapping[str, Any], provider: str | None, order: Mapping[str, int], own: bool) -> Rule:
    """The rule of an entry that was checked."""
    reason = Reason(entry["reason"]) if "reason" in entry else None
    weight = _weight(entry, provider, own)
    return Rule(
        id=entry["id"],
        reason=reason,
        source=entry["source"],
        samples=tuple(entry["samples"]),
        weight=weight,
        rank=_rank(entry, order),
        phrases=tuple(entry.get("phrases", ())),
        codes=frozenset(entry.get("codes", ())),
        provider=provider,
        confidence=float(entry.get("confidence", _CONFIDENCE[weight])),
        kind=Kind(entry["kind"]) if "kind" in entry else None,
        refused_by=Party(entry["refused_by"]) if "refused_by" in entry else None,
        part=Part(entry["part"]) if "part" in entry else None,
        blocklist=entry.get("blocklist"),
        group=GROUPS[reason] if reason else None,
        own=own,
        unparsed=own and entry.get("unparsed", False),
    )


def _rank(entry: Mapping[str, Any], order: Mapping[str, int]) -> float:
    """The place of its reason; `before` puts a rule right before all rules of another reason."""
    if "before" in entry:
        return order.get(entry["before"], 0) - 0.5
    return order.get(entry.get("reason", ""), 0)


def _weight(entry: Mapping[str, Any], provider: str | None, own: bool) -> Weight:
    if entry["id"].startswith("ours.") and not own:
        return Weight.OURS
    if provider or "kind" in entry:
        return Weight.PROVIDER
    named = entry.get("weight", "clear" if entry.get("phrases") else "specific")
    return Weight[named.upper()]


def provider_of(document: Mapping[str, Any], own: bool = False) -> Provider | None:
    """The provider whose rules a file holds; None for rules of anybody. Raises RuleError."""
    if "provider" not in document:
        return None
    table = document["provider"]
    if not isinstance(table, dict) or not isinstance(table.get("name"), str) or not table["name"]:
        raise RuleError("no_provider", "provider")
    hosts, marks = table.get("hosts"), table.get("marks", [])
    if not hosts or not _texts(hosts) or not _texts(marks):
        raise RuleError("no_provider", "provider")
    return Provider(table["name"], tuple(hosts), tuple(marks), own)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def rulebook(documents: Iterable[Mapping[str, Any]]) -> Rulebook:
    """All rules of several parsed files, the order of reasons among them. Raises RuleError."""
    documents = list(documents)
    order = {reason: rank for each in documents for rank, reason in enumerate(each.get("order", ()), 1)}
    rules = [rule for document in documents for rule in rules_of(document, order)]
    providers = [provider_of(document) for document in documents]
    parts = [entry for document in documents for entry in document.get("part", ())]
    return Rulebook(
        rules=_in_order(rules),
        providers=tuple(provider for provider in providers if provider),
        parts=tuple((Part(entry["part"]), phrase) for entry in parts for phrase in entry["phrases"]),
        idioms=tuple(phrase for each in documents for phrase in each.get("idioms", ())),
        sentences=tuple(_sentence(entry) for each in documents for entry in each.get("sentence", ())),
        words={kind: tuple(words) for each in documents for kind, words in each.get("words", {}).items()},
        order=order,
    )


def _sentence(entry: Mapping[str, Any]) -> Sentence:
    return Sentence(
        entry["rule"], entry["noun"], tuple(entry.get("follows", ())), tuple(entry.get("leads", ()))
    )


def with_own(book: Rulebook, documents: Iterable[Mapping[str, Any]]) -> Rulebook:
    """A rulebook with the rules of an operator's files before its own. Raises RuleError."""
    documents = list(documents)
    rules = [rule for document in documents for rule in rules_of(document, book.order, own=True)]
    providers = [provider_of(document, own=True) for document in documents]
    return replace(
        book,
        rules=_in_order([*book.rules, *rules]),
        providers=(*book.providers, *(provider for provider in providers if provider)),
    )


def _in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(sorted(rules, key=lambda rule: rule.order))


@cache
def packaged() -> Rulebook:
    """The rules that come with Retour, read once."""
    folder = resources.files("retour.classify").joinpath("rules")
    files = [*folder.iterdir(), *folder.joinpath("providers").iterdir()]
    return rulebook(
        tomllib.loads(file.read_text(encoding="utf-8"))
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".toml")
    )
