"""A slip before the @ is found by the names that stand beside it, and moves no row but to be looked at."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from retour.flow import listcheck
from retour.flow.listcheck import Knowledge, Source
from retour.flow.listcheck.passes import WAYS
from retour.flow.listcheck.proposals import Accepted

ROWS = """\
Vorname;Nachname;E-Mail
Walter;Wilson;w.wislon@gmx.de
Anna;Müller;anna.mueller@gmx.de
Anna;Müller;anna.muelelr@b-firm.de
Bob;Jones;bobby77@gmail.com
Eva;Schneider;e.schnieder@gmial.com
"Meier; Dr.";Meier;"info@b-firm.de"
Carl;Sommer;kontakt@b-firm.de
Ida;=Winter;ida.wintre@b-firm.de
"""


def checked(out: Path, rows: str, way: str = "") -> tuple[dict[str, list[dict[str, str]]], Any]:
    """What stands in the piles, and the report."""
    file = io.BytesIO(rows.encode())
    source = listcheck.open_source(file)
    assert isinstance(source, Source)
    order = listcheck.Order("list", file, source, Knowledge(), out, "now", way=way)
    list(listcheck.check_list(order))
    piles = {}
    for pile in ("kept", "corrected", "questioned", "dropped"):
        with (out / f"{pile}.csv").open(encoding="utf-8-sig", newline="") as written:
            piles[pile] = list(csv.DictReader(written, delimiter=";"))
    return piles, json.loads((out / "report.json").read_text("utf-8"))


@pytest.mark.parametrize("way", WAYS)
def test_a_slip_is_proposed_with_its_odds(tmp_path: Path, way: str) -> None:
    piles, report = checked(tmp_path, ROWS, way)
    found = [(row["retour_row"], row["retour_suggestion"]) for row in piles["corrected"]]
    assert found == [
        ("2", "w.wilson@gmx.de"),
        ("4", "anna.mueller@b-firm.de"),
        ("6", "e.schnieder@gmail.com"),
        ("9", "ida.winter@b-firm.de"),
    ]
    first = piles["corrected"][0]
    assert first["retour_practical"] == "warn"
    assert first["retour_reasons"] == "typo_local free"
    assert float(first["retour_odds"]) >= 20
    assert first["retour_evidence"].endswith("typo_local=unknown by retour typos")
    assert piles["corrected"][3]["Nachname"] == "'=Winter"
    assert [row["retour_row"] for row in piles["kept"]] == ["3", "5", "7", "8"]
    assert report["piles"] == {"kept": 4, "corrected": 4, "questioned": 0, "dropped": 0}
    reasons = {each["code"]: each for each in report["reasons"]}
    assert reasons["typo_local"]["piles"]["corrected"] == 3
    assert reasons["typo_local"]["examples"][0] == {"row": 2, "address": "w.wislon@gmx.de"}
    assert reasons["free"]["piles"]["kept"] == 2
    assert report["forecast"]["addresses"] == 4


def test_a_name_that_may_be_written_so_is_left_alone(tmp_path: Path) -> None:
    rows = "first name,last name,email\n" + "".join(
        f"{first},{last},{address}\n"
        for first, last, address in (
            ("Anna", "Meier", "a.meier@b-firm.de"),
            ("Anna", "Meier", "anna@b-firm.de"),
            ("Jo", "Li", "jo.l@b-firm.de"),
            ("", "", "somebody@b-firm.de"),
            ("Hans", "Groß", "h.gross@b-firm.de"),
            ("Renée", "Dubois", "renee.dubois@b-firm.de"),
            ("Maria", "Marino", "maria.m@b-firm.de"),
        )
    )
    piles, report = checked(tmp_path, rows)
    assert piles["corrected"] == []
    assert "typo_local" not in {each["code"] for each in report["reasons"]}


def test_without_columns_of_names_nothing_is_guessed(tmp_path: Path) -> None:
    piles, _ = checked(tmp_path, "name;email\nWalter Wilson;w.wislon@gmx.de\n")
    assert piles["corrected"] == []


def test_a_cell_of_several_addresses_says_nothing_of_their_domains(tmp_path: Path) -> None:
    rows = "Name;E-Mail\nA;ann@t-onlin.de, bob@web.de\nC;cy@gmial.com\n"
    _, report = checked(tmp_path, rows)
    assert report["typos"] == [{"domain": "gmial.com", "suggestion": "gmail.com", "rows": 1}]
    assert {each["domain"] for each in report["domains"]["most"]} == {"t-onlin.de", "gmial.com"}


def test_a_mistyped_address_of_several_in_a_cell_is_proposed_as_it_was_meant(tmp_path: Path) -> None:
    rows = (
        "Name;E-Mail\nA;ann@gmial.com, bob@web.de\nB;bea@web.de, cy@gmial.com\nD;di@gmail.con, di@gmail.com\n"
        "E;eve@@gmx.de, ed@gmx.de\nF;no@localhost, fay@web.de\n"
    )
    for way in WAYS:
        piles, _ = checked(tmp_path / (way or "none"), rows, way)
        assert [row["retour_suggestion"] for row in piles["corrected"]] == [
            *("ann@gmail.com bob@web.de", "bea@web.de cy@gmail.com", "di@gmail.com"),
            *("eve@gmx.de ed@gmx.de", "fay@web.de"),
        ]


def test_what_is_accepted_of_a_cell_is_what_was_proposed_but_for_domains_that_are_right() -> None:
    row = {
        "retour_reasons": "squat several_in_cell",
        "retour_address": "ann@gmial.com bob@web.de",
        "retour_suggestion": "ann@gmail.com bob@web.de",
        "retour_practical": "warn",
    }
    several = frozenset(("several_in_cell",))
    assert Accepted(forms=several).of(row) == ["ann@gmail.com", "bob@web.de"]
    left = Accepted(forms=several, left=frozenset(("gmial.com",)))
    assert left.of(row) == ["ann@gmial.com", "bob@web.de"]


def test_the_report_says_when_as_people_write_it(tmp_path: Path) -> None:
    file = io.BytesIO(ROWS.encode())
    source = listcheck.open_source(file)
    assert isinstance(source, Source)
    order = listcheck.Order("list", file, source, Knowledge(), tmp_path, "2026-05-03T21:07:09.123456Z")
    list(listcheck.check_list(order))
    pages = [(tmp_path / f"report.{each}.html").read_text("utf-8") for each in ("de", "en")]
    assert "Geprüft am 3. Mai 2026, 21:07 (UTC)" in pages[0]
    assert "Checked on 3 May 2026, 21:07 (UTC)" in pages[1]


@pytest.mark.parametrize("way", WAYS)
def test_a_quotation_mark_that_nobody_closes_takes_no_row_along(tmp_path: Path, way: str) -> None:
    rows = 'Vorname;E-Mail\nAnn;ann@gmx.de\n"Bob;bob@gmx.de\nCid;cid@gmx.de\n'
    kept = checked(tmp_path, rows, way)[0]["kept"]
    assert [(row["Vorname"], row["E-Mail"]) for row in kept] == [
        ("Ann", "ann@gmx.de"),
        ('"Bob', "bob@gmx.de"),
        ("Cid", "cid@gmx.de"),
    ]
