"""Finding many phrases in one text at once: a trie, factored into one pattern of the standard library.

Phrases are literal words in normal form (lower case, single spaces, addresses reduced to "@"). ` * ` inside
a phrase stands for any words, at most `GAP` characters of them. There is no other wildcard, so no text,
however hostile, can make matching slower than linear.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TEXT_LIMIT = 4096  # characters of one text that are read (security: bounded work per report)
GAP = 80  # characters that ` * ` may span

# RFC 5321 §4.2.1: every line of a reply repeats its code, so codes fall into the middle of a sentence.
_REPEATED_CODES = re.compile(
    r"(?<![0-9.])[245]\d\d(?:-|[ -](?=[245]\.))(?:[245]\.\d{1,3}\.\d{1,3}(?![0-9.]))? ?"
)
# Names in addresses are not the server's words: <blocked-user@spam.example> says nothing.
_ADDRESS = re.compile(r"[\w.+=~-]{1,64}@[\w.-]{1,255}")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00b4": "'", "`": "'", "\u00a0": " "})


def normal(text: str) -> str:
    """The normal form in which phrases are looked for; "" for a text without words."""
    text = " ".join(text[:TEXT_LIMIT].lower().translate(_APOSTROPHES).split())
    if "@" in text:
        text = _ADDRESS.sub("@", text)
    return _REPEATED_CODES.sub("", text)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase cut at its gaps; the first piece is what the pattern finds."""

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, phrase: str) -> "Phrase":
        return cls(tuple(piece.strip() for piece in phrase.split("*")))

    def end(self, text: str, start: int) -> int:
        """Where the phrase ends in a text that has its first piece at `start`; -1 when it is not there."""
        end = start + len(self.pieces[0])
        for piece in self.pieces[1:]:
            at = text.find(piece, end, end + GAP + len(piece))
            if at < 0:
                return -1
            end = at + len(piece)
        return end


class PhraseIndex:
    """All phrases of a rulebook, each with the numbers of its rules."""

    def __init__(self, phrases: Iterable[tuple[str, int]]) -> None:
        """`phrases`: pairs of phrase and rule number. Without any, nothing is ever found."""
        self._by_head: dict[str, list[tuple[Phrase, int]]] = {}
        for text, number in phrases:
            phrase = Phrase.of(text)
            self._by_head.setdefault(phrase.pieces[0], []).append((phrase, number))
        self._add_prefixes()
        # A word starts where no letter or digit of ASCII stands before it: "unspam" is not "spam".
        body = _pattern(_trie(self._by_head)) if self._by_head else "(?!)"
        self._pattern = re.compile(f"(?<![a-z0-9])(?=({body}))")

    def _add_prefixes(self) -> None:
        """The pattern finds the longest head at a place; those that are its beginning are there as well."""
        heads = dict(self._by_head)
        for head in heads:
            found = list(heads[head])
            for length in range(1, len(head)):
                found += heads.get(head[:length], ())
            self._by_head[head] = found

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Rule number and matched words for every phrase in a text in normal form; overlaps included."""
        for match in self._pattern.finditer(text):
            for phrase, number in self._by_head[match[1]]:
                end = phrase.end(text, match.start())
                if end >= 0:
                    yield number, text[match.start() : end]


Trie = dict[str, "Trie"]
_END = ""


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
