"""Duplicates of a list that is looked at in columns: as `seen`, with eight octets for an address and no more.

That two addresses of a list of ten million rows share their 64 bits has a chance of 3 in a million.
"""

import polars as pl

from retour.flow.listcheck.seen import LEVELS, Seen
from retour.vet import Code

_PROVIDER = LEVELS.index(Code.DUP_PROVIDER)
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
        found = [numbers.filter(_held(run, numbers)) for run in self._runs]
        return pl.concat(found) if found else numbers.clear()


def _held(run: pl.Series, numbers: pl.Series) -> pl.Series:
    places = run.search_sorted(numbers)
    return run.gather(places.clip(upper_bound=len(run) - 1)) == numbers


class _Exact:
    def __init__(self) -> None:
        self.runs, self.hits, self.fresh = Runs(), set[int](), set[int]()

    def __contains__(self, number: object, /) -> bool:
        return number in self.hits or number in self.fresh

    def add(self, number: int, /) -> None:
        if number not in self.hits:
            self.fresh.add(number)


class _Folded:
    def __init__(self) -> None:
        self.runs, self.hits, self.fresh = Runs(), set[int](), set[int]()
        self._rare: dict[int, int] = {}  # of a level below that of providers

    def __contains__(self, number: object, /) -> bool:
        return number in self._rare or number in self.hits or number in self.fresh

    def __setitem__(self, number: int, level: int, /) -> None:
        if level == _PROVIDER:
            self.fresh.add(number)
        else:
            self._rare[number] = level

    def get(self, number: int, /) -> int | None:
        level = self._rare.get(number)
        if level is None and (number in self.hits or number in self.fresh):
            return _PROVIDER
        return level

    def rare(self, numbers: pl.Series) -> pl.Series:
        """Those of some numbers that are of a lower level."""
        known = pl.Series(list(self._rare), dtype=pl.UInt64)
        return numbers.filter(numbers.is_in(known.implode()))


class Marks(Seen):
    """`Seen` for blocks. Between `begin` and `end` it answers for the numbers that `begin` was told of."""

    def __init__(self) -> None:
        self.exact: _Exact = _Exact()
        self.folded: _Folded = _Folded()
        self._numbers: dict[str, int] = {}
        self.key = self._key

    def _key(self, text: str) -> int:
        return self._numbers[text]

    def told(self, texts: list[str]) -> pl.Series:
        """The numbers of texts that will be asked for, one by one."""
        numbers = pl.Series(texts, dtype=pl.String).hash()
        self._numbers = dict(zip(texts, numbers.to_list(), strict=True))
        return numbers

    def begin(self, numbers: pl.Series) -> pl.Series:
        """Which numbers of a block were seen in the blocks before, in whatever sense."""
        needles = numbers.unique().sort()
        exact, folded = self.exact.runs.among(needles), self.folded.runs.among(needles)
        self.exact.hits, self.folded.hits = set(exact.to_list()), set(folded.to_list())
        return pl.concat([exact, folded, self.folded.rare(needles)])

    def copied(self, numbers: pl.Series) -> None:
        """These stand in the block further up, in rows that are not looked at one by one."""
        self.exact.hits.update(numbers.to_list())

    def end(self, exact: pl.Series, folded: pl.Series) -> None:
        """The block is done: what was seen one by one, and these besides, are there from now on."""
        for marks, numbers in ((self.exact, exact), (self.folded, folded)):
            marks.runs.add(pl.concat([numbers, pl.Series(sorted(marks.fresh), dtype=pl.UInt64)]))
            marks.hits, marks.fresh = set(), set()
        self._numbers = {}
