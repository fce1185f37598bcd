"""What is only counted: once, by day, and never by address; over every store."""

from dataclasses import replace
from pathlib import Path

import pytest

from retour.instants import DAY, HOUR, SECOND
from retour.lifecycle import Counting, PolicyVersion, preset
from retour.model import Event, EventKind, Reason, Standing
from retour.ports import MOST_TALLIES, REMEMBERED_DAYS, Passing, Store, Tally
from retour.stores import sqlite
from retour.stores.advance import MOST_DELIVERIES, surplus

NOW = 20_500 * DAY
TODAY = 20_500


@pytest.fixture(autouse=True)
def _accounts(store: Store) -> None:
    for name in ("acme", "other"):
        store.accounts.add_account(name, f"{name}.example", preset("default"), 0)


def told(n: int, at: int = NOW, kind: str = "delivered", domain: str = "b.example", **more: str) -> Passing:
    return Passing(n.to_bytes(8) * 2, more.get("account", "acme"), at, kind, domain, more.get("campaign", ""))


def test_what_is_told_is_counted_by_day_kind_domain_and_campaign(store: Store) -> None:
    store.tallies.count([told(1), told(2), told(3, domain="c.example"), told(4, kind="opened")])
    store.tallies.count([told(5, campaign="may"), told(6, NOW - DAY), told(7, account="other"), told(8)])
    assert store.tallies.of("acme", NOW - DAY, NOW) == [
        Tally(TODAY - 1, "delivered", "b.example", "", 1),
        Tally(TODAY, "delivered", "b.example", "", 3),
        Tally(TODAY, "delivered", "b.example", "may", 1),
        Tally(TODAY, "delivered", "c.example", "", 1),
        Tally(TODAY, "opened", "b.example", "", 1),
    ]
    assert [row.times for row in store.tallies.of("other", NOW, NOW)] == [1]
    assert store.tallies.of("acme", NOW + DAY, NOW + 2 * DAY) == []


def test_a_repetition_counts_nothing_also_on_the_other_side_of_midnight(store: Store) -> None:
    store.tallies.count([told(1), told(1)])
    store.tallies.count([told(1), told(1, NOW - HOUR), told(1, NOW + DAY)])
    assert store.tallies.of("acme", NOW - DAY, NOW + DAY) == [Tally(TODAY, "delivered", "b.example", "", 1)]


def test_beyond_the_most_of_a_day_domains_are_not_told_apart(store: Store) -> None:
    told_of = [told(n, domain=f"{n:05}.example") for n in range(MOST_TALLIES + 3)]
    store.tallies.count(told_of[:-1])
    store.tallies.count([*told_of[-1:], told(MOST_TALLIES + 9, domain="00001.example")])
    rows = {row.domain: row.times for row in store.tallies.of("acme", NOW, NOW)}
    assert (len(rows), rows[""], rows["00001.example"]) == (MOST_TALLIES + 1, 3, 2)


def test_old_tallies_go_and_with_them_the_memory_of_repetitions(store: Store) -> None:
    store.tallies.count([told(1), told(2, NOW - 2 * DAY)])
    store.tallies.expire(NOW - DAY, NOW)
    assert [row.day for row in store.tallies.of("acme", NOW - 9 * DAY, NOW)] == [TODAY]
    store.tallies.count([told(1)])
    assert [row.times for row in store.tallies.of("acme", NOW, NOW)] == [1]
    store.tallies.expire(NOW - DAY, NOW + (REMEMBERED_DAYS + 1) * DAY)
    store.tallies.count([told(1)])
    assert [row.times for row in store.tallies.of("acme", NOW, NOW)] == [2]


def test_an_account_that_is_not_there_is_told(store: Store) -> None:
    with pytest.raises(KeyError):
        store.tallies.count([told(1), told(2, account="nobody")])
    with pytest.raises(KeyError):
        store.tallies.of("nobody", NOW, NOW)
    assert store.tallies.of("acme", NOW, NOW) == []


def test_tallies_outlive_the_process(tmp_path: Path) -> None:
    first = sqlite.open_store(tmp_path / "own", b"p")
    first.accounts.add_account("acme", "acme.example", preset("default"), 0)
    first.tallies.count([told(1)])
    first.close()
    again = sqlite.open_store(tmp_path / "own", b"p")
    again.tallies.count([told(1)])
    assert [row.times for row in again.tallies.of("acme", NOW, NOW)] == [1]
    again.close()


# --- deliveries of sends that nobody registered -----------------------------------------------------------


def bounce(n: int, address: str = "ann@b.example", at: int = NOW - DAY) -> Event:
    reason = Reason.MAILBOX_FULL
    return Event(n.to_bytes(16), EventKind.BOUNCE, at, reason, "4.2.2", account="acme", address=address)


def delivery(n: int, address: str = "ann@b.example", at: int = NOW, send: int = -7) -> Event:
    return Event(n.to_bytes(16), EventKind.DELIVERED, at, send=send, account="acme", address=address)


def deliveries(store: Store) -> dict[str, dict[int | None, int]]:
    found, _ = store.ledger.histories(100)
    return {history.address: dict(history.deliveries) for history in found}


def test_a_delivery_is_kept_for_an_address_with_events_and_else_nowhere(store: Store) -> None:
    store.ledger.record([bounce(1)], NOW)
    store.ledger.record([delivery(2), delivery(3, "bob@b.example")], NOW)
    assert deliveries(store) == {"ann@b.example": {-7: NOW}}
    life = store.ledger.life("acme", "ann@b.example", NOW)
    assert life is not None
    assert [event.id for event in life.events] == [bounce(1).id]
    assert store.ledger.life("acme", "bob@b.example", NOW) is None


@pytest.mark.parametrize("first", [0, 1])
def test_a_delivery_is_kept_where_its_address_gets_its_first_event_with_it(store: Store, first: int) -> None:
    events = [bounce(1), delivery(2)]
    store.ledger.record([events[first], events[1 - first]], NOW)
    assert deliveries(store) == {"ann@b.example": {-7: NOW}}


def test_of_several_times_of_a_delivery_the_earliest_is_kept(store: Store) -> None:
    store.ledger.record([bounce(1), delivery(2)], NOW)
    for n, at in ((3, NOW + HOUR), (4, NOW - HOUR), (5, NOW)):
        store.ledger.record([delivery(n, at=at)], NOW)
    store.ledger.record([delivery(6, send=-8)], NOW)
    assert deliveries(store) == {"ann@b.example": {-7: NOW - HOUR, -8: NOW}}


def test_of_very_many_deliveries_those_are_kept_that_a_fold_asks_for(store: Store) -> None:
    policy = replace(preset("emarsys"), counting=Counting.CONSECUTIVE)
    store.accounts.add_policy("acme", PolicyVersion(2, 1, policy), 1)
    start = NOW - 2 * DAY
    bounces = [bounce(n, at=start + n * 100 * SECOND) for n in (1, 3, 12)]
    store.ledger.record(bounces, NOW)
    for first in range(0, MOST_DELIVERIES + 1, 100):
        told = [delivery(99 + n, at=start + n * SECOND, send=-1 - n) for n in range(first, first + 100)]
        store.ledger.record(told, NOW)
    kept = sorted(at - start for at in deliveries(store)["ann@b.example"].values())
    assert len(kept) == MOST_DELIVERIES // 2 + 2 + 1
    assert kept[:3] == [100 * SECOND, 300 * SECOND, 599 * SECOND]  # at equal times deliveries come first
    assert store.ledger.state("acme", "ann@b.example", NOW).soft == 1


def test_a_delivery_that_proves_nothing_is_an_event_without_effect(store: Store) -> None:
    store.ledger.record([bounce(1), delivery(2)._replace(standing=Standing.UNPROVEN)], NOW)
    assert deliveries(store) == {"ann@b.example": {}}


def test_a_delivery_of_an_unknown_account_is_told(store: Store) -> None:
    with pytest.raises(KeyError):
        store.ledger.record([delivery(1)._replace(account="nobody")], NOW)


def test_the_delivery_of_a_message_that_bounced_is_not_the_one_that_stays() -> None:
    told = [(-1 - n, n) for n in range(MOST_DELIVERIES + 2)]
    bounced = bounce(1, at=300)._replace(send=-300)
    kept = {send for send, _ in told} - set(surplus([bounced], told))
    assert {-300, -301} & kept == {-300, -301}
    assert -299 not in kept
    assert surplus([bounced], told[1:]) == []  # one of them is none
