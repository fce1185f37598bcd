"""Duplicates of a list that is looked at in columns: as `seen`, with sixteen octets for an address.

An address stands here as two sums of 64 bits, keyed anew in each process. That any two of a hundred million
share both has a chance below 1 in 10^21.
"""

from collections.abc import Iterable
from secrets import randbits

import polars as pl

from retour.flow.listcheck.seen import Seen

_ONE, _OTHER = randbits(63), randbits(63)
_SHIFT = 1 << 62  # as far as a sum can be moved in what has a sign
_RATIO = 3  # a run is joined with the one before it when that is not so many times as long


def mark(text: pl.Expr) -> pl.Expr:
    """What an address is told by."""
    return text.hash(_ONE).cast(pl.Int128) * pl.lit(_SHIFT, dtype=pl.Int128) + text.hash(_OTHER).cast(
        pl.Int128
    )


def marks(texts: Iterable[str]) -> pl.Series:
    """The same of many."""
    return (
        pl.DataFrame({"text": pl.Series(list(texts), dtype=pl.String)})
        .select(mark(pl.col("text")))
        .to_series()
    )


class Runs:
    """Numbers that were seen, in few sorted runs: each is sorted again a few times, and none is an object."""

    def __init__(self) -> None:
        self._runs: list[pl.Series] = []

    def add(self, numbers: pl.Series) -> None:
        """From now on these are there."""
        if not len(numbers):
            return
        parts, length = [numbers], len(numbers)
        while self._runs and len(self._runs[-1]) <= _RATIO * length:
            parts.append(self._runs.pop())
            length += len(parts[-1])
        self._runs.append(pl.concat(parts).sort())

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
        self._levels: dict[complex, int] = {}
        self.rare = self._levels
        self._numbers: dict[str, int] = {}
        self.key = self._key

    def _key(self, text: str) -> int:
        return self._numbers[text]

    def told(self, texts: list[str]) -> pl.Series:
        """The numbers of texts that will be asked for, one by one."""
        told = marks(texts)
        self._numbers = dict(zip(texts, told.to_list(), strict=True))
        return told

    def begin(self, numbers: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Which of the sorted numbers of a block were seen in those before, exactly and in another sense."""
        needles = numbers.filter(numbers.ne_missing(numbers.shift(1)))
        exact, theirs = self.exact.runs.among(needles), self.theirs.runs.among(needles)
        self.exact.hits, self.theirs.hits = set(exact.to_list()), set(theirs.to_list())
        rare = pl.Series(list(self._levels), dtype=pl.Int128)
        return exact, pl.concat([theirs, needles.filter(needles.is_in(rare.implode()))])

    def end(self, exact: pl.Series, theirs: pl.Series) -> None:
        """The block is done: what was seen one by one, and these besides, are there from now on."""
        for seen, numbers in ((self.exact, exact), (self.theirs, theirs)):
            seen.runs.add(pl.concat([numbers, pl.Series(list(seen.fresh), dtype=pl.Int128)]))
            seen.hits, seen.fresh = set(), set()
        self._numbers = {}
