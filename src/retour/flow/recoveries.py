"""How many addresses that bounced softly are reached again, and after how many days.

A curve is the cumulative incidence of being reached (Aalen and Johansen), with stops as what ends the wait
otherwise: whoever was stopped is not reached later, and whoever still waits counts as long as was looked at.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from retour.instants import Instant
from retour.ports.recoveries import LONGEST, Lasted, Recoveries

AT_ONCE = 2000  # events that a turn of the schedule looks at, and an eighth of addresses
ALL = ""  # the reason of the curve of all


@dataclass(frozen=True, slots=True)
class Point:
    """After so many days: how many were still waiting before it, and what shares had ended."""

    day: int
    waiting: int
    reached: float
    stopped: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Of one reason, or of all."""

    reason: str
    began: int
    reached: int  # counted, not reckoned
    stopped: int
    points: tuple[Point, ...]

    @property
    def half(self) -> int | None:
        """The day by which half of them were reached; None if it never came to that."""
        return next((point.day for point in self.points if point.reached >= 0.5), None)


def roll(recoveries: Recoveries, now: Instant) -> int:
    """A piece of what happened since."""
    return recoveries.roll(now, AT_ONCE)


def curves(lasted: Iterable[Lasted]) -> list[Curve]:
    """The curve of all, then those of the reasons, the most frequent first; none where nothing began."""
    by_reason: dict[str, Counter[tuple[str, int]]] = {}
    for each in lasted:
        for reason in (ALL, each.reason):
            by_reason.setdefault(reason, Counter())[each.what, each.days] += each.times
    found = [_curve(reason, counts) for reason, counts in by_reason.items() if counts.total()]
    return sorted(found, key=lambda curve: (curve.reason != ALL, -curve.began, curve.reason))


def _curve(reason: str, counts: Counter[tuple[str, int]]) -> Curve:
    waiting, free, reached, stopped = counts.total(), 1.0, 0.0, 0.0
    points = []
    for day in range(LONGEST + 1):
        before = waiting
        if waiting > 0:
            ends = counts["reached", day], counts["stopped", day]
            reached += free * ends[0] / waiting
            stopped += free * ends[1] / waiting
            free *= 1 - sum(ends) / waiting
            waiting -= sum(ends) + counts["open", day]
        points.append(Point(day, before, reached, stopped))
    of = Counter[str]()
    for (what, _), times in counts.items():
        of[what] += times
    return Curve(reason, counts.total(), of["reached"], of["stopped"], tuple(points))
