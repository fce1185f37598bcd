"""The numbers of a heat map: so many bounces of a reason at a provider."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

MOST_REASONS, MOST_PROVIDERS = 12, 8
LEVELS = 5  # of one hue, from light to dark

Cells = Counter[tuple[str, str]]  # by reason and provider, or domain


def providers(cells: Cells) -> list[str]:
    """Those with the most bounces, which get a column of their own."""
    return _largest(cells, 1, MOST_PROVIDERS)


def heat(cells: Cells, columns: Sequence[str]) -> list[Mapping[str, Any]]:
    """The rows of the table: the most frequent reasons, and last, without a name, all others together."""
    rows, most = _largest(cells, 0, MOST_REASONS), max(cells.values(), default=0)
    counts = [(reason, {by: n for (of, by), n in cells.items() if of == reason}) for reason in rows]
    rarer: Counter[str] = Counter()
    for (reason, provider), count in cells.items():
        if reason not in rows:
            rarer[provider] += count
    return [
        {
            "reason": reason,
            "cells": [_cell(of.get(column, 0), most, column) for column in columns],
            "others": sum(count for by, count in of.items() if by not in columns),
            "sum": sum(of.values()),
        }
        for reason, of in [*counts, *([("", rarer)] if rarer else [])]
    ]


def _largest(cells: Cells, side: int, most: int) -> list[str]:
    sums: Counter[str] = Counter()
    for place, count in cells.items():
        sums[place[side]] += count
    return [name for name, _ in sums.most_common(most)]


def _cell(count: int, most: int, column: str) -> Mapping[str, object]:
    level = min(int((count / most) ** 0.5 * LEVELS) + 1, LEVELS) if count else 0
    return {
        "count": count,
        "level": level,
        "provider": column,
        "of": "domain" if "." in column else "provider",
    }
