"""How long addresses that bounced softly stay unreached: what roll-ups tell, and the curve of it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.conftest import PEPPER
from retour.flow.recoveries import curves, roll
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import preset
from retour.model import Event, EventKind, MailKind, Reason, Send
from retour.ports import Records
from retour.ports.recoveries import LONGEST, Lasted
from retour.stores import sqlite

BEGIN = 20_000 * DAY  # 2024-10-04
FULL, UNKNOWN = Reason.MAILBOX_FULL, Reason.ADDRESS_UNKNOWN


class Life:
    """One account whose addresses bounce and are reached."""

    def __init__(self, store: Records) -> None:
        self.store, self.number = store, 0
        store.accounts.add_account("demo", "demo.return.test", preset("default"), BEGIN - 90 * DAY)

    def send(self, address: str, at: Instant) -> int:
        self.number += 1
        self.store.sends.add([Send(self.number, "demo", address, MailKind.MAILING, at)])
        return self.number

    def told(self, kind: EventKind, address: str, at: Instant, reason: Reason | None = None) -> None:
        send = self.send(address, at - 1)
        id = self.number.to_bytes(16)
        event = Event(id, kind, at, reason, send=send, account="demo", address=address)
        self.store.ledger.record([event], at)

    def bounce(self, address: str, at: Instant, reason: Reason = FULL) -> None:
        self.told(EventKind.BOUNCE, address, at, reason)

    def deliver(self, address: str, at: Instant) -> None:
        self.told(EventKind.DELIVERED, address, at)

    def looked(self, *days: int) -> list[Lasted]:
        """What the roll-ups tell after looks on these days."""
        for day in days:
            while roll(self.store.recoveries, BEGIN + day * DAY):
                pass
        return self.store.recoveries.of("demo", "2024-01")


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    store = sqlite.open_store(tmp_path / sqlite.STORE, PEPPER)
    yield Life(store)
    store.close()


def told(found: list[Lasted]) -> list[tuple[str, str, int, int]]:
    return [(each.reason, each.what, each.days, each.times) for each in found]


def test_whoever_is_reached_again_counts_by_the_day_of_it(life: Life) -> None:
    life.bounce("ann@b.example", BEGIN)
    assert told(life.looked(0)) == [("mailbox_full", "open", 0, 1)]
    life.deliver("ann@b.example", BEGIN + 4 * DAY + HOUR)
    assert told(life.looked(5, 6)) == [("mailbox_full", "reached", 4, 1)]


def test_bounces_of_one_wait_count_once_and_the_next_wait_anew(life: Life) -> None:
    for day in range(3):
        life.bounce("ann@b.example", BEGIN + day * DAY)
    life.deliver("ann@b.example", BEGIN + 6 * DAY)
    assert told(life.looked(8)) == [("mailbox_full", "reached", 6, 1)]
    life.bounce("ann@b.example", BEGIN + 9 * DAY)
    assert told(life.looked(9)) == [("mailbox_full", "open", 0, 1), ("mailbox_full", "reached", 6, 1)]


def test_whoever_is_stopped_is_not_reached(life: Life) -> None:
    life.bounce("ann@b.example", BEGIN)
    life.bounce("ann@b.example", BEGIN + 2 * DAY, UNKNOWN)
    life.deliver("ann@b.example", BEGIN + 3 * DAY)
    assert told(life.looked(5)) == [("mailbox_full", "stopped", 2, 1)]


def test_hard_bounces_begin_nothing(life: Life) -> None:
    life.bounce("ann@b.example", BEGIN, UNKNOWN)
    assert told(life.looked(1, 5)) == []


def test_whoever_waits_on_counts_as_long_as_was_looked_and_at_most_so_long(life: Life) -> None:
    life.bounce("ann@b.example", BEGIN)
    assert told(life.looked(3)) == [("mailbox_full", "open", 3, 1)]
    assert told(life.looked(LONGEST)) == [("mailbox_full", "open", LONGEST, 1)]
    assert told(life.looked(LONGEST + 1)) == [("mailbox_full", "open", LONGEST, 1)]
    assert life.store.recoveries.roll(BEGIN + 500 * DAY, 10) == 0  # nobody is followed any more


def test_an_erased_address_is_followed_no_more(life: Life) -> None:
    life.bounce("ann@b.example", BEGIN)
    life.looked(0)
    life.store.erasing.erase("demo", "ann@b.example", None)
    assert life.store.recoveries.roll(BEGIN + 5 * DAY, 10) == 0
    assert told(life.looked(9)) == [("mailbox_full", "open", 0, 1)]


def test_months_before_are_left_out(life: Life) -> None:
    life.bounce("ann@b.example", BEGIN)
    life.looked(0)
    assert life.store.recoveries.of("demo", "2024-11") == []
    assert [each.month for each in life.store.recoveries.of("demo", "2024-10")] == ["2024-10"]
    assert [each.month for each in life.store.recoveries.of("demo", "2024-09", "2024-10")] == ["2024-10"]
    assert life.store.recoveries.of("demo", "2024-08", "2024-09") == []
    with pytest.raises(KeyError):
        life.store.recoveries.of("nobody", "2024-10")


def lasted(*rows: tuple[str, int, int]) -> list[Lasted]:
    return [Lasted("2024-10", "mailbox_full", *row) for row in rows]


def test_without_anybody_who_waits_the_curve_is_the_share() -> None:
    (all_, full) = curves(lasted(("reached", 0, 2), ("reached", 5, 3), ("stopped", 5, 5)))
    assert [all_.points[day].reached for day in (0, 4, 5, 90)] == pytest.approx([0.2, 0.2, 0.5, 0.5])
    assert all_.points[90].stopped == pytest.approx(0.5)
    assert (full.reason, full.began, full.reached, full.half) == ("mailbox_full", 10, 5, 5)
    assert [point.waiting for point in full.points[:7]] == [10, 8, 8, 8, 8, 8, 0]


def test_whoever_still_waits_neither_lifts_nor_lowers_it_later() -> None:
    """Five are known for one day only: of those known longer, half were reached."""
    (_, curve) = curves(lasted(("open", 1, 5), ("reached", 3, 5), ("open", 90, 5)))
    assert curve.points[2].reached == 0
    assert curve.points[3].reached == pytest.approx(0.5)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["reached", "stopped", "open"]), st.integers(0, LONGEST), st.integers(1, 1000)
        ),
        max_size=30,
    )
)
def test_a_curve_rises_and_no_share_is_above_one(rows: list[tuple[str, int, int]]) -> None:
    for curve in curves(lasted(*rows)):
        assert curve.began == sum(times for _, _, times in rows) == curve.points[0].waiting
        shares = [(point.reached, point.stopped) for point in curve.points]
        assert all(a <= c and b <= d for (a, b), (c, d) in itertools.pairwise(shares))
        assert sum(shares[-1]) <= 1 + 1e-9


def test_nothing_has_no_curve() -> None:
    assert curves([]) == []
