"""A pile is read again, as it was written: its head, and its records with where they stand."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from retour.flow.listcheck.parting import RECORD

_MARK = "\ufeff"
_BEHIND = re.compile(r'"?retour_row"?([^\w"])')
# The library stops at 128 KiB a field, for all of a process; a record of a list is bounded by ourselves.
csv.field_size_limit(max(csv.field_size_limit(), 8 * RECORD))


def opened(path: Path) -> tuple[IO[bytes], list[str], str]:
    """The file behind its head, the names of its columns, and what parts them."""
    file = path.open("rb")
    head = file.readline().decode("utf-8").removeprefix(_MARK)
    told = _BEHIND.match(head)  # whatever parts the list: ":" and "#" do, too
    delimiter = told[1] if told else ","
    return file, next(csv.reader([head], delimiter=delimiter)), delimiter


def records(file: IO[bytes], delimiter: str) -> Iterator[tuple[list[str], int, int]]:
    """The records from here on, with where each begins and ends: the reader asks line by line."""
    place = start = file.tell()

    def lines() -> Iterator[str]:
        nonlocal place
        for line in file:
            place += len(line)
            yield line.decode("utf-8", "replace")

    for fields in csv.reader(lines(), delimiter=delimiter):
        yield fields, start, place
        start = place
