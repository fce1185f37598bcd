"""What commits leave to be folded into roll-ups: as durable as their events, and always counted."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.conftest import PEPPER
from contract.test_sqlite import killed
from retour.instants import DAY
from retour.lifecycle import PolicyVersion, policy_from, preset
from retour.model import Event, EventKind, MailKind, Reason, Send
from retour.ports import RateQuery, Records, Store
from retour.stores import sqlite
from retour.stores.sqlite import pending
from retour.stores.sqlite import shown as rolled

NOW = 20_000 * DAY
SINCE, UNTIL = NOW - 90 * DAY, NOW + DAY
REASONS = [Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_FULL, Reason.CONTENT_REJECTED]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Records]:
    made = opened(tmp_path)
    yield made
    made.close()


def opened(folder: Path) -> Records:
    made = sqlite.open_store(folder / sqlite.STORE, PEPPER)
    made.accounts.add_account("demo", "demo.return.test", preset("default"), NOW - 90 * DAY)
    return made


def bounce(number: int) -> Event:
    address = f"u{number % 9}@{('gmail.com', 'gmx.de', 'b.example')[number % 3]}"
    at = NOW - (40 - number) * DAY // 2
    reason = REASONS[number * 5 % 7 % 3]
    send = number + 1 if number % 2 else None
    return Event(
        number.to_bytes(16), EventKind.BOUNCE, at, reason, send=send, account="demo", address=address
    )


def live(store: Records, *, fold: bool = False) -> None:
    """Bounces of sends and of none, a restore, and a policy that stops sooner, a commit each."""
    for number in range(40):
        event = bounce(number)
        if event.send is not None:
            campaign = ("May", "June", None)[number % 3]
            send = Send(event.send, "demo", event.address, MailKind.MAILING, event.at - 1, campaign)
            store.sends.add([send])
        store.ledger.record([event], event.at)
        if fold:
            store.counts.fold()
    restored = Event(b"r" * 16, EventKind.RESTORE, NOW, account="demo", address="u0@gmail.com")
    store.ledger.record([restored], NOW)
    stricter = policy_from({"soft_threshold": 1, "block_threshold": 2}, preset("default"))
    store.accounts.add_policy("demo", PolicyVersion(2, NOW, stricter, "test"), 1)
    store.ledger.refold("demo", NOW, 1000, None)


def rows(folder: Path) -> list[tuple[str]]:
    with sqlite3.connect(folder / sqlite.STORE) as db:
        return db.execute("SELECT moves FROM pending_counts").fetchall()


def told(store: Store) -> tuple[object, ...]:
    assert isinstance(store, Records)
    counts, rates = store.counts, store.rates.of(RateQuery("demo", SINCE, UNTIL))
    shown = [Counter(counts.shown("demo", campaign)) for campaign in (None, "May", "June")]
    listed = [Counter(count("demo", SINCE, UNTIL)) for count in (counts.campaigns, counts.domains)]
    return *shown, *listed, Counter(rates)


def test_what_is_folded_at_once_and_row_by_row_and_beyond_the_most_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name, most in (("at once", 1000), ("beyond", 7), ("each", 1000)):
        monkeypatch.setattr(pending, "MOST_PENDING", most)
        store = opened(tmp_path / name)
        live(store, fold=name == "each")
        assert len(rows(tmp_path / name)) == {"at once": 42, "beyond": 42 % 8, "each": 2}[name]
        found.append(told(store))
        assert rows(tmp_path / name) == []
        store.close()
    assert found[0] == found[1] == found[2]
    assert all(found[0])


def test_who_may_only_read_counts_what_pends_and_leaves_it(store: Records, tmp_path: Path) -> None:
    live(store)
    pends = rows(tmp_path)
    reader = sqlite.open_reader(tmp_path / sqlite.STORE, PEPPER)
    seen, again = told(reader), told(reader)
    assert rows(tmp_path) == pends != []
    assert seen == again == told(store)
    assert rows(tmp_path) == []
    assert told(reader) == seen
    reader.close()


def test_a_fold_that_fails_leaves_all_that_pends_to_the_next(store: Records, tmp_path: Path) -> None:
    live(store)
    pends = rows(tmp_path)
    with sqlite3.connect(tmp_path / sqlite.STORE) as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON listed_days BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(sqlite3.IntegrityError, match="full"):
        store.counts.fold()
    assert rows(tmp_path) == pends
    with sqlite3.connect(tmp_path / sqlite.STORE) as db:
        assert db.execute("SELECT count(*) FROM shown").fetchone() == (0,)
        db.execute("DROP TRIGGER full")
    other = opened(tmp_path / "other")
    live(other)
    assert told(store) == told(other)
    other.close()


def test_nothing_that_pends_tells_of_who_was_erased(store: Records, tmp_path: Path) -> None:
    at = NOW - DAY
    store.sends.add([Send(7, "demo", "ann@hers.example", MailKind.MAILING, at - 1, "only hers")])
    for id, send in ((b"a" * 16, 7), (b"b" * 16, None)):
        one = Event(
            id,
            EventKind.BOUNCE,
            at,
            Reason.MAILBOX_FULL,
            send=send,
            account="demo",
            address="ann@hers.example",
        )
        store.ledger.record([one], at)
    assert "hers.example" in str(rows(tmp_path))
    store.erasing.erase("demo", "ann@hers.example", None)
    assert rows(tmp_path) == []
    assert store.counts.domains("demo", SINCE, UNTIL) == []
    assert store.counts.shown("demo") == store.counts.shown("demo", "only hers") == []
    with sqlite3.connect(tmp_path / sqlite.STORE) as db:
        assert db.execute("SELECT count(*) FROM listed_days WHERE name = 'hers.example'").fetchone() == (0,)


def test_an_address_in_the_name_of_a_campaign_is_scrubbed_from_what_pends(
    store: Records, tmp_path: Path
) -> None:
    class Hers:
        def holds(self, text: str) -> bool:
            return "ann@b.example" in text

        def holds_octets(self, raw: bytes) -> bool:
            return b"ann@b.example" in raw

        def scrubbed(self, text: str) -> str:
            return text.replace("ann@b.example", "[erased]")

    store.sends.add([Send(7, "demo", "bob@b.example", MailKind.MAILING, NOW - 1, "to ann@b.example")])
    one = Event(
        b"a" * 16,
        EventKind.BOUNCE,
        NOW,
        Reason.MAILBOX_FULL,
        send=7,
        account="demo",
        address="bob@b.example",
    )
    store.ledger.record([one], NOW)
    assert "ann@b.example" in rows(tmp_path)[0][0]
    store.erasing.scrub("demo", Hers(), lambda count: None)
    assert rows(tmp_path) == []
    assert "ann@b.example" not in str(told(store))


@pytest.mark.parametrize("after", [1, 3, 9])
def test_after_a_kill_what_is_counted_is_what_the_events_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    made = sqlite.open_store(tmp_path / "s", b"pepper")
    made.accounts.add_account("acme", "acme.example", preset("default"), NOW)
    made.close()
    killed("ledger", tmp_path, after)
    store = sqlite.open_store(tmp_path / "s", b"pepper")

    def counted() -> tuple[object, ...]:
        days = "acme", NOW, NOW + 1000 * DAY
        return (
            Counter(store.counts.shown("acme")),
            Counter(store.counts.campaigns(*days)),
            Counter(store.counts.domains(*days)),
            sum(each.times for each in store.rates.of(RateQuery(*days))),
        )

    kept_up = counted()
    last = store.ledger.ends()[1]
    assert kept_up[3] == last >= after * 20  # bounces of no send that is known count each
    monkeypatch.setattr(rolled, "TERMS", "others")
    sqlite.open_store(tmp_path / "s", b"pepper").close()
    assert counted() == kept_up
    store.close()
