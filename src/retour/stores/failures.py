"""What new reports change in the count of failures: of each send one, whatever comes late or twice.

Pure, and only of reports: what a policy, a delivery or a restore makes of a state later does not change how
much has bounced. The type is that of the policy in force when it occurred; `hard_confirmed` counts as soft.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from retour.instants import Instant, utc_day
from retour.lifecycle import Policy, PolicyVersion, TypeRule
from retour.lifecycle.history import of_one_send, one_bounce
from retour.model import Event, EventKind, Reason, Standing
from retour.ports import Rated

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
) -> Mapping[Failure, int]:
    """What the new events of an address add to what was counted of the known; below 0 is less."""
    reports = [event for event in new if _fails(event)]
    if not reports:
        return {}
    sends = {event.send for event in reports if event.send is not None}
    before = [event for event in known if event.send in sends and _fails(event)] if sends else []
    if len(reports) == 1 and not before:  # as nearly always
        failure = _failure(reports[0], policies)
        return {} if failure is None else {failure: 1}
    counted = Counter(_failures([*before, *reports], policies))
    counted.subtract(Counter(_failures(before, policies)))
    return Counter({failure: times for failure, times in counted.items() if times})


def _fails(event: Event) -> bool:
    return event.kind is EventKind.BOUNCE and event.standing is Standing.PROVEN


def _failures(reports: Sequence[Event], policies: Sequence[PolicyVersion]) -> Iterable[Failure]:
    for group in of_one_send(reports):
        failure = _failure(group[0] if len(group) == 1 else one_bounce(group), policies)
        if failure is not None:
            yield failure


def _failure(bounce: Event, policies: Sequence[PolicyVersion]) -> Failure | None:
    policy = _in_force(policies, bounce.at)
    if policy is None or bounce.status in policy.uncounted_codes:
        return None
    type_ = _TYPES.get(policy.types.get(bounce.reason or Reason.UNDETERMINED, TypeRule.IGNORE))
    return None if type_ is None else Failure(bounce.send, utc_day(bounce.at), type_)


def _in_force(policies: Sequence[PolicyVersion], at: Instant) -> Policy | None:
    if len(policies) == 1:
        return policies[0].policy
    begun = [version for version in policies if version.at <= at] or policies[:1]
    return begun[-1].policy if begun else None
