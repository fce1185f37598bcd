"""Slips of the fingers: how many lie between two words, and which are likely."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789._-"
_ROWS = ("1234567890", "qwertzuiop", "qwertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm")  # QWERTZ and QWERTY
_BESIDE = frozenset(frozenset(pair) for row in _ROWS for pair in pairwise(row))
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"}


def slips(typed: str, meant: str) -> int:
    """Letters put in, left out, changed or exchanged with the next (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for i, a in enumerate(typed, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(meant, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == meant[j - 2] and b == typed[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def is_likely(typed: str, meant: str) -> bool:
    """Whether the first difference is one that fingers make: exchanged, doubled, left out, the next key."""
    at = next((n for n, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), None)
    if at is None:
        return len(typed) <= len(meant) or typed[-1:] == typed[-2:-1]
    a, b = typed[at], meant[at]
    if typed[at : at + 2] == meant[at : at + 2][::-1] and len(typed) == len(meant):
        return True
    if len(typed) < len(meant):
        return True
    if len(typed) > len(meant):
        return a in (typed[at - 1 : at], typed[at + 1 : at + 2])
    return frozenset((a, b)) in _BESIDE


def neighbours(word: str) -> Iterator[str]:
    """All words that one slip would turn into this one; some come twice."""
    for n in range(len(word) + 1):
        head, tail = word[:n], word[n:]
        yield from (head + letter + tail for letter in _LETTERS)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS if letter != tail[0])
        if len(tail) > 1 and tail[0] != tail[1]:
            yield head + tail[1] + tail[0] + tail[2:]


def names_of(name: str) -> list[str]:
    """The words of a person's name as they are written in addresses: Müller is mueller, and muller."""
    found = [word for text in _spellings(name) for word in _words(text)]
    return list(dict.fromkeys(found))[:8]


def persons_of(name: str) -> list[tuple[str, str]]:
    """First and last name, each pair in one spelling; "Wilson, Wendy" is Wendy Wilson. [] for one word."""
    found = []
    for text in _spellings(name):
        last, comma, first = text.partition(",")
        words = [*_words(first), *_words(last)] if comma else _words(text)
        if len(words) > 1:
            family = _words(last)[-1] if comma and _words(last) else words[-1]
            found.append((words[0], family))
    return list(dict.fromkeys(found))


def _spellings(name: str) -> tuple[str, str]:
    low = unicodedata.normalize("NFC", name[:200]).lower()
    spelled = "".join(_UMLAUTS.get(letter, letter) for letter in low)
    return spelled, "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", text) if len(word) > 1]
