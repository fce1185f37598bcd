"""The life of an address told a second time, as naively as the rules are worded.

An oracle for `retour.lifecycle.fold`: written from the rules alone, never from the code it judges. It
forgets nothing, caches nothing and counts anew whenever it is asked; numbers in comments are rules of
lifecycle.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from retour.instants import DAY, HOUR, Instant, utc_day
from retour.lifecycle.policy import Counting, Policy, PolicyVersion, TypeRule
from retour.model import BounceType, Cause, Event, EventKind, Reason, Standing, State, StateName

# "at equal times: reset, policy, delivery, bounce, complaint, others, restore, now"; resets come by time.
POLICY, DELIVERY, BOUNCE, COMPLAINT, OTHER, RESTORE = range(1, 7)


@dataclass(frozen=True)
class Failure:
    """Rule 1: all reports about one send are one bounce."""

    at: Instant
    id: bytes
    reason: Reason
    status: str | None
    send: int | None
    handed_over: Instant | None


@dataclass(frozen=True)
class Incident:
    """Rule 12: hard bounces from `begins` until `closes` are doubted; a still open one closes never.

    `guards`: those too that stop at once.
    """

    begins: Instant
    closes: Instant | None
    outcome: str | None
    guards: bool

    def holds_at(self, now: Instant) -> bool:
        return self.closes is None or now < self.closes

    def covers(self, at: Instant) -> bool:
        return self.begins <= at and (self.closes is None or at < self.closes)


@dataclass(frozen=True)
class Played:
    """Rule 2: a bounce with what the policy in force when it occurred made of it."""

    at: Instant
    reason: Reason
    type: BounceType | None  # None: ignored
    listed: bool
    held: bool  # by an open incident (rule 12)
    lost: bool  # soft or block while invalid: "change no counter" (rule 4)

    def counts(self, policy: Policy) -> bool:
        """Rule 2: `undetermined`, and a reason whose own threshold is 0, never count."""
        never = self.reason is Reason.UNDETERMINED or policy.threshold_by_reason.get(self.reason) == 0
        return self.listed and not self.held and not self.lost and not never


@dataclass
class Life:
    """One address while its history is played; every question is answered from the lists."""

    policy: Policy
    incidents: Sequence[Incident]
    now: Instant
    bounces: list[Played] = field(default_factory=list)  # since the last reset or restore
    deliveries: list[Instant] = field(default_factory=list)
    resetting: list[Instant] = field(default_factory=list)  # deliveries while it was not invalid (rule 3)
    cleaned: Instant | None = None  # last reset or restore
    causes: frozenset[Cause] = frozenset()
    since: Instant | None = None
    reactivations: int = 0
    unsubscribed: bool = False
    unconfirmed: bool = False  # rule 9
    voided: set[int] = field(default_factory=set)  # sends whose bounce an incident made void

    # --- rule 3: counters, read at a moment ------------------------------------------------------------

    def standing_bounces(self) -> list[Played]:
        """Rule 3: since clean; `consecutive`: since the last delivery while not invalid, too."""
        if self.policy.counting is Counting.CONSECUTIVE and self.resetting:
            return [b for b in self.bounces if b.at >= max(self.resetting)]
        return list(self.bounces)

    def window(self, bounces: Iterable[Played], at: Instant) -> list[Played]:
        """Rule 3: those within (at - within_days x 24 h, at]."""
        return [b for b in bounces if at - self.policy.within_days * DAY < b.at <= at]

    def counted(self, counter: BounceType | Reason) -> list[Played]:
        """Rule 2: the own counter only where there is one, else the counter of the type."""
        chosen = [b for b in self.standing_bounces() if b.counts(self.policy)]
        if isinstance(counter, Reason):
            return [b for b in chosen if b.reason is counter]
        return [b for b in chosen if b.type is counter and b.reason not in self.policy.threshold_by_reason]

    def count(self, counter: BounceType | Reason, at: Instant) -> int:
        bounces = self.counted(counter)
        if self.policy.counting is not Counting.WINDOWED:
            return len(bounces)
        soft = [b for b in bounces if b.type is BounceType.SOFT]
        days = {utc_day(b.at) for b in self.window(soft, at)}
        return len(days) + len(bounces) - len(soft)

    def reached(self, counter: BounceType | Reason, at: Instant) -> bool:
        """Rules 3 and 4: the threshold, and for soft ones in a window the span from earliest to latest."""
        threshold = self.threshold(counter)
        if threshold == 0 or self.count(counter, at) < threshold:
            return False
        if self.policy.counting is not Counting.WINDOWED:
            return True
        soft = [b.at for b in self.window(self.counted(counter), at) if b.type is BounceType.SOFT]
        if self.count(counter, at) - len({utc_day(moment) for moment in soft}) >= threshold:
            return True  # hard or block ones of a named reason are enough without any soft one
        return max(soft) - min(soft) >= self.policy.min_days * DAY

    def threshold(self, counter: BounceType | Reason) -> int:
        if isinstance(counter, Reason):
            return self.policy.threshold_by_reason[counter]
        return {
            BounceType.HARD: self.policy.hard_threshold,
            BounceType.SOFT: self.policy.soft_threshold,
            BounceType.BLOCK: self.policy.block_threshold,
        }[counter]

    def causes_reached(self, at: Instant) -> set[Cause]:
        """Rule 4: cause = the type, of a named reason the type of its latest bounce."""
        reached = {Cause(type_) for type_ in BounceType if self.reached(type_, at)}
        for reason, threshold in self.policy.threshold_by_reason.items():
            if threshold and self.reached(reason, at):
                latest = self.counted(reason)[-1].type
                reached.add(Cause(str(latest)))
        return reached

    # --- what moves it ----------------------------------------------------------------------------------

    def deactivate(self, at: Instant, causes: set[Cause]) -> None:
        """`since` is the time of the first cause."""
        if causes and not self.causes:
            self.since = at
        self.causes |= causes

    def clean(self, at: Instant) -> None:
        self.bounces, self.causes, self.since, self.cleaned = [], frozenset(), None, at

    def read_counters(self, at: Instant) -> None:
        """Rules 4 and 5: a reached threshold; while `invalid` only `hard_threshold`."""
        if not self.causes:
            self.deactivate(at, self.causes_reached(at))
        elif self.reached(BounceType.HARD, at):
            self.deactivate(at, {Cause.HARD})

    def due(self) -> Instant | None:
        """Rule 6: since + reset_after x reset_growth^(reactivations used) days."""
        policy = self.policy
        allowed = min(policy.max_reactivations, 10)
        if self.since is None or self.causes != {Cause.SOFT}:
            return None
        if policy.reset_after == 0 or self.reactivations >= allowed:
            return None
        days: int = policy.reset_after * policy.reset_growth**self.reactivations
        return self.since + days * DAY

    def reset(self, at: Instant) -> None:
        """Rule 6: `valid` and clean; one more reactivation is used."""
        self.clean(at)
        self.reactivations += 1

    def pass_time(self, until: Instant) -> None:
        """Rule 6, dated at its due time; at equal times a reset comes before everything else."""
        due = self.due()
        if due is not None and due <= until:
            self.reset(due)

    def change_policy(self, at: Instant, policy: Policy) -> None:
        """Rule 5, then rule 6: a due time now in the past is "the moment of the change"."""
        self.policy = policy
        self.read_counters(at)
        due = self.due()
        if due is not None and due <= at:
            self.reset(at)

    def deliver(self, at: Instant) -> None:
        """Rule 3: remembered in every mode."""
        self.deliveries.append(at)
        if not self.causes:
            self.resetting.append(at)

    def bounce(self, failure: Failure) -> None:
        """Rules 1, 2, 4 and 12."""
        sent, cleaned = failure.handed_over, self.cleaned
        if sent is not None and cleaned is not None and sent < cleaned:
            return  # rule 1: recorded, not listed, not counted
        type_ = self.type_of(failure)
        listed = type_ is not None and failure.status not in self.policy.uncounted_codes
        is_hard = type_ is BounceType.HARD
        doubted = [i for i in self.incidents if i.covers(failure.at) and (is_hard or i.guards)]
        hard = listed and (is_hard or self.stops_alone(type_, failure.reason))
        if hard and any(i.outcome == "revert" and not i.holds_at(self.now) for i in doubted):
            if failure.send is not None:
                self.voided.add(failure.send)
            return  # rule 12: void
        held = hard and any(i.holds_at(self.now) for i in doubted)
        lost = bool(self.causes) and type_ is not BounceType.HARD
        played = Played(failure.at, failure.reason, type_, listed, held, lost)
        self.bounces.append(played)
        if played.counts(self.policy):
            self.read_counters(failure.at)

    def stops_alone(self, type_: BounceType | None, reason: Reason) -> bool:
        """Rule 12: what the first bounce of stops is held as hard ones are, for an outage would stop all."""
        if type_ is None or reason is Reason.UNDETERMINED:
            return False
        own = self.policy.threshold_by_reason
        threshold = own[reason] if reason in own else self.threshold(type_)
        waits = self.policy.counting is Counting.WINDOWED and self.policy.min_days > 0
        return threshold == 1 and not (waits and type_ is BounceType.SOFT)

    def type_of(self, failure: Failure) -> BounceType | None:
        """Rule 2: the type under the policy in force when it occurred."""
        rule = self.policy.types.get(failure.reason, TypeRule.IGNORE)
        if rule is TypeRule.IGNORE:
            return None
        if rule is not TypeRule.HARD_CONFIRMED:
            return BounceType(rule)
        return BounceType.HARD if self.confirmed(failure) else BounceType.SOFT

    def confirmed(self, failure: Failure) -> bool:
        """Rule 2: the same reason 24 hours to 30 days before, since clean, with no delivery between."""
        for earlier in self.bounces:
            apart = 24 * HOUR <= failure.at - earlier.at <= 30 * DAY
            between = any(earlier.at < delivery <= failure.at for delivery in self.deliveries)
            if earlier.reason is failure.reason and apart and not between:
                return True
        return False

    def other(self, event: Event) -> None:
        """Rules 7, 8, 9 and the unsubscribe that is kept beside."""
        match event.kind:
            case EventKind.COMPLAINT:
                self.deactivate(event.at, {Cause.COMPLAINT})
            case EventKind.IMPORT:
                self.deactivate(event.at, {Cause.IMPORT})
            case EventKind.PLATFORM if self.policy.platform_stops == "obey":
                self.deactivate(event.at, {Cause.PLATFORM})
            case EventKind.STOP:
                self.deactivate(event.at, {Cause.SUPPORT})
            case EventKind.RESTORE:  # "`valid` and clean", so nothing is waited for either
                self.clean(event.at)
                self.unconfirmed = False
            case EventKind.UNSUBSCRIBE:
                self.unsubscribed = True
            case EventKind.RESUBSCRIBE:
                self.unsubscribed = False
            case EventKind.CORRECTION:
                self.unconfirmed = True
            case EventKind.CONFIRMATION:
                self.unconfirmed = False

    # --- what is seen -----------------------------------------------------------------------------------

    def listed_at(self, at: Instant) -> list[Played]:
        """The listed bounces that make `bouncing` in the counting mode of the moment (rule 3)."""
        listed = [b for b in self.standing_bounces() if b.listed]
        return self.window(listed, at) if self.policy.counting is Counting.WINDOWED else listed

    def name_at(self, at: Instant) -> StateName:
        if self.causes:
            return StateName.INVALID
        if self.unconfirmed or any(b.held for b in self.bounces):
            return StateName.HELD
        return StateName.BOUNCING if self.listed_at(at) else StateName.VALID

    def seen_at(self, at: Instant) -> State:
        """The state at the moment that was played up to."""
        listed = [b for b in self.bounces if b.listed]
        own = [reason for reason, threshold in self.policy.threshold_by_reason.items() if threshold]
        return State(
            state=self.name_at(at),
            causes=self.causes,
            since=self.since,
            until=self.due(),
            hard=self.count(BounceType.HARD, at),
            soft=self.count(BounceType.SOFT, at),
            block=self.count(BounceType.BLOCK, at),
            reasons={reason: self.count(reason, at) for reason in own},
            reactivations=self.reactivations,
            unsubscribed=self.unsubscribed,
            last_bounce=max((b.at for b in listed), default=None),
            listed=len(listed),
        )

    def turns(self) -> list[Instant]:
        """Moments at which time alone may show another state: a due reset, a bounce leaving the window."""
        due = self.due()
        edges = [b.at + self.policy.within_days * DAY for b in self.bounces]
        return edges if due is None else [*edges, due]


def reference(
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    now: Instant,
    deliveries: Sequence[tuple[int | None, Instant]] = (),
) -> State:
    """The state at `now`; arguments and result as those of `retour.lifecycle.fold`."""
    seen, life = seen_at(events, policies, now, deliveries)
    dated = {event.at for event in events} | {version.at for version in policies}
    dated |= {at for _, at in deliveries}
    moment = now
    while ahead := [at for at in {*dated, *life.turns()} if at > moment]:
        moment = min(ahead)
        later, life = seen_at(events, policies, moment, deliveries)
        if later != seen:
            return seen._replace(changes_at=moment)
    return seen


def seen_at(
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    now: Instant,
    deliveries: Sequence[tuple[int | None, Instant]],
) -> tuple[State, Life]:
    """The state at a moment but for `changes_at`, and the life that it was read from."""
    proven = list({event.id: event for event in events if event.standing is Standing.PROVEN}.values())
    known = with_understood(proven)
    versions = sorted(policies, key=lambda version: (version.at, version.number))
    void: set[int] = set()
    while True:
        life = play(known, versions, now, deliveries, frozenset(void))
        if life.voided <= void:
            return life.seen_at(now), life
        void |= life.voided  # a void bounce did not happen (rule 12): a delivery of its send is one after all


def with_understood(proven: Sequence[Event]) -> list[Event]:
    """What replays have understood, as the bounces they are: of several readings of one that asked for last.

    Its `outcome` names the bounce it stands for, and when it was asked for; once that is known, it counts.
    """
    known = {event.id.hex() for event in proven}
    readings: dict[str, list[tuple[int, bytes]]] = {}
    for event in proven:
        if event.kind is EventKind.UNDERSTOOD and event.outcome:
            bounce, asked = event.outcome.split(" ")
            readings.setdefault(bounce, []).append((int(asked), event.id))
    counted = {max(made)[1] for bounce, made in readings.items() if bounce not in known}
    return [event._replace(kind=EventKind.BOUNCE) if event.id in counted else event for event in proven]


def play(
    known: Sequence[Event],
    versions: Sequence[PolicyVersion],
    now: Instant,
    deliveries: Sequence[tuple[int | None, Instant]],
    voided: frozenset[int],
) -> Life:
    """Everything up to `now`, in the order of the rules' first paragraph."""
    failures = group_by_send([event for event in known if event.kind is EventKind.BOUNCE])
    life = Life(versions[0].policy, incidents_of(known), now)
    bounced = {failure.send for failure in failures if failure.send is not None} - voided
    told = [(event.send, event.at) for event in known if event.kind is EventKind.DELIVERED]
    steps: list[tuple[Instant, int, bytes, object]] = [
        (at, DELIVERY, b"", at) for send, at in [*told, *deliveries] if send not in bounced
    ]  # rule 1: a delivery of a send that bounced is no delivery
    steps += [(version.at, POLICY, version.number.to_bytes(8), version.policy) for version in versions]
    steps += [(f.at, BOUNCE, f.id, f) for f in failures if f.send is None or f.send not in voided]
    for event in known:
        if event.kind not in (EventKind.BOUNCE, EventKind.DELIVERED):
            steps.append((event.at, order_of(event.kind), event.id, event))
    for at, _, _, what in sorted(steps, key=lambda step: step[:3]):
        if at <= now:
            life.pass_time(at)
            take(life, at, what)
    life.pass_time(now)
    return life


def take(life: Life, at: Instant, what: object) -> None:
    match what:
        case Policy():
            life.change_policy(at, what)
        case Failure():
            life.bounce(what)
        case Event():
            life.other(what)
        case _:
            life.deliver(at)


def order_of(kind: EventKind) -> int:
    return {EventKind.COMPLAINT: COMPLAINT, EventKind.RESTORE: RESTORE}.get(kind, OTHER)


def group_by_send(reports: Sequence[Event]) -> list[Failure]:
    """Rule 1: one bounce a send; reports that name no send are each a bounce of their own."""
    sends: dict[object, list[Event]] = {}
    for report in reports:
        key = ("report", report.id) if report.send is None else ("send", report.send)
        sends.setdefault(key, []).append(report)
    return [failure_of(group) for group in sends.values()]


def failure_of(group: Sequence[Event]) -> Failure:
    earliest = min(group, key=lambda report: (report.at, report.id))
    telling = min(group, key=lambda report: (rank_of(report.reason), report.at, report.id))
    stated = [report.handed_over for report in group if report.handed_over is not None]
    return Failure(
        earliest.at,
        earliest.id,
        telling.reason or Reason.UNDETERMINED,
        telling.status,
        earliest.send,
        min(stated, default=None),
    )


def rank_of(reason: Reason | None) -> int:
    """Rule 1: "a cause before `delivery_expired` before `undetermined`"."""
    return {Reason.DELIVERY_EXPIRED: 1, Reason.UNDETERMINED: 2, None: 2}.get(reason, 0)


def incidents_of(known: Sequence[Event]) -> list[Incident]:
    """Rule 12: each opening lasts until the first close after it that confirms or reverts."""
    order = sorted(known, key=lambda event: (event.at, event.id))
    incidents = []
    for place, event in enumerate(order):
        if event.kind is EventKind.INCIDENT_OPEN:
            begins = event.at if event.begins is None else event.begins
            closes = [e for e in order[place:] if e.kind is EventKind.INCIDENT_CLOSE and e.outcome]
            close, guards = closes[0] if closes else None, bool(event.outcome)
            if close is None:
                incidents.append(Incident(begins, None, None, guards))
            else:
                incidents.append(Incident(begins, close.at, close.outcome, guards))
    return incidents
