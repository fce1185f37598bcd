"""Counters of the bounces since the address was last clean (lifecycle rule 3), kept bounce by bounce."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from retour.instants import DAY, Instant, utc_day
from retour.lifecycle.policy import Counting, Policy
from retour.model import BounceType, Reason

# Looked up once: they are asked for each bounce.
_HARD, _SOFT, _BLOCK = BounceType.HARD, BounceType.SOFT, BounceType.BLOCK
_UNDETERMINED = Reason.UNDETERMINED

CounterName = BounceType | Reason
"""A type has a counter, and each reason with a threshold of its own."""


class Bounce(NamedTuple):
    """A bounce as it was judged when it occurred: no later policy changes these."""

    at: Instant
    reason: Reason
    type: BounceType | None  # None: the policy of its time ignored it
    listed: bool
    doubted: bool = False  # in an incident that is still open: held, not counted
    late: bool = False  # soft or block while invalid: changes no counter for ever (rule 4)
    void: bool = False  # undone by a revert, or of a send older than the last restore: only recorded


@dataclass(slots=True)
class Counter:
    """One counter; it stands at `plain + days`. Bounces come in order of time, the window only slides on."""

    plain: int = 0  # one for each bounce
    soft: list[Instant] = field(default_factory=list)  # soft bounces under `windowed`, which counts days
    past: int = 0  # how many of the soft ones the window has left behind
    days: int = 0  # UTC days of those within: soft bounces of one day are one
    latest: BounceType | None = None  # type of the latest bounce counted here

    def count(self, bounce: Bounce, windowed: bool) -> None:
        """Count a bounce, later than all before."""
        self.latest = bounce.type
        if not windowed or bounce.type is not _SOFT:
            self.plain += 1
            return
        if not self.days or utc_day(self.soft[-1]) != utc_day(bounce.at):
            self.days += 1
        self.soft.append(bounce.at)

    def slide(self, edge: Instant) -> None:
        """Leave the soft bounces at or before the window's edge behind."""
        soft, past = self.soft, self.past
        while past < len(soft) and soft[past] <= edge:
            past += 1
            if past == len(soft) or utc_day(soft[past]) != utc_day(soft[past - 1]):
                self.days -= 1
        self.past = past

    def reached(self, threshold: int, min_days: int) -> bool:
        """Whether the threshold (0 = never) is reached; soft bounces need their span as well."""
        if not threshold or self.plain + self.days < threshold:
            return False
        return self.plain >= threshold or self.soft[-1] - self.soft[self.past] >= min_days * DAY

    def slides_at(self, within_days: int) -> Instant | None:
        """When the window leaves its earliest day behind, so that the value falls; None: never."""
        if not self.days:
            return None
        next_day = (utc_day(self.soft[self.past]) + 1) * DAY
        last = bisect_left(self.soft, next_day, self.past) - 1
        return self.soft[last] + within_days * DAY


Counters = dict[CounterName, Counter]


def counter_of(bounce: Bounce, policy: Policy) -> CounterName | None:
    """The counter that a bounce counts in under a policy; None when it never counts (rule 2)."""
    _, reason, type_, listed, doubted, late, _ = bounce
    if not listed or doubted or late or reason is _UNDETERMINED:
        return None
    own = policy.threshold_by_reason.get(reason)
    if own is None:
        return type_
    return reason if own else None


def read(bounces: Iterable[Bounce], policy: Policy, at: Instant) -> Counters:
    """The counters of these bounces (by time) at a moment; a counter without a bounce is absent."""
    counters: Counters = {}
    windowed = policy.counting is Counting.WINDOWED
    for bounce in bounces:
        name = counter_of(bounce, policy)
        if name is not None:
            counters.setdefault(name, Counter()).count(bounce, windowed)
    slide(counters, policy, at)
    return counters


def slide(counters: Counters, policy: Policy, at: Instant) -> None:
    """Let the window, which is (at - within_days, at], go on to a moment."""
    edge = at - policy.within_days * DAY
    for counter in counters.values():
        if counter.days:
            counter.slide(edge)


def turns(counters: Counters, policy: Policy) -> list[Instant | None]:
    """When the windows leave a day behind."""
    return [counter.slides_at(policy.within_days) for counter in counters.values() if counter.days]


def value(counters: Counters, name: CounterName) -> int:
    """Where a counter stands."""
    counter = counters.get(name)
    return counter.plain + counter.days if counter else 0


def threshold_of(name: CounterName, policy: Policy) -> int:
    """The threshold of a counter; 0 = never."""
    if name is _HARD:
        return policy.hard_threshold
    if name is _SOFT:
        return policy.soft_threshold
    if name is _BLOCK:
        return policy.block_threshold
    return policy.threshold_by_reason[name] if isinstance(name, Reason) else 0


def stops_at_once(reason: Reason, type_: BounceType | None, policy: Policy) -> bool:
    """Whether a single listed bounce reaches the threshold of its counter under a policy.

    An outage would stop everybody by such bounces, whatever their type is called (rule 12).
    """
    if type_ is None or reason is _UNDETERMINED:
        return False
    own = policy.threshold_by_reason.get(reason)
    if (threshold_of(type_, policy) if own is None else own) != 1:
        return False
    return type_ is not _SOFT or policy.counting is not Counting.WINDOWED or not policy.min_days


def reached(counters: Counters, policy: Policy) -> set[BounceType]:
    """The types of the counters at their threshold; of a named reason, the type of its latest bounce."""
    return {
        counter.latest
        for name, counter in counters.items()
        if counter.latest is not None and counter.reached(threshold_of(name, policy), policy.min_days)
    }
