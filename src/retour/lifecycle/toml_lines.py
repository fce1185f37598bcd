"""On which line of a TOML text a value stands: tomllib tells the lines of broken syntax only."""

import re
from collections.abc import Iterator

Path = tuple[str, ...]
"""Keys from the root; an entry of an array of tables is one key: ("step", "3", "expect", "soft")."""

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_ENTRY = re.compile(rf"\s*({_DOTTED})\s*=")


def line_of(text: str, path: Path) -> int:
    """The 1-based line of a path, else of the nearest table or key above it; 1 when nothing is near.

    Lines inside of multi-line strings and arrays are read as if they were entries: good enough to point.
    """
    nearest = max(
        (line for line in _paths(text) if line[1] == path[: len(line[1])]),
        key=lambda line: (len(line[1]), -line[0]),
        default=(1, ()),
    )
    return nearest[0]


def _paths(text: str) -> Iterator[tuple[int, Path]]:
    table: Path = ()
    entries: dict[Path, int] = {}  # of each array of tables, how many were seen
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            names = _names(header[2])
            if header[1] == "[[":
                entries[names] = entries.get(names, 0) + 1
                table = (*names, str(entries[names]))
            else:
                table = _in_latest(names, entries)
            yield number, table
        elif entry := _ENTRY.match(line):
            yield number, (*table, *_names(entry[1]))


def _in_latest(names: Path, entries: dict[Path, int]) -> Path:
    """[step.expect] belongs to the latest [[step]]."""
    for length in range(len(names), 0, -1):
        if names[:length] in entries:
            return (*names[:length], str(entries[names[:length]]), *names[length:])
    return names


def _names(dotted: str) -> Path:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))
