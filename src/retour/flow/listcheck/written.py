"""How a row of a list is written into its pile, so that no spreadsheet runs it."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import cast

from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.judge import Outcome, row_of, tail
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.parting import fields, is_strict

_SIGNS = "=+-@\t\r"
_THOUSANDS = 10_000
_SLOTS = 5  # for each row: both halves of its number, its address, what was found, and the row itself


def rendered(line: str, outcome: Outcome, layout: Layout) -> tuple[str, str, str]:
    """What is written behind the number of a row: its address, what was found, and the row itself."""
    d = layout.parts
    return row_of((outcome.address,), d), tail(outcome, d), kept(line, layout)


def kept(line: str, layout: Layout) -> str:
    """A row as it stood there, but that no spreadsheet runs it, or reads the next as a part of it."""
    if layout.delimiter is None:
        return row_of((line,), layout.parts)
    if not is_strict(line, layout.delimiter):
        return row_of(tuple(fields(line, layout.delimiter)), layout.delimiter)
    return _formula(layout.delimiter).sub(r"\1\2'", line)


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows of cells as CSV, parted by commas."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def guarded(lines: bytes, layout: Layout) -> bytes:
    """The same for many lines at once, where each is a record.

    A plain line of a list with one column is an address, and begins with none of the signs.
    """
    d = layout.delimiter
    if d is None or not _may_be_run(lines, d):
        return lines
    return _formulas(d).sub(lambda found: found[0] + b"'", lines)


def _may_be_run(lines: bytes, delimiter: str) -> bool:
    """Whether a field may begin with a sign: two quick looks, where the pattern takes longer."""
    classes = lines.translate(_classes(delimiter), b"\"'")
    return classes.startswith(b"=") or b"\n=" in classes


@cache
def _classes(delimiter: str) -> bytes:
    signs = _SIGNS.replace(delimiter, "")
    return bytes.maketrans((signs + delimiter).encode(), b"=" * len(signs) + b"\n")


def _pattern(delimiter: str, start: str) -> str:
    d = re.escape(delimiter)
    signs = "".join(re.escape(sign) for sign in _SIGNS if sign != delimiter)
    return rf"({start}|{d})(\"?)(?='*[{signs}])"


@cache
def _formula(delimiter: str) -> re.Pattern[str]:
    return re.compile(_pattern(delimiter, r"\A"))


@cache
def _formulas(delimiter: str) -> re.Pattern[bytes]:
    return re.compile(_pattern(delimiter, "^").encode(), re.MULTILINE)


class Rows:
    """Many rows at once: they are put together from their parts in one go."""

    def __init__(self, layout: Layout) -> None:
        d = layout.parts
        self._small = [f"{number}{d}".encode() for number in range(_THOUSANDS)]
        self._ends = [f"{number:04}{d}".encode() for number in range(_THOUSANDS)]

    def written(
        self,
        first: int,
        columns: tuple[Sequence[bytes], Sequence[bytes | None], Sequence[bytes]],
        made: Mapping[int, tuple[int, bytes]],
    ) -> list[bytes]:
        """The rows by pile: `made` has some by their places with their piles, the others are of the first."""
        flat: list[bytes | None] = [b""] * (_SLOTS * len(columns[0]))
        for slot, column in enumerate((*self._numbers(first, len(columns[0])), *columns)):
            flat[slot::_SLOTS] = column
        others: list[list[bytes]] = [[] for _ in PILES]
        for place in sorted(made):
            pile, row = made[place]
            if pile:
                others[pile].append(row)
            flat[_SLOTS * place : _SLOTS * (place + 1)] = (
                (b"", b"", b"", b"", b"") if pile else (b"\n", row, b"", b"", b"")
            )
        kept = b"".join(cast(list[bytes], flat))
        return [
            kept[1:] + b"\n" if kept else b"",
            *(b"".join([row + b"\n" for row in rows]) for rows in others[1:]),
        ]

    def _numbers(self, first: int, count: int) -> tuple[list[bytes], list[bytes]]:
        """The numbers of rows in two halves, each with a line feed before it."""
        heads: list[bytes] = []
        tails: list[bytes] = []
        while len(heads) < count:
            head, start = divmod(first + len(heads), _THOUSANDS)
            ends = (self._ends if head else self._small)[start : start + count - len(heads)]
            heads += [b"\n%d" % head if head else b"\n"] * len(ends)
            tails += ends
        return heads, tails
