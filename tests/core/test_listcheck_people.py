"""Rows that an import takes over: who they are, and what the list says of them."""

import io
import json
from pathlib import Path

import pytest

from retour.flow import listcheck
from retour.flow.listcheck import Knowledge, Source
from retour.flow.listcheck.delimiter import DELIMITERS, RARE_DELIMITERS
from retour.flow.listcheck.passes import WAYS
from retour.flow.listcheck.people import Person, people_of
from retour.flow.listcheck.proposals import Accepted


def taken(out: Path, raw: str, accepted: Accepted | None = None, way: str = "") -> list[Person]:
    file = io.BytesIO(raw.encode())
    source = listcheck.open_source(file)
    assert isinstance(source, Source)
    list(listcheck.check_list(listcheck.Order("list", file, source, Knowledge(), out, "now", way=way)))
    return list(people_of(out, accepted or Accepted()))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("delimiter", [*DELIMITERS, *RARE_DELIMITERS])
def test_whatever_parts_a_list_its_rows_are_taken_over(tmp_path: Path, way: str, delimiter: str) -> None:
    rows = ("name", "email", "city"), ("Ann", "ann@gmx.de", "Graz"), ("Bob", "bob@gmx.de", "Wien")
    raw = "".join(delimiter.join(row) + "\n" for row in rows)
    assert taken(tmp_path, raw, way=way) == [
        Person("ann@gmx.de", "Ann", '{"city":"Graz"}'),
        Person("bob@gmx.de", "Bob", '{"city":"Wien"}'),
    ]


@pytest.mark.parametrize(
    ("head", "row", "name", "told"),
    [
        (
            "Nachname;Vorname;Mail",
            "Archer;Ann;a@gmx.de",
            "Ann Archer",
            {"Nachname": "Archer", "Vorname": "Ann"},
        ),
        ("Full Name;Mail", "Ann Archer;a@gmx.de", "Ann Archer", {}),
        ("Vorname;Mail", "Ann;a@gmx.de", "Ann", {"Vorname": "Ann"}),
        ("Mail;Nr;", "a@gmx.de;7;x", "", {"Nr": "7", "column_3": "x"}),
        ("Mail;Tag;Tag;Tag 2", "a@gmx.de;b;c;d", "", {"Tag": "b", "Tag 2": "c", "Tag 2 2": "d"}),
        ("Prénom;Nom;Mail", "Ann;Archer;a@gmx.de", "Ann Archer", {"Prénom": "Ann", "Nom": "Archer"}),
        ("Nome;Cognome;Mail", "Ann;Archer;a@gmx.de", "Ann Archer", {"Nome": "Ann", "Cognome": "Archer"}),
        ("Name;Mail", "Ann Archer;a@gmx.de", "Ann Archer", {}),
        ("Mail;Formel", "a@gmx.de;=1+1", "", {"Formel": "=1+1"}),  # guarded in files alone
        ("Mail;retour_row", "a@gmx.de;7", "", {}),
        ("Name;Mail", "x" * 301 + ";a@gmx.de", "", {"Name": "x" * 301}),
        ("Mail;Kunde", "A@GMX.de;ja", "", {"Kunde": "ja"}),
    ],
)
def test_a_head_tells_what_a_column_is(
    tmp_path: Path, head: str, row: str, name: str, told: dict[str, str]
) -> None:
    (person,) = taken(tmp_path, f"{head}\n{row}\n")
    assert (person.name, json.loads(person.attributes), person.cut) == (name, told, 0)


def test_a_list_without_a_head_names_its_columns_by_number(tmp_path: Path) -> None:
    assert taken(tmp_path, "Ann;ann@gmx.de\nBob;b.ob+x@gmail.com\n") == [
        Person("ann@gmx.de", "", '{"column_1":"Ann"}'),
        Person("bob@gmail.com", "", '{"column_1":"Bob","column_2":"b.ob+x@gmail.com"}'),
    ]


def test_who_shares_a_row_has_no_name_of_it(tmp_path: Path) -> None:
    raw = "name;mail\nAnn and Bob;ann@gmx.de, bob@gmx.de\n"
    found = taken(tmp_path, raw, Accepted(forms=frozenset({"several_in_cell"})))
    told = '{"name":"Ann and Bob"}'
    assert found == [Person("ann@gmx.de", "", told), Person("bob@gmx.de", "", told)]


def test_a_column_that_is_too_long_is_told_and_the_others_stay(tmp_path: Path) -> None:
    (person,) = taken(tmp_path, f"mail;note;city\nann@gmx.de;{'x' * 9000};Graz\n")
    assert person == Person("ann@gmx.de", "", '{"city":"Graz"}', 1)
