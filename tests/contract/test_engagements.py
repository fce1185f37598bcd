"""Signs of life: the last of each kind, one row an address; over every store."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.instants import DAY, HOUR
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason
from retour.ports import ENGAGED, LOOKED_BACK, Engagement, Sign, Store
from retour.stores import memory, sqlite

NOW = 20_500 * DAY
ANN, BOB = "ann@b.example", "bob@b.example"


@pytest.fixture
def acme(store: Store) -> Store:
    return furnish(store)


def furnish(store: Store) -> Store:
    for name in ("acme", "other"):
        store.accounts.add_account(name, f"{name}.example", preset("default"), 0)
    return store


def sign(kind: Sign, at: int = NOW, address: str = ANN, account: str = "acme") -> Engagement:
    return Engagement(account, address, kind, at)


def bounce(store: Store, address: str, account: str = "acme") -> None:
    id = f"{account}{address}".encode()[-16:].rjust(16)
    reason = Reason.MAILBOX_FULL
    store.ledger.record(
        [Event(id, EventKind.BOUNCE, NOW - DAY, reason, account=account, address=address)], NOW
    )


def test_the_latest_of_each_kind_is_kept_in_whatever_order_it_is_told(acme: Store) -> None:
    acme.engagements.note(
        [sign(Sign.OPEN, NOW - HOUR), sign(Sign.OPEN, NOW - DAY), sign(Sign.CLICK, NOW - 9)]
    )
    acme.engagements.note([sign(Sign.OPEN, NOW - 2 * DAY), sign(Sign.LOGIN, NOW - 5)])
    acme.engagements.note([sign(Sign.CLICK, NOW - 9), sign(Sign.REPLY, NOW, account="other")])
    known = {Sign.OPEN: NOW - HOUR, Sign.CLICK: NOW - 9, Sign.LOGIN: NOW - 5}
    assert acme.engagements.latest("acme", [ANN, BOB]) == {ANN: known}
    assert acme.engagements.latest("acme", [ANN], NOW - 9) == {
        ANN: {Sign.CLICK: NOW - 9, Sign.LOGIN: NOW - 5}
    }
    assert acme.engagements.latest("acme", [ANN], NOW) == {}
    assert acme.engagements.latest("other", [ANN]) == {ANN: {Sign.REPLY: NOW}}


def test_the_active_are_those_that_have_a_life_here(acme: Store) -> None:
    acme.engagements.note([sign(Sign.OPEN), sign(Sign.OPEN, address=BOB)])
    assert list(acme.engagements.active_since("acme", 0)) == []
    bounce(acme, ANN)
    bounce(acme, BOB, "other")
    assert list(acme.engagements.active_since("acme", NOW)) == [(ANN, {Sign.OPEN: NOW})]
    assert list(acme.engagements.active_since("acme", NOW + 1)) == []


def test_the_active_are_read_over_many_pages(acme: Store) -> None:
    addresses = [f"a{number}@b.example" for number in range(2001)]
    acme.engagements.note([sign(Sign.OPEN, NOW + place, each) for place, each in enumerate(addresses)])
    for address in addresses[::500]:
        bounce(acme, address)
    found = dict(acme.engagements.active_since("acme", NOW + 500))
    assert found == {addresses[place]: {Sign.OPEN: NOW + place} for place in (500, 1000, 1500, 2000)}


def test_a_sign_is_kept_longer_of_an_address_that_bounced(acme: Store) -> None:
    bounce(acme, ANN)
    signs = [sign(Sign.OPEN), sign(Sign.CLICK, address=BOB), sign(Sign.OPEN, NOW + DAY, account="other")]
    acme.engagements.note(signs)

    def combed(now: int) -> list[str]:
        after: str | None = ""
        while after is not None:
            after = acme.engagements.expire(now, 1, after)
        return [*acme.engagements.latest("acme", [ANN, BOB]), *acme.engagements.latest("other", [ANN])]

    assert combed(NOW + LOOKED_BACK) == [ANN, BOB, ANN]
    assert combed(NOW + LOOKED_BACK + 1) == [ANN, ANN]
    assert combed(NOW + ENGAGED) == [ANN]
    assert combed(NOW + ENGAGED + 1) == []


def test_nothing_is_left_of_an_address_that_is_forgotten(acme: Store) -> None:
    acme.engagements.note([sign(Sign.OPEN), sign(Sign.OPEN, address=BOB), sign(Sign.OPEN, account="other")])
    acme.engagements.forget("acme", [ANN, "nobody@b.example"])
    assert list(acme.engagements.latest("acme", [ANN, BOB])) == [BOB]
    assert list(acme.engagements.latest("other", [ANN])) == [ANN]


def test_an_account_that_is_not_there_is_told_and_nothing_is_kept(acme: Store) -> None:
    with pytest.raises(KeyError):
        acme.engagements.note([sign(Sign.OPEN), sign(Sign.OPEN, account="nobody")])
    assert acme.engagements.latest("acme", [ANN]) == {}
    with pytest.raises(KeyError):
        acme.engagements.latest("nobody", [ANN])
    with pytest.raises(KeyError):
        acme.engagements.active_since("nobody", 0)
    with pytest.raises(KeyError):
        acme.engagements.forget("nobody", [ANN])


def test_no_address_stands_in_the_file(tmp_path: Path) -> None:
    store = furnish(sqlite.open_store(tmp_path / "s", b"p"))
    store.engagements.note([sign(Sign.OPEN)])
    store.close()
    assert ANN.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


SIGNS = st.lists(
    st.builds(sign, st.sampled_from(Sign), st.integers(0, 20), st.sampled_from([ANN, BOB])), max_size=12
)


@given(SIGNS, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(told: list[Engagement], chance: Random) -> None:
    shuffled = told * 2
    chance.shuffle(shuffled)
    one, other = furnish(memory.new_store()), furnish(memory.new_store())
    one.engagements.note(told)
    for each in shuffled:
        other.engagements.note([each])
    assert one.engagements.latest("acme", [ANN, BOB]) == other.engagements.latest("acme", [ANN, BOB])
