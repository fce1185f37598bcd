"""Where any of many addresses stands in a text: what a deletion of many looks for in one walk through files.

Asking each address about each text would take as long as there are addresses. The words of a text tell which
of them can stand in it at all, and only those are asked: the answer is theirs.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from retour.address import domain_of
from retour.flow.traces import ALIKE, Octets, Traces, coded, followed, meanings, shown, tokens

_WORDS = re.compile(r"\w+")
_ESCAPED = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")
_KEPT = 4096  # addresses whose patterns are held


class ManyTraces(Octets):
    """The traces of normalised addresses. What it says of a text is what one of their `Traces` says."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._addresses = frozenset(addresses)
        self._traces = lru_cache(_KEPT)(Traces)
        self._by_word: dict[str, list[tuple[frozenset[str], str]]] = defaultdict(list)
        for address in self._addresses:
            domain = domain_of(address)
            beside = frozenset(_first(name) for name in (domain, shown(domain)))
            words = _words(address.rpartition("@")[0])
            self._by_word[words[-1] if words else ""].append((beside, address))

    def holds(self, text: str) -> bool:
        """Whether one of the addresses stands in a text."""
        return any(self._traces(each).holds(text) for each in self._possible(text))

    def scrubbed(self, text: str) -> str:
        """The text without any of them."""
        for each in self._possible(text):
            text = self._traces(each).scrubbed(text)
        return text

    def _possible(self, text: str) -> list[str]:
        """Those that may stand in a text; no other does."""
        if "@" not in text and "=" not in text and "%" not in text and "&" not in text and len(text) < 16:
            return []
        found, seen = set[str](), {""}
        for each in _read(text):
            seen.update(_words(each))
            for token in tokens(each):
                found.update(meant for meant in meanings(token) if meant in self._addresses)
        for word in seen & self._by_word.keys():
            found.update(address for beside, address in self._by_word[word] if not seen.isdisjoint(beside))
        return sorted(found)


def _read(text: str) -> Iterator[str]:
    """A text in all the ways in which an address is looked for in it."""
    for each in (text, *followed(text), *(octets.decode("utf-8", "replace") for octets in coded(text))):
        yield each
        if "%" in each:
            yield from followed(each)
        if "\\u" in each:
            yield _ESCAPED.sub(_unescaped, each)


def _unescaped(found: re.Match[str]) -> str:
    """Letters as JSON writes them, pairs for those beyond 16 bits."""
    units = bytes.fromhex(found[0].replace("\\u", ""))
    return units.decode("utf-16-be", "replace")


def _words(text: str) -> list[str]:
    return [word.translate(ALIKE).casefold() for word in _WORDS.findall(text)]


def _first(name: str) -> str:
    words = _words(name)
    return words[0] if words else ""
