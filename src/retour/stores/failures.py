"""What new reports change in the count of failures: of each send one, whatever comes late or twice.

Pure, and only of reports: what a policy, a delivery or a restore makes of a state later does not change how
much has bounced. The type is that of the policy in force when it occurred; `hard_confirmed` counts as soft.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from retour.instants import DAY, Instant
from retour.lifecycle import Policy, PolicyVersion, TypeRule
from retour.lifecycle.history import of_one_send, one_bounce
from retour.model import Event, EventKind, Reason, Standing
from retour.ports import Rated

_BOUNCE, _PROVEN, _IGNORE, _UNDETERMINED = (
    EventKind.BOUNCE,
    Standing.PROVEN,
    TypeRule.IGNORE,
    Reason.UNDETERMINED,
)
_TYPES = {
    TypeRule.HARD: Rated.HARD,
    TypeRule.SOFT: Rated.SOFT,
    TypeRule.HARD_CONFIRMED: Rated.SOFT,
    TypeRule.BLOCK: Rated.BLOCK,
}


class Failure(NamedTuple):
    """A send that failed, or a report that names none."""

    send: int | None
    day: int
    type: Rated


def more(
    known: Iterable[Event], new: Sequence[Event], policies: Sequence[PolicyVersion]
) -> Sequence[tuple[Failure, int]]:
    """What the new events of an address add to what was counted of the known; below 0 is less."""
    if len(new) == 1 and not _is_known(new[0].send, known):  # as nearly always
        failure = _failure(new[0], policies) if _fails(new[0]) else None
        return () if failure is None else ((failure, 1),)
    reports = [event for event in new if _fails(event)]
    sends = {event.send for event in reports if event.send is not None}
    before = [event for event in known if event.send in sends and _fails(event)]
    counted = Counter(_failures([*before, *reports], policies))
    counted.subtract(Counter(_failures(before, policies)))
    return [(failure, times) for failure, times in counted.items() if times]


def _is_known(send: int | None, known: Iterable[Event]) -> bool:
    if send is not None:
        for event in known:  # a generator would cost more than all the rest
            if event.send == send:
                return True
    return False


def _fails(event: Event) -> bool:
    return event.kind is _BOUNCE and event.standing is _PROVEN


def _failures(reports: Sequence[Event], policies: Sequence[PolicyVersion]) -> Iterable[Failure]:
    for group in of_one_send(reports):
        failure = _failure(group[0] if len(group) == 1 else one_bounce(group), policies)
        if failure is not None:
            yield failure


def _failure(bounce: Event, policies: Sequence[PolicyVersion]) -> Failure | None:
    policy = policies[0].policy if len(policies) == 1 else _in_force(policies, bounce.at)
    if policy is None or bounce.status in policy.uncounted_codes:
        return None
    type_ = _TYPES.get(policy.types.get(bounce.reason or _UNDETERMINED, _IGNORE))
    return None if type_ is None else Failure(bounce.send, bounce.at // DAY, type_)


def _in_force(policies: Sequence[PolicyVersion], at: Instant) -> Policy | None:
    begun = [version for version in policies if version.at <= at] or policies[:1]
    return begun[-1].policy if begun else None
