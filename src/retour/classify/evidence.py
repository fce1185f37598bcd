"""Everything in a report that speaks for a reason: which rules its words and its codes fit."""

from dataclasses import dataclass
from functools import lru_cache

from retour.classify.phrases import PhraseIndex, normal
from retour.classify.rulebook import Rule, Rulebook
from retour.model import Part, Report

CACHED_TEXTS = 2048  # servers say the same things; at most 4 KiB each


@dataclass(frozen=True, slots=True)
class Clue:
    """A rule and what it matched: words of a text, or a code."""

    rule: Rule
    matched: str
    by_code: bool = False

    @property
    def order(self) -> tuple[int, float, bool, int]:
        """The heaviest first, then by the order of reasons, then names of lists, then the longest match."""
        return self.rule.weight, self.rule.rank, self.rule.blocklist is None, -len(self.matched)


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
        phrases = [(phrase, n) for n, rule in enumerate(book.rules) for phrase in rule.phrases]
        texts = [phrase for phrase, _ in phrases]
        texts += [mark for _, mark in self._marks] + [phrase for _, phrase in self._parts]
        numbers = [n for _, n in phrases]
        numbers += range(len(self._rules), len(self._rules) + len(self._marks) + len(self._parts))
        self._index = PhraseIndex(zip(texts, numbers, strict=True))
        self._codes = _code_table(book)
        self.words = lru_cache(maxsize=CACHED_TEXTS)(self._words)

    def _words(self, text: str) -> Words:
        """The clues of one text; cached, for the same texts come again and again."""
        clues: dict[int, Clue] = {}
        providers, part, rules, marks = set(), None, len(self._rules), len(self._marks)
        for number, matched in self._index.find(normal(text)):
            if number < rules:
                if number not in clues or len(matched) > len(clues[number].matched):
                    clues[number] = Clue(self._rules[number], matched)
            elif number < rules + marks:
                providers.add(self._marks[number - rules][0])
            else:
                part = part or self._parts[number - rules - marks][0]
        return Words(tuple(sorted(clues.values(), key=lambda clue: clue.order)), frozenset(providers), part)

    def codes(self, report: Report, providers: frozenset[str]) -> list[Clue]:
        """The clues of the report's codes."""
        return [
            Clue(rule, report.status or code if code[0] == "x" else code, by_code=True)
            for code in _codes_of(report)
            for rule in self._codes.get(code, ())
            if rule.provider is None or rule.provider in providers
        ]

    def providers(self, report: Report) -> frozenset[str]:
        """Providers known by the remote host; by the recipient's domain where no host is named."""
        host = report.remote_mta
        if not host and report.recipient:
            host = report.recipient.rpartition("@")[2]
        name = self._provider_of((host or "").lower().strip(" .<>[]"))
        return frozenset((name,)) if name else frozenset()

    def _provider_of(self, host: str) -> str | None:
        while host:
            if host in self._hosts:
                return self._hosts[host]
            host = host.partition(".")[2]
        return None


def fits(clue: Clue, report: Report, providers: frozenset[str]) -> bool:
    """Whether the other conditions of a rule whose words were found hold as well."""
    rule = clue.rule
    if rule.provider is not None and rule.provider not in providers:
        return False
    return not rule.codes or any(code in rule.codes for code in _codes_of(report))


def _codes_of(report: Report) -> list[str]:
    codes = []
    if report.status:
        codes += [report.status, f"x{report.status[1:]}"]
    if report.reply_code:
        codes.append(report.reply_code)
    return codes


def _code_table(book: Rulebook) -> dict[str, list[Rule]]:
    table: dict[str, list[Rule]] = {}
    for rule in book.rules:
        if not rule.phrases:
            for code in rule.codes:
                table.setdefault(code, []).append(rule)
    return table
