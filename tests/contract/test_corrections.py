"""Which address stands for which, and the links that confirm it; over every store."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from retour.instants import DAY, HOUR
from retour.lifecycle import preset
from retour.ports import Correction, Stand, Store
from retour.stores import sqlite

NOW = 20_500 * DAY
OLD, NEW = "w.wislon@b.example", "w.wilson@b.example"


@pytest.fixture
def acme(store: Store) -> Store:
    return furnish(store)


def furnish(store: Store) -> Store:
    for name in ("acme", "other"):
        store.accounts.add_account(name, f"{name}.example", preset("default"), 0)
    return store


def correction(n: int, **more: Any) -> Correction:
    told = {"account": "acme", "old": OLD, "new": NEW, "expires": NOW + DAY, **more}
    return Correction(n.to_bytes(16), at=NOW, actor="key x", reason="told by phone", **told)


def test_a_link_leads_to_its_correction_until_it_expires_or_is_used(acme: Store) -> None:
    made = correction(1)
    acme.corrections.add(made, b"one")
    assert acme.corrections.linked(b"one", NOW) == made
    assert acme.corrections.linked(b"two", NOW) is None
    assert acme.corrections.linked(b"one", NOW + DAY) is None
    acme.corrections.confirm(made, NOW + HOUR)
    assert acme.corrections.linked(b"one", NOW) is None
    found = acme.corrections.named("acme", made.id)
    assert found is not None
    assert (found.confirmed, found.stand(NOW)) == (NOW + HOUR, Stand.CONFIRMED)


def test_a_new_link_to_an_address_ends_those_before_and_confirms_all(acme: Store) -> None:
    for n, digest in ((1, b"one"), (2, b"two")):
        acme.corrections.add(correction(n, old=f"{n}@b.example"), digest)
    acme.corrections.add(correction(3, account="other"), b"three")
    assert acme.corrections.linked(b"one", NOW) is None
    second = acme.corrections.linked(b"two", NOW)
    assert second is not None
    acme.corrections.confirm(second, NOW)
    assert [each.confirmed for each in acme.corrections.of("acme", NEW)] == [NOW, NOW]
    assert [each.confirmed for each in acme.corrections.of("other", NEW)] == [None]


def test_the_same_id_again_changes_the_link_and_nothing_else(acme: Store) -> None:
    acme.corrections.add(correction(1), b"one")
    acme.corrections.add(correction(1), b"two")
    assert acme.corrections.linked(b"one", NOW) is None
    assert acme.corrections.linked(b"two", NOW) == correction(1)
    acme.corrections.confirm(correction(1), NOW)
    acme.corrections.add(correction(1), b"three")
    assert acme.corrections.linked(b"three", NOW) is None
    assert len(acme.corrections.page("acme", 9)) == 1


def test_one_that_is_withdrawn_is_confirmed_no_more(acme: Store) -> None:
    made = correction(1)
    acme.corrections.add(made, b"one")
    acme.corrections.withdraw(made, NOW + 1)
    acme.corrections.withdraw(made, NOW + 2)
    acme.corrections.confirm(made, NOW + 3)
    found = acme.corrections.named("acme", made.id)
    assert found is not None
    assert (found.withdrawn, found.confirmed, found.stand(NOW)) == (NOW + 1, None, Stand.WITHDRAWN)
    assert acme.corrections.linked(b"one", NOW) is None


def test_where_it_stands(acme: Store) -> None:
    assert correction(1, expires=None).stand(NOW + 900 * DAY) is Stand.PLAIN
    assert correction(1).stand(NOW + DAY - 1) is Stand.WAITING
    assert correction(1).stand(NOW + DAY) is Stand.EXPIRED


def test_of_two_that_wait_the_later_one_alone_has_a_link(acme: Store) -> None:
    first, second = correction(1), correction(2)
    acme.corrections.add(first, b"1" * 32)
    acme.corrections.add(second, b"2" * 32)
    told = {each.id: each.stand(NOW) for each in acme.corrections.of("acme", first.new)}
    assert told == {first.id: Stand.REPLACED, second.id: Stand.WAITING}
    named = acme.corrections.named("acme", first.id)
    assert named is not None
    assert (named.stand(NOW), named.stand(NOW + DAY)) == (Stand.REPLACED, Stand.EXPIRED)
    acme.corrections.withdraw(second, NOW)
    assert {each.stand(NOW) for each in acme.corrections.page("acme", 9)} == {
        Stand.REPLACED,
        Stand.WITHDRAWN,
    }
    acme.corrections.confirm(first, NOW)
    assert [each.stand(NOW) for each in acme.corrections.page("acme", 9)] == [
        Stand.WITHDRAWN,
        Stand.CONFIRMED,
    ]


def test_they_are_found_by_either_address_and_paged_latest_first(acme: Store) -> None:
    for n in range(5):
        acme.corrections.add(correction(n, old=f"{n}@b.example"), None)
    acme.corrections.add(correction(9, account="other"), None)
    first = acme.corrections.page("acme", 2)
    rest = acme.corrections.page("acme", 9, first[-1].id)
    assert [each.old[0] for each in (*first, *rest)] == ["4", "3", "2", "1", "0"]
    assert acme.corrections.page("acme", 9, b"?" * 16) == []
    assert [each.old for each in acme.corrections.of("acme", "3@b.example")] == ["3@b.example"]
    assert len(acme.corrections.of("acme", NEW)) == 5
    assert acme.corrections.named("other", first[0].id) is None


def test_nothing_is_left_of_an_address_that_is_forgotten(acme: Store) -> None:
    acme.corrections.add(correction(1), b"one")
    acme.corrections.add(correction(2, old=NEW, new="x@b.example"), b"two")
    acme.corrections.add(correction(3, account="other"), b"three")
    acme.corrections.forget("acme", [NEW])
    assert acme.corrections.page("acme", 9) == []
    assert [acme.corrections.linked(each, NOW) for each in (b"one", b"two")] == [None, None]
    assert len(acme.corrections.page("other", 9)) == 1


def test_an_account_that_is_not_there_is_told(acme: Store) -> None:
    for asked in (
        lambda: acme.corrections.add(correction(1, account="nobody"), None),
        lambda: acme.corrections.of("nobody", OLD),
        lambda: acme.corrections.page("nobody", 1),
        lambda: acme.corrections.named("nobody", b"x"),
        lambda: acme.corrections.forget("nobody", [OLD]),
    ):
        with pytest.raises(KeyError):
            asked()


def test_a_digest_is_kept_no_longer_than_its_link_works(tmp_path: Path) -> None:
    store = furnish(sqlite.open_store(tmp_path / "s", b"p"))
    store.corrections.add(correction(1), b"one")
    store.corrections.add(correction(2), b"two")
    store.corrections.confirm(correction(2), NOW)
    store.close()
    with closing(sqlite3.connect(tmp_path / "s")) as db:
        assert db.execute("SELECT count(*), count(digest) FROM corrections").fetchone() == (2, 0)
