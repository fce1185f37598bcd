"""Finding many phrases in one text at once: an automaton, else a trie factored into one pattern.

Phrases are literal words in normal form (lower case, single spaces, addresses reduced to "@"). ` * ` inside
a phrase stands for any words, at most `GAP` characters of them. There is no other wildcard, so no text,
however hostile, can make matching slower than linear.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from retour import swift
from retour.automaton import automaton

TEXT_LIMIT: Final = 4096  # characters of one text that are read (security: bounded work per report)
GAP: Final = 80  # characters that ` * ` may span
HEAD: Final = 12  # characters of a phrase that stand in the trie: more costs start-up and finds no faster

# RFC 5321 §4.2.1: every line of a reply repeats its code, all but the last with a hyphen behind it, so codes
# fall into the middle of a sentence.
# The class digit stands before the look-behind, so that the search can skip to digits.
_REPEATED_CODES: Final = re.compile(
    r"[245](?<![0-9.].)\d\d(?:-|[ -](?=[245]\.))(?:[245]\.\d{1,3}\.\d{1,3}(?![0-9.]))? ?"
)
# Names in addresses are not the server's words: <blocked-user@spam.example> says nothing.
_ADDRESS: Final = re.compile(r"(?<![\w.+=~-])[\w.+=~-]{1,64}+@[\w.-]{1,255}")
WITHIN_WORD: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_APOSTROPHES: Final = "\u2019\u2018\u00b4"
_lower: Final = swift.lowered if swift.IN_C else None
_normal: Final = swift.normal if swift.IN_C else None


def normal(text: str) -> str:
    """The normal form in which phrases are looked for; "" for a text without words."""
    if _normal is not None:
        found = _normal(text)
        if found is not None:
            return found
    text = _lowered(text[:TEXT_LIMIT])
    if not text.isascii():
        for apostrophe in _APOSTROPHES:  # str.translate takes fifty times as long
            text = text.replace(apostrophe, "'")
    text = " ".join(text.split())
    if "@" in text:
        text = _without_names(text)
    return _REPEATED_CODES.sub("", text) if "-" in text else text


def _lowered(text: str) -> str:
    low = _lower(text) if _lower is not None else None
    return text.lower() if low is None else low


def _without_names(text: str) -> str:
    """The text with its addresses reduced to "@"; the pattern is slow: it sees only words that have one."""
    pieces: list[str] = []
    done = 0
    at = text.find("@")
    while at >= 0:
        start, stop = text.rfind(" ", 0, at) + 1, text.find(" ", at)
        stop = stop if stop >= 0 else len(text)
        pieces += text[done:start], _ADDRESS.sub("@", text[start:stop])
        done = stop
        at = text.find("@", stop)
    return "".join(pieces) + text[done:]


Tail = tuple[tuple[str, int], ...]
"""The pieces of a phrase behind its first, each with the characters that it must end within."""

Gapped = tuple[str, Tail, int]
"""The first piece of a phrase that has several, those behind it, and the number of the rule."""


class Phrase(NamedTuple):
    """A phrase behind its head, and the number of the rule it belongs to."""

    rest: str  # of the first piece
    length: int  # of the first piece, with its head
    tail: Tail
    rule: int


class PhraseIndex:
    """All phrases of a rulebook, each with the number of its rule."""

    def __init__(self, phrases: Iterable[tuple[str, int]], fast: bool = True) -> None:
        """`phrases`: pairs of phrase and rule number. Without any, nothing is ever found.

        Unless `fast`, the standard library alone is used.
        """
        by_piece: dict[str, tuple[list[int], list[Gapped]]] = {}
        by_head: dict[str, list[Phrase]] = {}
        for text, rule in phrases:
            first, *others = pieces = [piece.strip() for piece in text.split("*")]
            tail = tuple((piece, GAP + len(piece)) for piece in others)
            whole, gapped = by_piece.setdefault(max(pieces, key=len), ([], []))
            if tail:
                gapped.append((first, tail, rule))
            else:
                whole.append(rule)
            by_head.setdefault(first[:HEAD], []).append(Phrase(first[HEAD:], len(first), tail, rule))
        self._automaton = automaton(list(by_piece), wanted=fast)
        self._whole = [tuple(whole) for whole, _ in by_piece.values()]
        self._gapped = [tuple(gapped) for _, gapped in by_piece.values()]
        if self._automaton is not None:
            by_head.clear()
        self._by_head = {head: _with_beginnings(head, by_head) for head in by_head}
        # Each is made when first needed. One pattern of all would take twice the memory to compile.
        self._ascii: re.Pattern[str] | None = None  # for every text: most need no other
        self._other: re.Pattern[str] | None = None  # for a text of another script as well

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """Rule number, start and end for every phrase in a text in normal form; overlaps included."""
        if self._automaton is not None:
            return self._phrases_of(self._automaton(text), text)
        if self._ascii is None:
            self._ascii = search(head for head in self._by_head if head.isascii())
        found = self._found(self._ascii, text)
        if text.isascii():
            return found
        if self._other is None:
            self._other = search(head for head in self._by_head if not head.isascii())
        return found + self._found(self._other, text)

    def _phrases_of(self, pieces: list[tuple[int, int, int]], text: str) -> list[tuple[int, int, int]]:
        """The phrases of which a piece stands somewhere: all of it does, and begins at a word."""
        found = []
        asked: set[int] = set()
        for number, start, stop in pieces:
            whole = self._whole[number]
            if whole and not (start and text[start - 1] in WITHIN_WORD):
                for rule in whole:
                    found.append((rule, start, stop))  # noqa: PERF401 - mostly it is but one
            gapped = self._gapped[number]
            if gapped and number not in asked:
                asked.add(number)
                for first, tail, rule in gapped:
                    at = text.find(first)
                    while at >= 0:
                        end = _end_of(tail, text, at + len(first))
                        if end >= 0 and not (at and text[at - 1] in WITHIN_WORD):
                            found.append((rule, at, end))
                        at = text.find(first, at + 1)
        return found

    def _found(self, pattern: re.Pattern[str], text: str) -> list[tuple[int, int, int]]:
        found = []
        for match in pattern.finditer(f" {text}"):
            start = match.start()
            for rest, length, tail, rule in self._by_head[match[1]]:
                if rest and not text.startswith(rest, start + HEAD):
                    continue
                end = _end_of(tail, text, start + length)
                if end >= 0:
                    found.append((rule, start, end))
        return found


def _end_of(tail: Tail, text: str, end: int) -> int:
    """Where the other pieces of a phrase end whose first ends at `end`; -1 where one is missing."""
    for piece, reach in tail:
        at = text.find(piece, end, end + reach)
        if at < 0:
            return -1
        end = at + len(piece)
    return end


def _with_beginnings(head: str, by_head: Mapping[str, list[Phrase]]) -> tuple[Phrase, ...]:
    """The pattern finds the longest head at a place; those that are its beginning are there as well.

    Those in ASCII alone are left to the pattern of ASCII.
    """
    beginnings = (head[:length] for length in range(1, len(head) + 1))
    return tuple(
        phrase for each in beginnings if each.isascii() is head.isascii() for phrase in by_head.get(each, ())
    )


def search(heads: Iterable[str]) -> re.Pattern[str]:
    """The pattern that finds the longest head at each place where a word starts.

    A word starts behind what is no letter or digit of ASCII: "unspam" is not "spam". As a character, not a
    look-behind, it lets the search skip through words.
    """
    trie = _trie(heads)
    return re.compile(f"[^a-z0-9](?=({_pattern(trie) if trie else '(?!)'}))")


Trie = dict[str, "Trie"]
_END: Final = ""


def _trie(phrases: Iterable[str]) -> Trie:
    root: Trie = {}
    for phrase in phrases:
        node = root
        for letter in phrase:
            node = node.setdefault(letter, {})
        node[_END] = {}
    return root


def _pattern(node: Trie) -> str:
    """The trie as a pattern that prefers the longest phrase; no repetition in it, so no backtracking."""
    run = ""
    while len(node) == 1 and _END not in node:  # a run of letters without a branch
        letter, node = next(iter(node.items()))
        run += re.escape(letter)
    branches = [re.escape(letter) + _pattern(child) for letter, child in node.items() if letter != _END]
    if not branches:
        return run
    return f"{run}(?:{'|'.join(branches)}){'?' if _END in node else ''}"
