"""The state as it is seen at a moment, read off a life that was played up to then."""

from collections.abc import Sequence

from retour.instants import DAY, Instant
from retour.lifecycle.counters import Bounce, CounterName, Counters
from retour.lifecycle.life import Life
from retour.lifecycle.policy import Counting
from retour.lifecycle.table import Trigger
from retour.model import BounceType, State, StateName


def seen(life: Life, now: Instant) -> State:
    """The state at a moment at or after all that was played, when nothing but time has passed since."""
    read, due, fades = life.counted(now), life.due(), look_for_listed(life, now)
    slides = [counter.slides_at(life.policy.within_days) for counter in read.values() if counter.soft]
    own = life.policy.threshold_by_reason
    return State(
        life.state,
        life.causes,
        life.since,
        due,
        _value(read, BounceType.HARD),
        _value(read, BounceType.SOFT),
        _value(read, BounceType.BLOCK),
        {reason: _value(read, reason) for reason, threshold in own.items() if threshold},
        life.reactivations,
        life.unsubscribed,
        min([at for at in (due, fades, *slides) if at is not None], default=None),
        _last_listed(life.bounces),
        len([bounce for bounce in life.bounces if bounce.listed]),
    )


def look_for_listed(life: Life, now: Instant) -> Instant | None:
    """Move between `valid` and `bouncing` (rule 3); returns when time will end `bouncing`, None: never."""
    last = _last_listed(life.looked_at())
    fades = None
    if last is not None and life.policy.counting is Counting.WINDOWED:
        fades = last + life.policy.within_days * DAY
    gone = last is None or (fades is not None and fades <= now)
    life.move(Trigger.FADED if gone else Trigger.LISTED)
    return fades if life.state is StateName.BOUNCING else None


def _last_listed(bounces: Sequence[Bounce]) -> Instant | None:
    for bounce in reversed(bounces):
        if bounce.listed:
            return bounce.at
    return None


def _value(read: Counters, name: CounterName) -> int:
    counter = read.get(name)
    return counter.value() if counter else 0
