"""What every Ledger does: events once, states folded, changes dated, everything found again."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from retour.chain import Verified, verify
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import PolicyVersion, policy_from, preset
from retour.model import (
    VALID,
    BounceType,
    Cause,
    Event,
    EventKind,
    Evidence,
    Group,
    Kind,
    MailKind,
    Original,
    Party,
    Reason,
    Report,
    Send,
    Standing,
    StateName,
    Verdict,
)
from retour.ports import BouncedAddress, BounceQuery, Counted, RecordQuery, Store

NOW = 20_500 * DAY + 9 * HOUR


def account(store: Store, name: str = "acme", preset_: str = "default") -> str:
    return store.accounts.add_account(name, f"{name}.example", preset(preset_), NOW - 500 * DAY).name


def bounce(
    n: int,
    reason: Reason = Reason.ADDRESS_UNKNOWN,
    at: Instant = NOW,
    address: str = "ann@b.example",
    account: str = "acme",
    send: int | None = None,
    standing: Standing = Standing.PROVEN,
) -> Event:
    return Event(
        id=n.to_bytes(16),
        kind=EventKind.BOUNCE,
        at=at,
        reason=reason,
        status="5.1.1",
        send=send,
        standing=standing,
        account=account,
        address=address,
        actor="lmtp",
    )


def send(id: int, recipient: str = "ann@b.example", **told: object) -> Send:
    return Send(id, "acme", recipient, MailKind.MAILING, NOW - DAY, **told)


def test_a_hard_bounce_makes_invalid_and_says_what_changed(store: Store) -> None:
    account(store)
    (change,) = store.ledger.record([bounce(1)], NOW)
    assert (change.account, change.address, change.event) == ("acme", "ann@b.example", (1).to_bytes(16))
    assert (change.before, change.after.state, change.after.cause) == (VALID, StateName.INVALID, Cause.HARD)
    assert store.ledger.state("acme", "ann@b.example", NOW) == change.after
    assert [(c.address, c.after.causes) for c in store.ledger.standing(NOW)] == [
        ("ann@b.example", {Cause.HARD})
    ]


def test_the_same_event_again_changes_nothing(store: Store) -> None:
    account(store)
    event = bounce(1, Reason.MAILBOX_FULL)
    assert len(store.ledger.record([event, event], NOW)) == 1
    assert store.ledger.record([event], NOW + HOUR) == []
    life = store.ledger.life("acme", "ann@b.example", NOW)
    assert life is not None
    assert (life.state.soft, len(life.events), len(life.records)) == (1, 1, 1)


def test_an_unknown_account_is_refused_whole(store: Store) -> None:
    account(store)
    with pytest.raises(KeyError):
        store.ledger.record([bounce(1), bounce(2, account="nobody")], NOW)
    assert store.ledger.life("acme", "ann@b.example", NOW) is None


def test_what_is_unproven_is_kept_without_effect(store: Store) -> None:
    account(store)
    doubtful = [bounce(1, standing=Standing.UNPROVEN), bounce(2, standing=Standing.EXPIRED)]
    of_nobody = bounce(3, account="", standing=Standing.UNPROVEN)
    assert store.ledger.record([*doubtful, of_nobody], NOW) == []
    for name, kept in (("acme", 2), ("", 1)):
        life = store.ledger.life(name, "ann@b.example", NOW)
        assert life is not None
        assert (life.state.state, life.state.listed, len(life.events)) == (StateName.VALID, 0, kept)


def test_evidence_comes_back_as_it_was(store: Store) -> None:
    account(store)
    report = Report(
        Kind.BOUNCE, "Ann@b.example", status="5.1.1", diagnostic="550 <Ann> \udcff unknown \u2028", at=NOW
    )
    verdict = Verdict(
        Kind.BOUNCE,
        Reason.ADDRESS_UNKNOWN,
        Group.DEAD,
        "text.unknown",
        "unknown",
        0.5,
        ("status 5.7.1 says policy_rejected",),
        Party.RECIPIENT,
    )
    evidence = Evidence(report, verdict, Original("m@acme.example", "Grüße"), b"a" * 16)
    plain = bounce(1)
    event = Event(*plain[:-2], evidence, ("time_doubted",))
    store.ledger.record([event], NOW)
    life = store.ledger.life("acme", "ann@b.example", NOW)
    assert life is not None
    assert life.events == (event,)


def test_time_alone_changes_states_and_is_dated_at_its_due_time(store: Store) -> None:
    account(store)
    policy = policy_from({"soft_threshold": 1, "min_days": 0, "reset_after": 30}, preset("default"))
    store.accounts.add_policy("acme", PolicyVersion(2, NOW - DAY, policy, "ann"), 1)
    store.ledger.record([bounce(1, Reason.MAILBOX_FULL)], NOW)
    assert store.ledger.due(NOW + 30 * DAY - 1, 100) == []
    (change,) = store.ledger.due(NOW + 40 * DAY, 100)
    assert (change.at, change.after.state, change.event) == (NOW + 30 * DAY, StateName.VALID, None)
    assert store.ledger.due(NOW + 40 * DAY, 100) == []
    assert list(store.ledger.standing(NOW + 40 * DAY)) == []


def test_a_bounce_after_a_reset_that_nobody_wrote_yet_writes_both(store: Store) -> None:
    account(store)
    policy = policy_from({"soft_threshold": 1, "min_days": 0, "reset_after": 30}, preset("default"))
    store.accounts.add_policy("acme", PolicyVersion(2, NOW - DAY, policy, "ann"), 1)
    store.ledger.record([bounce(1, Reason.MAILBOX_FULL)], NOW)
    changes = store.ledger.record([bounce(2, at=NOW + 50 * DAY)], NOW + 50 * DAY)
    assert [(c.at - NOW, c.after.state) for c in changes] == [
        (30 * DAY, StateName.VALID),
        (50 * DAY, StateName.INVALID),
    ]
    assert store.ledger.due(NOW + 60 * DAY, 100) == []


def test_due_goes_on_past_alarms_that_have_moved_on(store: Store) -> None:
    account(store)
    for n in range(12):
        store.ledger.record([bounce(n, Reason.MAILBOX_FULL, NOW, f"a{n}@b.example")], NOW)
    restores = [
        Event((100 + n).to_bytes(16), EventKind.RESTORE, NOW + DAY, account="acme", address=f"a{n}@b.example")
        for n in range(11)
    ]
    store.ledger.record(restores, NOW + DAY)
    later = NOW + 200 * DAY
    assert [change.address for change in store.ledger.due(later, 3)] == ["a11@b.example"]
    assert store.ledger.due(later, 3) == []


def test_a_lowered_threshold_is_seen_at_once_and_written_in_batches(store: Store) -> None:
    account(store, preset_="emarsys")
    for n in range(5):
        store.ledger.record([bounce(n, Reason.MAILBOX_FULL, NOW, f"a{n}@b.example")], NOW)
    policy = policy_from({"soft_threshold": 1}, preset("emarsys"))
    store.accounts.add_policy("acme", PolicyVersion(2, NOW + DAY, policy, "ann"), 1)
    assert store.ledger.state("acme", "a1@b.example", NOW + DAY).state is StateName.INVALID
    assert len(list(store.ledger.standing(NOW + DAY))) == 0
    after, changed, batches = None, [], 0
    while batches == 0 or after is not None:
        changes, after = store.ledger.refold("acme", NOW + DAY, 2, after)
        changed, batches = changed + changes, batches + 1
    assert sorted(c.address for c in changed) == [f"a{n}@b.example" for n in range(5)]
    assert {c.actor for c in changed} == {"policy 2"}
    assert (batches, len(list(store.ledger.standing(NOW + DAY)))) == (3, 5)


def test_a_delivery_is_noted_on_its_send_and_counts(store: Store) -> None:
    store.accounts.add_account(
        "acme", "acme.example", policy_from({"counting": "consecutive"}, preset("default")), NOW - 9 * DAY
    )
    store.sends.add([send(7), send(8), send(9, "eve@b.example")])
    store.ledger.record([bounce(1, Reason.MAILBOX_FULL, NOW - HOUR, send=7)], NOW)
    told = Event(b"d" * 16, EventKind.DELIVERED, NOW, send=8, account="acme", address="ann@b.example")
    other = Event(b"e" * 16, EventKind.DELIVERED, NOW, send=9, account="acme", address="eve@b.example")
    (change,) = store.ledger.record([told, told, other], NOW)
    assert (change.address, change.after.state) == ("ann@b.example", StateName.VALID)
    assert store.sends.by_id([8])[8].delivered_at == NOW
    assert store.ledger.record([told], NOW + DAY) == []
    never_bounced = store.ledger.life("acme", "eve@b.example", NOW)
    assert never_bounced is not None
    assert (never_bounced.events, len(never_bounced.sends)) == ((), 1)


def test_the_records_of_an_address_tell_its_way(store: Store) -> None:
    account(store)
    store.ledger.record([bounce(1, Reason.MAILBOX_FULL)], NOW)
    store.ledger.record([bounce(9, address="eve@b.example")], NOW)
    store.ledger.record([bounce(2)], NOW + DAY)
    life = store.ledger.life("acme", "ann@b.example", NOW + DAY)
    assert life is not None
    assert [(r.before, r.after, r.cause, r.actor, r.policy) for r in life.records] == [
        ("valid", "bouncing", None, "lmtp", 1),
        ("bouncing", "invalid", "hard", "lmtp", 1),
    ]


def test_addresses_of_a_domain(store: Store) -> None:
    account(store)
    events = [bounce(n, address=a) for n, a in enumerate(("z@b.example", "a@b.example", "a@c.example"))]
    store.ledger.record(events, NOW)
    assert store.ledger.of_domain("acme", "b.example") == ["z@b.example", "a@b.example"]
    assert store.ledger.of_domain("acme", "none.example") == []


def test_an_address_never_seen_is_valid_and_has_no_life(store: Store) -> None:
    account(store)
    assert store.ledger.state("acme", "new@b.example", NOW) == VALID
    assert store.ledger.life("acme", "new@b.example", NOW) is None


TOLD = Evidence(Report(Kind.BOUNCE), Verdict(Kind.BOUNCE, None, None, "none", "", 0.0))


def test_reports_without_end_about_one_send_have_an_end(store: Store) -> None:
    account(store)
    reports = [bounce(n, Reason.MAILBOX_FULL, NOW + n)._replace(send=7, evidence=TOLD) for n in range(1, 106)]
    store.ledger.record(reports[:99], NOW + HOUR)
    store.ledger.record(reports[99:], NOW + HOUR)
    store.ledger.record(reports[-3:], NOW + HOUR)
    assert len(store.ledger.life("acme", "ann@b.example", NOW + HOUR).events) == 100
    (change,) = store.ledger.record([bounce(200)._replace(send=8, evidence=TOLD)], NOW + HOUR)
    assert change.after.state is StateName.INVALID  # of another send


def test_reports_without_end_about_one_address_have_an_end(store: Store) -> None:
    account(store)
    reports = [bounce(n, Reason.MAILBOX_FULL, NOW + n)._replace(evidence=TOLD) for n in range(1, 10_006)]
    store.ledger.record(reports[:9999], NOW + HOUR)
    store.ledger.record(reports[9999:], NOW + HOUR)
    store.ledger.record(reports[-3:], NOW + HOUR)
    restore = Event(b"r" * 16, EventKind.RESTORE, NOW + HOUR, account="acme", address="ann@b.example")
    (change,) = store.ledger.record([restore], NOW + HOUR)
    assert change.after.state is StateName.VALID
    life = store.ledger.life("acme", "ann@b.example", NOW + HOUR)
    assert life is not None
    assert (len(life.events), life.state.state) == (10_001, StateName.VALID)


@pytest.mark.parametrize(
    "junk", [{"standing": Standing.UNPROVEN}, {"standing": Standing.EXPIRED}, {"kind": EventKind.AUTOREPLY}]
)
def test_reports_without_effect_never_crowd_out_a_bounce(store: Store, junk: dict[str, Any]) -> None:
    account(store)
    reports = [bounce(n)._replace(evidence=TOLD, **junk) for n in range(1, 1006)]
    assert store.ledger.record(reports, NOW) == []
    (change,) = store.ledger.record([bounce(2000)._replace(evidence=TOLD)], NOW)
    assert change.after.state is StateName.INVALID


def test_an_unknown_account_is_told_and_never_taken_for_an_empty_one(store: Store) -> None:
    account(store)
    ledger = store.ledger
    for ask in (
        lambda: ledger.state("nobody", "ann@b.example", NOW),
        lambda: ledger.life("nobody", "ann@b.example", NOW),
        lambda: ledger.bounces(BounceQuery("nobody"), NOW),
        lambda: ledger.of_domain("nobody", "b.example"),
        lambda: ledger.refold("nobody", NOW, 10, None),
    ):
        with pytest.raises(KeyError, match="nobody"):
            ask()


def overview(store: Store, **filters: object) -> list[str]:
    query = BounceQuery("acme", **filters)
    return [row.address.partition("@")[0] for row in store.ledger.bounces(query, NOW + DAY)]


@pytest.fixture
def page(store: Store) -> Store:
    """Four addresses with four stories, and two that do not belong here."""
    account(store)
    store.accounts.add_account("other", "other.example", preset("default"), NOW)
    store.sends.add([send(1, "full@b.example", campaign="may"), send(2, "dead@b.example", campaign="june")])
    store.ledger.record(
        [
            bounce(1, Reason.MAILBOX_FULL, NOW + 1, "full@b.example", send=1),
            bounce(2, Reason.ADDRESS_UNKNOWN, NOW + 2, "dead@b.example", send=2),
            bounce(3, Reason.SPAM_REJECTED, NOW + 3, "spam@c.example"),
            bounce(4, Reason.MAILBOX_FULL, NOW - 300 * DAY, "old@b.example"),
            bounce(5, Reason.MAILBOX_FULL, NOW, "theirs@b.example", account="other"),
            bounce(6, Reason.MAILBOX_FULL, NOW, "forged@b.example", standing=Standing.UNPROVEN),
        ],
        NOW + HOUR,
    )
    return store


def test_the_overview_lists_bounced_addresses_latest_first(page: Store) -> None:
    assert overview(page) == ["spam", "dead", "full"]
    (row,) = page.ledger.bounces(BounceQuery("acme", status="invalid"), NOW + DAY)
    assert (row.address, row.type, row.event.reason) == (
        "dead@b.example",
        BounceType.HARD,
        Reason.ADDRESS_UNKNOWN,
    )
    assert row.send is not None
    assert (row.send.campaign, row.event.actor) == ("june", "lmtp")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"status": "valid"}, ["spam", "full"]),
        ({"status": "invalid"}, ["dead"]),
        ({"type": BounceType.SOFT}, ["full"]),
        ({"type": BounceType.BLOCK}, ["spam"]),
        ({"campaign": "may"}, ["full"]),
        ({"campaign": "may", "status": "invalid"}, []),
        ({"reason": Reason.ADDRESS_UNKNOWN}, ["dead"]),
        ({"mail_kind": MailKind.SYSTEM}, []),
        ({"mail_kind": MailKind.MAILING}, ["dead", "full"]),
        ({"since": NOW + 2}, ["spam", "dead"]),
        ({"until": NOW + 2}, ["full"]),
        ({"search": "@c.example"}, ["spam"]),
        ({"search": "Full@B.example"}, []),
        ({"search": "full@B.example"}, ["full"]),
        ({"search": "no address"}, []),
    ],
)
def test_filters_of_the_overview(page: Store, filters: dict[str, object], found: list[str]) -> None:
    assert overview(page, **filters) == found
    query = BounceQuery("acme", **filters)
    assert page.ledger.bounced(query, NOW + DAY, None, 60) == Counted(len(found), whole=True)


def pages(store: Store) -> Iterator[list[str]]:
    """The addresses of the Overview, three at a time; each page is asked for when the one before is used."""
    after: str | None = None
    while rows := store.ledger.bounces(BounceQuery("acme", after=after, limit=3), NOW + DAY):
        yield [row.address for row in rows]
        after = rows[-1].cursor


@pytest.mark.parametrize("most", [None, 0, 2])
def test_what_the_overview_lists_is_counted_as_far_as_somebody_wants(page: Store, most: int | None) -> None:
    there = len(page.ledger.bounces(BounceQuery("acme", limit=500), NOW + DAY))
    assert there > 2
    found = page.ledger.bounced(BounceQuery("acme"), NOW + DAY, most, 60)
    assert found is not None
    assert found.whole is (most is None)
    assert found.addresses == there or most is not None
    with pytest.raises(KeyError):
        page.ledger.bounced(BounceQuery("nobody"), NOW, most, 60)


def test_pages_of_the_overview_meet_without_gap(page: Store) -> None:
    page.ledger.record([bounce(10 + n, at=NOW, address=f"x{n}@b.example") for n in range(7)], NOW + HOUR)
    seen = [address for rows in pages(page) for address in rows]
    assert len(seen) == len(set(seen)) == 10


@pytest.mark.parametrize("cursor", ["", "x", "1", f"{2**63}.1", f"1.{2**63}", "9" * 5000 + ".1", "1.1\n"])
def test_a_cursor_that_was_never_given_out_is_refused(page: Store, cursor: str) -> None:
    with pytest.raises(ValueError, match="is no cursor"):
        page.ledger.bounces(BounceQuery("acme", after=cursor), NOW)


def test_the_overview_shows_the_latest_bounce_once(page: Store) -> None:
    page.ledger.record([bounce(20, Reason.SERVER_BUSY, NOW + 9, "full@b.example")], NOW + HOUR)
    assert overview(page) == ["full", "spam", "dead"]


@pytest.fixture
def campaigns(store: Store) -> Store:
    """Ann bounced in May and in June, Eve in May and in July, which made her invalid."""
    account(store)
    store.sends.add(
        [
            send(1, campaign="may"),
            send(2, campaign="june"),
            send(3, "eve@b.example", campaign="may"),
            Send(4, "acme", "eve@b.example", MailKind.SYSTEM, NOW - DAY, "july"),
        ]
    )
    store.ledger.record(
        [
            bounce(1, Reason.MAILBOX_FULL, NOW + 10, send=1),
            bounce(2, Reason.SERVER_BUSY, NOW + 40, send=2),
            bounce(3, Reason.MAILBOX_FULL, NOW + 20, "eve@b.example", send=3),
        ],
        NOW + HOUR,
    )
    store.ledger.record([bounce(4, Reason.ADDRESS_UNKNOWN, NOW + 30, "eve@b.example", send=4)], NOW + HOUR)
    return store


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [("ann", 40), ("eve", 30)]),
        ({"campaign": "may"}, [("eve", 20), ("ann", 10)]),
        ({"campaign": "june"}, [("ann", 40)]),
        ({"campaign": "july"}, [("eve", 30)]),
        ({"campaign": "may", "type": BounceType.HARD}, []),  # all filters look at one and the same bounce
        ({"campaign": "may", "status": "invalid"}, [("eve", 20)]),  # but for the status, of the address
        ({"campaign": "may", "status": "valid"}, [("ann", 10)]),
        ({"campaign": "may", "since": NOW + 15}, [("eve", 20)]),
        ({"campaign": "june", "until": NOW + 40}, []),
        ({"campaign": "may", "search": "@b.example"}, [("eve", 20), ("ann", 10)]),
        ({"campaign": "may", "search": "ann@b.example"}, [("ann", 10)]),
        ({"domains": frozenset({"b.example", "nowhere.example"})}, [("ann", 40), ("eve", 30)]),
        ({"domains": frozenset({"c.example"})}, []),
        ({"domains": frozenset({"c.example"}), "search": "ann@b.example"}, []),
        ({"domains": frozenset({"c.example"}), "search": "@b.example"}, []),
        ({"domains": frozenset({"b.example"}), "search": "ann@b.example"}, [("ann", 40)]),
        ({"type": BounceType.SOFT}, [("ann", 40), ("eve", 20)]),
        ({"reason": Reason.MAILBOX_FULL}, [("eve", 20), ("ann", 10)]),
        ({"mail_kind": MailKind.MAILING}, [("ann", 40), ("eve", 20)]),
        ({"mail_kind": MailKind.SYSTEM}, [("eve", 30)]),
        ({"until": NOW + 30}, [("eve", 20), ("ann", 10)]),
    ],
)
def test_an_address_is_listed_with_its_latest_bounce_that_fits(
    campaigns: Store, filters: dict[str, object], found: list[tuple[str, int]]
) -> None:
    query = BounceQuery("acme", **filters)
    rows = campaigns.ledger.bounces(query, NOW + DAY)
    assert [(row.address.partition("@")[0], row.event.at - NOW) for row in rows] == found
    paged, after = list[BouncedAddress](), None
    while page := campaigns.ledger.bounces(replace(query, limit=1, after=after), NOW + DAY):
        paged, after = paged + page, page[-1].cursor
    assert [(row.address, row.event, row.type, row.send) for row in paged] == [
        (row.address, row.event, row.type, row.send) for row in rows
    ]


def test_what_lies_before_a_restore_is_listed_no_more(campaigns: Store) -> None:
    events = [
        Event(b"r" * 16, EventKind.RESTORE, NOW + HOUR, account="acme", address="eve@b.example"),
        bounce(5, Reason.MAILBOX_FULL, NOW + 2 * HOUR, "eve@b.example"),
    ]
    for event in events:
        campaigns.ledger.record([event], NOW + 3 * HOUR)
        assert overview(campaigns, campaign="may") == ["ann"]
    assert overview(campaigns) == ["eve", "ann"]


def test_several_reports_of_a_bounce_are_one_and_the_most_telling_is_shown(campaigns: Store) -> None:
    vague = bounce(6, Reason.DELIVERY_EXPIRED, NOW + 50, "bob@b.example", send=1)
    campaigns.ledger.record([vague], NOW + HOUR)
    telling = bounce(7, Reason.MAILBOX_FULL, NOW + 60, "bob@b.example", send=1)
    campaigns.ledger.record([telling], NOW + HOUR)
    (row,) = campaigns.ledger.bounces(BounceQuery("acme", search="bob@b.example"), NOW + DAY)
    assert (row.event, row.state.listed) == (telling, 1)
    assert overview(campaigns, reason=Reason.DELIVERY_EXPIRED) == []


def test_pages_meet_without_gap_or_repetition_while_bounces_arrive(page: Store) -> None:
    page.ledger.record([bounce(10 + n, at=NOW, address=f"x{n}@b.example") for n in range(7)], NOW + HOUR)
    seen: list[str] = []
    for rows in pages(page):
        seen += rows
        at = NOW + 100 + len(seen)
        again = [
            bounce(100 + 10 * len(seen) + n, at=at, address=f"{name}@b.example")
            for n, name in enumerate(("x0", "x3", "x6", "full", f"new{len(seen)}"))
        ]
        page.ledger.record(again, NOW + HOUR)
    assert len(seen) == len(set(seen)) == 10


def test_a_gate_elsewhere_follows_the_lines_of_the_ledger(store: Store) -> None:
    account(store)
    assert (store.ledger.newest(), store.ledger.moved(0, 9)) == (0, ([], 0))
    store.ledger.record([bounce(1), bounce(2, address="bob@b.example")], NOW)
    back = Event((3).to_bytes(16), EventKind.RESTORE, NOW, account="acme", address="ann@b.example")
    store.ledger.record([back], NOW)
    newest = store.ledger.newest()
    assert newest == 3
    found: dict[str, StateName] = {}
    place = 0
    while place < newest:
        changes, place = store.ledger.moved(place, 1)
        found |= {change.address: change.after.state for change in changes}
        assert all((change.account, change.before) == ("acme", VALID) for change in changes)
    assert found == {"ann@b.example": StateName.VALID, "bob@b.example": StateName.INVALID}
    changes, place = store.ledger.moved(0, 100)
    assert ({change.address for change in changes}, place) == (set(found), newest)
    assert store.ledger.moved(newest, 9) == ([], newest)


def test_every_line_of_the_ledger_holds_the_one_before_it_in_its_account(store: Store) -> None:
    account(store)
    store.accounts.add_account("other", "other.return.test", preset("default"), NOW)
    for n, name in enumerate(("acme", "other", "acme", "other", "acme")):
        told = [bounce(10 * n + k, address=f"a{n}{k}@b.example", account=name) for k in range(3)]
        store.ledger.record(told, NOW + n)
    for name, count in (("acme", 9), ("other", 6)):
        records = store.ledger.records(RecordQuery(name, limit=100))[::-1]
        lines = [(record.line(), record.link) for record in records]
        found = verify(lines)
        assert (found.lines, found.whole, found.broken) == (count, True, None)
        assert found.head == records[-1].link
        assert len({record.who for record in records}) == count
        part = verify(lines[2:])
        assert (part.lines, part.whole, part.broken) == (count - 2, False, None)
        without = verify(lines[:2] + lines[3:])
        assert without.broken == records[3].number
        changes = ({"after": "valid"}, {"actor": "nobody"}, {"who": "00"}, {"number": 9**9})
        for at, changed in enumerate(changes):
            forged = [*lines]
            forged[at] = (forged[at][0]._replace(**changed), forged[at][1])
            told_of = verify(forged)
            assert told_of.broken is not None or not told_of.whole
    assert verify([]) == Verified()
