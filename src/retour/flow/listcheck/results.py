"""The files that come out of a check, and how far it is: what is committed stays byte for byte.

    kept.csv corrected.csv questioned.csv dropped.csv   every row of the list, in exactly one of them
    progress.jsonl                                      while it runs: one line a chunk, with its counts
    report.json report.en.html report.de.html           at the end

A line of progress says how long each file was when its chunk was durable. Whoever goes on cuts the files to
that, so that a check that was killed repeats one chunk at most, and the same list gives the same files.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.judge import COLUMNS, row_of
from retour.flow.listcheck.layout import Layout

PROGRESS = "progress.jsonl"
_MARK = b"\xef\xbb\xbf"  # spreadsheets take a file without it for their own old encoding


class OtherResultsError(Exception):
    """In the directory lies the beginning of a check of another list, or of this one under other settings."""


class Results:
    """The files of one check."""

    def __init__(self, directory: Path, identity: Mapping[str, Any], layout: Layout, at: str) -> None:
        """Begin at this time, or go on. Raises OtherResultsError, OSError."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        begun, self.chunks = _chunks(directory / PROGRESS, identity)
        self.at = begun or at
        lengths = self.chunks[-1]["lengths"] if self.chunks else {}
        self._files = [(directory / f"{pile}.csv").open("ab") for pile in PILES]
        for pile, file in zip(PILES, self._files, strict=True):
            file.truncate(lengths.get(pile.value, 0))
            file.seek(0, os.SEEK_END)
            if file.tell() == 0:
                file.write(_MARK + head_of(layout).encode() + b"\n")
        self._progress = (directory / PROGRESS).open("ab")
        if not begun:
            self._progress.truncate(0)
            told = json.dumps({"identity": identity, "at": at})
            self._progress.write(told.encode() + b"\n")
            self._durable()

    @property
    def blocks(self) -> int:
        """How many blocks are done."""
        return int(self.chunks[-1]["blocks"]) if self.chunks else 0

    def write(self, piles: Sequence[bytes]) -> None:
        """Rows for each pile."""
        for file, rows in zip(self._files, piles, strict=True):
            file.write(rows)

    def commit(self, blocks: int, told: Mapping[str, Any]) -> None:
        """All up to here is durable, with these counts."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
        lengths = {pile.value: file.tell() for pile, file in zip(PILES, self._files, strict=True)}
        line = json.dumps({"blocks": blocks, "lengths": lengths, **told}, ensure_ascii=True)
        self._progress.write(line.encode() + b"\n")
        self._durable()

    def _durable(self) -> None:
        self._progress.flush()
        os.fsync(self._progress.fileno())

    def put(self, name: str, content: str) -> None:
        """A whole file, which is there as a whole or not at all."""
        made = self.directory / f".{name}.new"
        made.write_text(content, "utf-8")
        made.replace(self.directory / name)

    def finish(self) -> None:
        """It is done, and there is nothing to go on from."""
        self.close()
        (self.directory / PROGRESS).unlink(missing_ok=True)

    def close(self) -> None:
        """Leave everything as it is."""
        for file in (*self._files, self._progress):
            file.close()


def _chunks(path: Path, identity: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """When it was begun, and what was committed; a last line that was cut off never was."""
    raw = path.read_bytes() if path.exists() else b""
    whole = raw[: raw.rfind(b"\n") + 1]
    if not whole:
        return "", []
    first, *lines = map(json.loads, whole.splitlines())
    if first["identity"] != json.loads(json.dumps(identity)):
        raise OtherResultsError
    with path.open("r+b") as file:
        file.truncate(len(whole))
    return first["at"], lines


def head_of(layout: Layout) -> str:
    """The names of the columns: what was found, and then the list as it was."""
    if layout.head is not None:
        names = layout.head
    elif layout.delimiter is None:
        names = ("address",)
    else:
        names = tuple(f"column_{number}" for number in range(1, layout.width + 1))
    return row_of((*COLUMNS, *names), layout.parts)
