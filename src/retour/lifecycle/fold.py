"""Events, policies and a moment make a state: prepare, play through the table, read the counters.

Pure: the same set of events in any order, with any of them twice, gives the same state (lifecycle.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from retour.instants import Instant
from retour.lifecycle.counters import Bounce
from retour.lifecycle.history import most_telling, of_one_send, prepare
from retour.lifecycle.judgements import as_judged
from retour.lifecycle.life import END_OF_CALENDAR, Life
from retour.lifecycle.order import Place, Rank, place_of
from retour.lifecycle.policy import PolicyVersion
from retour.lifecycle.seen import seen
from retour.model import BounceType, Event, EventKind, Standing, State


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
    events, policies = as_judged(tuple(events), policies)
    deliveries = tuple(deliveries)
    life = play(events, policies, deliveries, _moment(now))
    return woken(life, events, policies, deliveries, now)


def told(
    events: Iterable[Event],
    policies: Sequence[PolicyVersion],
    now: Instant,
    deliveries: Iterable[tuple[int | None, Instant]] = (),
) -> tuple[State, Mapping[bytes, Bounce]]:
    """What `fold` tells, and the listed bounces since the address was clean, in the same play.

    Of several reports of a bounce, it stands under the id of the one that gave it its reason.
    """
    events, policies = as_judged(tuple(events), policies)
    deliveries = tuple(deliveries)
    life = play(events, policies, deliveries, _moment(now))
    bounces = _listed(life, events)  # before the life goes on to what is dated ahead
    return woken(life, events, policies, deliveries, now), bounces


def _listed(life: Life, events: Sequence[Event]) -> Mapping[bytes, Bounce]:
    since_clean = islice(life.judged.items(), life.past, None)
    found = {id: bounce for id, bounce in since_clean if bounce.listed}
    if len(events) > len(life.judged):
        reports = [e for e in events if e.kind is EventKind.BOUNCE and e.standing is Standing.PROVEN]
        for group in of_one_send(reports):
            bounce = found.pop(min(group, key=place_of).id, None)
            if bounce is not None:
                found[most_telling(group).id] = bounce
    return found


def woken(
    life: Life,
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Sequence[tuple[int | None, Instant]],
    now: Instant,
) -> State:
    """The state at `now`. What is dated ahead, by a clock before ours, takes effect when time comes to it."""
    state = seen(life, now)
    if life.moves == len(life.history.moves):
        return state
    last = state
    while life.moves < len(life.history.moves):
        at = life.history.moves[life.moves][0]
        if last.changes_at is not None and last.changes_at < at:
            break
        life = later(life, events, policies, deliveries, _moment(at))
        last = seen(life, at)
        if last._replace(changes_at=None) != state._replace(changes_at=None):
            return state._replace(changes_at=at)
    return state._replace(changes_at=last.changes_at)


def _moment(now: Instant) -> Place:
    return Place(now, Rank.NOW)


def judged(
    events: Iterable[Event],
    policies: Sequence[PolicyVersion],
    now: Instant,
    deliveries: Iterable[tuple[int | None, Instant]] = (),
) -> Mapping[bytes, Bounce]:
    """What became of each bounce up to `now`, by event id: its type, and whether it was listed.

    All proven reports of one send point to their one bounce; what is unproven or no bounce is absent.
    """
    events, policies = as_judged(tuple(events), policies)
    return _by_report(play(events, policies, tuple(deliveries), _moment(now)), events)


def _by_report(life: Life, events: Sequence[Event]) -> Mapping[bytes, Bounce]:
    found = dict(life.judged)
    known = [e for e in events if e.kind is EventKind.BOUNCE and e.standing is Standing.PROVEN]
    if len(known) > len(found):
        by_send = {e.send: found[e.id] for e in known if e.send is not None and e.id in found}
        found |= {e.id: by_send[e.send] for e in known if e.send in by_send}
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
) -> Life:
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


def later(
    life: Life,
    events: Sequence[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Sequence[tuple[int | None, Instant]],
    until: Place,
) -> Life:
    """The same life played up to a later place; the one given is used up.

    It goes on where it stopped, unless an incident closes on the way: that changes what went before.
    """
    if life.history.closes_between(life.until, until):
        return play(events, policies, deliveries, until)
    life.play(until)
    return life
