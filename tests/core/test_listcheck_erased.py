"""Who was erased while they were stopped is stopped in lists too, as at the gate, and nothing tells why."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.test_listcheck_equal import CELL, looked, reference, written
from retour.address import normalise
from retour.flow import listcheck
from retour.flow.check import may_send
from retour.flow.listcheck import Knowledge, Source, history, known_of
from retour.flow.listcheck.history import Joined, OfLedger
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.passes import WAYS
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Answer, Event, EventKind, MailKind, Reason
from retour.ports import Store
from retour.snapshot import Table
from retour.stores import sqlite
from retour.vet import Code

NOW = 20_000 * DAY
PEPPER = b"pepper of these tests"
STOPPED = (
    "angry@firm.de",
    "stopped@gmail.com",
    "EVE@yahoo.de",
    "zoe@yahoo.de",
    "Max@yahoo.de",
    "MAX@yahoo.de",
)
ERASED = (
    *("gone@firm.de", "Gone@firm.de", "annlee@gmail.com", "info@firm.de", "j\u00fcrgen@firm.de"),
    *("dead@outlook.com", "Bob@yahoo.de"),
)
FREE = ("full@firm.de", "Angry@firm.de", "new@gmail.com", "GONE@firm.de", "bo.b@yahoo.de")
LAYOUT = Layout(None, None, 0)


def told(
    store: Store, kind: EventKind, address: str, reason: Reason | None = None, account: str = "demo"
) -> None:
    id = f"{account}{address}".encode().rjust(16, b".")[-16:]
    store.ledger.record([Event(id, kind, NOW, reason, account=account, address=address)], NOW)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(sqlite.open_store(tmp_path_factory.mktemp("erased") / "s", PEPPER)) as made:
        for account in ("demo", "other"):
            made.accounts.add_account(account, f"{account}.return.test", preset("default"), NOW - DAY)
        for address in (*STOPPED, *ERASED):
            told(made, EventKind.UNSUBSCRIBE, address)
        told(made, EventKind.UNSUBSCRIBE, "new@gmail.com", account="other")
        for address in ("full@firm.de", *(f"full{number}@firm.de" for number in range(30))):
            told(made, EventKind.BOUNCE, address, Reason.MAILBOX_FULL)
        for address in ERASED:
            made.erasing.erase("demo", address, Table(PEPPER).pseudonym("demo", address))
        yield made


@pytest.fixture(scope="module")
def gate(store: Store) -> Table:
    table = Table(PEPPER)
    table.policy("demo", preset("default"))
    table.apply(store.ledger.standing(NOW))
    return table


def known(store: Store, addresses: Iterable[str]) -> Knowledge:
    return known_of("demo", store.ledger, store.sends, store.tallies, NOW, addresses)[0]


def known_of_long(store: Store) -> Knowledge:
    return known(store, map("ann{}@firm.de".format, range(100)))


def known_of_short(store: Store, addresses: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> Knowledge:
    monkeypatch.setattr(history, "_DEARER", 1)
    return known(store, addresses)


LOCAL = st.sampled_from(
    [
        *("gone", "Gone", "GONE", "ann.lee", "annlee", "Ann.Lee+x", "info", "j\u00fcrgen", "angry", "dead+x"),
        *("DEAD", "new", "eve", "Eve", "EVE", "zoe", "Zoe", "max", "Max", "mAX", "Bob"),
    ]
)
NAME = st.sampled_from(
    ["firm.de", "Firm.DE", "yahoo.de", "Yahoo.de", "gmail.com", "googlemail.com", "outlook.com", "gmial.com"]
)
ADDRESS = st.builds("{}@{}".format, LOCAL, NAME)
DRESSED = st.builds("{}{}{}".format, st.sampled_from(["", "", "x <", " ", "mailto:"]), ADDRESS, st.just(""))
SEVERAL = st.builds("{}, {}".format, ADDRESS, ADDRESS)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=150, deadline=None)
@given(cells=st.lists(st.one_of(DRESSED, SEVERAL, CELL), max_size=20), size=st.sampled_from([1, 90, 1 << 20]))
def test_every_way_says_what_the_reference_says(
    store: Store, way: str, cells: Sequence[str], size: int
) -> None:
    know = known_of_long(store)
    raw = "".join(f"{cell}\n" for cell in cells).encode()
    assert len(know.erased) == len(ERASED)
    assert looked(way, raw, LAYOUT, know, size) == written(reference(raw, LAYOUT, know))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("length", ["long", "short"])
def test_the_gate_and_a_list_agree(
    store: Store, gate: Table, way: str, length: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spelled = [
        *("ann.lee@gmail.com", "A.nnlee+news@googlemail.com", "dead+x@outlook.com", "Dead@Outlook.com"),
        *("eve@yahoo.de", "eVe@Yahoo.de", "ZOE@yahoo.de", "max@yahoo.de", "mAx@yahoo.de"),
        *("gone@FIRM.de", "go.ne@firm.de", "gone+x@firm.de", "ju\u0308rgen@firm.de", "s.topped@gmail.com"),
    ]
    cells = [*STOPPED, *ERASED, *FREE, *spelled]
    kept = [normalise(cell) or "" for cell in cells]
    know = known_of_long(store) if length == "long" else known_of_short(store, kept, monkeypatch)
    assert isinstance(know.history, dict) == (length == "short")
    stopped = {
        cell for cell in cells if may_send(cell, "demo", MailKind.MAILING, gate, NOW).answer is Answer.STOP
    }
    assert stopped >= {
        *STOPPED,
        *ERASED,
        "ann.lee@gmail.com",
        "eve@yahoo.de",
        "gone@FIRM.de",
        "ju\u0308rgen@firm.de",
    }
    assert stopped.isdisjoint({*FREE, "go.ne@firm.de", "gone+x@firm.de"})
    files = [looked(way, f"{cell}\n".encode(), LAYOUT, know) for cell in cells]
    assert {cell for cell, piles in zip(cells, files, strict=True) if b"suppressed" in piles[3]} == stopped
    # Nothing but that: neither when nor why, nor that it was an address of somebody who was erased.
    (line,) = looked(way, b"gone@firm.de\n", LAYOUT, know)[3].decode().splitlines()
    assert line.split(",")[4:] == ["suppressed", "", "", "suppressed=yes by own ledger", "gone@firm.de"]


class Counted(OfLedger):
    """It counts how often it is asked for many at once, and for whom."""

    together: ClassVar[list[int]] = []

    def ahead(self, addresses: Sequence[str]) -> None:
        super().ahead(addresses)
        self.together.append(len(addresses))


@pytest.mark.parametrize("way", WAYS)
def test_who_is_known_is_asked_for_together_and_the_same_is_said(
    store: Store, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_PAGE", 3)
    if way == "sifted":
        monkeypatch.setattr("retour.flow.listcheck.sifted._MANY", 0)
        monkeypatch.setattr("retour.flow.listcheck.sifted.PIECE", 100)
    known_long = known_of_long(store)
    know = replace(known_long, history=Counted("demo", store.ledger))
    lower = [address for address in (*STOPPED, *FREE) if address.islower()]
    raw = "".join(
        f"{cell}\n" for cell in (*lower, *ERASED, *STOPPED, *(f"new{n}@firm.de" for n in range(9)), *lower)
    )
    Counted.together = []
    assert looked(way, raw.encode(), LAYOUT, know) == written(reference(raw.encode(), LAYOUT, known_long))
    assert max(Counted.together) > 1
    joined = replace(know, history=Joined(know.history, {"new1@firm.de": history.ERASED}))
    assert looked(way, raw.encode(), LAYOUT, joined) == written(reference(raw.encode(), LAYOUT, joined))


def test_a_short_list_is_looked_up_and_says_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [*STOPPED, *ERASED, *FREE]
    long = known_of_long(store)
    short = known_of_short(store, cells, monkeypatch)
    assert short.erased.among([]) == []
    assert len(short.erased) == 0
    for cell in cells:
        assert Judge(short).told(cell) == Judge(long).told(cell), cell
    assert known_of_short(store, [], monkeypatch).history == {}


def test_whoever_was_erased_is_not_imported(store: Store, tmp_path: Path) -> None:
    """The files that an import takes, and what is forecast of them."""
    file = io.BytesIO("".join(f"{cell}\n" for cell in (*ERASED, *FREE)).encode())
    source = listcheck.open_source(file)
    assert isinstance(source, Source)
    now = store.ledger, store.sends, store.tallies, NOW
    know, rates = known_of("demo", *now, source.addresses())
    order = listcheck.Order("list", file, source, know, tmp_path, "now", rates=rates)
    assert [step.done for step in listcheck.check_list(order)] == [len(ERASED) + len(FREE)]
    kept = (tmp_path / "kept.csv").read_text("utf-8-sig").splitlines()
    assert sorted(line.split(",")[1] for line in kept[1:]) == sorted(FREE)
    dropped = (tmp_path / "dropped.csv").read_text("utf-8-sig").splitlines()
    assert sorted(line.split(",")[1] for line in dropped[1:]) == sorted(ERASED)
    assert f'"reason.{Code.SUPPRESSED}"' not in kept
    report = (tmp_path / "report.json").read_text("utf-8")
    assert '"addresses": 5' in report
