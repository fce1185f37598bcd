"""Many addresses at once, and all of an account in their order: one suite for every ledger."""

import pytest

from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason, StateName
from retour.ports import Store

NOW = 20_000 * DAY


@pytest.fixture
def filled(store: Store) -> Store:
    for account in ("demo", "other"):
        store.accounts.add_account(account, f"{account}.return.test", preset("default"), NOW)
    for place, address in enumerate(["a@c.example", "b@a.example", "c@c.example", "d@b.example"]):
        bounce(store, address, place)
    bounce(store, "a@c.example", 9, Reason.MAILBOX_FULL)
    bounce(store, "x@a.example", 0, account="other")
    return store


def bounce(
    store: Store, address: str, place: int, reason: Reason = Reason.ADDRESS_UNKNOWN, account: str = "demo"
) -> None:
    id = f"{place}{address}".encode().rjust(16, b".")
    event = Event(id, EventKind.BOUNCE, NOW + place, reason, account=account, address=address)
    store.ledger.record([event], NOW + 10)


def test_many_are_known_at_once_and_those_never_seen_are_left_out(filled: Store) -> None:
    known = filled.ledger.known("demo", ["c@c.example", "nobody@c.example", "a@c.example", "x@a.example"])
    assert sorted(known) == ["a@c.example", "c@c.example"]
    assert sorted(str(event.reason) for event in known["a@c.example"].events) == [
        "address_unknown",
        "mailbox_full",
    ]
    assert filled.ledger.known("demo", []) == {}
    with pytest.raises(KeyError):
        filled.ledger.known("nobody", ["a@c.example"])


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_states_come_by_domain_page_after_page(filled: Store, limit: int) -> None:
    found = []
    after = None
    while rows := filled.ledger.states("demo", limit, after):
        found += rows
        after = rows[-1].cursor
    assert [row.address for row in found] == ["b@a.example", "d@b.example", "a@c.example", "c@c.example"]
    assert {row.state.state for row in found} == {StateName.INVALID}


def test_states_of_one_domain(filled: Store) -> None:
    (first,) = filled.ledger.states("demo", 1, None, "c.example")
    (second,) = filled.ledger.states("demo", 9, first.cursor, "c.example")
    assert (first.address, second.address) == ("a@c.example", "c@c.example")
    assert filled.ledger.states("demo", 9, second.cursor, "c.example") == []
    assert filled.ledger.states("demo", 9, None, "never.example") == []
    with pytest.raises(ValueError, match="cursor"):
        filled.ledger.states("demo", 9, "never given out")
    with pytest.raises(KeyError):
        filled.ledger.states("nobody", 9)


def test_a_withdrawn_act_has_never_been(filled: Store) -> None:
    id = b"i" * 16
    act = Event(id, EventKind.IMPORT, NOW, account="demo", address="e@c.example")
    filled.ledger.record([act], NOW)
    assert filled.ledger.state("demo", "e@c.example", NOW).state is StateName.INVALID
    undo = Event(
        b"u" * 16, EventKind.WITHDRAWAL, NOW + DAY, outcome=id.hex(), account="demo", address="e@c.example"
    )
    (change,) = filled.ledger.record([undo], NOW + DAY)
    assert (change.before.state, change.after.state) == (StateName.INVALID, StateName.VALID)
    assert filled.ledger.record([act, undo], NOW + DAY) == []
