"""A person is taken out of the lists that were checked: out of what was made of them, row by row.

The list itself goes as a whole, in whatever encoding or workbook it was: it is of no use after its check,
whose results have every row of it.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from retour.flow.jobs import ENDED, Job, Jobs, JobState
from retour.flow.listcheck.parting import LINES, length_of
from retour.flow.listcheck.told import pages
from retour.flow.listcheck.work import KIND, LIST, RESULTS, forget, place_of
from retour.instants import HOUR, SECOND, Instant
from retour.ports.erasing import Marks, Told

_PAGE = 100
_READ = 1 << 20  # octets of a file at once
_UPLOADING: Instant = HOUR  # a directory without a job may be one whose list is still coming in


class CheckedLists:
    """The directories of the checks, as far as they hold addresses."""

    def __init__(self, room: Path, jobs: Jobs) -> None:
        self._room, self._jobs = room, jobs

    def scrub(self, account: str, marks: Marks, told: Told) -> int:
        """Take an address out of all checks of an account that have ended; how many files it stood in.

        One that was asked for later has the list of its own: as though it came again.
        """
        count = 0
        for job in self._checks(account):
            if job.state is not JobState.DONE:
                forget(self._room, job.id)
            elif (place := place_of(self._room, job.id)).exists():
                (place / LIST).unlink(missing_ok=True)
                files = (path for path in sorted(place.rglob("*")) if path.suffix in (".csv", ".jsonl"))
                count += sum(_cleaned(path, marks, told) for path in files)
                count += _report(place / RESULTS, marks)
        return count

    def settle(self) -> bool:
        """Nothing older stands beside."""
        return True

    def sweep(self, now: Instant) -> None:
        """Remove what belongs to no job: a list that never came in whole, a check past its time."""
        for place in self._room.iterdir() if self._room.exists() else ():
            if not self._jobs.holds(place.name) and _newest(place) < now - _UPLOADING:
                forget(self._room, place.name)

    def _checks(self, account: str) -> Iterator[Job]:
        after: str | None = None
        while jobs := self._jobs.listed(account, _PAGE, after, KIND):
            yield from (job for job in jobs if job.state in ENDED)
            after = jobs[-1].id


def _newest(place: Path) -> Instant:
    return int(max(path.stat().st_mtime for path in (place, *place.iterdir())) * SECOND)


def _cleaned(path: Path, marks: Marks, told: Told) -> bool:
    """Write a file anew without the rows that name the address; whether there were any."""
    each = _rows if path.suffix == ".csv" else _notes
    made, found = path.with_name(f".{path.name}.new"), False
    with (
        path.open(encoding="utf-8", newline="\n") as file,
        made.open("w", encoding="utf-8", newline="\n") as new,
    ):
        for number, (line, is_hers) in enumerate(each(file, marks), start=1):
            found = found or is_hers
            new.write(line)
            if number % _PAGE == 0:
                told(_PAGE)
        new.flush()
        os.fsync(new.fileno())
    if found:
        made.replace(path)
    else:
        made.unlink()
    return found


def _rows(file: IO[str], marks: Marks) -> Iterator[tuple[str, bool]]:
    """The records that do not name the address, as they stand there; "" in the place of those that do."""
    head = file.readline()
    yield head, False
    delimiter = next((sign for sign in ",;\t|" if f"retour_row{sign}" in head), ",")
    for record in _records(file, delimiter):
        is_hers = marks.holds(record)
        yield "" if is_hers else f"{record}\n", is_hers


def _records(file: IO[str], delimiter: str) -> Iterator[str]:
    held: list[str] = []
    place = 0
    while True:
        more = file.readlines(_READ)
        held, place = held[place:] + [line.removesuffix("\n") for line in more], 0
        while place < len(held) - (LINES if more else 0):
            length = length_of(held, place, delimiter) or 1 if '"' in held[place] else 1
            yield "\n".join(held[place : place + length])
            place += length
        if not more:
            return


def _notes(file: IO[str], marks: Marks) -> Iterator[tuple[str, bool]]:
    """Lines of JSON: addresses, or what was said of each."""
    for line in file:
        noted = json.loads(line) if line.endswith("\n") else []
        left = _without(noted, marks)
        yield (line, False) if left == noted else (json.dumps(left) + "\n", True)


def _without(noted: Any, marks: Marks) -> Any:
    if isinstance(noted, dict):
        return {name: value for name, value in noted.items() if not marks.holds(name)}
    if isinstance(noted, Sequence) and not isinstance(noted, str):
        return [each for each in noted if not _names(each, marks)]
    return noted


def _names(noted: Any, marks: Marks) -> bool:
    if isinstance(noted, str):
        return marks.holds(noted)
    return isinstance(noted, list) and any(_names(each, marks) for each in noted)


def _report(results: Path, marks: Marks) -> int:
    """The report names some addresses as examples; its counts stay."""
    path = results / "report.json"
    if not path.exists():
        return 0
    report = json.loads(path.read_text("utf-8"))
    clean = _scrubbed(report, marks)
    if clean == report:
        return 0
    files: Iterable[tuple[str, str]] = pages(clean).items()
    for name, content in (*files, (path.name, json.dumps(clean, ensure_ascii=False, indent=1) + "\n")):
        made = results / f".{name}.new"
        made.write_text(content, "utf-8")
        made.replace(results / name)
    return 1


def _scrubbed(value: Any, marks: Marks) -> Any:
    if isinstance(value, dict):
        return {marks.scrubbed(name): _scrubbed(each, marks) for name, each in value.items()}
    if isinstance(value, list):
        return [_scrubbed(each, marks) for each in value]
    return marks.scrubbed(value) if isinstance(value, str) and marks.holds(value) else value
