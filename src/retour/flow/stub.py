"""A rule to begin with, proposed for texts of one shape: its words, and a reason for a person to fill in."""

import json

from retour.classify import packaged
from retour.classify.lint import LONGEST, SHORTEST, SHORTEST_OF_OTHERS
from retour.classify.shape import runs, shape_id
from retour.flow.own_rules import RuleFile, faults_of
from retour.flow.shapes import Group
from retour.instants import text as date
from retour.texts import Catalogue

_WORDS = 12  # of a proposed phrase: a whole sentence fits one writer's mails alone
_OTHERS = 5  # further phrases that are named
PLACEHOLDER = "undetermined"  # passes, and never counts, until a person says better


def stub(group: Group, unparsed: bool, texts: Catalogue) -> str | None:
    """A file with one rule, which `retour rules lint` finds without fault; None where there are no words.

    It declares nothing: its reason is the placeholder. `texts` is the catalogue `unparsed.<language>`.
    """
    for phrase in (phrases := phrases_of(group.text)):
        written = _written(group, phrase, [other for other in phrases if other != phrase], unparsed, texts)
        if not faults_of([RuleFile("stub", written)]):
            return written
    return None


def phrases_of(text: str) -> list[str]:
    """What a rule could look for, the most telling first: the longest sentences between what is masked."""
    cut = dict.fromkeys(_cut(run) for run in runs(text))
    return sorted(filter(_tells, cut), key=lambda phrase: -len(phrase.split()) * 100 - len(phrase))


def _cut(run: str) -> str:
    """The first words of a run; of a script that writes none apart, its first characters."""
    return " ".join(run.split()[:_WORDS])[: LONGEST // 4 if " " not in run else LONGEST].strip()


def _tells(phrase: str) -> bool:
    letters = sum(map(str.isalpha, phrase))
    if " " not in phrase:  # a single word says little, but where words are not written apart
        return letters >= SHORTEST_OF_OTHERS * 2 and not phrase.isascii()
    return letters >= SHORTEST


def _written(group: Group, phrase: str, others: list[str], unparsed: bool, texts: Catalogue) -> str:
    ours = sorted({rule.reason.value for rule in packaged().rules if rule.reason} - {PLACEHOLDER})
    of = "unparsed" if unparsed else "undetermined"
    source = texts(f"stub.source_{of}", count=group.count, first=_day(group.first), last=_day(group.last))
    lines = [
        *_comment(texts("stub.what")),
        *(_comment(texts("stub.others")) if others else ()),
        *(f"#   {_printable(other)}" for other in others[:_OTHERS]),
        "[[rule]]",
        f'id = "own.{of}-{shape_id(group.shape)}"',
        f'reason = "{PLACEHOLDER}"  # {texts("stub.reason")}',
        *_comment(", ".join(ours)),
        f"source = {json.dumps(source, ensure_ascii=False)}",
        f"phrases = [{json.dumps(phrase, ensure_ascii=False)}]",
        f"samples = [{json.dumps(phrase, ensure_ascii=False)}]",
    ]
    if unparsed:
        lines.append(f"unparsed = true  # {texts('stub.unparsed')}")
    return "\n".join(lines) + "\n"


def _comment(words: str) -> list[str]:
    lines, line = [], "#"
    for word in words.split():
        if len(line) + len(word) > 108:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _day(at: int) -> str:
    return date(at)[:10]
