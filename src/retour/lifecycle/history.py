"""What is known of an address, set in the order it is played (lifecycle rules 1 and 12).

What is known later counts from the start: reports of one send become one bounce, a delivery of a send that
bounced is no delivery, and an incident reaches back to its beginning, before the first move is played.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from operator import itemgetter
from typing import NamedTuple

from retour.instants import Instant
from retour.lifecycle.policy import Policy, PolicyVersion
from retour.lifecycle.presets import preset
from retour.model import Event, EventKind, Reason, Standing


class Rank(IntEnum):
    """Who goes first at equal times; a reset, which comes of itself, is before them all."""

    POLICY = 0
    DELIVERY = 1
    BOUNCE = 2
    COMPLAINT = 3
    OTHER = 4
    RESTORE = 5
    NOW = 6


_RANKS = {
    EventKind.DELIVERED: Rank.DELIVERY,
    EventKind.BOUNCE: Rank.BOUNCE,
    EventKind.COMPLAINT: Rank.COMPLAINT,
    EventKind.RESTORE: Rank.RESTORE,
}


class Place(NamedTuple):
    """A point in the order of play: time, rank, and the event's id (of a policy: its number)."""

    at: Instant
    rank: Rank
    id: bytes | int = b""


class Move(NamedTuple):
    """One step of the play. `what` is an event, a policy, or None for a delivery."""

    place: Place
    what: Event | Policy | None


_PLACE = itemgetter(0)
_BOUNCE = Rank.BOUNCE


class Incident(NamedTuple):
    """Since when hard bounces are doubted, and where and how the doubt ended; both None while open."""

    begins: Instant
    closes: Place | None = None
    outcome: str | None = None

    def covers(self, at: Instant) -> bool:
        """Whether a bounce at this time belongs to it."""
        return self.begins <= at and (self.closes is None or at < self.closes.at)


@dataclass(frozen=True, slots=True)
class History:
    """All moves of one address by place, with what reaches over them."""

    first: Policy  # in force before the first version's time, too
    moves: Sequence[Move]
    incidents: Sequence[Incident]
    void: frozenset[int]  # sends whose bounce an incident's revert has undone


def place_of(event: Event) -> Place:
    """Where an event stands in the order of play."""
    return Place(event.at, _RANKS.get(event.kind, Rank.OTHER), event.id)


def prepare(
    events: Iterable[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Iterable[tuple[int | None, Instant]],
    void: frozenset[int] = frozenset(),
) -> History:
    """The history of proven events in the order of play; without a policy it is played under the default.

    `void` names sends whose bounce did not happen after all: a delivery of theirs is one.
    """
    reports: list[Event] = []
    others: list[Event] = []
    told = list(deliveries)
    for event in {event.id: event for event in events if event.standing is Standing.PROVEN}.values():
        if event.kind is EventKind.BOUNCE:
            reports.append(event)
        elif event.kind is EventKind.DELIVERED:
            told.append((event.send, event.at))
        else:
            others.append(event)
    versions = policies
    if len(policies) > 1:
        versions = sorted(policies, key=lambda version: (version.at, version.number))
    first = versions[0].policy if versions else preset("default")
    bounces = one_a_send(reports)
    moves = [Move(Place(bounce.at, _BOUNCE, bounce.id), bounce) for bounce in bounces]
    moves += [Move(place_of(event), event) for event in others]
    moves += [
        Move(Place(version.at, Rank.POLICY, version.number), version.policy) for version in versions[1:]
    ]
    if told:
        bounced = {bounce.send for bounce in bounces if bounce.send is not None} - void
        moves += [Move(Place(at, Rank.DELIVERY), None) for send, at in told if send not in bounced]
    moves.sort(key=_PLACE)
    return History(first, moves, incidents(others) if others else (), void)


def one_a_send(reports: Sequence[Event]) -> Sequence[Event]:
    """One bounce for all reports of a send; a report that names no send is a bounce of its own (rule 1)."""
    if len(reports) < 2:
        return reports
    return [group[0] if len(group) == 1 else one_bounce(group) for group in of_one_send(reports)]


def of_one_send(reports: Iterable[Event]) -> Iterable[list[Event]]:
    """The reports, those of one send together."""
    by_send: dict[object, list[Event]] = {}
    for report in reports:
        by_send.setdefault(report.id if report.send is None else report.send, []).append(report)
    return by_send.values()


def one_bounce(reports: Sequence[Event]) -> Event:
    """The earliest report, with reason and status of the most telling one."""
    earliest = min(reports, key=lambda report: (report.at, report.id))
    telling = most_telling(reports)
    handed_over = [report.handed_over for report in reports if report.handed_over is not None]
    return replace(
        earliest,
        reason=telling.reason,
        status=telling.status,
        handed_over=min(handed_over, default=None),
    )


def most_telling(reports: Sequence[Event]) -> Event:
    """The report that gives the bounce its reason."""
    return min(reports, key=lambda report: (_vagueness(report.reason), report.at, report.id))


def _vagueness(reason: Reason | None) -> int:
    match reason:
        case None | Reason.UNDETERMINED:
            return 2
        case Reason.DELIVERY_EXPIRED:
            return 1
        case _:
            return 0


def incidents(events: Sequence[Event]) -> Sequence[Incident]:
    """The incidents of the address's provider: a close ends all that are open, an open one has no close."""
    marks = [e for e in events if e.kind in (EventKind.INCIDENT_OPEN, EventKind.INCIDENT_CLOSE)]
    found: list[Incident] = []
    for mark in sorted(marks, key=place_of):
        if mark.kind is EventKind.INCIDENT_OPEN:
            found.append(Incident(mark.at if mark.begins is None else mark.begins))
        elif mark.outcome in ("confirm", "revert"):
            found = [i if i.closes else Incident(i.begins, place_of(mark), mark.outcome) for i in found]
    return found
