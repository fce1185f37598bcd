"""Which of three ways rows are looked at: sifted in C, where this is the compiled form; in columns, where the
extra [lists] is installed; else many at once, as lists and sets.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from retour.flow.listcheck.blocks import Block
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.quick import Quick
from retour.flow.listcheck.tally import Tally


class Looker(Protocol):
    """Looks at the blocks of a list in their order."""

    def look(self, block: Block) -> Iterator[Sequence[bytes]]:
        """The rows of a block by pile, as they are to be written, some at a time."""

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: the block was committed by an earlier run."""

    def settle(self) -> None:
        """Count what was looked at since the last time."""


def _ways() -> Mapping[str, Callable[[Judge, Layout, Tally], Looker]]:
    ways: dict[str, Callable[[Judge, Layout, Tally], Looker]] = {"rows": Quick}
    with suppress(ImportError):
        from retour.flow.listcheck.columns import Columns

        ways["columns"] = Columns
    with suppress(ImportError):
        from retour.flow.listcheck.sifted import Sifted

        ways["sifted"] = Sifted
    return ways


WAYS = _ways()


def looking(judge: Judge, layout: Layout, tally: Tally, way: str = "") -> Looker:
    """One of the ways; the quickest there is here if none is named."""
    return WAYS[way or list(WAYS)[-1]](judge, layout, tally)
