"""Counters, read at a moment out of the bounces since the address was last clean (lifecycle rule 3)."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from retour.instants import DAY, Instant, utc_day
from retour.lifecycle.policy import Counting, Policy
from retour.model import BounceType, Reason

CounterName = BounceType | Reason
"""A type has a counter, and each reason with a threshold of its own."""


class Bounce(NamedTuple):
    """A bounce as it was judged when it occurred: no later policy changes these."""

    at: Instant
    reason: Reason
    type: BounceType | None  # None: the policy of its time ignored it
    listed: bool
    doubted: bool = False  # hard, in an incident that is still open: held, not counted
    late: bool = False  # soft or block while invalid: changes no counter for ever (rule 4)
    void: bool = False  # undone by a revert, or of a send older than the last restore: only recorded


@dataclass(slots=True)
class Counter:
    """One counter at one moment. `soft` is used by `windowed` alone, which counts it by day."""

    plain: int = 0  # one for each bounce
    soft: list[Instant] = field(default_factory=list)  # soft bounces in the window, in order of time
    latest: BounceType | None = None  # type of the latest bounce counted here

    def value(self) -> int:
        """How far it stands; soft bounces of one UTC day are one."""
        return self.plain + (len(set(map(utc_day, self.soft))) if self.soft else 0)

    def reached(self, threshold: int, min_days: int) -> bool:
        """Whether the threshold (0 = never) is reached; soft bounces need their span as well."""
        if not threshold:
            return False
        if self.plain >= threshold:
            return True
        wide = bool(self.soft) and self.soft[-1] - self.soft[0] >= min_days * DAY
        return wide and self.value() >= threshold

    def slides_at(self, within_days: int) -> Instant | None:
        """When the window leaves its earliest day behind, so that the value falls; None: never."""
        if not self.soft:
            return None
        next_day = (utc_day(self.soft[0]) + 1) * DAY
        last = bisect_left(self.soft, next_day) - 1
        return self.soft[last] + within_days * DAY


Counters = dict[CounterName, Counter]


def counter_of(bounce: Bounce, policy: Policy) -> CounterName | None:
    """The counter that a bounce counts in under a policy; None when it never counts (rule 2)."""
    if not bounce.listed or bounce.doubted or bounce.late or bounce.reason is Reason.UNDETERMINED:
        return None
    own = policy.threshold_by_reason.get(bounce.reason)
    if own is None:
        return bounce.type
    return bounce.reason if own else None


def read(bounces: Iterable[Bounce], policy: Policy, at: Instant) -> Counters:
    """The counters of these bounces (by time) at a moment; a counter without a bounce is absent."""
    counters: Counters = {}
    windowed = policy.counting is Counting.WINDOWED
    edge = at - policy.within_days * DAY  # the window is (edge, at]
    for bounce in bounces:
        name = counter_of(bounce, policy)
        if name is None:
            continue
        counter = counters.get(name)
        if counter is None:
            counter = counters[name] = Counter()
        counter.latest = bounce.type
        if not windowed or bounce.type is not BounceType.SOFT:
            counter.plain += 1
        elif bounce.at > edge:
            counter.soft.append(bounce.at)
    return counters


def threshold_of(name: CounterName, policy: Policy) -> int:
    """The threshold of a counter; 0 = never."""
    match name:
        case BounceType.HARD:
            return policy.hard_threshold
        case BounceType.SOFT:
            return policy.soft_threshold
        case BounceType.BLOCK:
            return policy.block_threshold
        case _:
            return policy.threshold_by_reason[name]


def reached(counters: Counters, policy: Policy) -> set[BounceType]:
    """The types of the counters at their threshold; of a named reason, the type of its latest bounce."""
    return {
        counter.latest
        for name, counter in counters.items()
        if counter.latest is not None and counter.reached(threshold_of(name, policy), policy.min_days)
    }
