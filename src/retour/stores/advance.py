"""What every store computes alike: how far an address has come, and what changed on the way.

Pure. A store keeps, for each address in an account, its events, the deliveries of its sends and the state
folded last; from these and the policies it gets the next state and the changes to be written with it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from retour.instants import Instant
from retour.lifecycle import PolicyVersion, as_judged, fold, told
from retour.model import Arrival, BounceType, Event, EventKind, Standing, State, StateName
from retour.ports import BATCH_OCTETS, Change

Delivery = tuple[int | None, Instant]

BY_TIME = "time"  # the actor of a reset, or of a window that slid on
BY_DELIVERY = "delivery"

MOST_REPORTS = 10_000  # of one address that may move its state: more have no effect
MOST_WITHOUT_EFFECT = 1000  # of one address that may not: anybody could send them
MOST_DELIVERIES = 1000  # of one address, of sends that nobody registered, before the surplus is dropped
MOST_OF_A_SEND = 100  # of either, that name one send: whoever was sent one mail can send no more
ACTS = frozenset(
    {EventKind.COMPLAINT, EventKind.UNSUBSCRIBE, EventKind.INCIDENT_OPEN, EventKind.INCIDENT_CLOSE}
)
"""What others are told of even where it moves no state."""
_PROVEN, _VALID = Standing.PROVEN, StateName.VALID
_KEPT = frozenset(
    {EventKind.DELAY, EventKind.SUPPRESSED, EventKind.AUTOREPLY, EventKind.CHALLENGE, EventKind.OTHER}
)


class Known(NamedTuple):
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


class Turn(NamedTuple):
    """What is to be written of an address."""

    state: State
    changes: Sequence[Change]  # that lead to it, oldest first
    listed: Sequence[tuple[Event, BounceType | None]]  # what the Overview may show of it, with the types


def holdable(arrivals: Iterable[Arrival], limit: int) -> list[Arrival]:
    """The first arrivals that a worker can hold at once; at least one, where there is one."""
    held: list[Arrival] = []
    octets = 0
    for arrival in arrivals:
        octets += len(arrival.raw)
        if len(held) == limit or (held and octets > BATCH_OCTETS):
            break
        held.append(arrival)
    return held


def within(known: Sequence[Event], new: Sequence[Event]) -> tuple[Sequence[Event], Sequence[Event]]:
    """The new events that the address has room for, and the reports beyond it.

    Whoever holds one return address of ours could send reports to it without end, and every one would have
    to be played with all before it. What may move a state has room of its own: else anybody could fill an
    address with reports that prove nothing, and its bounces would count no more. What people and jobs do
    has no evidence, and always has room.
    """
    if len(known) + len(new) <= MOST_OF_A_SEND:
        return new, ()
    taken = Counter(map(_moves, known))
    of_send = Counter((_moves(event), event.send) for event in known)
    kept, beyond = list[Event](), list[Event]()
    for event in new:
        moves = _moves(event)
        room = taken[moves] < (MOST_REPORTS if moves else MOST_WITHOUT_EFFECT)
        room = room and (event.send is None or of_send[moves, event.send] < MOST_OF_A_SEND)
        if event.evidence is None or room:
            taken[moves] += 1
            of_send[moves, event.send] += 1
            kept.append(event)
        else:
            beyond.append(event)
    return kept, beyond


def surplus(events: Sequence[Event], deliveries: Sequence[Delivery]) -> list[int]:
    """Deliveries of sends that nobody registered which a fold would not miss, once they are many.

    Of the older ones only the last before each event matters; only a report that comes later than all the
    newer ones could tell the difference.
    """
    if len(deliveries) <= MOST_DELIVERIES:
        return []
    bounced = {event.send for event in events if event.kind is EventKind.BOUNCE}  # those are no deliveries
    unregistered = [(at, send) for send, at in deliveries if send is not None and send < 0]
    told = sorted(each for each in unregistered if each[1] not in bounced)
    if len(told) <= MOST_DELIVERIES:
        return []
    older, times = told[: -MOST_DELIVERIES // 2], sorted(event.at for event in events)
    last = {bisect_left(times, at): send for at, send in older}  # of each gap between two events
    kept = frozenset(last.values())
    return [send for _, send in older if send not in kept]


def _moves(event: Event) -> bool:
    """Whether an event may move a state; the others are merely kept."""
    return event.standing is _PROVEN and event.kind not in _KEPT


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


def recorded(known: Known, new: Sequence[Event], now: Instant) -> Turn:
    """The turn that new events make, or deliveries noted before."""
    due = known.state.changes_at
    changes = [] if due is None or due > now else list(elapsed(known, now))
    before = changes[-1].after if changes else known.state
    mover = _mover(new)
    event, actor = (mover.id, mover.actor) if mover else (None, BY_DELIVERY)
    return _turn(known, [*known.events, *new], before, changes, now, event, actor)


def elapse(known: Known, now: Instant) -> Turn:
    """The turn that time alone makes."""
    changes = list(elapsed(known, now))
    before = changes[-1].after if changes else known.state
    return _turn(known, known.events, before, changes, now, None, BY_TIME)


def refolded(known: Known, now: Instant) -> Turn:
    """The turn that a changed policy makes; the newest version is the actor."""
    actor = f"policy {in_force(known.policies, now)}"
    return _turn(known, known.events, known.state, [], now, None, actor)


def _turn(
    known: Known,
    events: Sequence[Event],
    before: State,
    changes: list[Change],
    now: Instant,
    event: bytes | None,
    actor: str,
) -> Turn:
    after, bounces = told(events, known.policies, now, known.deliveries)
    if visibly(before, after):
        changes.append(Change(known.account, known.address, before, after, now, event, actor))
    shown = bounces if after.state is not _VALID else {}
    seen = as_judged(events)[0] if shown else ()
    return Turn(after, changes, [(e, shown[e.id].type) for e in seen if e.id in shown])


def noted(event: Event) -> bool:
    """Whether an event is a delivery to be noted on its send, if that is known, and no event (rule 15)."""
    return event.kind is EventKind.DELIVERED and event.send is not None and event.standing is _PROVEN


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
    if len(new) == 1:
        return new[0]
    proven = [event for event in new if event.standing is _PROVEN]
    return max(proven or new, key=lambda event: (event.at, event.id), default=None)
