"""What the roll-ups of the Overview count is what a look at every address would."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.conftest import PEPPER
from retour.flow.counts import Wanted, counted
from retour.flow.suppressions import PROVIDERS
from retour.instants import DAY
from retour.lifecycle import PolicyVersion, policy_from, preset
from retour.model import BounceType, Event, EventKind, MailKind, Reason, Send
from retour.ports import BounceQuery, Records
from retour.stores import sqlite
from retour.stores.sqlite import shown as rolled
from retour.stores.sqlite import shown_anew

NOW = 20_000 * DAY
ADDRESSES = [f"u{n}@{domain}" for n in range(4) for domain in ("gmail.com", "gmx.de", "b.example")]
REASONS = [Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_FULL, Reason.CONTENT_REJECTED, Reason.MESSAGE_TOO_LARGE]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Records]:
    made = sqlite.open_store(tmp_path / sqlite.STORE, PEPPER)
    made.accounts.add_account("demo", "demo.return.test", preset("default"), NOW - 90 * DAY)
    yield made
    made.close()


def lived(store: Records) -> None:
    """Bounces of many kinds, a restore, a policy that stops sooner, an erased address."""
    for number in range(60):
        address = ADDRESSES[number * 7 % len(ADDRESSES)]
        at = NOW - (60 - number) * DAY // 2
        send = Send(
            number + 1, "demo", address, list(MailKind)[number % 3], at - 1, ("May", "June", None)[number % 3]
        )
        store.sends.add([send])
        id, reason = number.to_bytes(16), REASONS[number * 5 % 7 % len(REASONS)]
        named = None if number % 5 == 0 else send.id
        store.ledger.record(
            [Event(id, EventKind.BOUNCE, at, reason, send=named, account="demo", address=address)], at
        )
    restored = Event(b"r" * 16, EventKind.RESTORE, NOW, account="demo", address=ADDRESSES[0])
    store.ledger.record([restored], NOW)
    stricter = policy_from({"soft_threshold": 1, "block_threshold": 2}, preset("default"))
    store.accounts.add_policy("demo", PolicyVersion(2, NOW, stricter, "test"), 1)
    store.ledger.refold("demo", NOW, 1000, None)
    for address in ADDRESSES[3:5]:
        id = f"held {address}".encode()
        doubt = Event(id, EventKind.INCIDENT_OPEN, NOW, begins=NOW - DAY, account="demo", address=address)
        after = Event(id + b"!", EventKind.RESTORE, NOW - 2 * DAY, account="demo", address=address)
        bounce = Event(id + b"?", EventKind.BOUNCE, NOW, REASONS[0], account="demo", address=address)
        store.ledger.record([after, doubt, bounce], NOW)
    store.erasing.erase("demo", ADDRESSES[1], "erased-1")
    store.erasing.erase("demo", ADDRESSES[2], None)


def test_emails_are_counted_by_the_addresses_they_have(store: Records) -> None:
    lived(store)
    told = {each: sum(row.addresses for row in store.counts.shown("demo", each)) for each in ("May", "June")}
    assert all(told.values())
    assert dict(store.counts.emails("demo", 10)) == told
    assert store.counts.emails("demo", 1) == [
        max(told.items(), key=lambda each: (each[1], each[0] == "June"))
    ]


def looked(store: Records, wanted: Wanted, campaign: str | None = None) -> int:
    domains = None if wanted.provider is None else frozenset(PROVIDERS[wanted.provider])
    query = BounceQuery(
        "demo",
        status=wanted.status,
        type=None if wanted.type is None else BounceType(wanted.type),
        reason=None if wanted.reason is None else Reason(wanted.reason),
        mail_kind=None if wanted.kind is None else MailKind(wanted.kind),
        campaign=campaign,
        domains=domains,
        limit=500,
    )
    return len(store.ledger.bounces(query, NOW))


FILTERS = [
    Wanted(),
    Wanted(status="valid"),
    Wanted(status="invalid"),
    Wanted(status="held"),
    Wanted(status="held", type="hard", provider="gmail"),
    Wanted(type="soft"),
    Wanted(type="hard", reason="address_unknown"),
    Wanted(type="hard", reason="mailbox_full"),
    Wanted(provider="gmail"),
    Wanted(provider="gmx", kind="mailing", status="invalid"),
    Wanted(reason="mailbox_full", kind="system"),
]


@pytest.mark.parametrize("campaign", [None, "May", "June"])
def test_counts_are_those_of_the_list(store: Records, campaign: str | None) -> None:
    lived(store)
    rows = store.counts.shown("demo", campaign)
    assert sum(row.addresses for row in rows) > 0
    for wanted in FILTERS:
        assert counted(rows, wanted).addresses == looked(store, wanted, campaign), wanted
    assert campaign is not None or counted(rows, Wanted()).statuses["held"] == 2
    each = counted(rows, Wanted(type="soft"))
    for reason in REASONS:
        asked = Wanted(type="soft", reason=reason.value)
        assert each.reasons[reason.value] == looked(store, asked, campaign)
    for status in ("valid", "held", "invalid"):
        assert each.statuses[status] == looked(store, Wanted(status, "soft"), campaign)
    assert each.providers["gmail"] == looked(store, Wanted(type="soft", provider="gmail"), campaign)


def counting(store: Records) -> list[Any]:
    return [store.counts.domains, store.counts.campaigns, store.ledger.domains]


@pytest.mark.parametrize("held", [1, 100_000])
def test_roll_ups_made_anew_are_those_kept_up(
    store: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(shown_anew, "_MOST_HELD", held)
    lived(store)
    store.ledger.record(
        [Event(b"z" * 16, EventKind.BOUNCE, NOW, Reason.MAILBOX_FULL, account="demo", address="z@b.example")],
        NOW,
    )
    since, until = NOW - 90 * DAY, NOW + DAY

    def told() -> tuple[object, ...]:
        return tuple(
            Counter(each)
            for each in (
                store.counts.shown("demo"),
                store.counts.shown("demo", "May"),
                store.counts.campaigns("demo", since, until),
                store.counts.domains("demo", since, until),
            )
        )

    kept_up = told()
    monkeypatch.setattr(rolled, "TERMS", "others")
    sqlite.open_store(tmp_path / sqlite.STORE, PEPPER).close()
    assert told() == kept_up
    for first in range(0, 90, 7):  # whatever blocks of days lie between
        some = NOW - first * DAY, NOW - first // 3 * DAY + DAY
        asked = (sum(each.bounces for each in found("demo", *some)) for found in counting(store))
        assert len(set(asked)) == 1
    by_domain = {
        (each.domain, each.type, each.reason): each.bounces
        for each in store.ledger.domains("demo", since, until)
    }
    assert {tuple(each[:3]): each.bounces for each in store.counts.domains("demo", since, until)} == by_domain
    assert sum(each.bounces for each in store.counts.campaigns("demo", since, until)) == sum(
        by_domain.values()
    )


def test_beyond_the_most_of_a_day_domains_are_not_told_apart_and_nothing_is_lost(
    store: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolled, "MOST_LISTED", 3)
    addresses = [f"u@d{n}.example" for n in range(6)] + ["u@gmail.com"]
    for number, address in enumerate(addresses):
        event = Event(
            number.to_bytes(16),
            EventKind.BOUNCE,
            NOW,
            Reason.ADDRESS_UNKNOWN,
            account="demo",
            address=address,
        )
        store.ledger.record([event], NOW)
    found = {each.of: each.bounces for each in store.counts.domains("demo", NOW, NOW + 1)}
    assert found == {"d0.example": 1, "d1.example": 1, "d2.example": 1, "": 3, "gmail.com": 1}
    back = [
        Event(bytes([9, n]) * 8, EventKind.RESTORE, NOW, account="demo", address=address)
        for n, address in enumerate(addresses)
    ]
    store.ledger.record(back, NOW)
    assert store.counts.domains("demo", NOW, NOW + 1) == []
    assert store.counts.shown("demo") == []


def test_what_was_counted_under_none_goes_with_its_address_when_there_is_room_again(
    store: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolled, "MOST_LISTED", 2)
    monkeypatch.setattr(rolled, "MOST_OF_BLOCK", 2)

    def told(kind: EventKind, *addresses: str) -> None:
        reason = Reason.ADDRESS_UNKNOWN if kind is EventKind.BOUNCE else None
        events = [
            Event(
                f"{kind.value[:3]}{each}".encode().ljust(16), kind, NOW, reason, account="demo", address=each
            )
            for each in addresses
        ]
        store.ledger.record(events, NOW)

    told(EventKind.BOUNCE, "a@d0.example", "b@d9.example")
    told(EventKind.BOUNCE, "c@d1.example")  # no room: under none
    told(EventKind.RESTORE, "a@d0.example", "b@d9.example")
    told(EventKind.BOUNCE, "d@d1.example")  # under its own name
    assert sum(each.bounces for each in store.counts.domains("demo", NOW, NOW + 1)) == 2
    told(EventKind.RESTORE, "c@d1.example", "d@d1.example")
    assert store.counts.domains("demo", NOW, NOW + 1) == []
    assert store.counts.domains("demo", NOW - 90 * DAY, NOW + 90 * DAY) == []


def test_an_account_that_nobody_knows_has_no_counts(store: Records) -> None:
    with pytest.raises(KeyError):
        store.counts.shown("nobody")
    with pytest.raises(KeyError):
        store.counts.campaigns("nobody", 0, NOW)


def test_returns_and_what_follows_are_counted_as_they_happen_and_the_same_made_anew(
    store: Records, tmp_path: Path
) -> None:
    resets = policy_from({"soft_threshold": 1, "reset_after": 5, "counting": "cumulative"}, preset("default"))
    store.accounts.add_policy("demo", PolicyVersion(2, NOW, resets, "test"), 1)
    people = ADDRESSES[:6]

    def told(kind: EventKind, address: str, at: int, send: int | None = None) -> None:
        id = f"{kind.value[:4]}{address}{at // DAY}".encode()[-16:].rjust(16)
        reason = Reason.MAILBOX_FULL if kind is EventKind.BOUNCE else None
        store.ledger.record([Event(id, kind, at, reason, send=send, account="demo", address=address)], at)

    for address in people:
        told(EventKind.BOUNCE, address, NOW + DAY)
    while store.ledger.due(NOW + 7 * DAY, 100):
        pass
    for number, address in enumerate(people[:4], 1):
        store.sends.add([Send(number, "demo", address, MailKind.MAILING, NOW + 8 * DAY)])
        told(EventKind.DELIVERED, address, NOW + 8 * DAY, number)
    told(EventKind.BOUNCE, people[0], NOW + 9 * DAY, 1)  # delivered first, and bounced then: no delivery
    told(EventKind.BOUNCE, people[1], NOW + 10 * DAY)
    while store.ledger.due(NOW + 40 * DAY, 100):
        pass
    told(EventKind.BOUNCE, people[1], NOW + 41 * DAY)
    store.erasing.erase("demo", people[5], "erased-5")
    day = NOW // DAY
    counted = {(each.what, each.day - day): each.addresses for each in store.counts.effects("demo")}
    assert counted == {
        ("freed", 6): 6,
        ("delivered", 8): 3,
        ("bounced", 9): 1,
        ("bounced", 10): 1,
        ("freed", 19): 1,
        ("freed", 20): 1,
        ("bounced", 41): 1,
    }
    kept_up = store.counts.effects("demo")
    with sqlite3.connect(tmp_path / sqlite.STORE) as file:
        for table in ("effects", "returned", "effects_made"):
            file.execute(f"DELETE FROM {table}")
    sqlite.open_store(tmp_path / sqlite.STORE, PEPPER).close()
    assert store.counts.effects("demo") == kept_up


def test_what_follows_a_return_is_counted_though_a_stop_told_late_has_undone_it(store: Records) -> None:
    resets = policy_from({"soft_threshold": 1, "reset_after": 5, "counting": "cumulative"}, preset("default"))
    store.accounts.add_policy("demo", PolicyVersion(2, NOW, resets, "test"), 1)

    def told(id: bytes, kind: EventKind, at: int, reason: Reason | None = None) -> None:
        event = Event(id * 16, kind, at, reason, account="demo", address=ADDRESSES[0])
        store.ledger.record([event], at)

    told(b"1", EventKind.BOUNCE, NOW + DAY, Reason.MAILBOX_FULL)
    while store.ledger.due(NOW + 7 * DAY, 100):
        pass
    told(b"2", EventKind.STOP, NOW + 2 * DAY)
    told(b"3", EventKind.RESTORE, NOW + 8 * DAY)
    told(b"4", EventKind.BOUNCE, NOW + 9 * DAY, Reason.MAILBOX_FULL)
    counted = {each.what: each.addresses for each in store.counts.effects("demo")}
    assert counted == {"freed": 1, "bounced": 1}
