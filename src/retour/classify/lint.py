"""What is wrong with a file of rules: ours, or one that an operator wrote."""

import re
import tomllib
from collections.abc import Iterable, Iterator

from retour.classify.phrases import normal
from retour.classify.rulebook import Rule, Weight
from retour.classify.rulefile import Fault, RuleError, packaged, rules_of
from retour.model import Group

SHORTEST = 3  # letters of a phrase; signs of other scripts say more
MOST_GAPS = 3  # in one phrase: more would make matching a search
_CODE = re.compile(r"[x245]\.\d{1,3}\.\d{1,3}|[2345]\d\d")


def lint(text: str) -> list[Fault]:
    """Every fault of one file. Empty means that it can be used."""
    try:
        rules = rules_of(tomllib.loads(text), packaged().order)
    except tomllib.TOMLDecodeError as error:
        return [Fault("not_toml", "", {"reason": str(error)})]
    except RuleError as error:
        return [error.fault]
    return list(faults(rules))


def faults(rules: Iterable[Rule]) -> Iterator[Fault]:
    """The faults of rules that could be read."""
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            yield Fault("id_twice", rule.id)
        seen.add(rule.id)
        for phrase in rule.phrases:
            yield from (Fault(name, rule.id, {"phrase": phrase}) for name in _faults_of(phrase, rule))
        for code in sorted(rule.codes):
            if not _CODE.fullmatch(code):
                yield Fault("no_code", rule.id, {"code": code})
        yield from _superfluous(rule)


def _faults_of(phrase: str, rule: Rule) -> Iterator[str]:
    pieces = [piece.strip() for piece in phrase.split("*")]
    if not all(pieces):
        yield "gap_at_the_edge"
    if len(pieces) > MOST_GAPS + 1:
        yield "too_many_gaps"
    if any(piece != normal(piece) for piece in pieces):
        yield "never_matches"
    if phrase.isascii() and sum(map(len, pieces)) < SHORTEST:
        yield "too_short"
    if rule.group is Group.DEAD and rule.weight is Weight.FAINT:
        yield "faint_and_dead"  # a living address lost costs more than one more bounce


def _superfluous(rule: Rule) -> Iterator[Fault]:
    """A phrase that begins with another one of the same rule never adds anything."""
    shorter = ""
    for phrase in sorted(rule.phrases):
        if shorter and phrase.startswith(shorter):
            yield Fault("superfluous", rule.id, {"phrase": phrase, "shorter": shorter})
        else:
            shorter = phrase
