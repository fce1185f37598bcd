"""The state as it is seen at a moment, read off a life that was played up to then."""

from retour.instants import DAY, Instant
from retour.lifecycle.counters import slide, turns, value
from retour.lifecycle.life import Life
from retour.lifecycle.policy import Counting
from retour.lifecycle.table import Trigger
from retour.model import BounceType, State, StateName

_WINDOWED, _CONSECUTIVE = Counting.WINDOWED, Counting.CONSECUTIVE
_HARD, _SOFT, _BLOCK = BounceType.HARD, BounceType.SOFT, BounceType.BLOCK


def seen(life: Life, now: Instant) -> State:
    """The state at a moment at or after all that was played, when nothing but time has passed since."""
    policy, read, due, fades = life.policy, life.counters, life.due(), look_for_listed(life, now)
    if read:
        slide(read, policy, now)
    rings = [at for at in (*turns(read, policy), due, fades) if at is not None]
    return State(
        life.state,
        life.causes,
        life.since,
        due,
        value(read, _HARD),
        value(read, _SOFT),
        value(read, _BLOCK),
        {
            reason: value(read, reason)
            for reason, threshold in policy.threshold_by_reason.items()
            if threshold
        },
        life.reactivations,
        life.unsubscribed,
        min(rings) if rings else None,
        life.last_listed,
        life.listed,
    )


def look_for_listed(life: Life, now: Instant) -> Instant | None:
    """Move between `valid` and `bouncing` (rule 3); returns when time will end `bouncing`, None: never."""
    policy, fades = life.policy, None
    last = life.last_looked_at if policy.counting is _CONSECUTIVE else life.last_listed
    if last is not None and policy.counting is _WINDOWED:
        fades = last + policy.within_days * DAY
    gone = last is None or (fades is not None and fades <= now)
    life.move(Trigger.FADED if gone else Trigger.LISTED)
    return fades if life.state is StateName.BOUNCING else None
