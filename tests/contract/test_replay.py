"""A replay tells what a history would be, does it in one step, and undone it never was; in every store."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.previewing import Hand, Workshop
from contract.test_what_if import NOW, POLICY, saved, settle
from retour.classify import classifier
from retour.flow.jobs import CancelledError, Course, EndingError, FailedError
from retour.flow.previews import BATCH
from retour.instants import DAY, HOUR
from retour.lifecycle import policy_from, preset
from retour.model import Event, EventKind, Evidence, Kind, Reason, Report, StateName, Verdict
from retour.parse import parse_reply
from retour.ports import BounceQuery, Stage, Store
from retour.stores import memory, sqlite

FULL = "452 4.2.2 <{}>: mailbox is full"
GONE = "550 5.1.1 <{}>: Recipient address rejected: User unknown"
ODD = "550 5.0.0 <{}>: frobnicated by the quux of zork"
SPAM = "554 5.7.1 <{}>: message looks like spam"
WAIT = "451 4.7.1 <{}>: greylisted, please try again later"
RULE = """
[[rule]]
id = "own-quux"
reason = "{reason}"
source = "our own mails, 2026-01"
phrases = ["frobnicated by the quux"]
samples = ["550 5.0.0 frobnicated by the quux of zork"]
"""
ADDRESSES = ["ann@gmail.com", "bob@b.example", "cid@b.example", "dan@web.de"]


def reported(number: int, address: str, words: str, day: float, verdict: Verdict | None = None) -> Event:
    """A bounce as the intake makes it of one reply; `verdict` as older rules gave it."""
    report: Report = parse_reply(words.format(address))._replace(recipient=address)
    said = verdict or classifier().classify(report)
    return Event(
        number.to_bytes(16),
        EventKind(said.kind),
        NOW - int(day * DAY),
        said.reason,
        report.status,
        account="acme",
        address=address,
        actor="lmtp",
        evidence=Evidence(report, said),
    )


@pytest.fixture
def workshop(store: Store, tmp_path: Path) -> Iterator[Workshop]:
    store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - 100 * DAY)
    made = Workshop(store, tmp_path, Hand(NOW))
    yield made
    made.close()


def whole(store: Store) -> list[object]:
    """All that is stored of states, and all that is shown of them."""
    settle(store)
    rows = store.ledger.states("acme", 1000)
    shown = store.ledger.bounces(BounceQuery("acme", limit=500), NOW)
    facts = [(row.address, row.state, row.event.id, row.event.reason, row.type) for row in shown]
    return [*sorted((row.address, repr(row.state)) for row in rows), *sorted(map(repr, facts))]


def state(workshop: Workshop, address: str) -> tuple[StateName, str]:
    found = workshop.store.ledger.state("acme", address, NOW)
    return found.state, str(found.cause)


# --- properties -------------------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Reports as replies made them, some under older rules, among acts of people."""
    made: list[Event] = []
    for number in range(draw(st.integers(0, 12))):
        address, day = draw(st.sampled_from(ADDRESSES)), draw(st.integers(1, 60 * 24)) / 24
        kind = draw(st.sampled_from([*[None] * 5, EventKind.RESTORE, EventKind.COMPLAINT, EventKind.STOP]))
        if kind is None:
            words = draw(st.sampled_from([FULL, GONE, ODD, SPAM, WAIT]))
            made.append(reported(number, address, words, day))
        else:
            at = NOW - int(day * DAY)
            made.append(Event(number.to_bytes(16), kind, at, account="acme", address=address))
    return made


ORDERS = st.one_of(
    st.fixed_dictionaries({"what": st.just("policy"), "version": st.sampled_from([1, 2])}),
    st.fixed_dictionaries({"what": st.just("types"), "version": st.sampled_from([1, 2])}),
    st.sampled_from(["address_unknown", "mailbox_full", "spam_rejected"]).map(
        lambda reason: {"what": "rules", "rules": RULE.format(reason=reason)}
    ),
)


def opened(body: str, path: Path, before: dict[str, Any], history: list[Event]) -> tuple[Store, Workshop]:
    store = memory.new_store() if body == "memory" else sqlite.open_store(path / "s", b"pepper")
    store.accounts.add_account("acme", "acme.example", policy_from(before), NOW - 100 * DAY)
    store.ledger.record(history, NOW)
    settle(store)
    return store, Workshop(store, path, Hand(NOW))


@pytest.mark.parametrize("body", ["memory", "sqlite"])
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), policy=POLICY)
def test_nothing_changed_is_no_difference(body: str, history: list[Event], policy: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        store, workshop = opened(body, Path(folder), policy, history)
        for order in ({"what": "rules"}, {"what": "policy"}, {"what": "types", "version": 1}):
            id, told = workshop.do("replay", **order)
            assert workshop.found(id) == []
            assert not {"move", "states", "verdicts"} & told.keys()
        assert workshop.do("replay", what="rules")[1]["looked_at"] == sum(1 for e in history if e.evidence)
        workshop.close()
        store.close()


@pytest.mark.parametrize("body", ["memory", "sqlite"])
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), before=POLICY, after=POLICY, order=ORDERS)
def test_what_is_found_is_what_is_done_and_undone_it_never_was(
    body: str,
    history: list[Event],
    before: dict[str, Any],
    after: dict[str, Any],
    order: dict[str, Any],
) -> None:
    with TemporaryDirectory() as folder:
        store, workshop = opened(body, Path(folder), before, history)
        saved(store, after)
        former = whole(store)
        id, told = workshop.do("replay", **order)
        assert whole(store) == former, "a preview only reads"
        _, done = workshop.do("replay_apply", replay=id, reason="request 17")
        settle(store)
        there = {row.address: row.state for row in store.ledger.states("acme", 100)}
        moved = workshop.found(id)
        for move, address, _, expected in moved:
            found = there[address]
            causes = expected.partition(": ")[2]
            assert found.state.value == expected.partition(":")[0]
            assert {cause.value for cause in found.causes} == set(filter(None, causes.split(", "))), move
        assert bool(done["judgements"]) >= bool(moved)
        again, found_again = workshop.do("replay", **order)
        assert workshop.found(again) == []
        assert not {"move", "states", "verdicts"} & found_again.keys(), "what is judged so stays so"
        workshop.do("replay_undo", replay=id)
        assert whole(store) == former
        assert told.get("move", {}) == {
            move: sum(each[0] == move for each in moved) for move in {each[0] for each in moved}
        }
        workshop.close()
        store.close()


# --- cases ------------------------------------------------------------------------------------------------


def test_own_rules_are_tried_on_what_is_stored(workshop: Workshop) -> None:
    store = workshop.store
    store.ledger.record([reported(n, a, ODD, 5) for n, a in enumerate(ADDRESSES[:2])], NOW)
    store.ledger.record([reported(9, ADDRESSES[2], FULL, 5)], NOW)
    was = whole(store)
    id, told = workshop.do("replay", what="rules", rules=RULE.format(reason="address_unknown"))
    assert told["looked_at"] == 3
    assert told["verdicts"] == {"undetermined > address_unknown": {"own-quux": 2}}
    assert told["move"] == {"stops": 2}
    assert told["provider"] == {"stops": {"": 1, "gmail": 1}}
    assert workshop.found(id) == [
        ("stops", "ann@gmail.com", "bouncing", "invalid: hard"),
        ("stops", "bob@b.example", "bouncing", "invalid: hard"),
    ]
    assert whole(store) == was
    workshop.do("replay_apply", replay=id, reason="request 17")
    assert state(workshop, "ann@gmail.com") == (StateName.INVALID, "hard")
    row = next(r for r in store.ledger.bounces(BounceQuery("acme"), NOW) if r.address == "ann@gmail.com")
    assert (row.event.reason, row.type) == (Reason.ADDRESS_UNKNOWN, "hard")
    life = store.ledger.life("acme", "ann@gmail.com", NOW)
    assert life is not None
    assert life.events[-1].note == f"address_unknown by own-quux (replay {id}): request 17"
    assert (life.records[-1].actor, life.records[-1].cause) == ("key k", "hard")
    lines = [(each.actor, each.before, each.after, each.cause) for each in workshop.noted.records.values()]
    assert lines == [("key k", "planned", "applied", "rejudged")]


def test_verdicts_of_older_rules_are_judged_by_those_in_force(workshop: Workshop) -> None:
    """What was called dead by mistake comes back; a verdict on a mail that is gone stays."""
    store = workshop.store
    dead = Verdict(Kind.BOUNCE, Reason.ADDRESS_UNKNOWN, None, "old-rule", "mailbox is full", 0.9)
    unseen = dead._replace(matched="no such person here")
    odd = reported(3, "cid@b.example", ODD, 2, unseen)
    store.ledger.record([reported(1, "ann@gmail.com", FULL, 2, dead), odd], NOW)
    id, told = workshop.do("replay", what="rules")
    assert workshop.found(id) == [("returns", "ann@gmail.com", "invalid: hard", "bouncing")]
    assert told["left"] == 1
    workshop.do("replay_apply", replay=id, reason="rules of today")
    assert state(workshop, "ann@gmail.com")[0] is StateName.BOUNCING
    assert state(workshop, "cid@b.example") == (StateName.INVALID, "hard")


def test_a_judgement_is_judged_again_too(workshop: Workshop) -> None:
    """A replay under rules that were a mistake is corrected by another under those in force."""
    workshop.store.ledger.record([reported(1, "ann@gmail.com", ODD, 2)], NOW)
    was = whole(workshop.store)
    id, _ = workshop.do("replay", what="rules", rules=RULE.format(reason="address_unknown"))
    workshop.do("replay_apply", replay=id, reason="a mistake")
    workshop.clock.instant += HOUR
    back, told = workshop.do("replay", what="rules")
    assert told["verdicts"] == {"address_unknown > undetermined": {"code.other-address": 1}}
    assert told["move"] == {"returns": 1}
    workshop.do("replay_apply", replay=back, reason="it was one")
    assert whole(workshop.store) == was
    asked = workshop.store.ledger.undetermined(10)
    assert [event.kind for _, event in asked] == [EventKind.BOUNCE], "a judgement is no report"


def test_types_of_today_for_the_past(workshop: Workshop) -> None:
    """Rule 5: a new map of types moves nobody by itself; a replay does, where that is wanted."""
    store = workshop.store
    store.ledger.record([reported(1, "ann@gmail.com", SPAM, 9), reported(2, "bob@b.example", GONE, 9)], NOW)
    assert saved(store, {"types": {"spam_rejected": "hard", "address_unknown": "soft"}}) == []
    id, told = workshop.do("replay", what="types")
    assert workshop.found(id) == [
        ("returns", "bob@b.example", "invalid: hard", "bouncing"),
        ("stops", "ann@gmail.com", "bouncing", "invalid: hard"),
    ]
    assert (told["what"], told["version"]) == ("types", 2)


def test_an_interrupted_replay_leaves_nothing_half_done(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = workshop.store
    store.ledger.record([reported(n, f"user{n}@b.example", ODD, 5) for n in range(40)], NOW)
    monkeypatch.setattr("retour.flow.waves.WAVE_BATCH", 7)
    was = whole(store)
    id, _ = workshop.do("replay", what="rules", rules=RULE.format(reason="address_unknown"))
    job = workshop.ask("replay_apply", replay=id, reason="request 17")
    steps = iter([False] * 8 + [True])
    with pytest.raises(EndingError):  # the server ends in the midst of applying
        workshop.previews.apply(job, Course(job, workshop.desk.jobs, lambda: next(steps)))
    wave = workshop.desk.waves.one(id)
    assert wave is not None
    assert (wave.stage, 0 < wave.done < 40) == (Stage.APPLYING, True)
    assert workshop.run(job)["judgements"] == 40
    assert all(state(workshop, f"user{n}@b.example")[0] is StateName.INVALID for n in range(40))
    assert workshop.run(job)["judgements"] == 40, "harmless to repeat"
    workshop.do("replay_undo", replay=id)
    assert whole(store) == was
    second, _ = workshop.do("replay", what="rules", rules=RULE.format(reason="address_unknown"))
    job = workshop.ask("replay_apply", replay=second, reason="request 18")
    taken = workshop.desk.jobs.take(NOW, ())
    assert taken is not None

    def cancelled_once() -> bool:
        workshop.desk.jobs.cancel(job.id, NOW)
        return False

    with pytest.raises(CancelledError):  # somebody cancels it, and it is taken back as far as it came
        workshop.previews.apply(job, Course(job, workshop.desk.jobs, cancelled_once))
    assert whole(store) == was
    assert BATCH > 40


def test_what_cannot_be_done_says_why(workshop: Workshop) -> None:
    with pytest.raises(FailedError, match="findings_gone"):
        workshop.do("replay_apply", replay="job99", reason="x")
    with pytest.raises(FailedError, match="replay_not_applied"):
        workshop.do("replay_undo", replay="job99")
    id, _ = workshop.do("replay", what="policy")
    workshop.do("replay_apply", replay=id, reason="x")
    workshop.do("replay_undo", replay=id)
    with pytest.raises(FailedError, match="replay_undone"):
        workshop.do("replay_apply", replay=id, reason="x")
