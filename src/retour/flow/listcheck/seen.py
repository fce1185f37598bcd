"""Duplicates: four notions kept apart. Only the exact one merges; the others are shown (listcheck.md §5).

An address stands here as two sums of 53 and 32 bits, which are never written. That any two of ten million
addresses share theirs has a chance of about 1 in 10^12.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence, Set
from typing import Any, Protocol
from zlib import crc32

from retour.address import PROVIDERS, normalise
from retour.vet import Code
from retour.vet.syntax import read

LEVELS = (Code.DUP_EXACT, Code.DUP_NFC, Code.DUP_CASE, Code.DUP_PROVIDER)
_PROVIDER = LEVELS.index(Code.DUP_PROVIDER)
_FULL = 5_000_000  # a set grows by doubling when it is 0.6 full: 2^23 places take 5,033,164


def key(text: str) -> complex:
    """A number for an address, the same for as long as this process lives."""
    raw = octets(text)
    return complex(hash(raw), crc32(raw))


def octets(text: str) -> bytes:
    """An address as it is compared in pieces of a list."""
    return text.encode("utf-8", "surrogatepass")


def numbers(addresses: Sequence[bytes]) -> list[complex]:
    """The same for many.

    Two sums that have nothing in common. A complex number holds 53 bits of the first and all of the second in
    32 octets, where an integer of so many would take 48.
    """
    return list(map(complex, map(hash, addresses), map(crc32, addresses)))


def forms(local: str, domain: str) -> tuple[str, str, str, str]:
    """An address as each notion of sameness has it: as it is, composed, in small letters, of its provider."""
    composed = unicodedata.normalize("NFC", local)
    small = composed.lower()
    theirs = (normalise(f"{small}@{domain}") if domain in PROVIDERS else None) or f"{small}@{domain}"
    return f"{local}@{domain}", f"{composed}@{domain}", f"{small}@{domain}", theirs


def forms_of(text: str) -> tuple[str, ...]:
    """The same of what stands in a cell, its letters as they were put together there; else none."""
    parts = read(text)
    if parts.local is None or parts.domain is None:
        return ()
    given = text.strip().rpartition("@")[0]
    if unicodedata.normalize("NFC", given) != parts.local:
        given = parts.local  # what stood around it is no part of it
    return forms(given, parts.domain)


class Held(Protocol):
    """Numbers of addresses, or whatever else `Seen.key` makes of them."""

    def __contains__(self, number: object, /) -> bool: ...

    def add(self, number: Any, /) -> None:
        """From now on it is there."""


class Levels(Protocol):
    """The lowest notion by which some of them are known."""

    def get(self, number: Any, /) -> int | None:
        """That of one of them."""

    def __setitem__(self, number: Any, level: int, /) -> None: ...


class Numbers:
    """Numbers in sets of a bounded size: a single one would take twice the memory each time it grows."""

    def __init__(self) -> None:
        self._full: list[set[complex]] = []
        self._open: set[complex] = set()

    def __contains__(self, number: object) -> bool:
        return number in self._open or (bool(self._full) and any(number in each for each in self._full))

    def add(self, number: complex) -> None:
        """From now on it is there."""
        if not self._full or not any(number in each for each in self._full):
            self._open.add(number)

    def update(self, numbers: Set[complex]) -> None:
        """From now on these are there, and none was before."""
        if len(self._open) + len(numbers) > _FULL:
            self._full.append(self._open)
            self._open = set()
        self._open |= numbers

    def discard(self, numbers: Iterable[complex]) -> None:
        """Take off some that were just put there."""
        self._open.difference_update(numbers)

    def among(self, numbers: Set[complex]) -> set[complex]:
        """Those of some numbers that are there."""
        return self._open.intersection(numbers).union(*(each.intersection(numbers) for each in self._full))


class Seen:
    """What stood in the list already."""

    key: Callable[[str], Any] = staticmethod(key)

    def __init__(self) -> None:
        self.exact: Held = Numbers()
        # Other forms of those whose exact one differs: of providers, and with the lowest level of others.
        self.theirs: Held = Numbers()
        self.rare: Levels = dict[complex, int]()

    def find(self, exact: str, *folded: str) -> Code | None:
        """Whether an address stood there before, and by which notion; from now on it does."""
        first = self.key(exact)
        if first in self.exact:
            return Code.DUP_EXACT
        if not folded or folded == (exact,) * 3:
            found = self._level(first)
        else:
            found = self._differing(exact, folded)
        self.exact.add(first)
        return None if found is None else LEVELS[found]

    def _level(self, number: Any) -> int | None:
        level = self.rare.get(number)
        return _PROVIDER if level is None and number in self.theirs else level

    def _differing(self, exact: str, folded: tuple[str, ...]) -> int | None:
        found: int | None = None
        numbers = [self.key(form) for form in folded]
        for level, number in enumerate(numbers, start=1):
            known = self._level(number)
            if found is None and (number in self.exact or (known is not None and known <= level)):
                found = level
        # Noted after all were looked up: two notions may have one form, and nobody is his own duplicate.
        for level, (form, number) in enumerate(zip(folded, numbers, strict=True), start=1):
            known = self._level(number)
            if form == exact or (known is not None and known <= level):
                continue
            if level == _PROVIDER:
                self.theirs.add(number)
            else:
                self.rare[number] = level
        return found
