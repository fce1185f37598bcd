"""What a policy would mean: the state of an address before and after it comes into force, in one play.

Equal to two folds, the second with the version added; most lives are played once for both.
"""

from collections.abc import Sequence
from typing import NamedTuple

from retour.instants import Instant
from retour.lifecycle.fold import fold, play
from retour.lifecycle.glance import Plain, Ruled, glance
from retour.lifecycle.judgements import as_judged
from retour.lifecycle.order import Place, Rank
from retour.lifecycle.policy import PolicyVersion
from retour.lifecycle.seen import seen
from retour.model import Cause, Event, EventKind, Reason, Standing, State, StateName

_BEYOND = frozenset({EventKind.INCIDENT_OPEN, EventKind.INCIDENT_CLOSE})
_INVALID, _HARD, _REJUDGED = StateName.INVALID, Cause.HARD, EventKind.REJUDGED


class Foreseen(NamedTuple):
    """An address under the policies of now, and under one more."""

    before: State
    after: State
    reason: Reason | None = None  # of the latest bounce that was looked at


def untouched(state: State) -> bool:
    """Whether no version of a policy that comes into force can move a stored state, whatever it says.

    A reached threshold adds the cause `hard` alone to what is invalid, and no other cause than `soft` is ever
    reset (rules 5 and 6). Without a listed bounce no counter can stand at a threshold.
    """
    if state.state is _INVALID:
        return _HARD in state.causes or (not state.listed and Cause.SOFT not in state.causes)
    return not state.listed


def foresee(
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    version: PolicyVersion,
    deliveries: Sequence[tuple[int | None, Instant]] = (),
) -> Foreseen:
    """The state at the time of a version that is newer than all, without it and with it."""
    events, ruled = as_judged(tuple(events), policies)
    at = version.at
    if any(event.at >= at or event.kind in _BEYOND for event in events) or any(
        when >= at for _, when in deliveries
    ):
        return _twice(events, ruled, version, deliveries)
    life = play(events, ruled, deliveries, Place(at, Rank.NOW))
    before, latest = seen(life, at), life.bounces[-1].reason if life.bounces else None
    life.change_policy(at, version.policy)
    after = seen(life, at)
    return Foreseen(before, after, latest)


def foresee_plain(bounces: Sequence[Plain], versions: Sequence[Ruled]) -> Foreseen | None:
    """What `foresee` tells of a life of nothing but bounces, without its counters; the last of the versions
    is the one that comes into force. None: it has to be played in full."""
    version = versions[-1]
    life = glance(bounces, versions[:-1], version.at)
    if life is None:
        return None
    before, latest = life.state(version.at), life.latest
    return Foreseen(before, life.after(version), latest)


def _twice(
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    version: PolicyVersion,
    deliveries: Sequence[tuple[int | None, Instant]],
) -> Foreseen:
    """Where something is dated at that moment or after it, or reaches back over it."""
    before = fold(events, policies, version.at, deliveries)
    after = fold(events, (*policies, version), version.at, deliveries)
    proven = [event for event in events if event.standing is Standing.PROVEN]
    bounces = [e for e in proven if e.kind is EventKind.BOUNCE and e.at <= version.at]
    latest = max(bounces, key=lambda event: (event.at, event.id), default=None)
    return Foreseen(before, after, None if latest is None else latest.reason)
