"""An address while its history is played: which trigger an event fires, and what is counted beside."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import counters
from retour.lifecycle.counters import Bounce, Counter, Counters
from retour.lifecycle.history import History
from retour.lifecycle.incidents import Doubts
from retour.lifecycle.order import Place
from retour.lifecycle.policy import Counting, Policy, TypeRule
from retour.lifecycle.table import CAUSES, STOPS, Trigger, moved
from retour.model import OF_BOUNCES, BounceType, Cause, Event, EventKind, Reason, StateName

CONFIRMED_AFTER, CONFIRMED_WITHIN = 24 * HOUR, 30 * DAY  # rule 2, both ends included

MOST_REACTIVATIONS = 10  # whatever a policy says (rule 6)

END_OF_CALENDAR: Instant = 253_402_300_799_999_999  # 9999-12-31: a due time beyond it could not be shown

_ONLY_SOFT = frozenset({Cause.SOFT})
_BY_BOUNCE = frozenset({Cause.HARD, Cause.SOFT, Cause.BLOCK})

# Looking a member of an enumeration up takes four times as long as a name; these are asked for each bounce.
_VALID, _INVALID, _WINDOWED = StateName.VALID, StateName.INVALID, Counting.WINDOWED
_LISTED, _REACHED = Trigger.LISTED, Trigger.REACHED
_HARD, _UNDETERMINED, _CONFIRMED = BounceType.HARD, Reason.UNDETERMINED, TypeRule.HARD_CONFIRMED


@dataclass(slots=True)
class Life:
    """An address while its history is played. Only the table moves its state."""

    history: History
    until: Place
    policy: Policy
    doubts: Doubts | None = None  # of hard bounces
    guarded: Doubts | None = None  # of others that stop at once
    moves: int = 0  # how many of the history's were played
    state: StateName = StateName.VALID
    causes: frozenset[Cause] = frozenset()
    since: Instant | None = None
    bounces: list[Bounce] = field(default_factory=list)  # since clean
    counters: Counters = field(default_factory=dict)  # of those that the counting mode looks at
    listed: int = 0  # listed bounces, since clean
    last_listed: Instant | None = None  # the latest of them
    last_looked_at: Instant | None = None  # the latest of them since the last delivery while not invalid
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
    times: dict[Reason, list[Instant]] = field(default_factory=dict)  # of the first bounces since clean
    timed: int = 0  # how many these are: only `hard_confirmed` asks for them

    @classmethod
    def played(cls, history: History, until: Place) -> Self:
        """The life after all moves up to a place, and after the resets due by then."""
        life = cls(history, until, history.first)
        if history.incidents:
            life.doubts = Doubts(history.incidents, until)
            life.guarded = Doubts([each._replace(begins=each.guarded) for each in history.incidents], until)
        life.play(until)
        return life

    def play(self, until: Place) -> None:
        """Go on to a later place. No incident may close on the way: it reaches back to its beginning."""
        self.until = until
        moves = self.history.moves
        for number in range(self.moves, len(moves)):
            at, rank, id, what = moves[number]
            if (at, rank, id) > until:
                break
            self.moves = number + 1
            if self.since is not None:
                self.pass_time(at)
            _PLAY[rank](self, at, what)
        if self.since is not None:
            self.pass_time(until.at)

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
        if self.since is None or not policy.reset_after or self.causes != _ONLY_SOFT:
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
        self.bounces, self.counters, self.doubted, self.fresh = [], {}, 0, 0
        self.listed, self.last_listed, self.last_looked_at = 0, None, None
        self.times, self.timed = {}, 0
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
        self.counters = counters.read(self.looked_at(), policy, at)
        self.look_at_thresholds(at)
        due = self.due()
        if due is not None and due <= at:
            self.reset(at)

    def look_at_thresholds(self, at: Instant) -> None:
        """Deactivate at a reached threshold; while `invalid`, only the hard one adds its cause (rule 4)."""
        read = self.counters
        if self.state is _INVALID:
            read = {name: counter for name, counter in read.items() if name is _HARD}
        causes = {CAUSES[type_] for type_ in counters.reached(read, self.policy)}
        if not causes <= self.causes:
            self.stop(Trigger.REACHED, at, causes)

    def deliver(self, at: Instant, _: None) -> None:
        """Remembered in every mode, so that a change of mode reads the same history (rule 3)."""
        self.delivered = at
        if self.state is not _INVALID:
            self.fresh, self.last_looked_at = len(self.bounces), None
            if self.policy.counting is Counting.CONSECUTIVE:
                self.counters = {}

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

    def restore(self, at: Instant, event: Event) -> None:
        """Rule 8: valid and clean, whatever the causes, and whatever was waited for.

        A restore of a wave was decided on what bounces stopped: no other cause goes with it, though it may
        be told only later.
        """
        kept = self.causes - _BY_BOUNCE if event.outcome == OF_BOUNCES else frozenset()
        since = self.since
        self.move(Trigger.RESTORED)
        self.clean(at)
        self.waiting = False
        if kept:
            self.stop(Trigger.STOPPED, at if since is None else since, kept)

    # --- a bounce ---------------------------------------------------------------------------------------

    def bounce(self, at: Instant, event: Event) -> None:
        """Judge it by the policy of its time, and see where it leads."""
        bounce = self.judged[event.id] = self.judge(event)
        if bounce.void:
            return
        self.bounces.append(bounce)
        if bounce.listed:
            self.listed += 1
            self.last_listed = self.last_looked_at = at
        if bounce.doubted:
            self.doubted += 1
            self.move(Trigger.DOUBTED)
        elif bounce.listed:
            if self.state is _VALID:
                self.move(_LISTED)
            self.count(at, bounce)

    def count(self, at: Instant, bounce: Bounce) -> None:
        """Count it, and deactivate where that reaches the threshold. No other counter can have risen."""
        policy = self.policy
        name = counters.counter_of(bounce, policy)
        if name is None:
            return
        counter = self.counters.get(name)
        if counter is None:
            counter = self.counters[name] = Counter()
        counter.count(bounce, policy.counting is _WINDOWED)
        if self.state is _INVALID and (name is not _HARD or Cause.HARD in self.causes):
            return
        threshold = counters.threshold_of(name, policy)
        if not 0 < threshold <= counter.plain + counter.days:
            return  # and the window, which slides on only now, would but take from it
        counter.slide(at - policy.within_days * DAY)
        if bounce.type is not None and counter.reached(threshold, policy.min_days):
            self.stop(_REACHED, at, (CAUSES[bounce.type],))

    def judge(self, event: Event) -> Bounce:
        """Type, and whether listed, doubted, late or void: fixed when it occurs (rules 1, 2, 4 and 12)."""
        at, reason, policy = event.at, event.reason or _UNDETERMINED, self.policy
        type_ = self.type_of(reason, at)
        listed = type_ is not None and event.status not in policy.uncounted_codes
        if self.cleaned is not None and event.handed_over is not None and event.handed_over < self.cleaned:
            return Bounce(at, reason, type_, listed=False, void=True)
        if self.history.void and event.send in self.history.void:
            was = type_ if counters.stops_at_once(reason, type_, policy) else _HARD
            return Bounce(at, reason, was, listed=False, void=True)
        bounce = Bounce(at, reason, type_, listed, False, type_ is not _HARD and self.state is _INVALID)
        doubts = self.doubts if type_ is _HARD else self.guarded
        if doubts is None or not listed:
            return bounce
        is_doubtful = type_ is _HARD or counters.stops_at_once(reason, type_, policy)
        return self.doubt(event, bounce, doubts) if is_doubtful else bounce

    def type_of(self, reason: Reason, at: Instant) -> BounceType | None:
        rule = self.policy.types.get(reason, TypeRule.IGNORE)
        if rule is _CONFIRMED:
            return _HARD if self.confirmed(reason, at) else BounceType.SOFT
        return _TYPES[rule]

    def confirmed(self, reason: Reason, at: Instant) -> bool:
        """Whether the same reason was seen before, since clean, with no delivery between (rule 2)."""
        for bounce in self.bounces[self.timed :]:
            self.times.setdefault(bounce.reason, []).append(bounce.at)
        self.timed = len(self.bounces)
        earliest = at - CONFIRMED_WITHIN
        if self.delivered is not None:
            earliest = max(earliest, self.delivered)
        times = self.times.get(reason, ())
        before = bisect_right(times, at - CONFIRMED_AFTER)
        return before > 0 and times[before - 1] >= earliest

    def doubt(self, event: Event, bounce: Bounce, doubts: Doubts) -> Bounce:
        """A bounce in an incident, hard or stopping at once: void after a revert, held while one is open.

        Rule 12 speaks of hard bounces, and so does an incident of a scenario. The outage guard holds more:
        under a policy that stops at the first soft one, a fault of our own DNS would stop everybody.
        """
        if doubts.void(event.at):
            if event.send is not None:
                self.void.add(event.send)
            return bounce._replace(listed=False, void=True)
        return bounce._replace(doubted=doubts.doubted(event.at))

    # --- what is looked at ------------------------------------------------------------------------------

    def looked_at(self) -> Sequence[Bounce]:
        """The bounces since clean that the counting mode of the moment looks at, before any window."""
        return self.bounces[self.fresh :] if self.policy.counting is Counting.CONSECUTIVE else self.bounces


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
