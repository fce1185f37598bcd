"""What every store computes alike: how far an address has come, and what changed on the way.

Pure. A store keeps, for each address in an account, its events, the deliveries of its sends and the state
folded last; from these and the policies it gets the next state and the changes to be written with it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retour.instants import Instant
from retour.lifecycle import Bounce, PolicyVersion, fold, judged
from retour.model import BounceType, Event, EventKind, Reason, Standing, State, StateName
from retour.ports import Change

Delivery = tuple[int | None, Instant]

BY_TIME = "time"  # the actor of a reset, or of a window that slid on
BY_DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Known:
    """All that a store knows of one address in one account. Events need no evidence."""

    account: str
    address: str
    events: Sequence[Event]
    deliveries: Sequence[Delivery]
    state: State  # as stored
    policies: Sequence[PolicyVersion]

    def at(self, now: Instant) -> State:
        """The state at a moment."""
        return fold(self.events, self.policies, now, self.deliveries) if self.events else self.state


@dataclass(frozen=True, slots=True)
class Shown:
    """The latest listed bounce of an address: its row in the Overview."""

    event: bytes
    type: BounceType | None


def elapsed(known: Known, now: Instant) -> Iterator[Change]:
    """What time alone has done since the state was stored, step by step, each at its due time."""
    state = known.state
    while state.changes_at is not None and state.changes_at <= now:
        due = state.changes_at
        after = known.at(due)
        if visibly(state, after):
            yield Change(known.account, known.address, state, after, due, None, BY_TIME)
        if after.changes_at is not None and after.changes_at <= due:
            return
        state = after


def recorded(
    known: Known, new: Sequence[Event], deliveries: Sequence[Delivery], now: Instant
) -> tuple[State, Sequence[Change]]:
    """The state at `now` with new events and deliveries, and the changes that lead to it, oldest first."""
    changes = list(elapsed(known, now))
    before = changes[-1].after if changes else known.state
    after = fold([*known.events, *new], known.policies, now, deliveries)
    if visibly(before, after):
        mover = _mover(new)
        event, actor = (mover.id, mover.actor) if mover else (None, BY_DELIVERY)
        changes.append(Change(known.account, known.address, before, after, now, event, actor))
    return after, changes


def refolded(known: Known, now: Instant) -> tuple[State, Sequence[Change]]:
    """The state at `now` under changed policies; the newest version is the actor."""
    after = known.at(now)
    if not visibly(known.state, after):
        return after, ()
    actor = f"policy {in_force(known.policies, now)}"
    return after, (Change(known.account, known.address, known.state, after, now, None, actor),)


def shown(
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Sequence[Delivery],
    state: State,
    now: Instant,
) -> Shown | None:
    """The report to show for the latest listed bounce: the most telling one; None when none is listed."""
    if state.last_bounce is None:
        return None
    bounces = judged(events, policies, now, deliveries)
    telling = [event for event in events if _tells(event, bounces.get(event.id), state.last_bounce)]
    if not telling:
        return None
    event = min(telling, key=lambda event: (event.at, event.id))
    return Shown(event.id, bounces[event.id].type)


def noted(event: Event) -> bool:
    """Whether an event is a delivery to be noted on its send, if that is known, and no event (rule 15)."""
    return event.kind is EventKind.DELIVERED and event.send is not None and event.standing is Standing.PROVEN


def visibly(before: State, after: State) -> bool:
    """Whether two states differ in what a gate answers or a person is told; counters alone do not."""
    return (
        before.state is not after.state
        or before.causes != after.causes
        or before.since != after.since
        or before.until != after.until
        or before.unsubscribed is not after.unsubscribed
    )


def in_force(policies: Sequence[PolicyVersion], now: Instant) -> int:
    """Number of the version in force; the first one before its time, 0 without policies."""
    begun = [version.number for version in policies if version.at <= now]
    return begun[-1] if begun else policies[0].number if policies else 0


def plainly_send(state: State) -> bool:
    """Whether a gate needs no row for this state under any policy."""
    return state.state in (StateName.VALID, StateName.BOUNCING) and not state.unsubscribed


def _mover(new: Sequence[Event]) -> Event | None:
    """The event that a change is put down to: of several, the latest that may have an effect."""
    proven = [event for event in new if event.standing is Standing.PROVEN]
    return max(proven or new, key=lambda event: (event.at, event.id), default=None)


def _tells(event: Event, bounce: Bounce | None, at: Instant) -> bool:
    reason = event.reason or Reason.UNDETERMINED
    return bounce is not None and bounce.listed and bounce.at == at and bounce.reason is reason
