"""A life under two rows of policies: its state at a moment under each, most lives played once for both.

Equal to two folds. Where both rows judge bounces alike, a life differs only after a stop or a reset that the
one brings and the other does not; of most lives it is seen by their bounces alone that there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from retour.instants import DAY, Instant
from retour.lifecycle.counters import Bounce, Counter, CounterName, counter_of, threshold_of
from retour.lifecycle.fold import fold, play, woken
from retour.lifecycle.glance import Plain, Ruled, glance, ruled
from retour.lifecycle.life import Life
from retour.lifecycle.order import Place, Rank
from retour.lifecycle.policy import Counting, Policy, PolicyVersion
from retour.model import BounceType, Cause, Event, EventKind, Reason, State

_HARD = BounceType.HARD
_CUMULATIVE = Counting.CUMULATIVE
_ONLY_HARD = frozenset({Cause.HARD})
_PLAIN = frozenset(
    {
        EventKind.BOUNCE,
        EventKind.DELAY,
        EventKind.DELIVERED,
        EventKind.SUPPRESSED,
        EventKind.AUTOREPLY,
        EventKind.CHALLENGE,
        EventKind.OTHER,
    }
)
"""What neither stops nor cleans an address by itself, nor reaches back."""

SAME = State()
"""Stands for a state that is the same under both rows."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Two rows of versions, and what can be said of them whatever the life."""

    before: Sequence[PolicyVersion]
    after: Sequence[PolicyVersion]
    policies: Sequence[Policy]  # of both
    later: Sequence[Policy]  # of the second
    since: Instant  # when the last version comes into force
    alike: bool  # they judge every bounce alike, and read the counters alike in the end
    at_once: bool  # under each of them the first hard bounce stops
    plain: tuple[Sequence[Ruled], Sequence[Ruled]] | None  # both, where they end alike, for a glance

    @classmethod
    def of(cls, before: Sequence[PolicyVersion], after: Sequence[PolicyVersion], now: Instant) -> Self:
        """Rows to be compared at a moment."""
        policies = [version.policy for version in (*before, *after)]
        later = [version.policy for version in after]
        judged = {(tuple(sorted(each.types.items())), each.uncounted_codes) for each in policies}
        last = _last(before)
        one = last is not None and last == _last(after) and _is_past(before, now)
        at_once = all(each.hard_threshold == 1 for each in policies)
        first, second = ruled(before), ruled(after)
        plain = (first, second) if one and first is not None and second is not None else None
        since = last.at if last else now
        return cls(before, after, policies, later, since, one and len(judged) == 1, at_once, plain)


def _last(versions: Sequence[PolicyVersion]) -> PolicyVersion | None:
    return max(versions, key=lambda version: (version.at, version.number), default=None)


def _is_past(versions: Sequence[PolicyVersion], now: Instant) -> bool:
    return all(version.at <= now for version in versions)


def relive_plain(
    bounces: Sequence[Plain], rows: Rows, now: Instant
) -> tuple[State, State, Reason | None] | None:
    """What `relive` tells of a life of nothing but bounces, and the reason of the latest; None: it has to be
    played in full. Where both rows lead it the same way, that they do is all that is told of it."""
    if rows.plain is None:
        return None
    before, after = glance(bounces, rows.plain[0], now), glance(bounces, rows.plain[1], now)
    if before is None or after is None:
        return None
    if before.is_like(after):
        return SAME, SAME, None
    return before.whole(now), after.whole(now), before.latest


def relive(
    events: Sequence[Event],
    rows: Rows,
    now: Instant,
    deliveries: Sequence[tuple[int | None, Instant]] = (),
) -> tuple[State, State]:
    """The state at `now` under each of the rows. The events are as they are judged (`as_judged`)."""
    life = play(events, rows.before, deliveries, Place(now, Rank.NOW))
    same = rows.alike and _is_same(life, events, rows)
    before = woken(life, events, rows.before, deliveries, now)
    return before, before if same else fold(events, rows.after, now, deliveries)


def _is_same(life: Life, events: Sequence[Event], rows: Rows) -> bool:
    """Whether the life, just played, goes the same way under both rows; False where that is not seen.

    It does where neither row has stopped it by the time of the last version, which both have: from then on
    they are one. And where the first hard bounce stops it under both.
    """
    if life.cleaned is not None or life.moves < len(life.history.moves):
        return False
    if any(event.kind not in _PLAIN for event in events):
        return False
    if life.since is None or life.since > rows.since:
        return not _stops([bounce for bounce in life.bounces if bounce.at <= rows.since], rows.later)
    if not rows.at_once or life.causes != _ONLY_HARD:
        return False
    first = _first_hard(life.bounces, rows.policies)
    if first is None or life.bounces[first].at != life.since:
        return False
    return not _stops(life.bounces[:first], rows.later)


def _first_hard(bounces: Sequence[Bounce], policies: Sequence[Policy]) -> int | None:
    """Where the first bounce is that stops under each policy by itself."""
    for number, bounce in enumerate(bounces):
        if bounce.type is _HARD and all(counter_of(bounce, policy) is _HARD for policy in policies):
            return number
    return None


def _stops(bounces: Sequence[Bounce], policies: Sequence[Policy]) -> bool:
    """Whether these bounces might reach a threshold of the policies, whenever each is in force."""
    if any(bounce.late for bounce in bounces):
        return True
    if len(policies) == 1:
        return _reaches(bounces, policies[0])
    return any(_reaches(bounces, replace(policy, counting=_CUMULATIVE)) for policy in policies)


def _reaches(bounces: Sequence[Bounce], policy: Policy) -> bool:
    """Whether a life under this policy alone might stop; a delivery would only keep it from that."""
    counters: dict[CounterName, Counter] = {}
    windowed = policy.counting is Counting.WINDOWED
    for bounce in bounces:
        name = counter_of(bounce, policy)
        threshold = 0 if name is None else threshold_of(name, policy)
        if name is None or not threshold:
            continue
        counter = counters.get(name)
        if counter is None:
            counter = counters[name] = Counter()
        counter.count(bounce, windowed)
        if counter.plain + counter.days >= threshold:
            counter.slide(bounce.at - policy.within_days * DAY)
            if counter.reached(threshold, policy.min_days):
                return True
    return False
