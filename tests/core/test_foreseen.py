"""What is foreseen of a policy is what two folds tell, and what a judgement says is what the life then is."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import PolicyVersion, fold, policy_from, preset, preset_names
from retour.lifecycle.foreseen import foresee, foresee_plain, untouched
from retour.lifecycle.glance import Told, plain, ruled
from retour.lifecycle.judgements import RETOLD, of_bounce, of_life
from retour.lifecycle.relived import SAME, Rows, relive, relive_plain
from retour.model import Event, EventKind, Reason, Standing

NOW = 40 * DAY
KINDS = (
    *[EventKind.BOUNCE] * 8,
    EventKind.DELAY,
    EventKind.DELIVERED,
    EventKind.COMPLAINT,
    EventKind.UNSUBSCRIBE,
    EventKind.STOP,
    EventKind.IMPORT,
    EventKind.PLATFORM,
    EventKind.RESTORE,
    EventKind.CORRECTION,
    EventKind.CONFIRMATION,
    EventKind.INCIDENT_OPEN,
    EventKind.INCIDENT_CLOSE,
)
REASONS = (
    Reason.ADDRESS_UNKNOWN,
    Reason.MAILBOX_FULL,
    Reason.DOMAIN_UNKNOWN,
    Reason.SPAM_REJECTED,
    Reason.MESSAGE_TOO_LARGE,
    Reason.SENDER_BLOCKED,
    Reason.UNDETERMINED,
)
SETTINGS = st.fixed_dictionaries(
    {"preset": st.sampled_from(preset_names())},
    optional={
        "hard_threshold": st.integers(1, 3),
        "soft_threshold": st.integers(1, 4),
        "block_threshold": st.integers(0, 2),
        "counting": st.sampled_from(["cumulative", "consecutive", "windowed"]),
        "min_days": st.integers(0, 5),
        "within_days": st.integers(7, 60),
        "reset_after": st.integers(0, 30),
        "max_reactivations": st.integers(0, 2),
        "platform_stops": st.sampled_from(["obey", "ignore"]),
        "threshold_by_reason": st.dictionaries(
            st.sampled_from([each.value for each in REASONS]), st.integers(0, 3), max_size=2
        ),
        "types": st.dictionaries(
            st.sampled_from([each.value for each in REASONS]),
            st.sampled_from(["hard", "soft", "block", "ignore", "hard_confirmed"]),
            max_size=3,
        ),
    },
)


@st.composite
def lives(draw: st.DrawFn, last: Instant = NOW + DAY, kinds: Sequence[EventKind] = KINDS) -> list[Event]:
    """A life of some events up to a day after NOW."""
    made = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(kinds))
        bounced = kind is EventKind.BOUNCE
        made.append(
            Event(
                number.to_bytes(16),
                kind,
                draw(st.integers(0, last // HOUR)) * HOUR,
                draw(st.sampled_from(REASONS)) if bounced else None,
                draw(st.sampled_from(["4.4.7", "5.1.1", None])) if bounced else None,
                draw(st.none() | st.integers(1, 3)),
                standing=draw(st.sampled_from([Standing.PROVEN] * 5 + [Standing.UNPROVEN])),
                outcome=draw(st.sampled_from(["confirm", "revert"])),
            )
        )
    return made


@st.composite
def versions(draw: st.DrawFn) -> tuple[PolicyVersion, ...]:
    """One to three versions, the first before all."""
    days = [0, *sorted(draw(st.lists(st.integers(1, 39), max_size=2)))]
    return tuple(
        PolicyVersion(number, day * DAY, policy_from(draw(SETTINGS))) for number, day in enumerate(days, 1)
    )


@settings(max_examples=400, deadline=None)
@given(lives(), versions(), SETTINGS)
def test_one_play_tells_what_two_folds_tell(
    events: list[Event], known: tuple[PolicyVersion, ...], told: dict[str, object]
) -> None:
    version = PolicyVersion(len(known) + 1, NOW, policy_from(told))
    found = foresee(events, known, version)
    assert found.before == fold(events, known, NOW)
    assert found.after == fold(events, (*known, version), NOW)


@settings(max_examples=400, deadline=None)
@given(lives(NOW - DAY), versions(), SETTINGS)
def test_what_no_policy_can_move_is_not_moved(
    events: list[Event], known: tuple[PolicyVersion, ...], told: dict[str, object]
) -> None:
    version = PolicyVersion(len(known) + 1, NOW, policy_from(told))
    before, after = fold(events, known, NOW), fold(events, (*known, version), NOW)
    if untouched(before):
        assert (before.state, before.causes, before.since, before.until) == (
            after.state,
            after.causes,
            after.since,
            after.until,
        )


PLAIN = (*[EventKind.BOUNCE] * 8, EventKind.DELAY, EventKind.DELIVERED, EventKind.RESTORE)
BARE = (*[EventKind.BOUNCE] * 16, EventKind.DELAY, EventKind.AUTOREPLY, EventKind.RESTORE)


def brief(events: Sequence[Event]) -> list[Told]:
    """Events as a store's rows hold them, the latest that came first."""
    return [
        (e.at, e.kind.value, e.standing.value, None if e.reason is None else e.reason.value, e.status, e.send)
        for e in reversed(events)
    ]


@settings(max_examples=300, deadline=None)
@given(st.one_of(lives(), lives(NOW, BARE)), versions(), SETTINGS, st.data())
def test_what_a_glance_tells_of_a_policy_is_what_two_folds_tell(
    events: list[Event], known: tuple[PolicyVersion, ...], told: dict[str, object], data: st.DataObject
) -> None:
    version = PolicyVersion(len(known) + 1, NOW, policy_from(told))
    rows, bounces = ruled((*known, version)), plain(brief(events), NOW)
    sends = st.none() | st.integers(1, 3)
    deliveries = data.draw(st.lists(st.tuples(sends, st.integers(0, 39).map(DAY.__mul__)), max_size=3))
    found = None if rows is None or bounces is None else foresee_plain(bounces, rows)
    if found is None:
        return
    whole = foresee(events, known, version, deliveries)
    assert found.reason is whole.reason
    for seen, state in ((found.before, whole.before), (found.after, whole.after)):
        assert seen == (*state[:4], *seen[4:])
        assert not state.unsubscribed


def test_a_glance_suffices_for_lives_of_nothing_but_bounces() -> None:
    """Else the property above would hold for nothing."""
    known = (PolicyVersion(1, 0, policy_from({"soft_threshold": 3, "min_days": 0})),)
    version = PolicyVersion(2, NOW, policy_from({"soft_threshold": 2, "reset_after": 30}, known[0].policy))
    rows = ruled((*known, version))
    assert rows is not None

    def moved(*days: int, reason: Reason = Reason.MAILBOX_FULL) -> tuple[str, str, Instant | None]:
        events = [Event(bytes([n] * 16), EventKind.BOUNCE, n * DAY, reason) for n in days]
        bounces = plain(brief(events), NOW)
        found = None if bounces is None else foresee_plain(bounces, rows)
        assert found is not None
        assert found.reason is (reason if days else None)
        return found.before.state.value, found.after.state.value, found.after.until

    assert moved() == ("valid", "valid", None)
    assert moved(1) == ("bouncing", "bouncing", None)
    assert moved(1, 2) == ("bouncing", "invalid", NOW + 30 * DAY)
    assert moved(1, 2, 3) == ("invalid", "valid", None)  # its reset is due at once
    assert moved(1, 2, 20) == ("invalid", "invalid", 50 * DAY)
    assert moved(1, reason=Reason.ADDRESS_UNKNOWN) == ("invalid", "invalid", None)


def test_what_is_more_than_bounces_is_no_matter_of_a_glance() -> None:
    bounce = Event(b"b" * 16, EventKind.BOUNCE, DAY, Reason.MAILBOX_FULL, send=7)
    assert plain(brief([bounce]), NOW) == [(DAY, "mailbox_full", None)]
    assert plain(brief([bounce]), DAY) is None, "dated ahead"
    assert plain(brief([bounce, bounce._replace(at=2 * DAY)]), NOW) is None, "two reports of one send"
    assert plain(brief([bounce, bounce._replace(send=None)]), NOW) is None, "at the same moment"
    for kind in set(EventKind) - {EventKind.BOUNCE} - RETOLD:
        assert plain(brief([bounce, bounce._replace(kind=kind)]), NOW) is None, kind
    consecutive = PolicyVersion(1, 0, policy_from({"counting": "consecutive"}))
    assert ruled([consecutive]) is None, "deliveries would count"
    confirmed = ruled([PolicyVersion(1, 0, preset("default")), PolicyVersion(2, NOW, preset("default"))])
    assert confirmed is not None
    assert foresee_plain([(DAY, "domain_unknown", None)], confirmed) is None


@settings(max_examples=300, deadline=None)
@given(st.one_of(lives(), lives(NOW, BARE)), versions(), st.data())
def test_what_a_glance_tells_of_two_rows_of_policies_is_what_two_folds_tell(
    events: list[Event], known: tuple[PolicyVersion, ...], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(known) - 1))
    sends = st.none() | st.integers(1, 3)
    deliveries = data.draw(st.lists(st.tuples(sends, st.integers(0, 41).map(DAY.__mul__)), max_size=3))
    bounces = plain(brief(events), NOW)
    later = known[first:]
    if data.draw(st.booleans()):  # the same versions, the older with the types of the latest
        last = known[-1].policy
        typed = {"types": last.types, "uncounted_codes": last.uncounted_codes}
        later = tuple(replace(each, policy=replace(each.policy, **typed)) for each in known)
    told = None if bounces is None else relive_plain(bounces, Rows.of(known, later, NOW), NOW)
    if told is None:
        return
    before, after = fold(events, known, NOW, deliveries), fold(events, later, NOW, deliveries)
    if told[0] is SAME:
        assert before == after
    else:
        assert told[:2] == (before, after)


@st.composite
def alike(draw: st.DrawFn) -> tuple[PolicyVersion, ...]:
    """Versions that differ by anything but what a bounce counts as."""
    rows, types = draw(versions()), draw(SETTINGS)
    first = policy_from(types)
    judged = {"types": first.types, "uncounted_codes": first.uncounted_codes}
    return tuple(replace(version, policy=replace(version.policy, **judged)) for version in rows)


@settings(max_examples=400, deadline=None)
@given(st.one_of(lives(), lives(NOW, PLAIN)), st.one_of(versions(), alike()), st.data())
def test_a_life_under_two_rows_of_policies_is_what_two_folds_tell(
    events: list[Event], known: tuple[PolicyVersion, ...], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(known) - 1))
    sends = st.none() | st.integers(1, 3)
    deliveries = data.draw(st.lists(st.tuples(sends, st.integers(0, 41).map(DAY.__mul__)), max_size=3))
    found = relive(events, Rows.of(known, known[first:], NOW), NOW, deliveries)
    assert found == (fold(events, known, NOW, deliveries), fold(events, known[first:], NOW, deliveries))


def test_most_lives_are_played_once_for_both() -> None:
    """Else the property above would hold for nothing: a stop by a threshold that only one has is seen."""
    known = (
        PolicyVersion(1, 0, preset("emarsys")),
        PolicyVersion(2, 20 * DAY, policy_from({"soft_threshold": 2}, preset("emarsys"))),
    )
    rows = Rows.of(known, known[1:], NOW)
    assert rows.alike
    full = [Event(bytes([n] * 16), EventKind.BOUNCE, n * DAY, Reason.MAILBOX_FULL, "4.2.2") for n in (1, 2)]
    before, after = relive(full, rows, NOW)
    assert before is not after
    assert (before.since, after.since) == (20 * DAY, 2 * DAY)
    before, after = relive(full[:1], rows, NOW)
    assert before is after
    gone = Event(bytes([9] * 16), EventKind.BOUNCE, 9 * DAY, Reason.ADDRESS_UNKNOWN, "5.1.1")
    before, after = relive([full[0], gone], rows, NOW)
    assert before is after
    before, after = relive([*full, gone], rows, NOW)
    assert before is not after


@settings(max_examples=200, deadline=None)
@given(lives(), versions(), st.data())
def test_a_bounce_that_is_judged_again_is_what_it_was_judged_to_be(
    events: list[Event], known: tuple[PolicyVersion, ...], data: st.DataObject
) -> None:
    told = [event for event in events if event.kind in RETOLD]
    judged = data.draw(st.lists(st.sampled_from(told), unique_by=lambda e: e.id, max_size=3)) if told else []
    acts, meant = [], {event.id: event for event in events}
    for number, event in enumerate(judged, 100):
        kind = data.draw(st.sampled_from([EventKind.BOUNCE, EventKind.DELAY, EventKind.SUPPRESSED]))
        reason = data.draw(st.sampled_from(REASONS))
        at = data.draw(st.integers(0, 41)) * DAY
        first = Event(number.to_bytes(16), EventKind.REJUDGED, at, reason, outcome=of_bounce(event.id, kind))
        acts.append(first)
        meant[event.id] = event._replace(kind=kind, reason=reason)
    assert fold([*events, *acts], known, NOW) == fold(meant.values(), known, NOW)
    undone = [
        Event((200 + n).to_bytes(16), EventKind.WITHDRAWAL, NOW, outcome=act.id.hex())
        for n, act in enumerate(acts)
    ]
    assert fold([*undone, *acts, *events], known, NOW) == fold(events, known, NOW)


@settings(max_examples=200, deadline=None)
@given(lives(), versions(), SETTINGS)
def test_a_life_that_is_judged_under_a_policy_was_never_under_another(
    events: list[Event], known: tuple[PolicyVersion, ...], told: dict[str, object]
) -> None:
    version = PolicyVersion(len(known) + 1, NOW, policy_from(told))
    every = (*known, version)
    whole = Event(b"w" * 16, EventKind.REJUDGED, NOW, outcome=of_life("policy", version.number))
    assert fold([*events, whole], every, NOW + DAY) == fold(events, (version,), NOW + DAY)
    typed = Event(b"t" * 16, EventKind.REJUDGED, NOW + HOUR, outcome=of_life("types", version.number))
    alike = [
        replace(
            each,
            policy=replace(
                each.policy, types=version.policy.types, uncounted_codes=version.policy.uncounted_codes
            ),
        )
        for each in every
    ]
    assert fold([*events, whole, typed], every, NOW + DAY) == fold(events, alike, NOW + DAY)


def test_what_names_nothing_known_judges_nothing() -> None:
    known = (PolicyVersion(1, 0, preset("default")),)
    bounce = Event(b"b" * 16, EventKind.BOUNCE, DAY, Reason.ADDRESS_UNKNOWN)
    strange = [
        Event(bytes([n]) * 16, EventKind.REJUDGED, 2 * DAY, Reason.MAILBOX_FULL, outcome=outcome)
        for n, outcome in enumerate(
            (None, "", "policy 7", "types x", "bounce ff", f"bounce {bounce.id.hex()} complaint")
        )
    ]
    unproven = Event(
        b"u" * 16,
        EventKind.REJUDGED,
        2 * DAY,
        Reason.MAILBOX_FULL,
        standing=Standing.UNPROVEN,
        outcome=of_bounce(bounce.id, EventKind.BOUNCE),
    )
    assert fold([bounce, *strange, unproven], known, NOW) == fold([bounce], known, NOW)
    assert fold([bounce], known, NOW).cause == "hard"
