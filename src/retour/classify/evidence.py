"""Everything in a report that speaks for a reason: which rules its words and its codes fit."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from retour.accents import in_ascii
from retour.classify.phrases import PhraseIndex, normal
from retour.classify.rulebook import Rule, Rulebook
from retour.classify.sentences import Sentences
from retour.classify.spans import telling
from retour.model import Group, Part, Report

CACHED_TEXTS: Final = 512  # servers say the same things
CACHED_LENGTH: Final = 1024  # characters of a text that is remembered: longer ones are rarely said twice
CACHED_CODES: Final = 1024  # there are some hundred pairs of codes
LONGEST_HOST: Final = 255  # RFC 1035 §2.3.4


class Clue:
    """A rule and what it matched: words of a text, or a code. The heaviest come first."""

    # Not a NamedTuple, which takes three times as long to make, compiled: there are several in every report.
    __slots__ = ("by_code", "matched", "place", "rule")

    def __init__(self, place: int, rule: Rule, matched: str, by_code: bool = False) -> None:
        self.place = place  # of the rule in its rulebook, which is in order of weight
        self.rule = rule
        self.matched = matched
        self.by_code = by_code


class Words:
    """What was found in one text: clues in order, whose marks it bears, which part of a mail it speaks of."""

    __slots__ = ("clues", "part", "providers")

    def __init__(
        self,
        clues: tuple[Clue, ...] = (),
        providers: frozenset[str] = frozenset(),
        part: Part | None = None,
    ) -> None:
        self.clues = clues
        self.providers = providers
        self.part = part


NO_WORDS: Final = Words()


class Matcher:
    """A rulebook made ready: one pattern for all its phrases, one table for all its codes."""

    def __init__(self, book: Rulebook) -> None:
        self._rules = book.rules
        self._clear = frozenset([number for number, rule in enumerate(book.rules) if rule.is_clear])
        self._marks = [(provider.name, mark) for provider in book.providers for mark in provider.marks]
        self._parts = book.parts
        self._hosts = book.hosts
        self._idioms = len(book.rules) + len(self._marks) + len(self._parts)
        self._index = PhraseIndex(_numbered(book, self._marks))
        self._sentences = Sentences(book.sentences, book.words, book.rules)
        self._table = _code_table(book)
        self._words = lru_cache(maxsize=CACHED_TEXTS)(self._words_of)
        self._coded = lru_cache(maxsize=CACHED_CODES)(self._clues_of)

    def forget(self) -> None:
        """Empties what is remembered of texts and codes."""
        self._words.cache_clear()
        self._coded.cache_clear()

    def words(self, text: str) -> Words:
        """What is found in one text; of each rule its longest match.

        Remembered by the normal form: servers say the same things to different addresses.
        """
        said = normal(text)
        return self._words(said) if len(said) <= CACHED_LENGTH else self._words_of(said)

    def _words_of(self, text: str) -> Words:
        matched: dict[int, str] = {}
        for number, start, end in telling(self._index.find(text), text, self._rules, self._idioms):
            if self._is_another(number, text, start, end):
                continue
            if number not in matched or end - start > len(matched[number]):
                matched[number] = text[start:end]
        if self._clear.isdisjoint(matched):
            matched |= {place: text[start:end] for place, start, end in self._sentences.find(text)}
        if not matched:
            return NO_WORDS
        rules, marks = len(self._rules), len(self._rules) + len(self._marks)
        numbers = sorted(matched)
        clues = tuple([Clue(n, self._rules[n], matched[n]) for n in numbers if n < rules])
        if numbers[-1] < rules:
            return Words(clues)
        providers = frozenset([self._marks[n - rules][0] for n in numbers if rules <= n < marks])
        part = next((self._parts[n - marks][0] for n in numbers if n >= marks), None)
        return Words(clues, providers, part)

    def _is_another(self, number: int, text: str, start: int, end: int) -> bool:
        """Whether plain words that would declare an address dead are said of somebody else."""
        if number >= len(self._rules) or self._rules[number].group is not Group.DEAD:
            return False
        return " " in text[start:end] and self._sentences.turns(text, start, end)

    def codes(self, report: Report, providers: frozenset[str]) -> tuple[Clue, ...]:
        """The clues of the report's codes, in order."""
        return self._coded(_telling_status(report), report.reply_code, providers)

    def _clues_of(
        self, status: str | None, reply_code: str | None, providers: frozenset[str]
    ) -> tuple[Clue, ...]:
        clues = [
            Clue(place, rule, (status or code) if code[0] == "x" else code, by_code=True)
            for code in _named(status, reply_code)
            for place, rule in self._table.get(code, ())
            if rule.provider is None or rule.provider in providers
        ]
        return tuple(sorted(clues, key=lambda clue: (clue.place, clue.matched)))

    def providers(self, report: Report) -> frozenset[str]:
        """Providers known by the remote host; by the recipient's domain where no host is named."""
        host = report.remote_mta
        if not host and report.recipient:
            host = (report.final_recipient or report.recipient).rpartition("@")[2]
        host = host[-LONGEST_HOST:].lower().strip(" .<>[]") if host else ""
        while host:
            if host in self._hosts:
                return self._hosts[host]
            host = host.partition(".")[2]
        return frozenset()


def in_order(spoken: list[Clue], coded: tuple[Clue, ...]) -> list[Clue]:
    """The clues of a text and those of the codes, each in order, as one list."""
    if not coded:
        return spoken
    merged: list[Clue] = []
    said = 0
    for clue in coded:
        while said < len(spoken) and spoken[said].place <= clue.place:
            merged.append(spoken[said])
            said += 1
        merged.append(clue)
    return merged + spoken[said:]


def _numbered(book: Rulebook, marks: list[tuple[str, str]]) -> Iterable[tuple[str, int]]:
    """All phrases with the numbers by which they are found: of rules, then marks, parts, idioms."""
    for number, rule in enumerate(book.rules):
        for phrase in _spelt(rule.phrases):
            yield phrase, number
    others = [mark for _, mark in marks] + [phrase for _, phrase in book.parts] + list(book.idioms)
    yield from ((phrase, number) for number, phrase in enumerate(others, len(book.rules)))


def _spelt(phrases: Iterable[str]) -> Iterable[str]:
    """Phrases, those of several words also as servers write them that know no accents: replies are of ASCII
    (RFC 5321 §4.2). Not where too little is left: "message refusé" would stand in "message refused"."""
    written = dict.fromkeys(phrases)
    for phrase in phrases:
        if " " in phrase and phrase[-1].isascii() and not phrase.isascii():
            written.update(dict.fromkeys(in_ascii(phrase)))
    return written


def fits(clue: Clue, report: Report, providers: frozenset[str]) -> bool:
    """Whether the other conditions of a rule whose words were found hold as well."""
    rule = clue.rule
    if rule.provider is not None and rule.provider not in providers:
        return False
    return not rule.codes or not rule.codes.isdisjoint(_named(_telling_status(report), report.reply_code))


def _telling_status(report: Report) -> str | None:
    """The enhanced code, unless it stands for nothing."""
    return None if is_made_up(report) else report.status


def _named(status: str | None, reply_code: str | None) -> list[str]:
    """The codes as rules name them: "5.1.1", "x.1.1", "550"."""
    names = [status, f"x{status[1:]}"] if status else []
    return [*names, reply_code] if reply_code else names


def is_made_up(report: Report) -> bool:
    """QUIRK: Sendmail writes x.1.1 for every bare 550 that it gets at RCPT, and x.1.3 for every 553.

    Samples: 796-sendmail-bare-553; test_classify.py, test_a_code_that_sendmail_made_up_kills_nobody.
    """
    if report.mta != "sendmail" or report.status is None or not report.status.endswith((".1.1", ".1.3")):
        return False
    return bool(report.diagnostic and report.reply_code and report.status not in report.diagnostic)


def _code_table(book: Rulebook) -> dict[str, list[tuple[int, Rule]]]:
    table: dict[str, list[tuple[int, Rule]]] = {}
    for place, rule in enumerate(book.rules):
        if not rule.phrases:
            for code in rule.codes:
                table.setdefault(code, []).append((place, rule))
    return table
