"""The check of a list as a job: its file and its results lie in a directory of the job's own."""

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from retour.flow.jobs import Course, EndingError, Facts, FailedError, Job, Work
from retour.flow.listcheck.archive import BrokenWorkbookError
from retour.flow.listcheck.asked import Asking
from retour.flow.listcheck.external import BrokenValidatorError, Validator, validator
from retour.flow.listcheck.history import known_of
from retour.flow.listcheck.proposals import proposals_of
from retour.flow.listcheck.results import OtherResultsError
from retour.flow.listcheck.run import Order, Step, check_list
from retour.flow.listcheck.source import Source, open_source
from retour.flow.lists import Defect
from retour.instants import SECOND, Instant, text
from retour.ports import Clock, Records
from retour.ports.resolver import Resolver

KIND = "list_check"
ROOM = "list-checks"  # of the data directory: a directory for each check
LIST, RESULTS = "list", "results"
FILES = ("kept.csv", "corrected.csv", "questioned.csv", "dropped.csv")
_PIECE = 1 << 20  # octets read at once
REPORTS = ("report.json", "report.en.html", "report.de.html")


def place_of(room: Path, job: str) -> Path:
    """Where the files of a job lie. `job` is an id that we made."""
    return room / job


_NAMED = ("column", "encoding", "sheet")  # what an order may say of its file


def works(
    room: Path,
    store: Records,
    clock: Clock,
    resolver: Callable[[], Resolver | None],
    sweep: Callable[[Instant], None] = lambda now: None,
) -> Mapping[str, Work]:
    """What jobs do for lists that are checked; `sweep` removes what belongs to no check any more."""

    def check(job: Job, course: Course) -> Facts:
        """Check the list; begun again after a kill, it goes on where it was."""
        place = place_of(room, job.id)
        sweep(clock.now())
        try:
            with (place / LIST).open("rb") as file:
                source = open_source(file, *(job.order.get(each, "") for each in _NAMED))
                if isinstance(source, Defect):
                    raise FailedError(f"list_{source.code}", source.value)
                ours = job.account, store.ledger, store.sends, store.tallies, clock.now()
                telling = _Telling(course, job, clock, _about(file, source))
                know, rates = known_of(*ours, source.addresses(), alive=telling.alive)
                asked = resolver() if job.order.get("dns") else None
                asking = None if asked is None else Asking(asked)
                external = _validator(job.order.get("external", ""))
                at, name = text(job.asked_at), str(job.order.get("name", ""))
                told = name, file, source, know, place / RESULTS, at, asking
                order = Order(*told, rates=rates, external=external, alive=telling.alive)
                return _walked(order, telling)
        except (OtherResultsError, FileNotFoundError) as error:
            raise FailedError("list_gone_file") from error
        except BrokenWorkbookError as error:
            raise FailedError(f"list_{error.code}") from error

    return {KIND: check}


def _validator(name: str) -> Validator | None:
    """The plug-in that was asked for. Raises FailedError where it is installed no more, or is broken."""
    try:
        found = validator(name) if name else None
    except BrokenValidatorError as error:
        raise FailedError("list_broken_validator", type(error.__cause__).__name__) from error
    if name and found is None:
        raise FailedError("list_no_validator")
    return found


class _Telling:
    """How far a check is, and whether it is to end. When each stage began, and with how much done already, is
    what its rate and its end are told by.
    """

    def __init__(self, course: Course, job: Job, clock: Clock, about: int | None) -> None:
        self._course, self._clock, self._about = course, clock, about
        self._stage, self._base = str(job.place.get("stage", "")), job.done
        self._told = ""
        self._since = self._last = clock.now()

    def step(self, step: Step) -> None:
        """All up to here is durable. Raises CancelledError or EndingError."""
        self._course.told(step.done, self._total(step), self._place(step))

    def alive(self, rows: int | None) -> None:
        """Between steps: so many rows are looked at, if any. Raises the same, once a second."""
        if abs(self._clock.now() - self._last) < SECOND:
            return
        if rows is None:
            self._last = self._clock.now()
            self._course.looked()
        else:
            step = Step("look", rows, None)
            self._course.shown(step.done, self._total(step), self._place(step))

    def unless_ending(self, rows: int | None) -> None:
        """The same when it is almost done: who ends the server waits for it."""
        with suppress(EndingError):
            self.alive(rows)

    def finished(self, rows: int) -> None:
        """All is there. Raises CancelledError: whoever was told that it is being cancelled finds it so."""
        with suppress(EndingError):
            self._course.told(rows, rows, {"stage": "look"})

    def _total(self, step: Step) -> int | None:
        if step.stage != "look":
            return step.total
        return None if self._about is None else max(self._about, step.done)

    def _place(self, step: Step) -> Facts:
        if step.stage != self._told:
            self._since = self._last
            # What was shown and not committed before a kill is looked at again.
            self._base = min(self._base, step.done) if step.stage == self._stage and not self._told else 0
            self._told = step.stage
        self._last = self._clock.now()
        covered = round(step.covered, 4)
        return {"stage": step.stage, "covered": covered, "since": self._since, "base": self._base}


def _about(file: IO[bytes], source: Source) -> int | None:
    """How many rows a list has, by its line breaks; None of a workbook, which has none."""
    if source.sheet:
        return None
    file.seek(0)
    lines = sum(piece.count(b"\n") for piece in iter(lambda: file.read(_PIECE), b""))
    file.seek(0)
    return lines + 1


def _walked(order: Order, telling: _Telling) -> Facts:
    rows = 0
    for step in check_list(order):
        rows = step.done if step.stage == "look" else rows
        telling.step(step)
    proposals_of(order.out, telling.unless_ending)
    report = json.loads((order.out / "report.json").read_text("utf-8"))
    telling.finished(rows)
    return {"rows": rows, "piles": report["piles"]}


def forget(room: Path, job: str) -> None:
    """Take the files of a check away; harmless where there are none."""
    shutil.rmtree(place_of(room, job), ignore_errors=True)
