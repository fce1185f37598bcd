"""The fold against an oracle that was written from the rules alone, over generated lives.

The oracle itself is held by cases worked out by hand from the text of the rules: both must pass those.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifecycle_reference import reference, seen_at
from lifecycle_tables import PRESETS, policy_of

from retour.instants import DAY, HOUR, Instant, parse
from retour.lifecycle import as_judged, fold
from retour.lifecycle.fold import later, play
from retour.lifecycle.judgements import of_understood
from retour.lifecycle.order import Place, Rank
from retour.lifecycle.policy import Counting, Policy, PolicyVersion, TypeRule
from retour.lifecycle.seen import seen
from retour.model import Cause, Event, EventKind, Reason, Standing, State, StateName

START = parse("2026-01-01T00:00:00Z")
BEFORE = START - 1000 * DAY
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
        return cls([PolicyVersion(1, BEFORE, replace(policy_of(preset), **overrides))])

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
    assert played(life, 30) == State()._replace(reactivations=1)
    life.bounces(FULL, 40)
    assert played(life, 40).until == day(100)
    life.bounces(FULL, 101)
    assert played(life, 101).until is None
    assert played(life, 1000).causes == SOFT


def test_reset_switched_on_with_the_address_long_due(played: Played) -> None:
    life = Life.under("kwiga", max_reactivations=1).bounces(FULL, 0).changes(100, reset_after=30)
    assert played(life, 99).state is StateName.INVALID
    assert played(life, 100) == State()._replace(reactivations=1)


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


def test_hand_over_of_a_send_is_the_earliest_that_a_report_states(played: Played) -> None:
    life = Life.under("kwiga").happens(KIND.RESTORE, 5).bounces(UNKNOWN, 6, send=1, handed_over=day(5.5))
    assert played(life, 8).causes == HARD
    assert played(life.bounces(UNKNOWN, 7, send=1, handed_over=day(4)), 8) == State()


def test_void_bounce_frees_the_delivery_of_its_send(played: Played) -> None:
    life = Life.under("emarsys", counting=Counting.CONSECUTIVE).bounces(FULL, 1)
    life.happens(KIND.DELIVERED, 2, send=1).bounces(UNKNOWN, 3, send=1)
    life.happens(KIND.INCIDENT_OPEN, 3).happens(KIND.INCIDENT_CLOSE, 4, outcome="revert")
    assert (played(life, 3).state, played(life, 3).soft) == (StateName.HELD, 1)
    assert (played(life, 4).state, played(life, 4).soft) == (StateName.VALID, 0)


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
    assert played(life, 3) == State()._replace(unsubscribed=True)
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

# A life goes from moment to moment by gaps that are the edges of the rules, so that equal times, 24 hours,
# 30 days, windows, spans and due resets are hit again and again; it knows few reasons and few sends.
EXPIRED, UNDETERMINED = Reason.DELIVERY_EXPIRED, Reason.UNDETERMINED
BLOCKED, SPAM = Reason.SENDER_BLOCKED, Reason.SPAM_REJECTED
STATUSES = st.sampled_from([None, None, None, "4.4.7", "5.1.1"])
STANDINGS = st.sampled_from([Standing.PROVEN] * 14 + [Standing.UNPROVEN, Standing.EXPIRED])


@dataclass(frozen=True)
class Theme:
    """What a generated life is about: a life about everything hits few edges of anything."""

    reasons: list[Reason | None]
    kinds: list[EventKind]
    gaps: list[Instant]
    sends: list[int | None]
    changes: int  # of policy, at most


THEMES = {
    "everything": Theme(
        [FULL, UNKNOWN, NOWHERE, BLOCKED, SPAM, EXPIRED, UNDETERMINED, None],
        [*[KIND.BOUNCE] * 12, *[KIND.DELIVERED] * 4, *[KIND.UNDERSTOOD] * 2, *EventKind],
        [0, HOUR, DAY // 2, DAY, DAY + 1, DAY - 1, 6 * DAY, 7 * DAY, 23 * DAY, 29 * DAY, 30 * DAY],
        [None, None, 1, 2, 3],
        changes=3,
    ),
    "confirming": Theme(
        [NOWHERE],
        [*[KIND.BOUNCE] * 4, KIND.DELIVERED],
        [0, DAY - 1, DAY, DAY, 29 * DAY, 30 * DAY, 30 * DAY + 1],
        [None, None, 1],
        changes=0,
    ),
    "sends": Theme(
        [FULL, UNKNOWN, EXPIRED, UNDETERMINED],
        [*[KIND.BOUNCE] * 5, KIND.DELIVERED, KIND.RESTORE, KIND.RESTORE],
        [0, HOUR, DAY, 7 * DAY],
        [1, 2, 3],
        changes=1,
    ),
    "incidents": Theme(
        [UNKNOWN, NOWHERE, FULL, BLOCKED],
        [*[KIND.BOUNCE] * 4, KIND.INCIDENT_OPEN, KIND.INCIDENT_CLOSE, KIND.DELIVERED, KIND.DELIVERED],
        [0, HOUR, DAY, DAY],
        [None, 1, 2],
        changes=0,
    ),
    "resets": Theme(
        [FULL, FULL, FULL, UNKNOWN],
        [*[KIND.BOUNCE] * 5, KIND.CORRECTION, KIND.DELIVERED],
        [0, DAY, 7 * DAY, 14 * DAY, 30 * DAY],
        [None],
        changes=2,
    ),
    "policies": Theme(
        [FULL, FULL, UNKNOWN, BLOCKED],
        [*[KIND.BOUNCE] * 4, KIND.DELIVERED],
        [0, HOUR, DAY, 6 * DAY, 7 * DAY, 30 * DAY],
        [None],
        changes=3,
    ),
}


@dataclass(frozen=True)
class Told:
    """All that a fold is told, and the moments worth asking for."""

    events: list[Event]
    versions: list[PolicyVersion]
    deliveries: list[tuple[int | None, Instant]]
    moments: list[Instant]


def an_event(kind: EventKind, at: Instant, **told: object) -> Event:
    """Only what is told: `builds` would fill every field of a tuple with names."""
    return Event(b"", kind, at, **told)


def events_of(
    theme: Theme, moments: st.SearchStrategy[Instant], sends: st.SearchStrategy[int | None]
) -> st.SearchStrategy[Event]:
    maybe = st.one_of(st.none(), moments, moments)
    details: dict[EventKind, dict[str, st.SearchStrategy[object]]] = {
        KIND.BOUNCE: {
            "reason": st.sampled_from(theme.reasons),
            "status": STATUSES,
            "send": sends,
            "handed_over": maybe,
        },
        KIND.UNDERSTOOD: {
            "reason": st.sampled_from(theme.reasons),
            "send": sends,
            "outcome": st.builds(of_understood, STOOD_FOR, moments),
        },
        KIND.DELIVERED: {"send": sends},
        KIND.INCIDENT_OPEN: {"begins": maybe, "outcome": st.sampled_from([None, "of the guard"])},
        KIND.INCIDENT_CLOSE: {"outcome": st.sampled_from(["confirm", "revert"])},
    }

    def event(kind: EventKind) -> st.SearchStrategy[Event]:
        more = details.get(kind, {})
        return st.builds(an_event, st.just(kind), moments, standing=STANDINGS, **more)

    return st.sampled_from(theme.kinds).flatmap(event)


# Ids of events there may be, and of bounces that nobody knows.
STOOD_FOR = st.integers(0, 20).map(lambda number: number.to_bytes(16))

OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "hard_threshold": st.integers(1, 3),
        "soft_threshold": st.integers(1, 3),
        "block_threshold": st.integers(0, 2),
        "counting": st.sampled_from(Counting),
        "within_days": st.sampled_from([1, 7, 30, 30, 180]),
        "min_days": st.sampled_from([0, 1, 7]),
        "uncounted_codes": st.sampled_from([frozenset(), frozenset({"4.4.7", "5.1.1"})]),
        "reset_after": st.sampled_from([0, 1, 7, 30]),
        "max_reactivations": st.sampled_from([0, 1, 2, 10]),
        "reset_growth": st.integers(1, 3),
        "platform_stops": st.sampled_from(["obey", "ignore"]),
    },
)


@st.composite
def policies(draw: st.DrawFn, reasons: list[Reason]) -> Policy:
    policy = replace(policy_of(draw(st.sampled_from(PRESETS))), **draw(OVERRIDES))
    reason = st.sampled_from(reasons)
    own = draw(st.one_of(st.just({}), st.dictionaries(reason, st.integers(0, 3), max_size=2)))
    types = draw(st.one_of(st.just({}), st.dictionaries(reason, st.sampled_from(TypeRule), max_size=2)))
    return replace(
        policy,
        types={**policy.types, **types},
        threshold_by_reason={**policy.threshold_by_reason, **own},
        min_days=min(policy.min_days, policy.within_days),
    )


@st.composite
def lives(draw: st.DrawFn, theme: Theme) -> Told:
    """A life of four to eight moments: 3 to 16 events with ids in no order, under up to four policies."""
    gaps = draw(st.lists(st.sampled_from(theme.gaps), min_size=3, max_size=7))
    pool = list(accumulate(gaps, initial=START))
    moments, sends = st.sampled_from(pool), st.sampled_from(theme.sends)
    drawn = draw(st.lists(events_of(theme, moments, sends), min_size=3, max_size=16))
    ids = draw(st.permutations(range(len(drawn))))
    changes = sorted(draw(st.lists(moments, max_size=theme.changes)))
    named = policies([reason for reason in theme.reasons if reason])
    return Told(
        events=[event._replace(id=n.to_bytes(16)) for event, n in zip(drawn, ids, strict=True)],
        versions=[PolicyVersion(n, at, draw(named)) for n, at in enumerate([BEFORE, *changes], 1)],
        deliveries=draw(st.lists(st.tuples(sends, moments), max_size=2)),
        moments=sorted({*pool, draw(moments) + 7 * DAY, draw(moments) + 30 * DAY, pool[-1] + 400 * DAY}),
    )


def differences(told: State, expected: State) -> dict[str, tuple[object, object]]:
    """Fields in which the fold (first) differs from the oracle (second)."""
    pairs = {name: (getattr(told, name), getattr(expected, name)) for name in State._fields}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("theme", THEMES)
@given(st.data())
@settings(max_examples=100, deadline=None)
def test_fold_tells_the_same_life_as_the_oracle(theme: str, data: st.DataObject) -> None:
    told = data.draw(lives(THEMES[theme]))
    for now in told.moments:
        state = fold(told.events, told.versions, now, told.deliveries)
        expected = reference(told.events, told.versions, now, told.deliveries)
        assert differences(state, expected) == {}, now - START


@pytest.mark.parametrize("theme", THEMES)
@given(st.data())
@settings(max_examples=50, deadline=None)
def test_a_life_followed_from_moment_to_moment_is_the_one_played_at_once(
    theme: str, data: st.DataObject
) -> None:
    """What `simulate` and a look ahead do: the life goes on, or is played again where an incident closes."""
    told = data.draw(lives(THEMES[theme]))
    events, _ = as_judged(told.events)  # as they are always played
    life = play(events, told.versions, told.deliveries, Place(BEFORE, Rank.NOW))
    for now in told.moments:
        life = later(life, events, told.versions, told.deliveries, Place(now, Rank.NOW))
        expected, _ = seen_at(told.events, told.versions, now, told.deliveries)
        assert differences(seen(life, now)._replace(changes_at=None), expected) == {}, now - START


@given(lives(THEMES["everything"]), st.data())
@settings(max_examples=50, deadline=None)
def test_order_and_duplicates_of_arrival_change_nothing(told: Told, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(told.events + told.events[::2]))
    for now in told.moments:
        state = fold(told.events, told.versions, now, told.deliveries)
        assert fold(shuffled, told.versions, now, told.deliveries[::-1]) == state
