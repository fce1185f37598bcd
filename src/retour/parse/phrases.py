"""Plain phrases in plain text: nothing to escape, nothing to backtrack."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources

GAP = 80  # characters that ` * ` may span
_WORD = re.compile(r"\w+")
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa"})
_BARE = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "ı": "i", "đ": "d", "’": "'"})


def says(phrases: tuple[str, ...], text: str) -> bool:
    """Whether one of the phrases stands in a text of the same case."""
    for phrase in phrases:  # noqa: SIM110 - any() takes half as long again, and this is asked of every mail
        if phrase in text:
            return True
    return False


class Phrases:
    """Phrases of many languages, ready to be looked up; ` * ` in one stands for at most `GAP` characters.

    A text of ASCII alone is held against the phrases without their accents: many people and older programs
    write so. Of each phrase the longest piece is looked for, the rest only where that stands. A piece of
    several words begins with a whole word, so the words of the text tell which ones can stand there; a piece
    of one word may be a part of a longer one (and in the scripts without spaces all are).
    """

    __slots__ = ("_all", "_ascii")

    def __init__(self, phrases: Iterable[str]) -> None:
        """`phrases` in lower case with single spaces."""
        phrases = list(phrases)
        self._all = _Index(phrases)
        self._ascii = _Index(dict.fromkeys(form for phrase in phrases for form in _in_ascii(phrase)))

    def stand_in(self, text: str) -> bool:
        """Whether one of them stands in a text in lower case with single spaces."""
        return (self._ascii if text.isascii() else self._all).finds(text)

    def begin(self, text: str) -> bool:
        """Whether the text begins with one of them."""
        return text.startswith((self._ascii if text.isascii() else self._all).beginnings)

    def are(self, text: str) -> bool:
        """Whether the whole text is one of them."""
        return text in (self._ascii if text.isascii() else self._all).phrases


class _Index:
    """The phrases of one spelling."""

    __slots__ = ("_anywhere", "_by_word", "beginnings", "phrases")

    def __init__(self, phrases: Iterable[str]) -> None:
        self.beginnings = tuple(phrases)
        self.phrases = frozenset(self.beginnings)
        self._anywhere: list[tuple[str, str]] = []
        self._by_word: dict[str, list[tuple[str, str]]] = {}
        for phrase in self.beginnings:
            gapped = " * " in phrase
            key = max(phrase.split(" * "), key=len) if gapped else phrase
            word = _WORD.match(key) if " " in key else None
            entries = self._by_word.setdefault(word[0], []) if word else self._anywhere
            entries.append((key, phrase if gapped else ""))

    def finds(self, text: str) -> bool:
        if _holds(self._anywhere, text):
            return True
        by_word = self._by_word
        return any(_holds(by_word[word], text) for word in words_of(text) if word in by_word)


def _holds(entries: list[tuple[str, str]], text: str) -> bool:
    for key, gapped in entries:  # noqa: SIM110 - any() takes half as long again
        if key in text and (not gapped or _pattern(gapped).search(text)):
            return True
    return False


@lru_cache(maxsize=4)
def words_of(text: str) -> frozenset[str]:
    """The different words of a text. The last few texts are remembered: one is asked several questions."""
    return frozenset(_WORD.findall(text))


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(rf".{{0,{GAP}}}?".join(map(re.escape, phrase.split(" * "))))


def _in_ascii(phrase: str) -> Iterable[str]:
    """How a phrase is written without accents; nothing for other scripts."""
    if phrase.isascii():
        return (phrase,)
    if phrase[-1] > "\u024f":  # behind the Latin letters
        return ()
    forms = (_without_accents(phrase), _without_accents(phrase.translate(_SPELT_OUT)))
    return [form for form in forms if form.isascii()]


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.translate(_BARE))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@cache
def phrases_of(file: str, key: str) -> Phrases:
    """The phrases under one key of a file beside this one."""
    return Phrases(_document(file)[key])


@cache
def _document(file: str) -> dict[str, list[str]]:
    return tomllib.loads(resources.files("retour.parse").joinpath(file).read_text(encoding="utf-8"))
