"""Work between two steps says every so often that it goes on: so that it is seen, and can be ended."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

EVERY = 1000  # rows, or addresses

_T = TypeVar("_T")

Alive = Callable[[int | None], None]
"""Told how many rows were looked at; None of work that has none. What it raises ends the work:
nothing that was not committed stays."""


def unheard(rows: int | None) -> None:
    """Where nobody wants to know."""


def beating(items: Iterable[_T], alive: Alive, every: int = EVERY) -> Iterator[_T]:
    """The same items; every so many of them it is said that the work goes on."""
    for number, each in enumerate(items, start=1):
        if number % every == 0:
            alive(None)
        yield each
