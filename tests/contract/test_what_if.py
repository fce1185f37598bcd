"""A what-if tells what the saving then does, over every store: who, how many, why, and when."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.previewing import Hand, Workshop
from retour.bus import LocalBus
from retour.flow.findings import move_of, state_of
from retour.flow.jobs import FailedError
from retour.flow.policy import change_policy, refold
from retour.instants import DAY, HOUR, text
from retour.lifecycle import policy_from, preset, preset_names
from retour.model import Event, EventKind, MailKind, Reason, Send
from retour.ports import Change, Engagement, Sign, Store
from retour.stores import memory, sqlite

NOW = 20_500 * DAY
REASONS = (
    Reason.ADDRESS_UNKNOWN,
    Reason.MAILBOX_FULL,
    Reason.DOMAIN_UNKNOWN,
    Reason.SPAM_REJECTED,
    Reason.SENDER_BLOCKED,
    Reason.UNDETERMINED,
)
KINDS = (*[EventKind.BOUNCE] * 8, EventKind.RESTORE, EventKind.COMPLAINT, EventKind.STOP, EventKind.IMPORT)
POLICY = st.fixed_dictionaries(
    {"preset": st.sampled_from(preset_names())},
    optional={
        "hard_threshold": st.integers(1, 3),
        "soft_threshold": st.integers(1, 4),
        "block_threshold": st.integers(0, 2),
        "counting": st.sampled_from(["cumulative", "consecutive", "windowed"]),
        "min_days": st.integers(0, 3),
        "within_days": st.integers(7, 60),
        "reset_after": st.integers(0, 40),
        "max_reactivations": st.integers(0, 2),
        "types": st.dictionaries(
            st.sampled_from([reason.value for reason in REASONS]),
            st.sampled_from(["hard", "soft", "block", "ignore", "hard_confirmed"]),
            max_size=2,
        ),
    },
)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events of a few addresses within two months."""
    return [
        Event(
            f"{number}".encode().ljust(16, b"."),
            draw(st.sampled_from(KINDS)),
            NOW - draw(st.integers(1, 60 * 24)) * HOUR,
            draw(st.sampled_from(REASONS)),
            draw(st.sampled_from(["4.4.7", "5.1.1", None])),
            account="acme",
            address=draw(st.sampled_from(["ann@gmail.com", "bob@b.example", "cid@b.example", "dan@web.de"])),
        )
        for number in range(draw(st.integers(0, 14)))
    ]


def saved(store: Store, told: dict[str, Any]) -> list[Change]:
    newest = store.accounts.policies("acme")[-1].number
    change_policy("acme", told, newest, store.accounts, "key k", NOW)
    heard: list[Change] = []
    bus = LocalBus()
    bus.follow(heard.extend)
    for _ in refold(store.ledger, "acme", bus, Hand(NOW)):
        pass
    return heard


def settle(store: Store) -> None:
    while store.ledger.due(NOW, 100):
        pass


@pytest.mark.parametrize("body", ["memory", "sqlite"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), before=POLICY, after=POLICY)
def test_what_is_foreseen_is_what_the_saving_does(
    body: str, history: list[Event], before: dict[str, Any], after: dict[str, Any]
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        store = memory.new_store() if body == "memory" else sqlite.open_store(path / "s", b"pepper")
        store.accounts.add_account("acme", "acme.example", policy_from(before), NOW - 100 * DAY)
        store.ledger.record(history, NOW)
        settle(store)
        workshop = Workshop(store, path, Hand(NOW))
        id, told = workshop.do("what_if", settings=after, expected=1)
        changes = saved(store, after)
        done = sorted(
            (move.value, change.address, state_of(change.before), state_of(change.after))
            for change in changes
            if (move := move_of(change.before, change.after)) is not None
        )
        assert workshop.found(id) == done
        assert told.get("move", {}) == dict(Counter(move for move, *_ in done))
        assert told["looked_at"] == len({event.address for event in history})
        stored = [row.state for row in store.ledger.states("acme", 100)]
        days = Counter(text(state.until // DAY * DAY)[:10] for state in stored if state.until is not None)
        assert told.get("resets", {}) == dict(days)
        came = Counter[str]()
        for change in store.ledger.due(NOW + 1000 * DAY, 100):
            if change.before.until == change.at:
                came[text(change.at // DAY * DAY)[:10]] += 1
        assert came == days
        workshop.close()
        store.close()


@pytest.fixture
def workshop(store: Store, tmp_path: Path) -> Workshop:
    """Two that bounced, one with a send and a click lately; a policy that observes nothing yet."""
    store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW - 100 * DAY)
    events = [
        Event(bytes([n, day]) * 8, EventKind.BOUNCE, NOW - day * DAY, Reason.MAILBOX_FULL, "4.2.2",
              account="acme", address=name)
        for n, name in enumerate(["ann@gmail.com", "bob@b.example"])
        for day in (3, 9)
    ]  # fmt: skip
    store.sends.add(
        [Send(1, "acme", "ann@gmail.com", MailKind.MAILING, NOW - 8 * DAY, delivered_at=NOW - DAY)]
    )
    store.ledger.record(events, NOW)
    store.engagements.note([Engagement("acme", "ann@gmail.com", Sign.CLICK, NOW - 2 * DAY)])
    return Workshop(store, tmp_path, Hand(NOW))


def test_it_tells_who_was_active_and_whose_mailboxes_they_are(workshop: Workshop) -> None:
    id, told = workshop.do("what_if", settings={"soft_threshold": 2, "reset_after": 30}, expected=1)
    assert told["move"] == {"stops": 2}
    assert told["active"] == {"stops": 1}
    assert told["active_by"] == {"stops": {"click": 1, "delivery": 1}}
    assert told["provider"] == {"stops": {"": 1, "gmail": 1}}
    assert told["reason"] == {"stops": {"mailbox_full": 2}}
    assert told["resets"] == {text(NOW + 30 * DAY)[:10]: 2}
    assert told["states"] == {"bouncing": {"invalid": 2}}
    assert workshop.found(id) == [
        ("stops", "ann@gmail.com", "bouncing", "invalid: soft"),
        ("stops", "bob@b.example", "bouncing", "invalid: soft"),
    ]
    assert workshop.store.accounts.policies("acme")[-1].number == 1, "it is only looked at"


def test_it_tells_of_answers_where_states_stay(workshop: Workshop) -> None:
    saved(workshop.store, {"soft_threshold": 2, "mode": "observe"})
    _, told = workshop.do("what_if", settings={"mode": "enforce"}, expected=2)
    assert "move" not in told
    assert told["answers"] == {kind: {"send": {"stop": 2}} for kind in ("mailing", "system")}


def test_a_policy_that_was_changed_meanwhile_is_not_looked_at(workshop: Workshop) -> None:
    saved(workshop.store, {"soft_threshold": 2})
    with pytest.raises(FailedError, match="policy_changed"):
        workshop.do("what_if", settings={"soft_threshold": 1}, expected=1)


def test_what_was_found_names_nobody_who_was_forgotten_and_ends(workshop: Workshop, tmp_path: Path) -> None:
    id, _ = workshop.do("what_if", settings={"soft_threshold": 2}, expected=1)
    raw = b"".join(file.read_bytes() for file in (tmp_path / "findings").iterdir())
    assert b"ann@" not in raw
    (tmp_path / "findings" / "other.filling-journal").symlink_to("gone")  # of a job that runs beside
    assert workshop.shelf.expire(NOW + 100_000 * DAY) == 1
    assert workshop.shelf.find(id) is None
    assert workshop.shelf.find("../desk") is None
