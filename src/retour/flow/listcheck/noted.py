"""What an import changes is written down before it does it, so that it can be undone after any kill.

A line of JSON for each batch; in it, of each address: [address, was it new on the list, the moment of the
change, the contact before as [name, attributes, made_at, changed_at] or null where there was none].
"""

import json
import os
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from retour.instants import Instant
from retour.ports import Contact, ContactChange


class Entry(NamedTuple):
    """One address of an import."""

    address: str
    is_new: bool  # on the list
    at: Instant
    before: Contact | None
    is_change: bool = True  # False in notes of before contacts were noted

    @property
    def change(self) -> ContactChange:
        """What is taken back of the contact."""
        return ContactChange(self.address, self.at, self.before)


class Note:
    """The note of one import."""

    def __init__(self, path: Path, account: str) -> None:
        self._path, self._account = path, account

    def batches(self) -> Iterator[list[Entry]]:
        """Each batch that was written whole."""
        if self._path.exists():
            with self._path.open(encoding="utf-8") as file:
                for line in file:
                    if line.endswith("\n"):
                        yield [self._entry(each) for each in json.loads(line)]

    def backwards(self) -> Iterator[list[Entry]]:
        """The same from the last to the first: where two name a mailbox, the later change goes first."""
        if self._path.exists():
            with self._path.open("rb") as file:
                ends = [0, *accumulate(map(len, file))]
                for start, end in reversed(list(pairwise(ends))):
                    file.seek(start)
                    line = file.read(end - start)
                    if line.endswith(b"\n"):
                        yield [self._entry(each) for each in json.loads(line)]

    def mend(self) -> None:
        """Take off a line that a kill has cut."""
        if self._path.exists():
            with self._path.open("r+b") as file:
                whole = sum(len(line) for line in file if line.endswith(b"\n"))
                file.truncate(whole)

    def add(self, entries: Sequence[Entry]) -> None:
        """Write down a batch; it is on the disk when this returns."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([_told(each) for each in entries], ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _entry(self, told: Any) -> Entry:
        if isinstance(told, str):
            return Entry(told, True, 0, None, False)
        address, is_new, at, before = told
        return Entry(
            address, is_new, at, None if before is None else Contact(self._account, address, *before)
        )


def _told(entry: Entry) -> list[Any]:
    was = entry.before
    before = None if was is None else [was.name, was.attributes, was.made_at, was.changed_at]
    return [entry.address, entry.is_new, entry.at, before]
