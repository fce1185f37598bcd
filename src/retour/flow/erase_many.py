"""Many contacts are deleted at once (E33): by address, or all whom a filter means, however many.

Whom a filter means is collected first, and nobody is touched before it is sure that these are exactly as many
as somebody has seen. Then they go one after the other, and the files are searched for many of them in one
walk. Cancelled, it ends whom it has begun with and leaves the others as they were.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from retour.flow.erase import Place, all_judged, close, note, result_of, settle, taken_out
from retour.flow.jobs import CancelledError, Course, Facts, FailedError, Job, Work
from retour.flow.traces_many import ManyTraces
from retour.flow.whom import meant
from retour.ports import Erasure

DELETE = "delete"  # kind of job
MOST_AT_ONCE = 500  # addresses in one request; of a filter there is no most
TOGETHER = 20_000  # whom one walk through the files looks for

Numbered = tuple[int, Erasure]


def works(place: Place) -> Mapping[str, Work]:
    """What jobs do to delete many."""
    return {DELETE: lambda job, course: deleted(job, place, course)}


def erasure_id(job: str, number: int) -> str:
    """The id of the so many-th of a job: in the order of their ids they are in that of their numbers."""
    return f"{job}-{number:09}"


def deleted(job: Job, place: Place, course: Course) -> Facts:
    """Delete whom a job names or means. Every step is harmless to repeat."""
    if "from" in job.order and not job.place:
        _collect(job, place, course)
    walk = _Walk(job, course)
    while batch := list(islice(_left(job, place), TOGETHER)):
        all_judged(batch[-1][1], place, walk.look)
        begun = _erase(batch, place, walk)
        _scrub(begun, place, walk)
        if walk.is_cancelled:
            place.desk.forget(job.id, job.order.get("erasures", ()))
            settle(place)
            raise CancelledError({**walk.result(), "left": walk.total - walk.done})
    walk.done = walk.total  # with those whom somebody else had erased by then
    settle(place)
    return walk.result()


def _collect(job: Job, place: Place, course: Course) -> None:
    """Write down whom the filter means; nobody when it is cancelled, or when they are not as many as seen."""
    wanted, found = job.order["count"], 0
    place.desk.forget(job.id, ())  # of a begin before a kill
    try:
        for page in meant(job.account, job.order["from"], place.store, place.clock):
            now = place.clock.now()
            place.desk.collect(
                [
                    Erasure(erasure_id(job.id, found + n), job.account, address, job.actor, "", now)
                    for n, address in enumerate(page)
                ]
            )
            found += len(page)
            course.told(0, wanted, {})
            if found > wanted:
                break
        if found != wanted:
            raise FailedError("count_changed")
        course.told(0, wanted, {"done": 0})
    except (CancelledError, FailedError) as ended:
        place.desk.forget(job.id, ())
        settle(place)
        if isinstance(ended, CancelledError):
            raise CancelledError({"erased": 0, "kept_stopped": 0, "left": wanted}) from None
        raise


def _left(job: Job, place: Place) -> Iterator[Numbered]:
    """Whom the job has still to do, each with the number."""
    if "erasures" in job.order:  # named one by one
        for number, id in enumerate(job.order["erasures"]):
            erasure = place.desk.one(id)
            if erasure is not None:
                yield number, erasure
        return
    for erasure in place.desk.of_job(job.id, TOGETHER):
        yield int(erasure.id.rpartition("-")[2]), erasure


class _Walk:
    """How far a job is: whom it has taken out, which of them stay stopped, whether it is to end."""

    def __init__(self, job: Job, course: Course) -> None:
        self._course, kept = course, job.place.get("kept", 0)
        self.done: int = job.place.get("done", 0)
        self.kept: int = len(kept) if isinstance(kept, list) else kept  # a list: begun by an earlier version
        self.rules: set[str] = set(job.place.get("rules", ()))
        self.lines: int = job.place.get("lines", 0)  # of the ledger, that name somebody who acted
        self.total: int = job.order["count"] if "from" in job.order else len(job.order["erasures"])
        self.is_cancelled = False

    def did(self, number: int, stays: bool) -> None:
        """One more is taken out."""
        self.done, self.kept = number + 1, self.kept + stays
        self.look(0)

    def look(self, rows: int) -> None:
        """Tell how far it is. Raises EndingError; that somebody cancels it is remembered."""
        told = {"done": self.done, "kept": self.kept, "lines": self.lines}
        place: dict[str, Any] = {**told, "rules": sorted(self.rules)}
        try:
            self._course.told(self.done, self.total, place)
        except CancelledError:
            self.is_cancelled = True

    def result(self) -> Facts:
        return result_of({"erased": self.done, "kept_stopped": self.kept}, self.rules, self.lines)


def _erase(batch: Sequence[Numbered], place: Place, walk: _Walk) -> list[Erasure]:
    """Take them out of the ledger one by one, until somebody cancels it; those who are out of it."""
    begun = []
    for number, erasure in batch:
        if number >= walk.done:
            if walk.is_cancelled:
                break
            stays = taken_out(erasure, place, lambda kept: walk.look(0))
            note(erasure, place, stays)
            walk.did(number, stays)
        begun.append(erasure)
    return begun


def _scrub(begun: Sequence[Erasure], place: Place, walk: _Walk) -> None:
    """Take them out of whatever else names them, in one walk through all files."""
    if not begun:
        return
    account, traces = begun[0].account, ManyTraces(each.address for each in begun)
    walk.rules.update(file.name for file in place.rules() if traces.holds(file.text))
    walk.look(0)
    for files in (place.inbox, place.store.erasing, *place.others, place.desk):
        files.scrub(account, traces, walk.look)
    close(begun[0], place)
    walk.lines += place.store.erasing.named(account, traces, lambda rows: None)
    place.desk.drop(begun)
