"""What is wrong with a file of rules: ours, or one that an operator wrote."""

import re
import tomllib
from collections.abc import Iterable, Iterator

from retour.classify.phrases import normal
from retour.classify.rulebook import Rule, RuleError, Weight, packaged, rules_of
from retour.model import Group

SHORTEST = 3  # letters of a phrase
MOST_GAPS = 3  # in one phrase: more would make matching a search
_CODE = re.compile(r"[x245]\.\d{1,3}\.\d{1,3}|[2345]\d\d")
_WITHOUT_FINALITY = "words that may declare an address dead must be whole phrases about the recipient"


def lint(name: str, text: str) -> list[str]:
    """Every fault of one file, in words: where, what, what to do. Empty means that it can be used."""
    try:
        document = tomllib.loads(text)
        rules = rules_of(name, document, packaged().order)
    except tomllib.TOMLDecodeError as fault:
        return [f"{name}: not TOML: {fault}"]
    except RuleError as fault:
        return [str(fault)]
    return [f"{name}: {fault}" for fault in faults(rules)]


def faults(rules: Iterable[Rule]) -> Iterator[str]:
    """The faults of rules that could be read."""
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            yield f"{rule.id}: this id is there twice; give each rule its own"
        seen.add(rule.id)
        for phrase in rule.phrases:
            yield from (f"{rule.id}: phrase {phrase!r} {fault}" for fault in _phrase_faults(phrase, rule))
        for code in rule.codes:
            if not _CODE.fullmatch(code):
                yield f"{rule.id}: {code!r} is no code; write 5.1.1, x.1.1 (any class) or 550"
        yield from (f"{rule.id}: {fault}" for fault in _superfluous(rule))


def _phrase_faults(phrase: str, rule: Rule) -> Iterator[str]:
    pieces = [piece.strip() for piece in phrase.split("*")]
    if not all(pieces):
        yield "begins or ends with *, or has two in a row; put words on both sides"
    if len(pieces) > MOST_GAPS + 1:
        yield f"has more than {MOST_GAPS} gaps; split it into two rules"
    if any(piece != normal(piece) for piece in pieces):
        yield f"can never match; write it in lower case, single blanks, addresses as @: {normal(phrase)!r}"
    if phrase.isascii() and sum(map(len, pieces)) < SHORTEST:
        yield f"is shorter than {SHORTEST} letters; it would match by chance"
    if rule.group is Group.DEAD and rule.weight is Weight.FAINT:
        yield f"is faint; {_WITHOUT_FINALITY}"


def _superfluous(rule: Rule) -> Iterator[str]:
    """A phrase that begins with another one of the same rule never adds anything."""
    shorter = ""
    for phrase in sorted(rule.phrases):
        if shorter and phrase.startswith(shorter):
            yield f"phrase {phrase!r} says no more than {shorter!r}; leave it out"
        else:
            shorter = phrase
