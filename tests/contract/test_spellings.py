"""One mailbox under several spellings: found together, in every body and over an upgrade of old data."""

import sqlite3
from pathlib import Path

import pytest

from retour.flow.check import may_send
from retour.flow.listcheck import known_of
from retour.flow.listcheck.judge import Judge
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Event, EventKind, MailKind, Reason
from retour.ports import Store
from retour.snapshot import Table
from retour.stores import sqlite
from retour.vet import Code

NOW = 20_000 * DAY
PEPPER = b"pepper of the contract tests"


def begun(store: Store, *addresses: str) -> Store:
    store.accounts.add_account("demo", "demo.return.test", preset("default"), NOW)
    for address in addresses:
        id = address.encode().rjust(16, b".")[-16:]
        bounce = Event(id, EventKind.BOUNCE, NOW, Reason.ADDRESS_UNKNOWN, account="demo", address=address)
        store.ledger.record([bounce], NOW)
    return store


def said(store: Store, address: str) -> tuple[str, bool]:
    """What the gate says of an address, and whether a list check finds that it is stopped."""
    gate = Table(PEPPER)
    gate.policy("demo", preset("default"))
    gate.apply(store.ledger.standing(NOW))
    know, _ = known_of(
        "demo", store.ledger, store.sends, store.tallies, NOW, map("{}@x.example".format, "ab")
    )
    answer = may_send(address, "demo", MailKind.MAILING, gate, NOW).answer
    return answer.value, Code.SUPPRESSED in {finding.code for finding in Judge(know).told(address)}


def test_other_spellings_of_a_mailbox_are_found(store: Store) -> None:
    ledger = begun(store, "EVE@yahoo.de", "Eve@yahoo.de", "eve@yahoo.de", "EVE@b.example").ledger
    assert sorted(ledger.spellings("demo", ["eve@yahoo.de", "eve@b.example"])) == [
        "EVE@yahoo.de",
        "Eve@yahoo.de",
    ]
    assert ledger.spellings("demo", ["EVE@yahoo.de"]) == ledger.spellings("demo", []) == []
    with pytest.raises(KeyError):
        ledger.spellings("nobody", ["eve@yahoo.de"])


def test_whoever_is_stopped_in_one_spelling_is_in_all(store: Store) -> None:
    begun(store, "EVE@yahoo.de", "ann@yahoo.de", "Zoe@b.example")
    for address in ("EVE@yahoo.de", "eve@yahoo.de", "Eve@yahoo.de", "ann@yahoo.de", "ANN@yahoo.de"):
        assert said(store, address) == ("stop", True), address
    for address in ("zoe@b.example", "max@yahoo.de"):
        assert said(store, address) == ("send", False), address


def test_an_address_stopped_before_an_upgrade_stays_stopped_in_all_spellings(tmp_path: Path) -> None:
    begun(sqlite.open_store(tmp_path / "s", PEPPER), "EVE@yahoo.de", "ann@yahoo.de").close()
    with sqlite3.connect(tmp_path / "s") as db:  # as the version before left it
        db.execute("DROP INDEX states_spelt")
        db.execute("PRAGMA user_version = 28")
    db.close()
    store = sqlite.open_store(tmp_path / "s", PEPPER)
    try:
        for address in ("EVE@yahoo.de", "eve@yahoo.de", "Eve@yahoo.de", "ANN@yahoo.de"):
            assert said(store, address) == ("stop", True), address
        assert store.ledger.life("demo", "EVE@yahoo.de", NOW) is not None  # and is kept as it came
    finally:
        store.close()
