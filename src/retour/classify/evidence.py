"""Everything in a report that speaks for a reason: which rules its words and its codes fit."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from retour.classify.phrases import PhraseIndex, normal
from retour.classify.rulebook import Rule, Rulebook
from retour.model import Part, Report

CACHED_TEXTS = 2048  # servers say the same things; at most 4 KiB each
LONGEST_HOST = 255  # RFC 1035 §2.3.4


class Clue(NamedTuple):
    """A rule and what it matched: words of a text, or a code. Clues sort by weight, the heaviest first."""

    place: int  # of the rule in its rulebook, which is in order
    rule: Rule
    matched: str
    by_code: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What was found in one text, clues in order."""

    clues: tuple[Clue, ...] = ()
    providers: frozenset[str] = frozenset()  # whose marks it bears
    part: Part | None = None


NO_WORDS = Words()


class Matcher:
    """A rulebook made ready: one pattern for all its phrases, one table for all its codes."""

    def __init__(self, book: Rulebook) -> None:
        self._rules = book.rules
        self._marks = [(provider.name, mark) for provider in book.providers for mark in provider.marks]
        self._parts = book.parts
        self._hosts = {host: provider.name for provider in book.providers for host in provider.hosts}
        self._index = PhraseIndex(_numbered(book.rules, self._marks, self._parts))
        self._codes = _code_table(book)
        self.words = lru_cache(maxsize=CACHED_TEXTS)(self._words)

    def _words(self, text: str) -> Words:
        """The clues of one text: of each rule its longest match."""
        text = normal(text)
        longest: dict[int, tuple[int, int]] = {}
        for number, start, end in self._index.find(text):
            known = longest.get(number)
            if known is None or end - start > known[1] - known[0]:
                longest[number] = start, end
        rules, marks = len(self._rules), len(self._rules) + len(self._marks)
        numbers = sorted(longest)
        parts = [self._parts[n - marks][0] for n in numbers if n >= marks]
        return Words(
            tuple(Clue(n, self._rules[n], text[slice(*longest[n])]) for n in numbers if n < rules),
            frozenset(self._marks[n - rules][0] for n in numbers if rules <= n < marks),
            parts[0] if parts else None,
        )

    def codes(self, report: Report, providers: frozenset[str]) -> list[Clue]:
        """The clues of the report's codes."""
        return [
            Clue(place, rule, _as_written(code, report), by_code=True)
            for code in _codes_of(report)
            for place, rule in self._codes.get(code, ())
            if rule.provider is None or rule.provider in providers
        ]

    def providers(self, report: Report) -> frozenset[str]:
        """Providers known by the remote host; by the recipient's domain where no host is named."""
        host = report.remote_mta
        if not host and report.recipient:
            host = report.recipient.rpartition("@")[2]
        host = host[-LONGEST_HOST:].lower().strip(" .<>[]") if host else ""
        while host:
            if host in self._hosts:
                return frozenset((self._hosts[host],))
            host = host.partition(".")[2]
        return frozenset()


def _numbered(
    rules: tuple[Rule, ...], marks: list[tuple[str, str]], parts: tuple[tuple[Part, str], ...]
) -> Iterable[tuple[str, int]]:
    """All phrases with the numbers by which they are found: rules first, then marks, then parts."""
    for number, rule in enumerate(rules):
        for phrase in rule.phrases:
            yield phrase, number
    others = [mark for _, mark in marks] + [phrase for _, phrase in parts]
    yield from ((phrase, number) for number, phrase in enumerate(others, len(rules)))


def fits(clue: Clue, report: Report, providers: frozenset[str]) -> bool:
    """Whether the other conditions of a rule whose words were found hold as well."""
    rule = clue.rule
    if rule.provider is not None and rule.provider not in providers:
        return False
    return not rule.codes or any(code in rule.codes for code in _codes_of(report))


def _codes_of(report: Report) -> list[str]:
    """The codes as rules name them: "5.1.1", "x.1.1", "550"."""
    codes = []
    if report.status and not is_made_up(report):
        codes += [report.status, f"x{report.status[1:]}"]
    if report.reply_code:
        codes.append(report.reply_code)
    return codes


def is_made_up(report: Report) -> bool:
    """QUIRK: Sendmail writes x.1.1 for every bare 550 that it gets at RCPT, whatever the server said.

    Sample: tests/core/test_classify.py, test_a_code_that_sendmail_made_up_kills_nobody.
    """
    if report.mta != "sendmail" or report.status is None or not report.status.endswith(".1.1"):
        return False
    return bool(report.diagnostic and report.reply_code and report.status not in report.diagnostic)


def _as_written(code: str, report: Report) -> str:
    return report.status or code if code[0] == "x" else code


def _code_table(book: Rulebook) -> dict[str, list[tuple[int, Rule]]]:
    table: dict[str, list[tuple[int, Rule]]] = {}
    for place, rule in enumerate(book.rules):
        if not rule.phrases:
            for code in rule.codes:
                table.setdefault(code, []).append((place, rule))
    return table
