"""Properties of the fold: a pure function of the set of events, the policies and the moment."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retour.instants import DAY, HOUR, Instant, parse
from retour.lifecycle import (
    Counting,
    Policy,
    PolicyVersion,
    TypeRule,
    as_judged,
    decide,
    fold,
    judged,
    policy_from,
    preset,
    table,
    type_of,
)
from retour.lifecycle.history import prepare
from retour.lifecycle.life import Life
from retour.lifecycle.order import Place, Rank
from retour.lifecycle.seen import seen
from retour.model import (
    OF_BOUNCES,
    VALID,
    Answer,
    BounceType,
    Cause,
    Event,
    EventKind,
    MailKind,
    Reason,
    Standing,
    State,
    StateName,
)

START = parse("2026-01-01T00:00:00Z")
LATER = START + 1000 * DAY
Deliveries = list[tuple[int | None, Instant]]

# --- generated lives: a coarse grid of moments, so that ties and edges of windows are hit -------------------

MOMENTS = st.builds(
    lambda days, offset: START + days * DAY + offset,
    st.integers(0, 70),
    st.sampled_from([0, 0, 0, 12 * HOUR, 1, -1]),
)
SENDS = st.one_of(st.none(), st.integers(1, 4))
REASONS = st.sampled_from(
    [
        Reason.MAILBOX_FULL,
        Reason.ADDRESS_UNKNOWN,
        Reason.DOMAIN_UNKNOWN,
        Reason.SENDER_BLOCKED,
        Reason.MESSAGE_TOO_LARGE,
        Reason.SPAM_REJECTED,
        Reason.DELIVERY_EXPIRED,
        Reason.UNDETERMINED,
    ]
)


OUTCOMES = {
    EventKind.INCIDENT_OPEN: (None, "of the guard"),
    EventKind.INCIDENT_CLOSE: ("confirm", "revert", None),
    EventKind.RESTORE: (None, OF_BOUNCES),
}


@st.composite
def an_event(draw: st.DrawFn) -> Event:
    kind = draw(st.one_of(st.just(EventKind.BOUNCE), st.sampled_from(EventKind)))
    return Event(
        id=draw(st.binary(min_size=16, max_size=16)),
        kind=kind,
        at=draw(MOMENTS),
        reason=draw(REASONS) if kind is EventKind.BOUNCE else None,
        status=draw(st.sampled_from([None, "4.4.7", "5.1.1"])),
        send=draw(SENDS),
        handed_over=draw(st.one_of(st.none(), MOMENTS)),
        standing=draw(st.sampled_from([Standing.PROVEN] * 8 + [Standing.UNPROVEN, Standing.EXPIRED])),
        begins=draw(st.one_of(st.none(), MOMENTS)) if kind is EventKind.INCIDENT_OPEN else None,
        outcome=draw(st.sampled_from(OUTCOMES.get(kind, (None,)))),
    )


EVENTS = st.lists(an_event(), max_size=10, unique_by=lambda event: event.id)
DELIVERIES = st.lists(st.tuples(SENDS, MOMENTS), max_size=3)


@st.composite
def a_policy(draw: st.DrawFn) -> Policy:
    base = preset(draw(st.sampled_from(["default", "kwiga", "emarsys"])))
    return replace(
        base,
        hard_threshold=draw(st.integers(1, 3)),
        soft_threshold=draw(st.integers(1, 4)),
        block_threshold=draw(st.integers(0, 3)),
        counting=draw(st.sampled_from(Counting)),
        within_days=draw(st.sampled_from([7, 30, 180])),
        min_days=draw(st.sampled_from([0, 1, 7])),
        reset_after=draw(st.sampled_from([0, 1, 10])),
        max_reactivations=draw(st.integers(0, 10)),
        reset_growth=draw(st.integers(1, 4)),
    )


@st.composite
def versions(draw: st.DrawFn) -> Sequence[PolicyVersion]:
    policies = draw(st.lists(a_policy(), min_size=1, max_size=3))
    moments = [START, *sorted(draw(MOMENTS) for _ in policies[1:])]
    return [PolicyVersion(n, at, p) for n, (at, p) in enumerate(zip(moments, policies, strict=True), 1)]


def stored(state: State) -> State:
    """What a store keeps beside the note when to look again."""
    return state._replace(changes_at=None)


# --- outages ----------------------------------------------------------------------------------------------


@given(a_policy(), st.sampled_from(Reason), st.sampled_from(["revert", "confirm"]))
def test_one_bounce_of_an_outage_stops_nobody_whatever_the_policy(
    policy: Policy, reason: Reason, outcome: str
) -> None:
    """Held while it lasts; then as though it had never been, or as though there had been no outage."""
    bounce = Event(b"b", EventKind.BOUNCE, START + HOUR, reason)
    opened = Event(b"o", EventKind.INCIDENT_OPEN, START + 2 * HOUR, begins=START, outcome="of the guard")
    closed = Event(b"c", EventKind.INCIDENT_CLOSE, START + 3 * HOUR, outcome=outcome)
    versions, now = [PolicyVersion(1, START, policy)], START + 4 * HOUR
    alone = fold([bounce], versions, now)
    during, after = fold([bounce, opened], versions, now), fold([bounce, opened, closed], versions, now)
    assert not during.causes
    if alone.causes:
        assert during.state is StateName.HELD
    if outcome == "confirm" or (not alone.causes and during.state is not StateName.HELD):
        assert stored(after) == stored(alone)
    else:
        assert (after.state, after.hard, after.soft, after.block) == (StateName.VALID, 0, 0, 0)


# --- order, duplicates, proof ---------------------------------------------------------------------------


@given(EVENTS, versions(), DELIVERIES, MOMENTS, st.randoms(use_true_random=False))
def test_neither_order_nor_duplicates_change_anything(
    events: list[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Deliveries,
    now: Instant,
    random: Random,
) -> None:
    expected = fold(events, policies, now, deliveries)
    twice = [*events, *events[: len(events) // 2]]
    random.shuffle(twice)
    assert fold(twice, policies[::-1], now, [*reversed(deliveries), *deliveries]) == expected


@given(EVENTS, versions(), DELIVERIES, MOMENTS)
def test_what_is_not_proven_has_no_effect(
    events: list[Event], policies: Sequence[PolicyVersion], deliveries: Deliveries, now: Instant
) -> None:
    proven = [event for event in events if event.standing is Standing.PROVEN]
    assert fold(events, policies, now, deliveries) == fold(proven, policies, now, deliveries)


@given(EVENTS, versions(), DELIVERIES, MOMENTS)
def test_a_delivery_told_as_an_event_or_by_its_send_is_the_same(
    events: list[Event], policies: Sequence[PolicyVersion], deliveries: Deliveries, now: Instant
) -> None:
    told = [
        Event(b"delivery" + number.to_bytes(8), EventKind.DELIVERED, at, send=send)
        for number, (send, at) in enumerate(deliveries)
    ]
    assert fold([*events, *told], policies, now) == fold(events, policies, now, deliveries)


@given(EVENTS, MOMENTS)
def test_without_a_policy_the_default_preset_decides(events: list[Event], now: Instant) -> None:
    assert fold(events, [], now) == fold(events, [PolicyVersion(1, START, preset("default"))], now)


def test_without_events_an_address_is_valid() -> None:
    policies = [PolicyVersion(1, START, preset("emarsys"))]
    assert fold([], policies, START) == VALID
    assert fold([], [], START) == VALID._replace(reasons={Reason.SENDER_BLOCKED: 0})


# --- the shape of every state ---------------------------------------------------------------------------


@given(EVENTS, versions(), DELIVERIES, MOMENTS)
def test_a_state_is_of_one_piece(
    events: list[Event], policies: Sequence[PolicyVersion], deliveries: Deliveries, now: Instant
) -> None:
    state = fold(events, policies, now, deliveries)
    invalid = state.state is StateName.INVALID
    assert invalid == bool(state.causes) == (state.since is not None) == (state.cause is not None)
    assert state.since is None or state.since <= now
    assert state.until is None or (state.causes == {Cause.SOFT} and now < state.until)
    assert state.changes_at is None or now < state.changes_at
    assert (state.listed > 0) == (state.last_bounce is not None)
    assert state.state is not StateName.BOUNCING or state.listed
    assert 0 <= state.reactivations <= 10
    assert min(state.hard, state.soft, state.block, *state.reasons.values(), 0) == 0
    assert state.hard + state.soft + state.block + sum(state.reasons.values()) <= state.listed


@given(EVENTS, versions(), DELIVERIES, MOMENTS, st.sampled_from(MailKind))
def test_the_decision_fits_the_state(
    events: list[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Deliveries,
    now: Instant,
    kind: MailKind,
) -> None:
    state = fold(events, policies, now, deliveries)
    answer = decide(state, policies[-1].policy, kind).answer
    if state.unsubscribed and kind is not MailKind.SYSTEM:
        assert answer is Answer.STOP
    elif state.causes == {Cause.COMPLAINT} and kind is MailKind.SYSTEM:
        assert answer is Answer.SEND
    else:
        plain = {StateName.INVALID: Answer.STOP, StateName.HELD: Answer.HOLD}
        assert answer is plain.get(state.state, Answer.SEND)


# --- the table ------------------------------------------------------------------------------------------


@given(EVENTS, versions(), DELIVERIES)
def test_only_moves_of_the_table_occur(
    events: list[Event], policies: Sequence[PolicyVersion], deliveries: Deliveries
) -> None:
    moves: list[tuple[StateName, StateName | None]] = []

    class Watched(dict[StateName, StateName | None]):
        """A row that tells what it was asked: in the compiled form too, whose methods nobody replaces."""

        def __getitem__(self, before: StateName) -> StateName | None:
            after = super().__getitem__(before)
            moves.append((before, after))
            return after

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "TABLE", {trigger: Watched(row) for trigger, row in table.TABLE.items()})
        life = Life.played(prepare(events, policies, deliveries), Place(LATER, Rank.NOW))
        seen(life, LATER)
    chain = [StateName.VALID, *(after for _, after in moves)]
    told = [*(before for before, _ in moves), life.state]
    assert told == chain, "something else than the table moved the state"


# --- time alone -----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(EVENTS, versions(), DELIVERIES, MOMENTS, st.lists(st.floats(0, 1), max_size=5))
def test_changes_at_is_the_next_moment_of_change(
    events: list[Event],
    policies: Sequence[PolicyVersion],
    deliveries: Deliveries,
    now: Instant,
    between: list[float],
) -> None:
    def at(moment: Instant) -> State:
        return stored(fold(events, policies, moment, deliveries))

    state = fold(events, policies, now, deliveries)
    end = LATER * 2 if state.changes_at is None else state.changes_at - 1
    for moment in (now, end, *(now + int(share * (end - now)) for share in between)):
        assert at(moment) == stored(state)
    if state.changes_at is not None:
        assert at(state.changes_at) != stored(state)


@given(EVENTS, versions(), DELIVERIES, MOMENTS)
def test_following_changes_at_meets_every_state(
    events: list[Event], policies: Sequence[PolicyVersion], deliveries: Deliveries, now: Instant
) -> None:
    """What the scheduler does: folded whenever due, a stored state is never behind the folded one."""
    state, steps = fold(events, policies, now, deliveries), 0
    while state.changes_at is not None:
        state, steps = fold(events, policies, state.changes_at, deliveries), steps + 1
        assert steps < 200
    assert stored(fold(events, policies, LATER * 2, deliveries)) == stored(state)


def test_an_event_dated_ahead_takes_effect_at_its_time() -> None:
    """A source's clock may be up to five minutes ahead of ours (lifecycle.md, time of occurrence)."""
    ahead = Event(bytes(16), EventKind.BOUNCE, START + 300, reason=Reason.ADDRESS_UNKNOWN)
    policies = [PolicyVersion(1, START, preset("default"))]
    assert fold([ahead], policies, START).changes_at == START + 300
    assert fold([ahead], policies, START).state is StateName.VALID
    assert fold([ahead], policies, START + 300).state is StateName.INVALID


def test_a_due_time_beyond_the_calendar_never_comes() -> None:
    policy = policy_from({"preset": "kwiga", "reset_after": 3650, "max_reactivations": 10, "reset_growth": 4})
    policies, state = [PolicyVersion(1, START, policy)], VALID
    events: list[Event] = []
    for number in range(8):
        at = START if state.until is None else state.until
        events.append(Event(number.to_bytes(16), EventKind.BOUNCE, at, reason=Reason.MAILBOX_FULL))
        state = fold(events, policies, at)
    assert state.until is not None
    assert state.until < 2**63


# --- types as fixed at occurrence -----------------------------------------------------------------------


@given(EVENTS, versions(), DELIVERIES)
def test_every_proven_bounce_is_judged_once_and_all_reports_of_a_send_alike(
    events: list[Event], policies: Sequence[PolicyVersion], deliveries: Deliveries
) -> None:
    found = judged(events, policies, LATER, deliveries)
    read, _ = as_judged(events)  # what a replay has understood is a bounce, too
    proven = [e for e in read if e.kind is EventKind.BOUNCE and e.standing is Standing.PROVEN]
    assert set(found) == {event.id for event in proven}
    for send in {event.send for event in proven} - {None}:
        assert len({found[event.id] for event in proven if event.send == send}) == 1


@given(EVENTS, versions(), st.data())
def test_a_type_is_not_changed_by_later_policies(
    events: list[Event], policies: Sequence[PolicyVersion], data: st.DataObject
) -> None:
    assume(events)
    event = data.draw(st.sampled_from(events))
    last = max(e.at for e in events)
    others = dict.fromkeys(Reason, TypeRule.BLOCK)
    later = PolicyVersion(9, max(last, policies[-1].at) + 1, replace(policies[-1].policy, types=others))
    assert type_of(event, events, [*policies, later]) == type_of(event, events, policies)


def test_type_of_tells_hard_confirmed_by_the_history() -> None:
    first, second = (
        Event(bytes([day]) * 16, EventKind.BOUNCE, START + day * DAY, reason=Reason.DOMAIN_UNKNOWN)
        for day in (0, 2)
    )
    policies = [PolicyVersion(1, START, preset("default"))]
    assert type_of(first, [second, first], policies) is BounceType.SOFT
    assert type_of(second, [second, first], policies) is BounceType.HARD
    assert type_of(second, [second, first], policies, [(None, START + DAY)]) is BounceType.SOFT
    assert type_of(first._replace(kind=EventKind.DELAY, id=b"delay"), [first], policies) is None
