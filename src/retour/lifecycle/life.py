"""An address while its history is played: which trigger an event fires, and what is counted beside."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import counters
from retour.lifecycle.counters import Bounce
from retour.lifecycle.history import History, Place
from retour.lifecycle.policy import Counting, Policy, TypeRule
from retour.lifecycle.table import CAUSES, STOPS, Trigger, moved
from retour.model import BounceType, Cause, Event, EventKind, Reason, StateName

CONFIRMED_AFTER, CONFIRMED_WITHIN = 24 * HOUR, 30 * DAY  # rule 2, both ends included

MOST_REACTIVATIONS = 10  # whatever a policy says (rule 6)

END_OF_CALENDAR: Instant = 253_402_300_799_999_999  # 9999-12-31: a due time beyond it could not be shown

_ONLY_SOFT = frozenset({Cause.SOFT})


@dataclass(slots=True)
class Life:
    """An address while its history is played. Only the table moves its state."""

    history: History
    until: Place
    policy: Policy
    moves: int = 0  # how many of the history's were played
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
    past: int = 0  # how many of the judged were played before the last reset or restore

    @classmethod
    def played(cls, history: History, until: Place) -> Self:
        """The life after all moves up to a place, and after the resets due by then."""
        life = cls(history, until, history.first)
        for place, what in history.moves:
            if place > until:
                break
            life.moves += 1
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
        self.past = len(self.judged)

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
        """Judge it by the policy of its time, and see where it leads."""
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
            if self.may_reach(bounce):
                self.look_at_thresholds(at)

    def judge(self, event: Event) -> Bounce:
        """Type, and whether listed, doubted, late or void: fixed when it occurs (rules 1, 2, 4 and 12)."""
        reason = event.reason or Reason.UNDETERMINED
        type_ = self.type_of(reason, event.at)
        listed = self.lists(event, type_)
        if self.cleaned is not None and event.handed_over is not None and event.handed_over < self.cleaned:
            return Bounce(event.at, reason, type_, listed=False, void=True)
        if event.send is not None and event.send in self.history.void:
            return Bounce(event.at, reason, BounceType.HARD, listed=False, void=True)
        if type_ is BounceType.HARD:
            bounce = Bounce(event.at, reason, type_, listed)
            return self.doubt(event, bounce) if self.history.incidents and listed else bounce
        return Bounce(event.at, reason, type_, listed, late=self.state is StateName.INVALID)

    def may_reach(self, bounce: Bounce) -> bool:
        """Whether to read the counters after this bounce: most bounces are spared it."""
        name = counters.counter_of(bounce, self.policy)
        if name is None or self.state is StateName.INVALID:
            return name is BounceType.HARD and Cause.HARD not in self.causes
        return 0 < counters.threshold_of(name, self.policy) <= len(self.bounces)

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

    # --- what is looked at ------------------------------------------------------------------------------

    def looked_at(self) -> Sequence[Bounce]:
        """The bounces since clean that the counting mode of the moment looks at, before any window."""
        return self.bounces[self.fresh :] if self.policy.counting is Counting.CONSECUTIVE else self.bounces

    def counted(self, at: Instant) -> counters.Counters:
        return counters.read(self.looked_at(), self.policy, at)


_TYPES: Mapping[TypeRule, BounceType | None] = {
    TypeRule.HARD: BounceType.HARD,
    TypeRule.SOFT: BounceType.SOFT,
    TypeRule.BLOCK: BounceType.BLOCK,
    TypeRule.IGNORE: None,
}

# By rank.
_PLAY: Sequence[Callable[[Life, Instant, Any], None]] = (
    Life.change_policy,
    Life.deliver,
    Life.bounce,
    Life.happen,  # complaints
    Life.happen,  # others
    Life.restore,
)
