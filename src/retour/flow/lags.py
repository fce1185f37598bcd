"""How long after it happened something is known, by source and day: how far behind each way in is.

Counted as it is judged, in steps from a second to a day: what is told later is told by its step alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from retour.instants import DAY, SECOND, Instant
from retour.model import Arrival, Event

STEPS = (
    1,
    10,
    60,
    600,
    3600,
    21_600,
    86_400,
)  # seconds; what took longer has a step of its own
UNTOLD = -1  # place of what tells no time that can be: nobody knows how late it is
KEPT_DAYS = 400
HALF, MOST = 0.5, 0.95

Place = tuple[str, str, int, int]  # source, account, day, step


class Lag(NamedTuple):
    """How much of one source and day became known within a step, and not within the one before."""

    source: str
    account: str  # "": of none
    day: int  # since 1970, UTC, when it became known
    step: int  # place in STEPS; one more for what took longer; UNTOLD
    events: int


class Delays:
    """Counts of one source, or of one day."""

    def __init__(self) -> None:
        self._steps: Counter[int] = Counter()
        self.untold = 0

    def add(self, lag: Lag) -> None:
        """Count it."""
        if lag.step == UNTOLD:
            self.untold += lag.events
        else:
            self._steps[lag.step] += lag.events

    @property
    def events(self) -> int:
        """How many became known that tell their time."""
        return self._steps.total()

    def within(self, share: float) -> int:
        """The step within which such a share of them became known."""
        seen = 0
        for step in range(len(STEPS) + 1):
            seen += self._steps[step]
            if seen >= share * self.events:
                return step
        return len(STEPS)


def lagged(arrivals: Sequence[Arrival], events: Iterable[Event], now: Instant) -> Counter[Place]:
    """What became known just now, by source, account, day and step; of a doubted time it is UNTOLD."""
    inlets = {each.inlet for each in arrivals}
    return Counter(
        (event.actor, event.account, now // DAY, _step(event, now))
        for event in events
        if event.actor in inlets
    )


def _step(event: Event, now: Instant) -> int:
    return UNTOLD if "time_doubted" in event.defects else step_of(now - event.at)


def step_of(late: Instant) -> int:
    """The first step that is as long; what a fast clock dates ahead is not late."""
    return next((place for place, step in enumerate(STEPS) if late <= step * SECOND), len(STEPS))


def by_day(lags: Iterable[Lag]) -> Mapping[int, Delays]:
    """Of all sources together, day by day."""
    found: dict[int, Delays] = {}
    for each in lags:
        found.setdefault(each.day, Delays()).add(each)
    return dict(sorted(found.items()))


def by_source(lags: Iterable[Lag]) -> Mapping[str, Delays]:
    """Of all days together, the latest to know first."""
    found: dict[str, Delays] = {}
    for each in lags:
        found.setdefault(each.source, Delays()).add(each)
    return dict(sorted(found.items(), key=lambda of: (-of[1].within(MOST), -of[1].within(HALF), of[0])))
