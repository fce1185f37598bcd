"""Duplicates of a list that is looked at in columns: as `seen`, with eight octets for an address and no more.

That two addresses of a list of ten million rows share their 64 bits has a chance of 3 in a million.
"""

import polars as pl

from retour.flow.listcheck.seen import Seen

_RATIO = 3  # a run is joined with the one before it when that is not so many times as long


class Runs:
    """Numbers that were seen, in few sorted runs: each is sorted again a few times, and none is an object."""

    def __init__(self) -> None:
        self._runs: list[pl.Series] = []

    def add(self, numbers: pl.Series) -> None:
        """From now on these are there."""
        if not len(numbers):
            return
        run = numbers.sort()
        while self._runs and len(self._runs[-1]) <= _RATIO * len(run):
            run = pl.concat([self._runs.pop(), run]).sort()
        self._runs.append(run)

    def among(self, numbers: pl.Series) -> pl.Series:
        """Those of some sorted numbers that are there."""
        found = [numbers.filter(held(run, numbers)) for run in self._runs]
        return pl.concat(found) if found else numbers.clear()


def held(run: pl.Series, numbers: pl.Series) -> pl.Series:
    """Which numbers are among those of a sorted run."""
    if run.is_empty():
        return pl.repeat(False, len(numbers), dtype=pl.Boolean, eager=True)
    places = run.search_sorted(numbers)
    return run.gather(places.clip(upper_bound=len(run) - 1)) == numbers


class _Held:
    def __init__(self) -> None:
        self.runs, self.hits, self.fresh = Runs(), set[complex](), set[complex]()

    def __contains__(self, number: object, /) -> bool:
        return number in self.hits or number in self.fresh

    def add(self, number: complex, /) -> None:
        if number not in self.hits:
            self.fresh.add(number)


class Marks(Seen):
    """`Seen` for blocks. Between `begin` and `end` it answers for the numbers that `begin` was told of."""

    def __init__(self) -> None:
        super().__init__()
        self.exact: _Held = _Held()
        self.theirs: _Held = _Held()
        self._numbers: dict[str, int] = {}
        self.key = self._key

    def _key(self, text: str) -> int:
        return self._numbers[text]

    def told(self, texts: list[str]) -> pl.Series:
        """The numbers of texts that will be asked for, one by one."""
        numbers = pl.Series(texts, dtype=pl.String).hash()
        self._numbers = dict(zip(texts, numbers.to_list(), strict=True))
        return numbers

    def begin(self, numbers: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Which numbers of a block were seen in the blocks before, exactly and in another sense."""
        needles = numbers.unique().sort()
        exact, theirs = self.exact.runs.among(needles), self.theirs.runs.among(needles)
        self.exact.hits, self.theirs.hits = set(exact.to_list()), set(theirs.to_list())
        rare = pl.Series(list(self.rare), dtype=pl.UInt64)
        return exact, pl.concat([theirs, needles.filter(needles.is_in(rare.implode()))])

    def end(self, exact: pl.Series, theirs: pl.Series) -> None:
        """The block is done: what was seen one by one, and these besides, are there from now on."""
        for marks, numbers in ((self.exact, exact), (self.theirs, theirs)):
            marks.runs.add(pl.concat([numbers, pl.Series(list(marks.fresh), dtype=pl.UInt64)]))
            marks.hits, marks.fresh = set(), set()
        self._numbers = {}
