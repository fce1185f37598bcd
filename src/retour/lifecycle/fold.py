"""Events, policies and a moment make a state: prepare, play through the table, read the counters.

Pure: the same set of events in any order, with any of them twice, gives the same state (lifecycle.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import counters
from retour.lifecycle.counters import Bounce
from retour.lifecycle.history import History, Place, Rank, prepare
from retour.lifecycle.policy import Counting, Policy, PolicyVersion, TypeRule
from retour.lifecycle.table import CAUSES, STOPS, Trigger, moved
from retour.model import BounceType, Cause, Event, EventKind, Reason, Standing, State, StateName

CONFIRMED_AFTER, CONFIRMED_WITHIN = 24 * HOUR, 30 * DAY  # rule 2, both ends included

MOST_REACTIVATIONS = 10  # whatever a policy says (rule 6)

END_OF_CALENDAR: Instant = 253_402_300_799_999_999  # 9999-12-31: a due time beyond it could not be shown

_ONLY_SOFT = frozenset({Cause.SOFT})


def fold(
    events: Iterable[Event],
    policies: Sequence[PolicyVersion],
    now: Instant,
    deliveries: Iterable[tuple[int | None, Instant]] = (),
) -> State:
    """The state of one address at `now`.

    `events` are all that are known of it, in any order, also those dated after `now`; `deliveries` are
    (send or None, time) beside the DELIVERED events among them. No events: VALID. The first policy is in
    force before its own time too; without any, the default preset is.
    """
    events, deliveries = tuple(events), tuple(deliveries)
    state = play(events, policies, deliveries, _moment(now)).seen_at(now)
    ahead = {event.at for event in events if event.at > now}
    ahead |= {version.at for version in policies if version.at > now}
    ahead |= {at for _, at in deliveries if at > now}
    return _woken(state, sorted(ahead), events, policies, deliveries) if ahead else state


def _moment(now: Instant) -> Place:
    return Place(now, Rank.NOW)


def _woken(
    state: State,
    ahead: Sequence[Instant],
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Sequence[tuple[int | None, Instant]],
) -> State:
    """The state with a `changes_at` that knows what is dated ahead (a source's clock may run before ours)."""
    seen = state
    for at in ahead:
        if seen.changes_at is not None and seen.changes_at < at:
            break
        seen = play(events, policies, deliveries, _moment(at)).seen_at(at)
        if replace(seen, changes_at=None) != replace(state, changes_at=None):
            return replace(state, changes_at=at)
    return replace(state, changes_at=seen.changes_at)


def judged(
    events: Iterable[Event],
    policies: Sequence[PolicyVersion],
    now: Instant,
    deliveries: Iterable[tuple[int | None, Instant]] = (),
) -> Mapping[bytes, Bounce]:
    """What became of each bounce up to `now`, by event id: its type, and whether it was listed.

    All proven reports of one send point to their one bounce; what is unproven or no bounce is absent.
    """
    events = tuple(events)
    found = play(events, policies, tuple(deliveries), _moment(now)).judged
    known = [e for e in events if e.kind is EventKind.BOUNCE and e.standing is Standing.PROVEN]
    by_send = {e.send: found[e.id] for e in known if e.send is not None and e.id in found}
    for event in known:
        if event.send in by_send:
            found[event.id] = by_send[event.send]
    return found


def type_of(
    event: Event,
    events: Iterable[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Iterable[tuple[int | None, Instant]] = (),
) -> BounceType | None:
    """Hard, soft or block, as fixed when the bounce occurred; None for what was ignored or is no bounce.

    `events` are all of the address: `hard_confirmed` asks for an earlier bounce, and a report of a send that
    another report told more of has that one's type.
    """
    bounce = judged(events, policies, END_OF_CALENDAR, deliveries).get(event.id)
    return None if bounce is None else bounce.type


def play(
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Sequence[tuple[int | None, Instant]],
    until: Place,
) -> "Life":
    """The life played up to a place in its order.

    Played again when a revert made bounces void: a delivery of their sends is a delivery after all, which
    may change what else was confirmed. Void bounces only grow, so this ends.
    """
    void: frozenset[int] = frozenset()
    while True:
        life = Life.played(prepare(events, policies, deliveries, void), until)
        if life.void <= void:
            return life
        void |= life.void


@dataclass(slots=True)
class Life:
    """An address while its history is played. Only the table moves its state."""

    history: History
    until: Place
    policy: Policy
    state: StateName = StateName.VALID
    causes: frozenset[Cause] = frozenset()
    since: Instant | None = None
    bounces: list[Bounce] = field(default_factory=list)  # since clean
    cleaned: Instant | None = None  # last reset or restore
    doubted: int = 0  # bounces held by an open incident, since clean
    waiting: bool = False  # a correction that waits for its confirmation
    delivered: Instant | None = None  # last delivery
    fresh: int = 0  # how many of the bounces lie before the last delivery while not invalid
    reactivations: int = 0
    unsubscribed: bool = False
    void: set[int] = field(default_factory=set)  # sends whose bounce a revert undid
    judged: dict[bytes, Bounce] = field(default_factory=dict)  # every bounce played, by its event's id

    @classmethod
    def played(cls, history: History, until: Place) -> "Life":
        """The life after all moves up to a place, and after the resets due by then."""
        life = cls(history, until, history.first)
        for place, what in history.moves:
            if place > until:
                break
            life.pass_time(place.at)
            _PLAY[place.rank](life, place.at, what)
        life.pass_time(until.at)
        return life

    # --- what moves it ----------------------------------------------------------------------------------

    def move(self, trigger: Trigger) -> None:
        self.state = moved(self.state, trigger)

    def pass_time(self, until: Instant) -> None:
        """The reset, dated at its due time; at equal times it goes before everything else."""
        due = self.due()
        if due is not None and due <= until:
            self.reset(due)

    def due(self) -> Instant | None:
        """When the policy in force resets it (rule 6); None: never."""
        policy = self.policy
        if self.causes != _ONLY_SOFT or not policy.reset_after or self.since is None:
            return None
        if self.reactivations >= min(policy.max_reactivations, MOST_REACTIVATIONS):
            return None
        days: int = policy.reset_after * policy.reset_growth**self.reactivations
        return min(self.since + days * DAY, END_OF_CALENDAR)

    def reset(self, at: Instant) -> None:
        self.move(Trigger.RESET)
        self.clean(at)
        self.reactivations += 1
        if self.waiting:
            self.move(Trigger.DOUBTED)

    def clean(self, at: Instant) -> None:
        self.causes, self.since = frozenset(), None
        self.bounces, self.doubted, self.fresh = [], 0, 0
        self.cleaned = at

    def stop(self, trigger: Trigger, at: Instant, causes: Iterable[Cause]) -> None:
        if not self.causes:
            self.since = at
        self.causes = self.causes.union(causes)
        self.move(trigger)

    def change_policy(self, at: Instant, policy: Policy) -> None:
        """Rule 5, then rule 6: a due time that the change puts into the past is the moment of the change."""
        self.policy = policy
        self.look_at_thresholds(at)
        due = self.due()
        if due is not None and due <= at:
            self.reset(at)

    def look_at_thresholds(self, at: Instant) -> None:
        """Deactivate at a reached threshold; while `invalid`, only the hard one adds its cause (rule 4)."""
        read = self.counted(at)
        if self.state is StateName.INVALID:
            read = {name: counter for name, counter in read.items() if name is BounceType.HARD}
        causes = {CAUSES[type_] for type_ in counters.reached(read, self.policy)}
        if not causes <= self.causes:
            self.stop(Trigger.REACHED, at, causes)

    def deliver(self, at: Instant, _: None) -> None:
        """Remembered in every mode, so that a change of mode reads the same history (rule 3)."""
        self.delivered = at
        if self.state is not StateName.INVALID:
            self.fresh = len(self.bounces)

    def happen(self, at: Instant, event: Event) -> None:
        """Everything but bounces, deliveries and restores; what is not named here is without effect."""
        match event.kind:
            case EventKind.PLATFORM if self.policy.platform_stops == "ignore":
                pass
            case kind if kind in STOPS:
                self.stop(Trigger.STOPPED, at, {STOPS[kind]})
            case EventKind.UNSUBSCRIBE:
                self.unsubscribed = True
            case EventKind.RESUBSCRIBE:
                self.unsubscribed = False
            case EventKind.CORRECTION:
                self.waiting = True
                self.move(Trigger.DOUBTED)
            case EventKind.CONFIRMATION if self.waiting:
                self.waiting = False
                if not self.doubted:
                    self.move(Trigger.RELEASED)

    def restore(self, at: Instant, _: Event) -> None:
        """Rule 8: valid and clean, whatever the causes, and whatever was waited for."""
        self.move(Trigger.RESTORED)
        self.clean(at)
        self.waiting = False

    # --- a bounce ---------------------------------------------------------------------------------------

    def bounce(self, at: Instant, event: Event) -> None:
        """Judge it by the policy of its time, and see where it leads; a delay only stands in the order."""
        if event.kind is not EventKind.BOUNCE:
            return
        bounce = self.judge(event)
        self.judged[event.id] = bounce
        if bounce.void:
            return
        self.bounces.append(bounce)
        if bounce.doubted:
            self.doubted += 1
            self.move(Trigger.DOUBTED)
        elif bounce.listed:
            self.move(Trigger.LISTED)
            self.look_at_thresholds(at)

    def judge(self, event: Event) -> Bounce:
        """Type, and whether listed, doubted, late or void: fixed when it occurs (rules 1, 2, 4 and 12)."""
        reason = event.reason or Reason.UNDETERMINED
        type_ = self.type_of(reason, event.at)
        bounce = Bounce(event.at, reason, type_, listed=self.lists(event, type_))
        if self.cleaned is not None and event.handed_over is not None and event.handed_over < self.cleaned:
            return bounce._replace(listed=False, void=True)
        if event.send is not None and event.send in self.history.void:
            return bounce._replace(listed=False, void=True)
        if type_ is BounceType.HARD:
            return self.doubt(event, bounce) if self.history.incidents and bounce.listed else bounce
        return bounce._replace(late=True) if self.state is StateName.INVALID else bounce

    def lists(self, event: Event, type_: BounceType | None) -> bool:
        return type_ is not None and event.status not in self.policy.uncounted_codes

    def type_of(self, reason: Reason, at: Instant) -> BounceType | None:
        rule = self.policy.types.get(reason, TypeRule.IGNORE)
        if rule is TypeRule.HARD_CONFIRMED:
            return BounceType.HARD if self.confirmed(reason, at) else BounceType.SOFT
        return _TYPES[rule]

    def confirmed(self, reason: Reason, at: Instant) -> bool:
        """Whether the same reason was seen before, since clean, with no delivery between (rule 2)."""
        earliest = at - CONFIRMED_WITHIN
        if self.delivered is not None:
            earliest = max(earliest, self.delivered)
        latest = at - CONFIRMED_AFTER
        return any(b.reason is reason and earliest <= b.at <= latest for b in self.bounces)

    def doubt(self, event: Event, bounce: Bounce) -> Bounce:
        """A hard bounce in an incident: void after a revert, held while one is open (rule 12)."""
        around = [incident for incident in self.history.incidents if incident.covers(event.at)]
        closed = [i for i in around if i.closes is not None and i.closes <= self.until]
        if any(incident.outcome == "revert" for incident in closed):
            if event.send is not None:
                self.void.add(event.send)
            return bounce._replace(listed=False, void=True)
        return bounce._replace(doubted=len(closed) < len(around))

    # --- what is seen -----------------------------------------------------------------------------------

    def looked_at(self) -> Sequence[Bounce]:
        """The bounces since clean that the counting mode of the moment looks at, before any window."""
        return self.bounces[self.fresh :] if self.policy.counting is Counting.CONSECUTIVE else self.bounces

    def counted(self, at: Instant) -> counters.Counters:
        return counters.read(self.looked_at(), self.policy, at)

    def look_for_listed(self, now: Instant) -> Instant | None:
        """Between `valid` and `bouncing` (rule 3). Returns when the last listed bounce leaves the window."""
        last = _last_listed(self.looked_at())
        fades = None
        if last is not None and self.policy.counting is Counting.WINDOWED:
            fades = last + self.policy.within_days * DAY
        gone = last is None or (fades is not None and fades <= now)
        self.move(Trigger.FADED if gone else Trigger.LISTED)
        return fades if self.state is StateName.BOUNCING else None

    def seen_at(self, now: Instant) -> State:
        """The state at a moment at or after all that was played, when nothing but time has passed since."""
        read, due, fades = self.counted(now), self.due(), self.look_for_listed(now)
        slides = [counter.slides_at(self.policy.within_days) for counter in read.values()]
        own = [reason for reason, threshold in self.policy.threshold_by_reason.items() if threshold]
        return State(
            state=self.state,
            causes=self.causes,
            since=self.since,
            until=due,
            hard=_value(read, BounceType.HARD),
            soft=_value(read, BounceType.SOFT),
            block=_value(read, BounceType.BLOCK),
            reasons={reason: _value(read, reason) for reason in own},
            reactivations=self.reactivations,
            unsubscribed=self.unsubscribed,
            changes_at=min((at for at in (due, fades, *slides) if at is not None), default=None),
            last_bounce=_last_listed(self.bounces),
            listed=sum(bounce.listed for bounce in self.bounces),
        )


def _last_listed(bounces: Sequence[Bounce]) -> Instant | None:
    return next((bounce.at for bounce in reversed(bounces) if bounce.listed), None)


def _value(read: counters.Counters, name: counters.CounterName) -> int:
    counter = read.get(name)
    return 0 if counter is None else counter.value()


_TYPES: Mapping[TypeRule, BounceType | None] = {
    TypeRule.HARD: BounceType.HARD,
    TypeRule.SOFT: BounceType.SOFT,
    TypeRule.BLOCK: BounceType.BLOCK,
    TypeRule.IGNORE: None,
}

_PLAY: Mapping[Rank, Callable[[Life, Instant, Any], None]] = {
    Rank.POLICY: Life.change_policy,
    Rank.DELIVERY: Life.deliver,
    Rank.BOUNCE: Life.bounce,
    Rank.COMPLAINT: Life.happen,
    Rank.OTHER: Life.happen,
    Rank.RESTORE: Life.restore,
}
