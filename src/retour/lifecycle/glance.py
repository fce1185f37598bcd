"""A life at a glance: what becomes of an address of which nothing but bounces is known, out of narrow rows.

Most addresses are no more than that: bounces of sends of their own, never restored, never reset. What `play`
tells of such a life follows from the times and reasons alone; who looks over millions need not make events of
them. The first thing that is anything else ends the glance, and the life is played in full: a glance that
tells something tells what `fold` tells (rules 2 to 6 are here for the one case in which they meet no other).
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from retour.instants import DAY, Instant
from retour.lifecycle import counters
from retour.lifecycle.counters import Bounce, Counter, CounterName, Counters
from retour.lifecycle.life import END_OF_CALENDAR
from retour.lifecycle.policy import Counting, Policy, PolicyVersion, TypeRule
from retour.lifecycle.presets import preset
from retour.lifecycle.table import CAUSES
from retour.model import BounceType, Cause, EventKind, Reason, Standing, State, StateName

Told = Sequence[Any]
"""An event in brief, as rows hold it: time, kind, standing, reason (or None), status (or None), send (or
None)."""

Plain = tuple[Instant, str | None, str | None]
"""A bounce that is one by itself: time, reason, status."""

_BOUNCE, _PROVEN = EventKind.BOUNCE.value, Standing.PROVEN.value
_IDLE = frozenset(
    kind.value
    for kind in (
        EventKind.DELAY,
        EventKind.SUPPRESSED,
        EventKind.AUTOREPLY,
        EventKind.CHALLENGE,
        EventKind.OTHER,
    )
)
"""Reports that move nothing."""
_AT = itemgetter(0)
_HARD = BounceType.HARD
_ONLY_SOFT, _NONE = frozenset({Cause.SOFT}), frozenset[Cause]()
_TYPES: Mapping[TypeRule, BounceType | None] = {
    TypeRule.HARD: BounceType.HARD,
    TypeRule.SOFT: BounceType.SOFT,
    TypeRule.BLOCK: BounceType.BLOCK,
    TypeRule.IGNORE: None,
}
_VALID, _BOUNCING = State(), State(StateName.BOUNCING)


class Counted(NamedTuple):
    """What a bounce of a reason is under a policy."""

    reason: Reason
    type: BounceType | None
    name: CounterName | None  # where it counts, once it is listed
    threshold: int


class Ruled(NamedTuple):
    """A version as it is asked for each bounce; a reason that is missing cannot be judged at a glance."""

    at: Instant
    policy: Policy
    of: Mapping[str | None, Counted]
    windowed: bool


def plain(told: Sequence[Told], until: Instant) -> list[Plain] | None:
    """The bounces in their order, where the address had nothing else before `until` that could move it."""
    found: list[Plain] = []
    sends: list[int] = []
    for at, kind, standing, reason, status, send in told:
        if standing != _PROVEN:
            continue
        if at >= until or (kind != _BOUNCE and kind not in _IDLE):
            return None
        if kind == _BOUNCE:
            found.append((at, reason, status))
            if send is not None:
                sends.append(send)
    if len(sends) > 1 and len(set(sends)) < len(sends):
        return None  # two reports of one bounce
    if len(found) > 1:
        found.sort(key=_AT)
        if len({at for at, _, _ in found}) < len(found):
            return None  # their ids would tell which comes first
    return found


def sends_of(told: Sequence[Told]) -> set[int | None]:
    """The sends that bounced."""
    return {send for _, kind, _, _, _, send in told if kind == _BOUNCE}


def ruled(versions: Sequence[PolicyVersion]) -> Sequence[Ruled] | None:
    """Versions in their order; None where deliveries count, which a glance does not see."""
    if any(version.policy.counting is Counting.CONSECUTIVE for version in versions):
        return None
    ordered = sorted(versions, key=lambda version: (version.at, version.number))
    return [_ruled(version.at, version.policy) for version in ordered] or [_ruled(0, preset("default"))]


def _ruled(at: Instant, policy: Policy) -> Ruled:
    of: dict[str | None, Counted] = {}
    for reason in Reason:
        rule = policy.types.get(reason, TypeRule.IGNORE)
        if rule is TypeRule.HARD_CONFIRMED:
            continue  # what came before decides
        type_ = _TYPES[rule]
        name = counters.counter_of(Bounce(0, reason, type_, listed=type_ is not None), policy)
        of[reason.value] = Counted(
            reason, type_, name, 0 if name is None else counters.threshold_of(name, policy)
        )
    if Reason.UNDETERMINED.value in of:
        of[None] = of[Reason.UNDETERMINED.value]
    return Ruled(at, policy, of, policy.counting is Counting.WINDOWED)


class Glance:
    """Such a life while it is played."""

    __slots__ = ("_due", "_last", "_ruled", "bounces", "causes", "counters", "since")

    def __init__(self, first: Ruled) -> None:
        self._ruled = first
        self._due: Instant | None = None
        self._last: Instant | None = None  # listed bounce
        self.bounces: list[Bounce] = []
        self.causes = _NONE
        self.counters: Counters = {}
        self.since: Instant | None = None

    @property
    def latest(self) -> Reason | None:
        """The reason of the latest bounce."""
        return self.bounces[-1].reason if self.bounces else None

    def state(self, now: Instant) -> State:
        """As far as it does not need the counters."""
        if self.causes:
            return State(StateName.INVALID, self.causes, self.since, self._due)
        last = self._last
        gone = last is None or (self._ruled.windowed and last + self._ruled.policy.within_days * DAY <= now)
        return _VALID if gone else _BOUNCING

    def whole(self, now: Instant) -> State:
        """All of it, as `fold` has it."""
        policy, read, listed = self._ruled.policy, self.counters, self._last
        counters.slide(read, policy, now)
        state = self.state(now)
        fades = None
        if state.state is StateName.BOUNCING and listed is not None and self._ruled.windowed:
            fades = listed + policy.within_days * DAY
        rings = [at for at in (*counters.turns(read, policy), self._due, fades) if at is not None]
        return state._replace(
            hard=counters.value(read, BounceType.HARD),
            soft=counters.value(read, BounceType.SOFT),
            block=counters.value(read, BounceType.BLOCK),
            reasons={
                reason: counters.value(read, reason)
                for reason, threshold in policy.threshold_by_reason.items()
                if threshold
            },
            changes_at=min(rings) if rings else None,
            last_bounce=listed,
            listed=sum(bounce.listed for bounce in self.bounces),
        )

    def is_like(self, other: "Glance") -> bool:
        """Whether both have gone the same way: under one policy from now on they are one."""
        return self.causes == other.causes and self.since == other.since and self.bounces == other.bounces

    def change(self, version: Ruled) -> None:
        """Rule 5. A due time in the past is the moment of the change."""
        self._ruled = version
        if self.bounces:
            self.counters = counters.read(self.bounces, version.policy, version.at)
            read = self.counters
            if self.causes:
                read = {name: counter for name, counter in read.items() if name is _HARD}
            for type_ in counters.reached(read, version.policy):
                self._stop(type_, version.at)
        self._set_due()
        if self._due is not None:
            self._due = max(self._due, version.at)

    def after(self, version: Ruled) -> State:
        """The state right after a version comes into force; nothing is played on behind it."""
        self.change(version)
        return _VALID if self.is_reset(version.at) else self.state(version.at)

    def is_reset(self, at: Instant) -> bool:
        """Whether a reset is due by then."""
        return self._due is not None and self._due <= at

    def bounce(self, at: Instant, status: str | None, said: Counted) -> None:
        """Rules 2, 3 and 4."""
        reason, type_, name, threshold = said
        policy, invalid = self._ruled.policy, bool(self.causes)
        listed = type_ is not None and (not policy.uncounted_codes or status not in policy.uncounted_codes)
        late = invalid and type_ is not _HARD
        bounce = Bounce(at, reason, type_, listed, False, late)
        self.bounces.append(bounce)
        if not listed:
            return
        self._last = at
        if name is None or late:
            return
        counter = self.counters.get(name)
        if counter is None:
            counter = self.counters[name] = Counter()
        counter.count(bounce, self._ruled.windowed)
        if invalid and (name is not _HARD or Cause.HARD in self.causes):
            return
        if not 0 < threshold <= counter.plain + counter.days:
            return
        counter.slide(at - policy.within_days * DAY)
        if type_ is not None and counter.reached(threshold, policy.min_days):
            self._stop(type_, at)
            self._set_due()

    def _stop(self, type_: BounceType, at: Instant) -> None:
        if self.since is None:
            self.since = at
        self.causes = self.causes | {CAUSES[type_]}

    def _set_due(self) -> None:
        """Rule 6, of an address that was never reactivated."""
        policy = self._ruled.policy
        self._due = None
        if self.since is None or not policy.reset_after or self.causes != _ONLY_SOFT:
            return
        if policy.max_reactivations > 0:
            self._due = min(self.since + policy.reset_after * DAY, END_OF_CALENDAR)


def glance(bounces: Sequence[Plain], versions: Sequence[Ruled], until: Instant) -> Glance | None:
    """The life up to a moment after them all; None where it has to be played in full."""
    life, current, following = Glance(versions[0]), versions[0], 1
    for at, reason, status in bounces:
        while following < len(versions) and versions[following].at <= at:
            current = versions[following]
            if life.is_reset(current.at):
                return None
            life.change(current)
            following += 1
        said = current.of.get(reason)
        if said is None or life.is_reset(at):
            return None
        life.bounce(at, status, said)
    for version in versions[following:]:
        if version.at > until:
            break
        if life.is_reset(version.at):
            return None
        life.change(version)
    return None if life.is_reset(until) else life
