"""What was sent, arrived, bounced and was spared: counted as it happens, each once; over every store."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retour.instants import DAY, HOUR
from retour.lifecycle import PolicyVersion, policy_from, preset
from retour.model import Event, EventKind, MailKind, Reason, Send, Standing
from retour.ports import MOST_RATES, Passing, Rate, Rated, RateQuery, Store
from retour.stores import memory, sqlite

NOW = 20_500 * DAY + 9 * HOUR
TODAY = 20_500


@pytest.fixture
def acme(store: Store) -> Store:
    return furnish(store)


def furnish(store: Store) -> Store:
    for name in ("acme", "other"):
        store.accounts.add_account(name, f"{name}.example", preset("default"), 0)
    return store


def counted(store: Store, account: str = "acme") -> dict[tuple[int, str, str, Rated], int]:
    rows = store.rates.of(RateQuery(account, 0, NOW + 9 * DAY))
    assert len({row[:4] for row in rows}) == len(rows)
    return {(row.day - TODAY, row.provider, row.campaign, row.kind): row.times for row in rows}


def send(id: int, to: str = "ann@gmail.com", at: int = NOW, **more: Any) -> Send:
    return Send(id, more.pop("account", "acme"), to, MailKind.MAILING, at, **more)


def bounce(n: int, address: str = "ann@gmail.com", at: int = NOW, **more: Any) -> Event:
    told = {"reason": Reason.ADDRESS_UNKNOWN, "status": "5.1.1", "account": "acme", **more}
    return Event(n.to_bytes(16), EventKind.BOUNCE, at, address=address, **told)


def test_sends_deliveries_and_bounces_by_day_provider_and_campaign(acme: Store) -> None:
    acme.sends.add([send(1, campaign="may"), send(2, "bob@B.example"), send(3, "eve@GMX.de", NOW - DAY)])
    acme.tallies.count([Passing(b"d" * 16, "acme", NOW, "delivered", "gmx.de", "may")])
    acme.tallies.count([Passing(b"o" * 16, "acme", NOW, "opened", "gmx.de", "may")])
    acme.tallies.count([Passing(b"a" * 16, "acme", NOW, "avoided", "gmail.com")])
    acme.ledger.record([bounce(1, send=1), bounce(2, "zoe@b.example", reason=Reason.MAILBOX_FULL)], NOW)
    assert counted(acme) == {
        (0, "gmail", "may", Rated.SENT): 1,
        (0, "", "", Rated.SENT): 1,
        (-1, "gmx", "", Rated.SENT): 1,
        (0, "gmx", "may", Rated.DELIVERED): 1,
        (0, "gmail", "", Rated.BY_RELAY): 1,
        (0, "gmail", "may", Rated.HARD): 1,
        (0, "", "", Rated.SOFT): 1,
    }
    assert counted(acme, "other") == {}


def test_what_is_told_again_counts_nothing(acme: Store) -> None:
    told = [send(1), send(2)]
    acme.sends.add(told)
    acme.sends.add([*told, send(3)])
    acme.sends.add(told)
    for _ in range(3):
        acme.ledger.record([bounce(1, send=1), bounce(1, send=1)], NOW)
    gmail = (0, "gmail", "")
    assert counted(acme) == {(*gmail, Rated.SENT): 3, (*gmail, Rated.HARD): 1}


def test_a_send_fails_once_with_its_most_telling_reason_and_earliest_time(acme: Store) -> None:
    acme.sends.add([send(1, campaign="may", at=NOW - 2 * DAY)])
    acme.ledger.record([bounce(1, send=1, reason=Reason.DELIVERY_EXPIRED, status="4.4.7")], NOW)
    assert counted(acme)[0, "gmail", "may", Rated.SOFT] == 1
    acme.ledger.record([bounce(2, send=1, at=NOW - DAY)], NOW)
    after = counted(acme)
    assert after == {(-2, "gmail", "may", Rated.SENT): 1, (-1, "gmail", "may", Rated.HARD): 1}


def test_what_changes_the_state_later_does_not_change_what_has_bounced(acme: Store) -> None:
    acme.ledger.record([bounce(1), bounce(2, at=NOW - DAY)], NOW)
    before = counted(acme)
    told = {"account": "acme", "address": "ann@gmail.com"}
    acme.ledger.record([Event(b"r" * 16, EventKind.RESTORE, NOW + HOUR, **told)], NOW + HOUR)
    strict = policy_from({"types": {"address_unknown": "ignore"}})
    acme.accounts.add_policy("acme", PolicyVersion(0, NOW + HOUR, strict), 1)
    acme.ledger.refold("acme", NOW + 2 * HOUR, 10, None)
    assert counted(acme) == before
    acme.ledger.record(
        [bounce(3, "bob@gmail.com", NOW + 2 * HOUR), bounce(4, "bob@gmail.com")], NOW + 3 * HOUR
    )
    after = counted(acme)
    assert after[0, "gmail", "", Rated.HARD] == before[0, "gmail", "", Rated.HARD] + 1


@pytest.mark.parametrize(
    "more",
    [
        {"standing": Standing.UNPROVEN},
        {"standing": Standing.EXPIRED},
        {"reason": Reason.CONTENT_REJECTED, "status": "5.7.0"},
    ],
)
def test_only_what_is_proven_and_listed_counts(acme: Store, more: dict[str, Any]) -> None:
    ignoring = policy_from({"types": {"content_rejected": "ignore"}})
    acme.accounts.add_policy("acme", PolicyVersion(0, 1, ignoring), 1)
    acme.ledger.record([bounce(1, **more)], NOW)
    acme.ledger.record([bounce(2)._replace(kind=EventKind.DELAY)], NOW)
    assert counted(acme) == {}


def test_a_code_that_is_not_counted_is_no_bounce_here_either(acme: Store) -> None:
    acme.accounts.add_policy("acme", PolicyVersion(0, 1, preset("emarsys")), 1)
    acme.ledger.record([bounce(1, reason=Reason.DELIVERY_EXPIRED, status="4.4.7")], NOW)
    assert counted(acme) == {}


def test_more_can_be_added_and_old_days_go(acme: Store) -> None:
    acme.rates.add(
        "acme", [Rate(TODAY, "gmail", "", Rated.BY_CHECK, 3), Rate(TODAY, "gmail", "", Rated.BY_CHECK, 2)]
    )
    acme.rates.add("acme", [Rate(TODAY - 2, "", "", Rated.BY_POLICY, 1)])
    assert counted(acme) == {(0, "gmail", "", Rated.BY_CHECK): 5, (-2, "", "", Rated.BY_POLICY): 1}
    acme.rates.expire(NOW - DAY)
    assert counted(acme) == {(0, "gmail", "", Rated.BY_CHECK): 5}
    assert acme.rates.of(RateQuery("acme", NOW - 9 * DAY, NOW - DAY)) == []


def test_beyond_the_most_of_a_day_campaigns_are_not_told_apart(tmp_path: Path) -> None:
    store = furnish(sqlite.open_store(tmp_path / "s", b"p"))
    rows = [Rate(TODAY, "gmail", f"{n:06}", Rated.SENT, 1) for n in range(MOST_RATES + 5)]
    store.rates.add("acme", rows)
    store.rates.add("acme", rows[:1])
    found = counted(store)
    assert len(found) == MOST_RATES + 1
    assert (found[0, "gmail", "", Rated.SENT], found[0, "gmail", "000000", Rated.SENT]) == (5, 2)
    store.close()


def test_an_account_that_is_not_there_is_told(acme: Store) -> None:
    asked: list[Callable[[], object]] = [
        lambda: acme.rates.add("nobody", [Rate(TODAY, "", "", Rated.SENT, 1)]),
        lambda: acme.rates.of(RateQuery("nobody", 0, NOW)),
    ]
    for each in asked:
        with pytest.raises(KeyError):
            each()


REASONS = st.sampled_from(
    [
        Reason.ADDRESS_UNKNOWN,
        Reason.MAILBOX_FULL,
        Reason.DELIVERY_EXPIRED,
        Reason.UNDETERMINED,
        Reason.DOMAIN_UNKNOWN,
    ]
)
EVENTS = st.lists(
    st.builds(
        lambda n, to, day, reason, id: bounce(n, to, NOW - day * DAY, reason=reason, send=id, status=None),
        st.integers(1, 30),
        st.just("ann@gmail.com"),
        st.integers(0, 3),
        REASONS,
        st.sampled_from([None, 1, 2]),
    ),
    max_size=8,
    unique_by=lambda event: event.id,
)


@settings(max_examples=40)
@given(EVENTS, st.randoms(use_true_random=False))
def test_order_batches_and_repetition_change_nothing(told: list[Event], chance: Random) -> None:
    shuffled = told * 2
    chance.shuffle(shuffled)
    one, other = furnish(memory.new_store()), furnish(memory.new_store())
    for store in (one, other):
        store.sends.add([send(1, campaign="may", at=NOW - 9 * DAY)])
    one.ledger.record(told, NOW)
    while shuffled:
        cut = chance.randint(1, len(shuffled))
        other.ledger.record(shuffled[:cut], NOW)
        del shuffled[:cut]
    assert counted(one) == counted(other)


def test_the_file_counts_as_memory_does(tmp_path: Path) -> None:
    chance = Random(7)
    stores = [furnish(memory.new_store()), furnish(sqlite.open_store(tmp_path / "s", b"p"))]
    reasons = [Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_FULL, Reason.UNDETERMINED, Reason.SENDER_BLOCKED]
    for store in stores:
        store.sends.add([send(id, f"a{id % 5}@gmail.com", campaign=f"c{id % 3}") for id in range(1, 20)])
    for round in range(30):
        told = [
            bounce(round * 20 + n, f"a{(id := chance.randint(1, 19)) % 5}@gmail.com",
                   NOW - chance.randint(0, 4) * DAY, reason=chance.choice(reasons), send=id)
            for n in range(chance.randint(1, 20))
        ]  # fmt: skip
        for store in stores:
            store.ledger.record(told, NOW)
    assert counted(stores[0]) == counted(stores[1])
    assert sum(n for (*_, kind), n in counted(stores[0]).items() if kind is not Rated.SENT) == 19
    stores[1].close()


def test_counts_are_summed_up_over_what_they_are_not_told_apart_by(acme: Store) -> None:
    rows = [
        Rate(TODAY - day, provider, campaign, Rated.SENT, 1)
        for day in (0, 1)
        for provider in ("gmail", "gmx")
        for campaign in ("may", "june", "july")
    ]
    acme.rates.add("acme", [*rows, Rate(TODAY, "gmail", "may", Rated.HARD, 7)])

    def told(*apart: bool, **only: str) -> list[tuple[int, str, str, Rated, int]]:
        return [tuple(row) for row in acme.rates.of(RateQuery("acme", NOW - DAY, NOW, *apart, **only))]

    assert told(False, False, False) == [(0, "", "", Rated.HARD, 7), (0, "", "", Rated.SENT, 12)]
    assert told(False, True, False, campaign="june") == [
        (0, "gmail", "", Rated.SENT, 2),
        (0, "gmx", "", Rated.SENT, 2),
    ]
    assert told(True, False, False, provider="gmx") == [
        (TODAY - 1, "", "", Rated.SENT, 3),
        (TODAY, "", "", Rated.SENT, 3),
    ]
    assert len(told(True, True, True)) == 13
