"""Who is held is a status of its own in the list of bounced addresses, and among those not stopped."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from contract.conftest import PEPPER
from retour.instants import DAY, HOUR
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason
from retour.ports import BounceQuery, Correction, Records, Store
from retour.stores import sqlite

NOW = 20_000 * DAY + 9 * HOUR
ALL = BounceQuery("demo")
HELD = [f"h{n}@gmail.com" for n in range(5)]
STOPPED, BOUNCED = ["s@gmail.com"], ["b0@gmx.de", "b1@gmx.de"]
FOUND = {
    "valid": {*HELD, *BOUNCED},
    "held": {*HELD},
    "invalid": {*STOPPED},
    None: {*HELD, *BOUNCED, *STOPPED},
}


def told(
    store: Store, kind: EventKind, addresses: Sequence[str], at: int, outcome: str | None = None
) -> None:
    reason = None
    if kind is EventKind.BOUNCE:
        is_dead = set(addresses) <= {*HELD, *STOPPED}
        reason = Reason.ADDRESS_UNKNOWN if is_dead else Reason.MAILBOX_FULL
    begins = at - HOUR if kind is EventKind.INCIDENT_OPEN else None
    events = [
        Event(
            f"{kind.value}{at}{address}".encode(),
            kind,
            at,
            reason,
            begins=begins,
            outcome=outcome,
            account="demo",
            address=address,
        )
        for address in addresses
    ]
    store.ledger.record(events, at)


def lived(store: Store) -> None:
    store.accounts.add_account("demo", "demo.return.test", preset("default"), NOW - 90 * DAY)
    told(store, EventKind.BOUNCE, STOPPED, NOW - DAY)
    told(store, EventKind.BOUNCE, BOUNCED, NOW - 2 * HOUR)
    told(store, EventKind.BOUNCE, HELD, NOW)
    told(store, EventKind.INCIDENT_OPEN, HELD, NOW, "inc-1")


def found(store: Store, status: str | None, more: BounceQuery = ALL) -> list[str]:
    """Page by page, with the filters of `more` besides."""
    rows, query = list[str](), replace(more, status=status, limit=2)
    while page := store.ledger.bounces(query, NOW + DAY):
        rows += [row.address for row in page]
        query = replace(query, after=page[-1].cursor)
    return rows


def agree(store: Store, expected: dict[str | None, set[str]]) -> None:
    for status, addresses in expected.items():
        rows = found(store, status)
        assert (len(rows), set(rows)) == (len(addresses), addresses), status
        query = BounceQuery("demo", status=status)
        counted = store.ledger.bounced(query, NOW + DAY, None, 60)
        assert counted is not None
        assert (counted.addresses, counted.whole) == (len(addresses), True)


def test_who_is_held_is_found_alone_and_among_those_who_are_not_stopped(store: Store) -> None:
    lived(store)
    agree(store, FOUND)
    assert found(store, "held", replace(ALL, search="@gmx.de")) == []
    assert set(found(store, "held", replace(ALL, search="@gmail.com"))) == set(HELD)
    assert found(store, "held", replace(ALL, search=HELD[3])) == [HELD[3]]
    assert found(store, "held", replace(ALL, until=NOW)) == []
    assert found(store, "held", replace(ALL, reason=Reason.MAILBOX_FULL)) == []


@pytest.mark.parametrize("outcome", ["revert", "confirm"])
def test_when_it_is_over_nobody_is_held(store: Store, outcome: str) -> None:
    lived(store)
    told(store, EventKind.INCIDENT_CLOSE, HELD[:3], NOW + HOUR, outcome)
    over = set(HELD[:3])
    stopped = over if outcome == "confirm" else set()
    expected = {"held": set(HELD[3:]), "valid": FOUND["valid"] - over, "invalid": FOUND["invalid"] | stopped}
    agree(store, {**expected, None: FOUND["valid"] - over | FOUND["invalid"] | stopped})


def test_whose_correction_waits_is_held_and_found_once_something_bounced(store: Store) -> None:
    store.accounts.add_account("demo", "demo.return.test", preset("default"), NOW - 90 * DAY)
    waiting = Event(b"c" * 16, EventKind.CORRECTION, NOW, begins=NOW, account="demo", address=BOUNCED[0])
    store.ledger.record([waiting], NOW)
    assert found(store, "held") == []
    told(store, EventKind.BOUNCE, BOUNCED[:1], NOW + 1)
    assert found(store, "held") == found(store, "valid") == BOUNCED[:1]


def before_0030(path: Path) -> None:
    """As a file of the version before has it: labels know no status of their own for who is held."""
    with sqlite3.connect(path) as db:
        db.execute("UPDATE labels SET status = 'valid' WHERE status = 'held'")
        db.execute("PRAGMA user_version = 29")
    db.close()


def test_a_file_of_before_finds_who_is_held_when_it_was_opened(tmp_path: Path) -> None:
    path = tmp_path / sqlite.STORE
    store = sqlite.open_store(path, PEPPER)
    lived(store)
    held_for_correction(store)
    store.close()
    before_0030(path)
    with sqlite3.connect(path) as db:
        before = db.execute("SELECT count(*) FROM labels").fetchone()[0]
    db.close()
    store = sqlite.open_store(path, PEPPER)
    try:
        also = {"new@b.example"}
        expected = {status: each | also if status != "invalid" else each for status, each in FOUND.items()}
        agree(store, expected)
        told(store, EventKind.INCIDENT_CLOSE, HELD, NOW + HOUR, "revert")
        agree(store, {status: each - set(HELD) for status, each in expected.items()})
    finally:
        store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM labels WHERE status = 'held'").fetchone()[0] > 0
        assert db.execute("SELECT count(*) FROM labels").fetchone()[0] > before
    db.close()


def held_for_correction(store: Records) -> None:
    new = "new@b.example"
    made = Correction(b"i" * 16, "demo", "old@b.example", new, NOW, "ann", "typo", NOW + DAY)
    store.corrections.add(made, None)
    told(store, EventKind.BOUNCE, [new], NOW - 3 * HOUR)
    waiting = Event(b"c" * 16, EventKind.CORRECTION, NOW, account="demo", address=new)
    store.ledger.record([waiting], NOW)
