"""What every store gives to those who look at all of it: pages, in an order, complete, and read only."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retour.instants import DAY, HOUR
from retour.lifecycle import preset
from retour.model import (
    Event,
    EventKind,
    Evidence,
    Kind,
    MailKind,
    Reason,
    Report,
    Send,
    Standing,
    Verdict,
)
from retour.ports import BounceQuery, Correction, Store
from retour.stores import sqlite
from retour.stores.sqlite import overview as sqlite_overview

NOW = 20_500 * DAY
VERDICT = Verdict(Kind.BOUNCE, Reason.UNDETERMINED, None, "none", "", 0.0)


def bounce(n: int, account: str = "acme", reason: Reason = Reason.UNDETERMINED) -> Event:
    report = Report(Kind.BOUNCE, f"r{n % 3}@b.example", diagnostic=f"550 words {n}")
    return Event(
        n.to_bytes(16),
        EventKind.BOUNCE,
        NOW + n,
        reason,
        "5.0.0",
        standing=Standing.PROVEN if account else Standing.UNPROVEN,
        account=account,
        address=f"r{n % 3}@b.example",
        actor="lmtp",
        evidence=Evidence(report, VERDICT._replace(reason=reason)),
    )


def filled(store: Store) -> list[Event]:
    for name in ("acme", "other"):
        store.accounts.add_account(name, f"{name}.example", preset("default"), NOW - DAY)
    events = [bounce(1), bounce(2, ""), bounce(3, "other"), bounce(4, ""), bounce(5, reason=Reason.REFUSED)]
    for event in events:
        store.ledger.record([event], NOW + HOUR)
    return events


Page = Callable[[int, int | None], list[tuple[int, Event]]]


def paged(page: Page, limit: int) -> list[Event]:
    found, after = list[Event](), None
    while rows := page(limit, after):
        found += [event for _, event in rows]
        after = rows[-1][0]
    return found


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_reports_of_nobody_come_latest_first_with_their_evidence(store: Store, limit: int) -> None:
    events = filled(store)
    assert paged(store.ledger.of_nobody, limit) == [events[3], events[1]]


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_undetermined_bounces_come_latest_first_of_all_or_of_one_account(store: Store, limit: int) -> None:
    events = filled(store)
    ledger = store.ledger
    assert paged(ledger.undetermined, limit) == [events[3], events[2], events[1], events[0]]
    assert paged(lambda n, after: ledger.undetermined(n, after, "other"), limit) == [events[2]]
    with pytest.raises(KeyError):
        ledger.undetermined(limit, None, "nobody")


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_every_address_is_found_once_with_all_that_its_state_is_folded_from(store: Store, limit: int) -> None:
    events = filled(store)
    store.sends.add([Send(7, "acme", "r1@b.example", MailKind.MAILING, NOW - DAY)])
    delivered = bounce(9)._replace(kind=EventKind.DELIVERED, reason=None, send=7, address="r1@b.example")
    store.ledger.record([delivered], NOW + HOUR)
    found, after = store.ledger.histories(limit)
    while after is not None:
        more, after = store.ledger.histories(limit, after)
        found += more
    by_place = {(history.account, history.address): history for history in found}
    assert len(by_place) == len(found) == 5
    assert {event for history in found for event in history.events} == set(events)
    assert by_place["acme", "r1@b.example"].deliveries == ((7, NOW + 9),)


@pytest.mark.parametrize("few", [0, 500], ids=["by time", "by address"])
def test_a_count_in_pieces_finds_each_address_once(
    store: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_overview, "FEW", few)
    filled(store)
    late = [bounce(n, reason=Reason.MAILBOX_FULL)._replace(at=NOW + n * HOUR) for n in range(6, 60, 7)]
    store.ledger.record(late, NOW + 90 * HOUR)
    for query in (
        BounceQuery("acme"),
        BounceQuery("acme", since=NOW + 20 * HOUR, until=NOW + 50 * HOUR),
        BounceQuery("acme", search="@b.example"),
        BounceQuery("acme", search="r1@b.example", reason=Reason.MAILBOX_FULL),
        BounceQuery("acme", domains=frozenset({"c.example"})),
        BounceQuery("other", status="valid"),
    ):
        pieces = list(store.ledger.counting(query, NOW + 100 * HOUR))
        assert pieces[-1].addresses == len(store.ledger.bounces(query, NOW + 100 * HOUR))
        assert pieces[-1].done == pieces[-1].total
    with pytest.raises(KeyError):
        list(store.ledger.counting(BounceQuery("nobody"), NOW))


@pytest.mark.parametrize("few", [0, 500], ids=["by time", "by address"])
def test_addresses_that_were_corrected_are_told_from_those_that_were_not(
    store: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_overview, "FEW", few)
    monkeypatch.setattr(sqlite_overview, "CORRECTED", few)
    filled(store)
    store.ledger.record([bounce(n, reason=Reason.MAILBOX_FULL) for n in (6, 7, 8)], NOW + HOUR)
    first, second = (
        Correction(
            bytes([n + 1]) * 16, "acme", f"r{n}@b.example", f"right{n}@b.example", NOW, "key x", "told"
        )
        for n in (0, 1)
    )
    for each in (first, second):
        store.corrections.add(each, None)
    store.corrections.add(replace(first, id=b"o" * 16, account="other", old="r2@b.example"), None)
    store.corrections.withdraw(second, NOW)  # is none any more
    now = NOW + 2 * HOUR

    def found(**asked: Any) -> set[str]:
        query = BounceQuery("acme", limit=500, **asked)
        rows = {row.address for row in store.ledger.bounces(query, now)}
        assert list(store.ledger.counting(query, now))[-1].addresses == len(rows)
        counted = store.ledger.bounced(query, now, None, 60)
        assert counted is not None
        assert counted.addresses == len(rows)
        return rows

    everybody = found()
    assert {"r0@b.example", "r1@b.example", "r2@b.example"} <= everybody
    assert found(corrected=True) == {"r0@b.example"}
    assert found(corrected=False) == everybody - {"r0@b.example"}
    domains = frozenset({"b.example"})
    assert found(corrected=True, domains=domains) == {"r0@b.example"}
    assert found(corrected=True, search="@c.example") == set()
    assert found(corrected=True, search="r1@b.example") == set()
    assert found(corrected=False, search="r0@b.example") == set()
    assert found(corrected=False, domains=domains) == found(domains=domains) - {"r0@b.example"}


# --- read only ---------------------------------------------------------------------------------------------


def test_a_reader_sees_what_a_writer_writes_and_writes_nothing(tmp_path: Path) -> None:
    writer = sqlite.open_store(tmp_path / "s", b"pepper")
    reader = sqlite.open_reader(tmp_path / "s", b"pepper")
    try:
        events = filled(writer)
        assert paged(reader.ledger.of_nobody, 10) == [events[3], events[1]]
        assert reader.ledger.life("acme", "r1@b.example", NOW + HOUR) is not None
        assert len(reader.ledger.histories(10)[0]) == 5
        with pytest.raises(Exception, match="readonly"):
            reader.ledger.record([bounce(8)], NOW)
    finally:
        reader.close()
        writer.close()


def test_a_reader_makes_no_file_and_changes_no_schema(tmp_path: Path) -> None:
    with pytest.raises(sqlite.StoreError, match="cannot be opened"):
        sqlite.open_reader(tmp_path / "none", b"pepper")
    assert list(tmp_path.iterdir()) == []
    sqlite.open_inbox(tmp_path / "i").close()
    with pytest.raises(sqlite.StoreError, match="is not the store"):
        sqlite.open_reader(tmp_path / "i", b"pepper")
    import sqlite3

    sqlite.open_store(tmp_path / "s", b"pepper").close()
    with sqlite3.connect(tmp_path / "s") as db:
        db.execute("PRAGMA user_version = 1")
    with pytest.raises(sqlite.StoreError, match="has schema 1"):
        sqlite.open_reader(tmp_path / "s", b"pepper")
