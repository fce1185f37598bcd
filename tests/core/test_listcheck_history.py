"""The account's own ledger speaks on a list: stopped addresses stay stopped, and bounces are forecast."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow import listcheck
from retour.flow.listcheck import Rates, Source, known_of
from retour.flow.listcheck.forecast import GENERAL, forecast_of
from retour.flow.listcheck.history import rates_of
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason
from retour.ports import Passing
from retour.stores import memory
from retour.vet import Code

NOW = 1_700_000_000_000_000


def event(kind: EventKind, address: str, number: int, **more: Any) -> Event:
    return Event(number.to_bytes(16, "big"), kind, NOW - DAY, account="demo", address=address, **more)


def known(addresses: Iterable[str] = ("too@long.example",) * 2) -> tuple[listcheck.Knowledge, Rates]:
    store = memory.new_store()
    store.accounts.add_account("demo", "bounces.example", preset("default"), NOW - 2 * DAY)
    events = [
        event(EventKind.COMPLAINT, "angry@b-firm.de", 2),
        event(EventKind.UNSUBSCRIBE, "gone@b-firm.de", 3),
        event(EventKind.BOUNCE, "full@b-firm.de", 4, reason=Reason.MAILBOX_FULL, status="4.2.2"),
        *(
            event(EventKind.BOUNCE, "hard@b-firm.de", number, reason=Reason.ADDRESS_UNKNOWN, status="5.1.1")
            for number in range(5, 9)
        ),
    ]
    store.ledger.record(events, NOW)
    passed = [Passing(bytes([n]) * 16, "demo", NOW - DAY, "delivered", "b-firm.de") for n in range(30)]
    store.tallies.count(passed)
    return known_of("demo", store.ledger, store.sends, store.tallies, NOW, addresses)


def test_who_is_stopped_is_dropped_and_the_rest_is_told(tmp_path: Path) -> None:
    know, rates = known()
    file = io.BytesIO(b"angry@b-firm.de\ngone@b-firm.de\nhard@B-firm.de\nfull@b-firm.de\nnew@b-firm.de\n")
    source = listcheck.open_source(file)
    assert isinstance(source, Source)
    order = listcheck.Order("list", file, source, know, tmp_path, "now", rates=rates)
    assert [step.done for step in listcheck.check_list(order)] == [5]
    dropped = (tmp_path / "dropped.csv").read_text("utf-8-sig")
    kept = (tmp_path / "kept.csv").read_text("utf-8-sig")
    assert [line.split(",")[1] for line in dropped.splitlines()[1:]] == [
        "angry@b-firm.de",
        "gone@b-firm.de",
        "hard@b-firm.de",
    ]
    assert Code.COMPLAINED in dropped
    assert Code.BOUNCED_HARD in dropped
    assert "suppressed=yes by own ledger at 2023-11-1" in dropped
    assert "full@b-firm.de" in kept
    assert Code.BOUNCED_SOFT in kept
    assert know.delivered == {"b-firm.de": 30}


def test_a_list_without_history_has_a_wide_forecast() -> None:
    told = forecast_of({"b-firm.de": 1000}, None)
    assert told is not None
    assert told["basis"] == "general"
    assert told["hard"]["rate"] == GENERAL["hard"]
    assert told["hard"]["high"] - told["hard"]["low"] > 0.02
    assert forecast_of({}, None) is None


def test_a_domain_that_bounced_is_expected_to() -> None:
    rates = Rates({"good.de": 50_000, "bad.de": 5_000}, {"bad.de": 5_000}, {})
    good, bad = forecast_of({"good.de": 1000}, rates), forecast_of({"bad.de": 1000}, rates)
    assert good is not None
    assert bad is not None
    assert good["hard"]["rate"] < 0.001
    assert 0.45 < bad["hard"]["rate"] < 0.55
    assert bad["basis"] == "own"


def test_what_came_back_of_every_mail_is_what_came_back_of_every_address_at_first() -> None:
    # 1,000 addresses at each domain, of which 20 were dead, and twelve mails to those that were not.
    counted = Rates({"a.de": 12 * 980, "b.de": 12 * 980}, {"a.de": 20, "b.de": 20}, {"a.de": 12 * 10})
    told = forecast_of({"a.de": 500, "b.de": 500}, rates_of(counted, (24 * 980 + 40) / 2000))
    assert told is not None
    assert told["known"] == pytest.approx(2000, rel=0.03)
    assert told["hard"]["rate"] == pytest.approx(0.02, rel=0.1)
    assert told["hard"]["low"] < 0.02 < told["hard"]["high"]
    assert told["soft"]["rate"] == pytest.approx(0.005, rel=0.4)


def test_where_nobody_knows_how_many_addresses_there_were_there_is_no_history() -> None:
    told = forecast_of({"a.de": 1000}, rates_of(Rates({"a.de": 90_000}, {"a.de": 20}, {}), None))
    assert told is not None
    assert (told["basis"], told["known"]) == ("few", 0)


def test_where_no_delivery_was_told_bounces_alone_are_no_history() -> None:
    told = forecast_of({"a.de": 1000}, rates_of(Rates({}, {"a.de": 700}, {"a.de": 200}), 1.0))
    assert told is not None
    assert (told["basis"], told["known"], told["hard"]["rate"]) == ("few", 0, GENERAL["hard"])


@given(
    kept=st.dictionaries(st.sampled_from("abcd"), st.integers(1, 10_000), min_size=1),
    delivered=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10_000)),
    hard=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10_000)),
)
def test_the_interval_holds_the_expected_rate(
    kept: dict[str, int], delivered: dict[str, int], hard: dict[str, int]
) -> None:
    told = forecast_of(kept, Rates(delivered, hard, {}))
    assert told is not None
    for kind in ("hard", "soft"):
        assert 0 <= told[kind]["low"] <= told[kind]["rate"] <= told[kind]["high"] <= 1
