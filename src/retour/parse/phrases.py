"""Plain phrases in plain text: nothing to escape, nothing to backtrack."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from retour import swift
from retour.accents import in_ascii
from retour.automaton import automaton

GAP: Final = 80  # characters that ` * ` may span
_WORD: Final = re.compile(r"\w+")


_says: Final = swift.says if swift.IN_C else None


def says(phrases: tuple[str, ...], text: str) -> bool:
    """Whether one of the phrases stands in a text of the same case."""
    if _says is not None:
        said = _says(phrases, text)
        if said is not None:
            return said
    for phrase in phrases:  # noqa: SIM110 - any() takes half as long again, and this is asked of every mail
        if phrase in text:
            return True
    return False


class Phrases:
    """Lists of phrases of many languages, ready to be looked up by the name of their list.

    ` * ` in a phrase stands for at most `GAP` characters. A text of ASCII alone is held against the phrases
    without their accents: many people and older programs write so. A text is asked about in several lists, so
    all are looked up in one pass, and the last few answers are remembered.
    """

    __slots__ = ("_all", "_ascii")

    def __init__(self, lists: Mapping[str, Sequence[str]], fast: bool = True) -> None:
        """`lists`: phrases in lower case with single spaces. Unless `fast`, the standard library does it."""
        self._all = _Index(lists, fast)
        self._ascii = _Index({name: _in_ascii(phrases) for name, phrases in lists.items()}, fast)

    def stand_in(self, name: str, text: str) -> bool:
        """Whether a phrase of this list stands in a text in lower case with single spaces."""
        return name in (self._ascii if text.isascii() else self._all).found(text)

    def begin(self, name: str, text: str) -> bool:
        """Whether the text begins with one of this list."""
        return text.startswith((self._ascii if text.isascii() else self._all).lists[name])

    def are(self, name: str, text: str) -> bool:
        """Whether the whole text is one of this list."""
        return text in (self._ascii if text.isascii() else self._all).lists[name]


Entry = tuple[str, list[str]]
"""The list that a phrase is of, and its pieces where it has several."""


class _Index:
    """The phrases of one spelling.

    Of each the longest piece is looked for, the rest only where that stands. Without the automaton, a piece
    of several words begins with a whole word, so the words of the text tell which ones can stand there; a
    piece of one word may be a part of a longer one (and in the scripts without spaces all are).
    """

    def __init__(self, lists: Mapping[str, Sequence[str]], fast: bool) -> None:
        self.lists = {name: tuple(phrases) for name, phrases in lists.items()}
        entries: dict[str, list[Entry]] = {}  # by their longest piece
        for name, phrases in self.lists.items():
            for phrase in phrases:
                pieces = phrase.split(" * ")
                entry = (name, pieces if len(pieces) > 1 else [])
                entries.setdefault(max(pieces, key=len), []).append(entry)
        self._entries = list(entries.values())
        self._automaton = automaton(list(entries), wanted=fast)
        self._anywhere, self._by_word = ([], {}) if self._automaton else _by_first_word(entries)
        self.found = lru_cache(maxsize=8)(self._found)

    def _found(self, text: str) -> frozenset[str]:
        """The lists of which a phrase stands in the text."""
        found: set[str] = set()
        for number in self._pieces_in(text):
            for name, pieces in self._entries[number]:
                if name not in found and (not pieces or _stand(pieces, text, 0, len(text))):
                    found.add(name)
        return frozenset(found)

    def _pieces_in(self, text: str) -> Iterable[int]:
        """The numbers of the pieces that stand in the text."""
        if self._automaton:
            return {number for number, _, _ in self._automaton(text)}
        near = (self._by_word[word] for word in set(_WORD.findall(text)) if word in self._by_word)
        return [number for pieces in (self._anywhere, *near) for piece, number in pieces if piece in text]


def _by_first_word(
    pieces: Iterable[str],
) -> tuple[list[tuple[str, int]], dict[str, list[tuple[str, int]]]]:
    """The pieces with their numbers: those that may stand anywhere, and the others by their first word."""
    anywhere: list[tuple[str, int]] = []
    by_word: dict[str, list[tuple[str, int]]] = {}
    for number, piece in enumerate(pieces):
        word = _WORD.match(piece) if " " in piece else None
        (by_word.setdefault(word[0], []) if word else anywhere).append((piece, number))
    return anywhere, by_word


def _stand(pieces: Sequence[str], text: str, start: int, reach: int) -> bool:
    """Whether the pieces stand in a text from `start` on: the first at most `reach` characters behind it, and
    each other as near to the one before it as a gap is long."""
    piece = pieces[0]
    limit = start + reach + len(piece)
    at = text.find(piece, start, limit)
    while at >= 0:
        if len(pieces) == 1 or _stand(pieces[1:], text, at + len(piece), GAP):
            return True
        at = text.find(piece, at + 1, limit)
    return False


def _in_ascii(phrases: Iterable[str]) -> list[str]:
    """How phrases are written without accents, each once; those of other scripts are left out."""
    return list(dict.fromkeys(form for phrase in phrases for form in in_ascii(phrase)))


@cache
def phrases_of(file: str) -> Phrases:
    """The lists of phrases in a file beside this one."""
    return Phrases(tomllib.loads(resources.files("retour.parse").joinpath(file).read_text(encoding="utf-8")))
