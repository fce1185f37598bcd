"""The files of a check hold addresses: they go some days after it ended."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from retour.flow.jobs import ENDED, Jobs
from retour.instants import DAY, HOUR, Instant
from retour.ports import Clock

_MICROSECOND = 1000  # nanoseconds


class Expiring:
    """Removes the directories of checks that ended, when nothing was written there for so many days.

    Those that no job names are `CheckedLists.sweep`'s.
    """

    def __init__(self, room: Path, jobs: Jobs, days: int, clock: Clock) -> None:
        """`days` 0 keeps them as long as their jobs."""
        self._room, self._jobs, self._days, self._clock = room, jobs, days, clock
        self._looked: Instant | None = None

    def __call__(self) -> None:
        """Look, when the last look is an hour ago. What cannot be removed now is tried again then."""
        now = self._clock.now()
        if not self._days or (self._looked is not None and now - self._looked < HOUR):
            return
        self._looked = now
        for place in self._places():
            last = _last_written(place)
            old = last is not None and last < now - self._days * DAY
            if old and self._jobs.state(place.name) in ENDED:
                shutil.rmtree(place, ignore_errors=True)

    def _places(self) -> Iterator[Path]:
        try:
            yield from [place for place in self._room.iterdir() if place.is_dir()]
        except OSError:  # there was no check yet
            return


def _last_written(place: Path) -> Instant | None:
    """When something was last written there; None where that cannot be told."""
    try:
        return max(each.stat().st_mtime_ns for each in (place, *place.rglob("*"))) // _MICROSECOND
    except OSError:
        return None
