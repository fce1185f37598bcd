"""Many addresses at once, and all of an account in their order: one suite for every ledger."""

from functools import partial

import pytest

from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason, Standing, StateName
from retour.ports import DomainCount, RecordQuery, Store

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


def test_records_bounces_and_acts_are_told_by_account(filled: Store) -> None:
    ledger = filled.ledger
    everything = ledger.records(RecordQuery("demo", limit=10))
    assert [record.address for record in everything][-1] == "a@c.example"
    assert len(everything) == 4
    assert {record.account for record in everything} == {"demo"}
    second = ledger.records(RecordQuery("demo", before=everything[0].number, limit=2))
    assert [record.number for record in second] == [record.number for record in everything[1:3]]
    assert ledger.records(RecordQuery("demo", cause="soft")) == []
    happened, last = ledger.happened(0, 100)
    assert (len(happened), last) == (5, ledger.ends()[0])
    assert ledger.happened(last, 100) == ([], last)
    halves = ledger.happened(0, 2)
    assert [record.number for record in halves[0] + ledger.happened(halves[1], 100)[0]] == [
        record.number for record in happened
    ]
    counted = {(each.domain, each.type, each.reason): each.bounces for each in domains(filled)}
    assert counted[("c.example", "hard", "address_unknown")] == 2
    assert sum(counted.values()) == 5
    with pytest.raises(KeyError):
        ledger.domains("nobody", NOW, NOW + DAY)


@pytest.mark.parametrize("actor", ["person ann@shop.example", "key 85"])
def test_lines_without_a_cause_are_found_by_who_acted(filled: Store, actor: str) -> None:
    """An incident holds an address, and somebody ends it; another one is given back."""
    acts = [
        Event(b"o" * 16, EventKind.INCIDENT_OPEN, NOW + 20, begins=NOW, outcome="1", account="demo",
              address="d@b.example", actor="guard"),
        Event(b"c" * 16, EventKind.INCIDENT_CLOSE, NOW + 25, outcome="revert", account="demo",
              address="d@b.example", actor=actor),
        Event(b"r" * 16, EventKind.RESTORE, NOW + 20, account="demo", address="a@c.example", actor=actor),
    ]  # fmt: skip
    for act in acts:
        filled.ledger.record([act], NOW + 30)
    found = {
        cause: [record.address for record in filled.ledger.records(RecordQuery("demo", cause=cause))]
        for cause in ("incident", "given_back", "hard", "restore")
    }
    assert found == {
        "incident": ["d@b.example", "d@b.example"],
        "given_back": ["a@c.example"],
        "hard": ["d@b.example", "c@c.example", "b@a.example", "a@c.example"],
        "restore": [],
    }


def test_who_waits_for_a_correction_to_be_confirmed_is_in_no_incident(filled: Store) -> None:
    acts = [
        Event(b"k" * 16, EventKind.CORRECTION, NOW + 20, account="demo", address="e@b.example",
              actor="key 85"),
        Event(b"l" * 16, EventKind.CONFIRMATION, NOW + 25, account="demo", address="e@b.example",
              actor="confirmation"),
    ]  # fmt: skip
    for act in acts:
        filled.ledger.record([act], NOW + 30)
    lines = filled.ledger.records(RecordQuery("demo", cause="correction"))
    assert [(line.address, line.before, line.after) for line in lines] == [
        ("e@b.example", "held", "valid"),
        ("e@b.example", "valid", "held"),
    ]
    assert filled.ledger.records(RecordQuery("demo", cause="incident")) == []


def domains(store: Store) -> list[DomainCount]:
    return store.ledger.domains("demo", NOW, NOW + DAY)


def test_acts_are_told_in_their_order_and_only_once_proven(filled: Store) -> None:
    begun = filled.ledger.ends()[1]
    facts = {"account": "demo", "address": "z@c.example"}
    told = [
        Event(b"1" * 16, EventKind.COMPLAINT, NOW, **facts),
        Event(b"2" * 16, EventKind.UNSUBSCRIBE, NOW, **facts),
        Event(b"3" * 16, EventKind.COMPLAINT, NOW, standing=Standing.UNPROVEN, **facts),
        Event(b"4" * 16, EventKind.IMPORT, NOW, **facts),
    ]
    filled.ledger.record(told, NOW)
    found, last = filled.ledger.acts(begun, 100)
    assert [(event.kind, event.account, event.address) for _, event in found] == [
        (EventKind.COMPLAINT, "demo", "z@c.example"),
        (EventKind.UNSUBSCRIBE, "demo", "z@c.example"),
    ]
    assert last == filled.ledger.ends()[1] == begun + 4
    assert filled.ledger.acts(last, 100) == ([], last)
    one, middle = filled.ledger.acts(begun, 1)
    assert [number for number, _ in one] == [found[0][0]]
    assert [number for number, _ in filled.ledger.acts(middle, 100)[0]] == [found[1][0]]


def test_what_is_kept_of_addresses_that_are_asked_for(filled: Store) -> None:
    delivered = Event(
        b"delivered".rjust(16, b"."),
        EventKind.DELIVERED,
        NOW + 5,
        send=-1,
        account="demo",
        address="c@c.example",
    )
    filled.ledger.record([delivered], NOW + 10)
    kept = filled.ledger.kept("demo", ["c@c.example", "nobody@c.example", "a@c.example", "x@a.example"])
    assert sorted(kept) == ["a@c.example", "c@c.example"]
    assert kept["a@c.example"].state == filled.ledger.states("demo", 1, None, "c.example")[0].state
    told = [(each.delivered, each.erased) for _, each in sorted(kept.items())]
    assert told == [(None, False), (NOW + 5, False)]
    assert filled.ledger.kept("demo", []) == {}
    with pytest.raises(KeyError):
        filled.ledger.kept("nobody", ["a@c.example"])


def test_the_addresses_of_an_account_and_how_many_they_are(filled: Store) -> None:
    assert sorted(filled.ledger.addresses("demo")) == [
        *("a@c.example", "b@a.example", "c@c.example", "d@b.example"),
    ]
    assert [filled.ledger.size("demo", most) for most in (0, 3, 4, 5)] == [0, 3, 4, 4]
    assert list(filled.ledger.addresses("other")) == ["x@a.example"]
    for ask in (filled.ledger.addresses, filled.ledger.erased, partial(filled.ledger.size, most=1)):
        with pytest.raises(KeyError):
            ask("nobody")


def test_nobody_is_erased_where_nobody_was(filled: Store) -> None:
    erased = filled.ledger.erased("demo")
    assert len(erased) == 0
    assert erased.among([b"a@c.example"]) == []
