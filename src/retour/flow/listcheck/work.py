"""The check of a list as a job: its file and its results lie in a directory of the job's own."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from retour.flow.jobs import Course, Facts, FailedError, Job, Work
from retour.flow.listcheck.asked import Asking
from retour.flow.listcheck.history import known_of
from retour.flow.listcheck.results import OtherResultsError
from retour.flow.listcheck.run import Order, check_list
from retour.flow.listcheck.source import open_source
from retour.flow.listcheck.workbook import BrokenWorkbookError
from retour.flow.lists import Defect
from retour.instants import Instant, text
from retour.ports import Clock, Records
from retour.ports.resolver import Resolver

KIND = "list_check"
ROOM = "list-checks"  # of the data directory: a directory for each check
LIST, RESULTS = "list", "results"
FILES = ("kept.csv", "corrected.csv", "questioned.csv", "dropped.csv")
REPORTS = ("report.json", "report.en.html", "report.de.html")


def place_of(room: Path, job: str) -> Path:
    """Where the files of a job lie. `job` is an id that we made."""
    return room / job


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
                source = open_source(file, job.order.get("column", ""))
                if isinstance(source, Defect):
                    raise FailedError(f"list_{source.code}")
                know, rates = known_of(job.account, store.ledger, store.tallies, clock.now())
                asked = resolver() if job.order.get("dns") else None
                asking = None if asked is None else Asking(asked)
                at, name = text(job.asked_at), str(job.order.get("name", ""))
                order = Order(name, file, source, know, place / RESULTS, at, asking, rates=rates)
                return _walked(order, course)
        except (OtherResultsError, FileNotFoundError) as error:
            raise FailedError("list_gone_file") from error
        except BrokenWorkbookError as error:
            raise FailedError(f"list_{error.code}") from error

    return {KIND: check}


def _walked(order: Order, course: Course) -> Facts:
    rows = 0
    for step in check_list(order):
        rows = step.done if step.stage == "look" else rows
        course.told(step.done, step.total, {"stage": step.stage, "covered": round(step.covered, 4)})
    return {"rows": rows}


def forget(room: Path, job: str) -> None:
    """Take the files of a check away; harmless where there are none."""
    shutil.rmtree(place_of(room, job), ignore_errors=True)
