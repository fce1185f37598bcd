"""Which plain rows of a piece have something in common with others: whole pieces are compared, not rows.

A copy of a row further up needs no look; what a provider, or somebody who writes capitals, may mean by the
same address is told row by row. All others are noted at once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import compress

from retour.flow.listcheck.seen import Numbers, Seen, numbers


class Distinct:
    """The different addresses of some rows, each with its first place; "" is none."""

    def __init__(self, cells: Sequence[bytes]) -> None:
        self.first = dict(zip(reversed(cells), range(len(cells) - 1, -1, -1), strict=True))
        self.first.pop(b"", None)
        self._marks = numbers(list(self.first))
        self.marks = set(self._marks)

    def having(self, marks: AbstractSet[complex]) -> Iterable[bytes]:
        """Those with certain numbers."""
        return compress(self.first, map(marks.__contains__, self._marks)) if marks else ()


class Meeting:
    """The rows of a list that were seen, for those who look at many at once."""

    def __init__(self, seen: Seen) -> None:
        self._exact, self._theirs = Numbers(), Numbers()
        self._rare: dict[complex, int] = {}
        seen.exact, seen.theirs, seen.rare = self._exact, self._theirs, self._rare

    def remember(self, cells: Sequence[bytes], theirs: Mapping[int, bytes]) -> None:
        """Note all, without a question."""
        differing = [text for place, text in theirs.items() if text != cells[place]]
        for held, texts in ((self._exact, cells), (self._theirs, differing)):
            marks = Distinct(texts).marks
            held.update(marks - held.among(marks))

    def of(
        self,
        cells: Sequence[bytes],
        distinct: Distinct,
        theirs: Mapping[int, bytes],
        apart: Mapping[int, Iterable[bytes]],
    ) -> tuple[set[int], set[int]]:
        """The places of copies, and of rows that have something else in common with others.

        `theirs`: what providers read instead, by places; `apart`: the forms of rows that are looked at one by
        one. All others are noted as seen.
        """
        first, gone = distinct.first, {cells[place] for place in apart} - {b""}
        marks = distinct.marks.difference(numbers(list(gone)))
        held = self._exact.among(marks)
        copies = {first[text] for text in distinct.having(held)}
        if len(first) - len(gone) < len(cells) - len(apart):
            copies |= set(range(len(cells))).difference(first.values(), apart)
        alone = {n: text for n, text in theirs.items() if n not in copies and n not in apart}
        differing = {place: text for place, text in alone.items() if text != cells[place]}
        texts = {text for each in apart.values() for text in each}
        like = first.keys() & texts.union(differing.values())
        related = {first[text] for text in {*like, *distinct.having(self._rare.keys() & marks)} - gone}
        related |= self._folding(first, alone, texts)
        related -= copies
        self._exact.update(marks - held)
        self._exact.discard(numbers([cells[place] for place in related]))
        noted = numbers([text for place, text in differing.items() if place not in related])
        self._theirs.update(set(noted))
        return copies, related

    def _folding(
        self, first: Mapping[bytes, int], alone: Mapping[int, bytes], texts: AbstractSet[bytes]
    ) -> set[int]:
        """The places of rows that their provider takes for others."""
        times = Counter(alone.values())
        known = Distinct(list(times))
        marks = self._exact.among(known.marks) | self._theirs.among(known.marks)
        met = {*known.having(marks | (self._rare.keys() & known.marks)), *(texts & times.keys())}
        met.update(text for text, rows in times.items() if rows > 1)
        return {n for n, text in alone.items() if text in met or first.get(text, n) != n}
