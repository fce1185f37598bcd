"""An import of a checked list is undone as though it had never been; what was touched since is left."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.conftest import PEPPER
from retour.flow import listcheck
from retour.flow.jobs import Course, EndingError, Facts, Job, Jobs, JobState
from retour.flow.listcheck import Knowledge, Source
from retour.flow.listcheck.taking import IMPORT, UNDO, works
from retour.flow.listcheck.work import RESULTS
from retour.instants import SECOND
from retour.lifecycle import preset
from retour.model import Event, EventKind
from retour.ports import Contact, ContactList, Records
from retour.stores import sqlite

NOW = 1_700_000_000_000_000


class Ticking:
    """A second goes by at each look."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> int:
        self._now += SECOND
        return self._now


class Killed(Course):
    """A server that is killed when a batch is done, but not yet told."""

    def told(self, done: int, total: int | None, place: Facts) -> None:
        raise EndingError


class Shop:
    """An account with contacts, two lists, and imports of what was checked."""

    def __init__(self, room: Path) -> None:
        self.room, self.clock = room, Ticking()
        self.store: Records = sqlite.open_store(room / "store", PEPPER)
        self.store.accounts.add_account("demo", "bounces.example", preset("default"), NOW)
        self.desk = sqlite.open_desk(room / "desk")
        self.jobs: Jobs = self.desk.jobs
        self.course: type[Course] = Course
        for id in ("spring", "other"):
            self.store.contacts.make_list(ContactList("demo", id, id, "key k", NOW))

    def close(self) -> None:
        self.desk.close()
        self.store.close()

    def checked(self, id: str, raw: str) -> str:
        file = io.BytesIO(raw.encode())
        source = listcheck.open_source(file)
        assert isinstance(source, Source)
        out = self.room / id / RESULTS
        out.mkdir(parents=True)
        list(listcheck.check_list(listcheck.Order("list", file, source, Knowledge(), out, "now")))
        (out / "report.json").write_text("{}")
        return id

    def run(self, id: str, kind: str, **order: Any) -> Facts:
        self.jobs.add(Job(id, "demo", kind, "key k", self.clock.now(), {"list": "spring", **order}))
        return self.go_on(kind)

    def go_on(self, kind: str) -> Facts:
        taken = self.jobs.take(self.clock.now(), ())
        assert taken is not None
        result = works(self.room, self.store, self.clock)[kind](
            taken, self.course(taken, self.jobs, lambda: False)
        )
        self.jobs.end(taken.id, JobState.DONE, self.clock.now(), result)
        return result

    def keep(self, address: str, name: str = "", told: Mapping[str, Any] | None = None) -> None:
        now = self.clock.now()
        self.store.contacts.set([Contact("demo", address, name, json.dumps(told or {}), now, now)])

    def one(self, address: str) -> Contact | None:
        return self.store.contacts.one("demo", address)

    def all(self) -> tuple[list[Contact], list[Contact]]:
        page = self.store.contacts.page
        return page("demo", 1000), page("demo", 1000, on="spring")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.close()


LIST = "mail;name;city\nann@gmx.de;Ann;Graz\nbob@gmx.de;Bob;\n"


def test_an_undo_takes_away_whom_the_import_made(shop: Shop) -> None:
    shop.checked("c", LIST)
    told = shop.run("i", IMPORT, check="c")
    assert (told["made"], told["filled"], told["added"]) == (2, 0, 2)
    undone = shop.run("u", UNDO, check="c", **{"import": "i"})
    assert undone == {"list": "spring", "taken_off": 2, "removed": 2, "restored": 0, "left": 0}
    assert shop.all() == ([], [])


def test_empty_fields_are_filled_and_emptied_again(shop: Shop) -> None:
    shop.keep("ann@gmx.de", "", {"city": "", "since": 2019})
    shop.keep("bob@gmx.de", "Robert")
    before = shop.all()
    shop.checked("c", LIST)
    told = shop.run("i", IMPORT, check="c")
    assert (told["made"], told["filled"], told["differing"]) == (0, 1, 1)
    ann, bob = shop.one("ann@gmx.de"), shop.one("bob@gmx.de")
    assert ann
    assert bob
    assert (ann.name, json.loads(ann.attributes)) == ("Ann", {"city": "Graz", "since": 2019})
    assert (bob.name, bob.attributes) == ("Robert", "{}")
    undone = shop.run("u", UNDO, check="c", **{"import": "i"})
    assert (undone["removed"], undone["left"]) == (0, 0)
    assert shop.all() == before


def touch(shop: Shop, how: str, address: str) -> None:
    if how == "edit":
        shop.keep(address, "Edited")
    elif how == "list":
        shop.store.contacts.put_on(ContactList("demo", "other", "other", "", 0), [address], shop.clock.now())
    elif how == "import":
        shop.checked("again", f"mail\n{address}\n")
        shop.run("i2", IMPORT, check="again")
    else:
        now = shop.clock.now()
        event = Event(b"e" * 16, EventKind.COMPLAINT, now, account="demo", address=address)
        shop.store.ledger.record([event], now)


@pytest.mark.parametrize("how", ["edit", "list", "import", "event"])
def test_whom_something_else_has_touched_is_left_and_counted(shop: Shop, how: str) -> None:
    shop.checked("c", LIST)
    shop.run("i", IMPORT, check="c")
    touch(shop, how, "ann@gmx.de")
    left = shop.one("ann@gmx.de")
    undone = shop.run("u", UNDO, check="c", **{"import": "i"})
    assert (undone["removed"], undone["left"], undone["taken_off"]) == (1, 1, 2)
    assert shop.one("ann@gmx.de") == left
    assert shop.one("bob@gmx.de") is None


def test_a_second_row_of_an_address_is_counted_where_it_says_otherwise(shop: Shop) -> None:
    shop.checked("c", LIST + "ann@gmx.de;Anna;Graz\nann@gmx.de;Ann;Graz\n")
    told = shop.run("i", IMPORT, check="c")
    assert (told["addresses"], told["differing"]) == (2, 1)
    ann = shop.one("ann@gmx.de")
    assert ann
    assert ann.name == "Ann"


def test_an_import_whose_list_was_dropped_is_undone(shop: Shop) -> None:
    shop.checked("c", LIST)
    shop.run("i", IMPORT, check="c")
    shop.store.contacts.drop_list("demo", "spring", shop.clock.now())
    assert shop.run("u", UNDO, check="c", **{"import": "i"})["removed"] == 2
    assert shop.one("ann@gmx.de") is None


def test_a_note_of_before_contacts_were_noted_takes_off_the_list_alone(shop: Shop) -> None:
    shop.checked("c", LIST)
    shop.run("i", IMPORT, check="c")
    (shop.room / "c/i.jsonl").write_text('["ann@gmx.de"]\n')
    undone = shop.run("u", UNDO, check="c", **{"import": "i"})
    assert undone == {"list": "spring", "taken_off": 1, "removed": 0, "restored": 0, "left": 0}
    assert shop.one("ann@gmx.de") is not None


@pytest.mark.parametrize("cut", [b"", b'[["ann@gm'])
def test_an_import_that_was_killed_goes_on_and_is_undone(shop: Shop, cut: bytes) -> None:
    shop.keep("ann@gmx.de")
    before = shop.all()
    shop.checked("c", LIST + "".join(f"c{n}@gmx.de;Cy;\n" for n in range(1200)))
    shop.course = Killed
    with pytest.raises(EndingError):
        shop.run("i", IMPORT, check="c")
    with (shop.room / "c/i.jsonl").open("ab") as note:
        note.write(cut)
    shop.course = Course
    told = shop.go_on(IMPORT)
    assert (told["addresses"], told["made"], told["filled"]) == (1202, 1201, 1)
    undone = shop.run("u", UNDO, check="c", **{"import": "i"})
    assert (undone["removed"], undone["restored"], undone["left"]) == (1201, 1, 0)
    assert shop.all() == before


@pytest.mark.parametrize("kept", [True, False])
def test_two_spellings_of_a_mailbox_far_apart_are_undone_as_if_they_had_never_been(
    shop: Shop, kept: bool
) -> None:
    if kept:
        shop.keep("ann@gmail.com", "", {"since": 2019})
    before = shop.all()
    between = "".join(f"c{n}@gmx.de;Cy;\n" for n in range(1200))
    shop.checked("c", f"mail;name;city\na.nn@gmail.com;Ann;\n{between}ann+x@gmail.com;;Graz\n")
    shop.run("i", IMPORT, check="c")
    ann = shop.one("ann@gmail.com")
    assert ann
    assert (ann.name, json.loads(ann.attributes)["city"]) == ("Ann", "Graz")
    assert shop.run("u", UNDO, check="c", **{"import": "i"})["left"] == 0
    assert shop.all() == before


def test_an_undo_that_was_killed_goes_on(shop: Shop) -> None:
    shop.checked("c", "mail\n" + "".join(f"c{n}@gmx.de\n" for n in range(1200)))
    shop.run("i", IMPORT, check="c")
    shop.course = Killed
    with pytest.raises(EndingError):
        shop.run("u", UNDO, check="c", **{"import": "i"})
    shop.course = Course
    assert (shop.one("c1199@gmx.de"), shop.one("c0@gmx.de") is None) == (None, False)  # the last batch alone
    shop.go_on(UNDO)
    assert shop.all() == ([], [])


ADDRESSES = st.sampled_from([f"{name}@gmx.de" for name in ("ann", "bob", "cy", "di")])
TEXTS = st.sampled_from(["", "Ann", "Bob", "Graz"])
ROWS = st.lists(st.tuples(ADDRESSES, TEXTS, TEXTS), min_size=1, max_size=8)
KNOWN = st.dictionaries(ADDRESSES, st.tuples(TEXTS, TEXTS))
TOUCHES = st.dictionaries(ADDRESSES, st.sampled_from(["edit", "list"]))


@settings(max_examples=60, deadline=None)
@given(known=KNOWN, rows=ROWS, touches=TOUCHES)
def test_an_undone_import_has_never_been(
    known: Mapping[str, tuple[str, str]], rows: list[tuple[str, str, str]], touches: Mapping[str, str]
) -> None:
    with TemporaryDirectory() as room, closing(Shop(Path(room))) as shop:
        for address, (name, city) in known.items():
            shop.keep(address, name, {"city": city} if city else {})
        before = {each.address: each for each in shop.all()[0]}
        shop.checked("c", "mail;name;city\n" + "".join(";".join(row) + "\n" for row in rows))
        shop.run("i", IMPORT, check="c")
        for address, how in touches.items():
            touch(shop, how, address)
        touched = {each.address: each for each in shop.all()[0]}
        shop.run("u", UNDO, check="c", **{"import": "i"})
        for address in ("ann@gmx.de", "bob@gmx.de", "cy@gmx.de", "di@gmx.de"):
            is_left = touches.get(address) == "edit" or (address in touches and address not in before)
            assert shop.one(address) == (touched if is_left else before).get(address)
        assert shop.all()[1] == []
