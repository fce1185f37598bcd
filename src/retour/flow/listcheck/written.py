"""How a row of a list is written into its pile, so that no spreadsheet runs it."""

import re
from functools import cache

from retour.flow.listcheck.judge import Outcome, row_of, tail
from retour.flow.listcheck.layout import Layout

_SIGNS = "=+-@\t\r"


def rendered(row: int, line: str, outcome: Outcome, layout: Layout) -> str:
    """A row as it is written, with what was found before it."""
    d = layout.parts
    shown = row_of((outcome.address,), d)
    return f"{row}{d}{shown}{d}{tail(outcome, d)}{d}{kept(line, layout)}"


def kept(line: str, layout: Layout) -> str:
    """A row of the list as it stood there, but that no spreadsheet runs it."""
    if layout.delimiter is None:
        return row_of((line,), layout.parts)
    return _formula(layout.delimiter).sub(r"\1\2'", line)


def guarded(lines: str, layout: Layout) -> str:
    """The same for many lines at once, where each is a record.

    A plain line of a list with one column is an address, and begins with none of the signs.
    """
    d = layout.delimiter
    if d is None or not _may_be_run(lines, d):
        return lines
    return _formulas(d).sub(r"\1\2'", lines)


def _may_be_run(lines: str, delimiter: str) -> bool:
    """Whether a field may begin with a sign: two quick looks, where the pattern takes longer."""
    raw = f"\n{lines}".encode("utf-8", "surrogateescape")
    return b"\n=" in raw.translate(_classes(delimiter), b"\"'")


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
def _formulas(delimiter: str) -> re.Pattern[str]:
    return re.compile(_pattern(delimiter, "^"), re.MULTILINE)
