"""What is wrong with a file of rules: ours, or one that an operator wrote."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from retour.classify.phrases import HEAD, normal
from retour.classify.rulebook import Rule, Weight
from retour.classify.rulefile import TABLES, Fault, RuleError, each_rule, packaged, provider_of
from retour.model import Group, Kind

SHORTEST: Final = 3  # letters of a phrase; signs of other scripts say more
SHORTEST_OF_OTHERS: Final = 2
MOST_GAPS: Final = 3  # in one phrase: more would make matching a search
_CODE: Final = re.compile(r"[x245]\.\d{1,3}\.\d{1,3}|[2345]\d\d")

_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)$")
# How the words of tomllib begin (CPython 3.11-3.14), and what they are about.
_SORTS: Final = (
    *(("Invalid value", "value"), ("Invalid date", "value"), ("Invalid hex", "value")),
    *(("Unterminated", "text"), ("Unescaped", "text"), ("Illegal", "text"), ("Found invalid", "text")),
    *(("Unclosed", "open"), ("Expected ']", "open"), ('Expected "]', "open")),
    *(("Cannot", "twice"), ("Duplicate", "twice")),
    *(("Expected", "line"), ("Invalid", "line")),
)

# Bounds of an operator's own files, so that matching stays linear whatever they hold.
MOST_RULES: Final = 1000  # in all of them
MOST_PHRASES: Final = 200  # of one rule
LONGEST: Final = 200  # characters of a phrase
MOST_ALIKE: Final = 50  # phrases with the same beginning: where it is found, each of them is looked at
LARGEST: Final = 1024 * 1024  # characters of a file

_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,9}")
# An operator may say that something is no bounce; what would stop an address is never his rule's to say.
_HARMLESS: Final[tuple[Kind, ...]] = (Kind.SUPPRESSED, Kind.AUTOREPLY, Kind.CHALLENGE, Kind.OTHER)


def lint(text: str) -> list[Fault]:
    """Every fault of one file of an operator's own. Empty means that its form is right."""
    if len(text) > LARGEST:
        return [Fault("too_large", "", {"most": str(LARGEST)})]
    try:
        document = tomllib.loads(text)
        entries = list(each_rule(document, packaged().order, own=True))
        provider = provider_of(document)
    except tomllib.TOMLDecodeError as error:
        return [_no_toml(text, str(error))]
    except RuleError as error:
        return [error.fault]
    unread = [entry.fault for entry in entries if isinstance(entry, RuleError)]
    rules = [entry for entry in entries if isinstance(entry, Rule)]
    whole = list(_faults_of_file(document, entries))
    if provider is not None:
        whole += _faults_of_provider(provider.hosts, provider.marks)
    return [*whole, *unread, *faults(rules), *_faults_of_own(rules)]


def _no_toml(text: str, said: str) -> Fault:
    """Where and why it cannot be read: what the reader says is English, and so is told by its sort alone."""
    found = _LINE.search(said)
    line = found[1] if found else str(max(1, len(text.splitlines())))
    sort = next((sort for words, sort in _SORTS if said.startswith(words)), "other")
    return Fault(f"not_toml_{sort}", "", {"line": line})


def _faults_of_file(document: Mapping[str, Any], entries: Sequence[object]) -> Iterator[Fault]:
    for name in document:
        if name not in TABLES:
            yield Fault("unknown_table", "", {"key": name, "keys": ", ".join(TABLES)})
    if not entries and not document.keys() - set(TABLES):
        yield Fault("no_rules", "")


def _faults_of_provider(hosts: Sequence[str], marks: Sequence[str]) -> Iterator[Fault]:
    for host in hosts:
        if not _HOST.fullmatch(host):
            yield Fault("no_host", "provider", {"host": host})
    for mark in marks:
        yield from (Fault(name, "provider", {"phrase": mark}) for name in _faults_of_words(mark))


def _faults_of_own(rules: Sequence[Rule]) -> Iterator[Fault]:
    """What ours may do and an operator's may not."""
    ours = {rule.id for rule in packaged().rules} | {"none"}
    for rule in rules:
        if rule.id in ours or rule.id.startswith("ours."):
            yield Fault("id_of_ours", rule.id)
        elif not _ID.fullmatch(rule.id):
            yield Fault("odd_id", rule.id)
        if rule.kind is not None and (rule.kind not in _HARMLESS or rule.reason is not None):
            yield Fault("kind_moves", rule.id, {"kind": rule.kind, "kinds": ", ".join(_HARMLESS)})
        if rule.group is Group.DEAD and not rule.phrases and (code := _vague(rule)):
            yield Fault("dead_by_code", rule.id, {"code": code})
        if rule.unparsed and not rule.phrases:
            yield Fault("unparsed_by_code", rule.id)
        if len(rule.phrases) > MOST_PHRASES:
            yield Fault("too_many_phrases", rule.id, {"most": str(MOST_PHRASES)})
        for phrase in rule.phrases:
            if len(phrase) > LONGEST:
                yield Fault("too_long", rule.id, {"phrase": phrase[:40], "most": str(LONGEST)})


def _vague(rule: Rule) -> str | None:
    """A code of the rule that says nothing of an address: a reply code, or any class or x.0.0 of RFC 3463."""
    return next((code for code in sorted(rule.codes) if "." not in code or code[1:] == ".0.0"), None)


def faults_of_all(rules: Sequence[Rule]) -> Iterator[Fault]:
    """The faults of an operator's files together, each of which has none by itself."""
    for id, number in Counter(rule.id for rule in rules).items():
        if number > 1:
            yield Fault("id_twice", id)
    if len(rules) > MOST_RULES:
        yield Fault("too_many_rules", "", {"most": str(MOST_RULES)})
    heads = Counter(phrase.split("*")[0].strip()[:HEAD] for rule in rules for phrase in rule.phrases)
    for head, number in heads.items():
        if number > MOST_ALIKE:
            yield Fault("too_many_alike", "", {"phrase": head, "most": str(MOST_ALIKE)})


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
    yield from _faults_of_words(phrase)
    if rule.group is Group.DEAD and rule.weight is Weight.FAINT:
        yield "faint_and_dead"  # a living address lost costs more than one more bounce


def _faults_of_words(phrase: str) -> Iterator[str]:
    pieces = [piece.strip() for piece in phrase.split("*")]
    if not all(pieces):
        yield "gap_at_the_edge"
    if len(pieces) > MOST_GAPS + 1:
        yield "too_many_gaps"
    if any(piece != normal(piece) for piece in pieces):
        yield "never_matches"
    shortest = SHORTEST if phrase.isascii() else SHORTEST_OF_OTHERS
    if sum(map(len, pieces)) < shortest:
        yield "too_short"


def _superfluous(rule: Rule) -> Iterator[Fault]:
    """A phrase that begins with another one of the same rule never adds anything."""
    shorter = ""
    for phrase in sorted(rule.phrases):
        if shorter and phrase.startswith(shorter):
            yield Fault("superfluous", rule.id, {"phrase": phrase, "shorter": shorter})
        else:
            shorter = phrase
