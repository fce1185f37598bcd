"""What is known of an address, set in the order it is played (lifecycle rules 1 and 12).

What is known later counts from the start: reports of one send become one bounce, a delivery of a send that
bounced is no delivery, and an incident reaches back to its beginning, before the first move is played.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from retour.instants import Instant
from retour.lifecycle.incidents import Incident, incidents
from retour.lifecycle.order import Place, Rank, place_of
from retour.lifecycle.policy import Policy, PolicyVersion
from retour.lifecycle.presets import preset
from retour.model import Event, EventKind, Reason, Standing

Move = tuple[Instant, Rank, bytes | int, Event | Policy | None]
"""One step of the play: its place, and an event, a policy, or None for a delivery. A plain tuple, since there
is one for every event ever folded."""

_PLACE = itemgetter(0, 1, 2)
_BOUNCE, _POLICY, _DELIVERY = Rank.BOUNCE, Rank.POLICY, Rank.DELIVERY
_PROVEN, _REPORT = Standing.PROVEN, EventKind.BOUNCE


class History(NamedTuple):
    """All moves of one address by place, with what reaches over them."""

    first: Policy  # in force before the first version's time, too
    moves: Sequence[Move]
    incidents: Sequence[Incident]
    void: frozenset[int]  # sends whose bounce an incident's revert has undone

    def closes_between(self, after: Place, until: Place) -> bool:
        """Whether an incident closes after the one place and up to the other: its bounces mean more then."""
        return any(i.closes is not None and after < i.closes <= until for i in self.incidents)


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
    for event in {event.id: event for event in events if event.standing is _PROVEN}.values():
        if event.kind is _REPORT:
            reports.append(event)
        elif event.kind is EventKind.DELIVERED:
            told.append((event.send, event.at))
        else:
            others.append(event)
    if withdrawn := {event.outcome for event in others if event.kind is EventKind.WITHDRAWAL}:
        others = [event for event in others if event.id.hex() not in withdrawn]
    versions = policies
    if len(policies) > 1:
        versions = sorted(policies, key=lambda version: (version.at, version.number))
    first = versions[0].policy if versions else preset("default")
    bounces = one_a_send(reports)
    moves: list[Move] = [(bounce.at, _BOUNCE, bounce.id, bounce) for bounce in bounces]
    moves += [(*place_of(event), event) for event in others]
    moves += [(version.at, _POLICY, version.number, version.policy) for version in versions[1:]]
    if told:
        bounced = {bounce.send for bounce in bounces if bounce.send is not None} - void
        moves += [(at, _DELIVERY, b"", None) for send, at in told if send not in bounced]
    moves.sort(key=_PLACE)
    return History(first, moves, incidents(others) if others else (), void)


def one_a_send(reports: Sequence[Event]) -> Sequence[Event]:
    """One bounce for all reports of a send; a report that names no send is a bounce of its own (rule 1)."""
    sends = [report.send for report in reports if report.send is not None]
    if len(sends) == len(set(sends)):
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
    return earliest._replace(
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
