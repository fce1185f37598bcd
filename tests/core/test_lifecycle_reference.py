"""The fold against an oracle that was written from the rules alone, over generated lives.

The oracle itself is held by cases worked out by hand from the text of the rules: both must pass those.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifecycle_reference import reference
from lifecycle_tables import PRESETS, policy_of

from retour.instants import DAY, HOUR, Instant, parse
from retour.lifecycle import fold
from retour.lifecycle.policy import Counting, Policy, PolicyVersion, TypeRule
from retour.model import Cause, Event, EventKind, Reason, Standing, State, StateName

START = parse("2026-01-01T00:00:00Z")
Played = Callable[..., State]


def day(number: float) -> Instant:
    return START + int(number * DAY)


# --- lives worked out by hand ----------------------------------------------------------------------------


@dataclass
class Life:
    """A life under one policy (or several), told in the words of a scenario."""

    policies: list[PolicyVersion]
    events: list[Event] = field(default_factory=list)

    @classmethod
    def under(cls, preset: str, **overrides: object) -> "Life":
        return cls([PolicyVersion(1, START - 1000 * DAY, replace(policy_of(preset), **overrides))])

    def happens(self, kind: EventKind, at: float, **more: object) -> "Life":
        identity = len(self.events).to_bytes(16)
        self.events.append(Event(identity, kind, day(at), **more))
        return self

    def bounces(self, reason: Reason, *days: float, **more: object) -> "Life":
        for at in days:
            self.happens(EventKind.BOUNCE, at, reason=reason, **more)
        return self

    def changes(self, at: float, **overrides: object) -> "Life":
        last = self.policies[-1]
        self.policies.append(PolicyVersion(last.number + 1, day(at), replace(last.policy, **overrides)))
        return self


FULL, UNKNOWN, NOWHERE = Reason.MAILBOX_FULL, Reason.ADDRESS_UNKNOWN, Reason.DOMAIN_UNKNOWN
SOFT, HARD = frozenset({Cause.SOFT}), frozenset({Cause.HARD})
KIND = EventKind


@pytest.fixture(params=[reference, fold], ids=["reference", "fold"])
def played(request: pytest.FixtureRequest) -> Played:
    """Each of the two, so that a case by hand holds the oracle as well as the code."""

    def play(life: Life, at: float) -> State:
        return request.param(life.events, life.policies, day(at))

    return play


def test_nth_soft_bounce_stops_exactly(played: Played) -> None:
    life = Life.under("emarsys").bounces(FULL, 1, 2, 3, 4)
    assert played(life, 2.5).state is StateName.BOUNCING
    third = played(life, 3)
    assert (third.causes, third.since, third.soft) == (SOFT, day(3), 3)
    assert played(life, 9).soft == 3  # rule 4: soft bounces while invalid change no counter


@pytest.mark.parametrize(
    ("counting", "soft", "state"),
    [
        (Counting.CUMULATIVE, 2, StateName.BOUNCING),
        (Counting.CONSECUTIVE, 0, StateName.VALID),
        (Counting.WINDOWED, 2, StateName.BOUNCING),
    ],
)
def test_success_in_between(played: Played, counting: Counting, soft: int, state: StateName) -> None:
    life = Life.under("emarsys", counting=counting).bounces(FULL, 1, 2).happens(KIND.DELIVERED, 3)
    seen = played(life, 4)
    assert (seen.soft, seen.state) == (soft, state)


def test_window_slides_and_two_a_day_count_once(played: Played) -> None:
    life = Life.under("default", soft_threshold=2, within_days=30, min_days=7).bounces(FULL, 1, 1.5, 3)
    assert played(life, 3).soft == 2
    assert played(life, 3).state is StateName.BOUNCING  # the span of 2 days is too short
    assert played(life, 31).soft == 2  # (1, 31]: the one at 1.5 is left of its day
    assert played(life, 31.5).soft == 1
    assert played(life, 33).state is StateName.VALID


def test_domain_unknown_twice_within_and_beyond_its_window(played: Played) -> None:
    for second, state in [(1.9, "bouncing"), (2, "invalid"), (31, "invalid"), (31.1, "bouncing")]:
        life = Life.under("emarsys").bounces(NOWHERE, 1, second)
        assert played(life, 40).state == state, second
    between = Life.under("emarsys").bounces(NOWHERE, 1, 5).happens(KIND.DELIVERED, 3)
    assert played(between, 40).state == "bouncing"


def test_reset_grows_and_ends(played: Played) -> None:
    life = Life.under("kwiga", reset_after=30, reset_growth=2, max_reactivations=2).bounces(FULL, 0)
    assert played(life, 29).until == day(30)
    assert played(life, 30) == replace(State(), reactivations=1)
    life.bounces(FULL, 40)
    assert played(life, 40).until == day(100)
    life.bounces(FULL, 101)
    assert played(life, 101).until is None
    assert played(life, 1000).causes == SOFT


def test_reset_switched_on_with_the_address_long_due(played: Played) -> None:
    life = Life.under("kwiga", max_reactivations=1).bounces(FULL, 0).changes(100, reset_after=30)
    assert played(life, 99).state is StateName.INVALID
    assert played(life, 100) == replace(State(), reactivations=1)


def test_hard_while_waiting_for_a_reset(played: Played) -> None:
    life = Life.under("kwiga", reset_after=30, max_reactivations=5).bounces(FULL, 0).bounces(UNKNOWN, 10)
    seen = played(life, 50)
    assert (seen.causes, seen.cause, seen.since, seen.until) == (SOFT | HARD, Cause.HARD, day(0), None)


def test_lowering_takes_effect_at_once_and_raising_revives_nobody(played: Played) -> None:
    life = Life.under("emarsys").bounces(FULL, 1, 2)
    life.changes(5, soft_threshold=2).changes(6, soft_threshold=50)
    assert played(life, 4).state is StateName.BOUNCING
    assert played(life, 5).since == day(5)
    assert played(life, 7).causes == SOFT


def test_lowering_hard_while_invalid_adds_hard(played: Played) -> None:
    life = Life.under("kwiga", hard_threshold=3).bounces(FULL, 1).bounces(UNKNOWN, 2, 3)
    life.changes(5, hard_threshold=2)
    assert played(life, 4).causes == SOFT
    assert (played(life, 5).causes, played(life, 5).since) == (SOFT | HARD, day(1))


def test_named_reason_has_its_own_counter(played: Played) -> None:
    life = Life.under("default").bounces(Reason.SENDER_BLOCKED, 1, 2).bounces(Reason.MESSAGE_TOO_LARGE, 3)
    seen = played(life, 4)
    assert (seen.block, seen.soft, seen.reasons) == (0, 0, {Reason.SENDER_BLOCKED: 2})
    assert played(life.bounces(Reason.SENDER_BLOCKED, 5), 5).causes == {Cause.BLOCK}


def test_same_failure_from_three_sources_is_one_with_the_most_telling_reason(played: Played) -> None:
    life = Life.under("emarsys").bounces(Reason.UNDETERMINED, 1, send=7)
    life.bounces(Reason.DELIVERY_EXPIRED, 2, send=7, status="4.4.7").bounces(FULL, 3, send=7)
    for at in (1, 2, 3):
        assert played(life, at).soft == 1  # what is known later counts from the start


def test_uncounted_code_is_not_listed(played: Played) -> None:
    life = Life.under("emarsys").bounces(Reason.DELIVERY_EXPIRED, 1, status="4.4.7")
    assert played(life, 2) == State()


def test_delivered_then_bounced_late(played: Played) -> None:
    life = Life.under("emarsys", counting=Counting.CONSECUTIVE).bounces(FULL, 1)
    life.happens(KIND.DELIVERED, 2, send=7).bounces(FULL, 3, send=7)
    assert played(life, 2).soft == 1
    assert played(life, 3).soft == 2


def test_bounce_of_a_send_older_than_the_restore(played: Played) -> None:
    life = Life.under("kwiga").bounces(UNKNOWN, 1).happens(KIND.RESTORE, 5)
    life.bounces(UNKNOWN, 6, handed_over=day(4))
    assert played(life, 7) == State()
    life.bounces(UNKNOWN, 8, handed_over=day(5))
    assert played(life, 8).causes == HARD


@pytest.mark.parametrize(("outcome", "causes"), [("confirm", HARD), ("revert", frozenset())])
def test_incident_opened_late_holds_earlier_hard_bounces(
    played: Played, outcome: str, causes: frozenset[Cause]
) -> None:
    life = Life.under("default").bounces(UNKNOWN, 2).happens(KIND.INCIDENT_OPEN, 3, begins=day(1))
    life.happens(KIND.INCIDENT_CLOSE, 5, outcome=outcome)
    for at in (2, 3, 4.9):
        seen = played(life, at)
        assert (seen.state, seen.hard, seen.until) == (StateName.HELD, 0, None)
    assert played(life, 5).causes == causes
    assert played(life, 5).since == (day(2) if causes else None)


def test_unsubscribe_survives_restore_and_ends_by_resubscribe(played: Played) -> None:
    life = Life.under("kwiga").happens(KIND.UNSUBSCRIBE, 1).happens(KIND.RESTORE, 2)
    assert played(life, 3) == replace(State(), unsubscribed=True)
    assert played(life.happens(KIND.RESUBSCRIBE, 4), 4) == State()


def test_platform_under_ignore_has_no_effect_even_after_a_later_change(played: Played) -> None:
    life = Life.under("kwiga", platform_stops="ignore").happens(KIND.PLATFORM, 1)
    assert played(life.changes(2, platform_stops="obey"), 3) == State()


def test_every_other_cause_stops_and_none_is_reset_by_time(played: Played) -> None:
    life = Life.under("default", reset_after=1)
    for kind in (KIND.COMPLAINT, KIND.IMPORT, KIND.PLATFORM, KIND.STOP):
        life.happens(kind, 1)
    seen = played(life, 400)
    assert seen.causes == {Cause.COMPLAINT, Cause.IMPORT, Cause.PLATFORM, Cause.SUPPORT}
    assert (seen.cause, seen.since, seen.until) == (Cause.COMPLAINT, day(1), None)


# --- generated lives -------------------------------------------------------------------------------------

# A coarse grid, so that equal times, 24 hours, 30 days and the edges of windows are hit again and again.
MOMENTS = st.builds(
    lambda number, tick: day(number) + tick,
    st.sampled_from([0, 0.5, 1, 1.5, 2, 3, 7, 8, 9, 10, 14, 30, 31, 32, 37, 38, 60, 90, 120, 180, 181, 187]),
    st.sampled_from([0, 0, 0, 0, 0, 0, -1, 1, HOUR]),
)
SENDS = st.sampled_from([None, None, None, 1, 2, 3, 4])
REASONS = st.sampled_from(
    [
        *[FULL, UNKNOWN, NOWHERE] * 3,
        *[Reason.DELIVERY_EXPIRED, Reason.UNDETERMINED, Reason.SENDER_BLOCKED] * 2,
        *[Reason.MESSAGE_TOO_LARGE, Reason.SPAM_REJECTED, Reason.SERVER_UNREACHABLE],
        None,
    ]
)
STATUSES = st.sampled_from([None, None, None, "4.4.7", "4.4.1", "5.1.1", "4.2.2"])
STANDINGS = st.sampled_from([Standing.PROVEN] * 12 + [Standing.UNPROVEN, Standing.EXPIRED])
OTHERS = [kind for kind in EventKind if kind not in (KIND.BOUNCE, KIND.INCIDENT_OPEN, KIND.INCIDENT_CLOSE)]


def _event(kind: EventKind, **more: st.SearchStrategy[object]) -> st.SearchStrategy[Event]:
    return st.builds(Event, st.just(b""), st.just(kind), MOMENTS, standing=STANDINGS, **more)


EVENTS = st.one_of(
    *[
        _event(
            KIND.BOUNCE,
            reason=REASONS,
            status=STATUSES,
            send=SENDS,
            handed_over=st.one_of(st.none(), st.none(), MOMENTS),
        )
    ]
    * 8,
    *[_event(KIND.DELIVERED, send=SENDS)] * 2,
    *[st.sampled_from(OTHERS).flatmap(_event)] * 3,
    _event(KIND.RESTORE),
    _event(KIND.INCIDENT_OPEN, begins=st.one_of(st.none(), MOMENTS)),
    _event(KIND.INCIDENT_CLOSE, outcome=st.sampled_from(["confirm", "revert"])),
)

OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "hard_threshold": st.integers(1, 3),
        "soft_threshold": st.integers(1, 4),
        "block_threshold": st.integers(0, 2),
        "threshold_by_reason": st.dictionaries(REASONS.filter(bool), st.integers(0, 3), max_size=3),
        "counting": st.sampled_from(Counting),
        "within_days": st.sampled_from([1, 7, 8, 30, 180]),
        "min_days": st.sampled_from([0, 1, 7]),
        "uncounted_codes": st.sampled_from([frozenset(), frozenset({"4.4.7", "5.1.1"})]),
        "reset_after": st.sampled_from([0, 1, 7, 30]),
        "max_reactivations": st.sampled_from([0, 1, 2, 10]),
        "reset_growth": st.integers(1, 3),
        "platform_stops": st.sampled_from(["obey", "ignore"]),
    },
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    policy = replace(policy_of(draw(st.sampled_from(PRESETS))), **draw(OVERRIDES))
    retyped = draw(st.dictionaries(REASONS.filter(bool), st.sampled_from(TypeRule), max_size=2))
    return replace(
        policy, types={**policy.types, **retyped}, min_days=min(policy.min_days, policy.within_days)
    )


@st.composite
def versions(draw: st.DrawFn) -> list[PolicyVersion]:
    """One policy before all time, and up to three changes."""
    changes = sorted(draw(st.lists(MOMENTS, max_size=3)))
    moments = [START - 1000 * DAY, *changes]
    return [PolicyVersion(number, at, draw(policies())) for number, at in enumerate(moments, 1)]


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events with ids in an order of their own, as hashes have."""
    events = draw(st.lists(EVENTS, max_size=14))
    ids = draw(st.permutations(range(len(events))))
    return [replace(event, id=number.to_bytes(16)) for event, number in zip(events, ids, strict=True)]


DELIVERIES = st.lists(st.tuples(SENDS, MOMENTS), max_size=3)


def differences(told: State, expected: State) -> dict[str, tuple[object, object]]:
    """Fields in which the fold (first) differs from the oracle (second)."""
    pairs = {f.name: (getattr(told, f.name), getattr(expected, f.name)) for f in fields(State)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@given(histories(), versions(), DELIVERIES, st.lists(MOMENTS, min_size=1, max_size=4, unique=True))
@settings(max_examples=300, deadline=None)
def test_fold_tells_the_same_life_as_the_oracle(
    events: list[Event],
    versions: list[PolicyVersion],
    deliveries: list[tuple[int | None, Instant]],
    moments: Sequence[Instant],
) -> None:
    for now in {*moments, *(event.at for event in events[:6]), day(400)}:
        told = fold(events, versions, now, deliveries)
        assert differences(told, reference(events, versions, now, deliveries)) == {}, now - START


@given(histories(), versions(), st.data())
@settings(max_examples=100, deadline=None)
def test_order_and_duplicates_of_arrival_change_nothing(
    events: list[Event], versions: list[PolicyVersion], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events + events[::2]))
    for now in (day(30), day(400)):
        assert fold(shuffled, versions, now) == fold(events, versions, now)
