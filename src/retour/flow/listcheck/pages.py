"""Rows of a pile, page by page: those of one reason, or of one domain."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from retour.flow.lists.table import unguarded

LOOKED_AT = 50_000  # rows of a file that one page is looked for in
_MARK = "\ufeff"
_OURS = "retour_"


def page_of(
    path: Path, after: int, limit: int, reason: str = "", domain: str = ""
) -> tuple[list[Mapping[str, str]], int | None]:
    """Rows behind the place `after`, and the place to go on from; None at the end.

    A page may have fewer rows than wanted, or none, with more to come: rare ones are not waited for.
    """
    found: list[Mapping[str, str]] = []
    with path.open("rb") as file:
        head = file.readline().decode("utf-8").removeprefix(_MARK)
        delimiter = next(sign for sign in ",;\t|" if f"retour_row{sign}" in head)
        names = next(csv.reader([head], delimiter=delimiter))
        file.seek(max(after, file.tell()))
        for looked, (fields, place) in enumerate(_records(file, delimiter), start=1):
            row = dict(zip(names, map(unguarded, fields), strict=False))
            if _is_wanted(row, reason, domain):
                found.append(row)
            if len(found) == limit or looked == LOOKED_AT:
                return found, place
    return found, None


def _records(file: IO[bytes], delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Records, each with the place behind it: none is cut, for the reader asks line by line."""
    place = file.tell()

    def lines() -> Iterator[str]:
        nonlocal place
        for line in file:
            place += len(line)
            yield line.decode("utf-8", "replace")

    for fields in csv.reader(lines(), delimiter=delimiter):
        yield fields, place


def _is_wanted(row: Mapping[str, str], reason: str, domain: str) -> bool:
    if reason and reason not in row["retour_reasons"].split():
        return False
    return not domain or row["retour_address"].rpartition("@")[2].strip() == domain


def ours(row: Mapping[str, str]) -> Mapping[str, str]:
    """What a check says of a row, without the list's own columns."""
    return {name.removeprefix(_OURS): value for name, value in row.items() if name.startswith(_OURS)}
