"""Duplicates: four notions kept apart. Only the exact one merges; the others are shown (listcheck.md §5).

An address stands here as 90 bits of hashes, which are never written: a row takes about 115 octets. That two
addresses of a list of ten million rows share theirs has a chance below 1 in 10^13.
"""

import unicodedata
from collections.abc import Callable
from typing import Protocol

from retour.address import PROVIDERS, normalise
from retour.vet import Code

LEVELS = (Code.DUP_EXACT, Code.DUP_NFC, Code.DUP_CASE, Code.DUP_PROVIDER)
_LONG, _SHORT = (1 << 60) - 1, (1 << 30) - 1


def key(text: str) -> int:
    """A number for a string, the same for as long as this process lives."""
    return (hash(text) & _LONG) << 30 | hash(text[::-1]) & _SHORT


def forms(local: str, domain: str) -> tuple[str, str, str, str]:
    """An address as each notion of sameness has it: as it is, composed, in small letters, of its provider."""
    composed = unicodedata.normalize("NFC", local)
    small = composed.lower()
    theirs = (normalise(f"{small}@{domain}") if domain in PROVIDERS else None) or f"{small}@{domain}"
    return f"{local}@{domain}", f"{composed}@{domain}", f"{small}@{domain}", theirs


class Numbers(Protocol):
    """Numbers of strings."""

    def __contains__(self, number: object, /) -> bool: ...

    def add(self, number: int, /) -> None:
        """From now on it is there."""


class Levels(Protocol):
    """Numbers of strings, each with a level."""

    def __contains__(self, number: object, /) -> bool: ...

    def __setitem__(self, number: int, level: int, /) -> None: ...

    def get(self, number: int, /) -> int | None:
        """The level of a number."""


class Seen:
    """What stood in the list already."""

    key: Callable[[str], int] = staticmethod(key)

    def __init__(self) -> None:
        self.exact: Numbers = set()
        # Other forms of those whose exact one differs, each with the lowest level at which it is theirs.
        self.folded: Levels = dict[int, int]()

    def find(self, exact: str, *folded: str) -> Code | None:
        """Whether an address stood there before, and by which notion; from now on it does."""
        first = self.key(exact)
        if first in self.exact:
            return Code.DUP_EXACT
        found: int | None = None
        if not folded or folded == (exact,) * 3:
            found = self.folded.get(first)
        else:
            found = self._differing(exact, folded)
        self.exact.add(first)
        return None if found is None else LEVELS[found]

    def _differing(self, exact: str, folded: tuple[str, ...]) -> int | None:
        found: int | None = None
        numbers = [self.key(form) for form in folded]
        for level, number in enumerate(numbers, start=1):
            known = self.folded.get(number)
            if found is None and (number in self.exact or (known is not None and known <= level)):
                found = level
        # Noted after all were looked up: two notions may have one form, and nobody is his own duplicate.
        for level, (form, number) in enumerate(zip(folded, numbers, strict=True), start=1):
            known = self.folded.get(number)
            if form != exact and (known is None or known > level):
                self.folded[number] = level
        return found
