"""`retour check-list`: each row ends in exactly one file; one that was killed goes on to the same octets."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.workbooks import workbook
from retour.flow.lists.table import unguarded
from retour.texts import catalogue

RETOUR = Path(sys.executable).with_name("retour")
PILES = ("kept", "corrected", "questioned", "dropped")
ROWS = (
    ("ann@b-firm.de", "kept"),
    ("ANN@b-firm.de", "kept"),
    ("ann@b-firm.de", "dropped"),
    ("info.example.com", "dropped"),
    ("bob@gmial.com", "corrected"),
    ("cy (at) c-firm.de", "corrected"),
    ("a@c-firm.de, b@c-firm.de", "corrected"),
    ('"a b"@c-firm.de', "questioned"),
    ("j.smith@gmail.com", "kept"),
    ("js.mith@gmail.com", "kept"),
    ("Dee Dee <dee@gmx.net>", "kept"),
    ("x@mail.de", "kept"),
    ("", "dropped"),
    ("=1+1", "dropped"),
)


def ran(*arguments: object, status: int = 0) -> str:
    run = subprocess.run([RETOUR, "check-list", *map(str, arguments)], capture_output=True, text=True)
    assert run.returncode == status, run.stdout + run.stderr
    return run.stdout + run.stderr


def written(path: Path, rows: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("no", "E-Mail", "city"))
        writer.writerows((number, cell, "Köln") for number, cell in enumerate(rows))
    return path


def read(out: Path) -> dict[str, list[dict[str, str]]]:
    found = {}
    for pile in PILES:
        with (out / f"{pile}.csv").open(encoding="utf-8-sig", newline="") as file:
            found[pile] = list(csv.DictReader(file, delimiter=";"))
    return found


def test_every_row_is_in_exactly_one_file_with_its_reasons(tmp_path: Path) -> None:
    file = written(tmp_path / "list.csv", [cell for cell, _ in ROWS])
    said = ran(file, "--out", tmp_path / "out")
    assert "14 rows: 6 kept, 3 to be corrected, 1 to be looked at, 4 dropped" in said
    found = read(tmp_path / "out")
    places = {int(row["retour_row"]): (row, pile) for pile, rows in found.items() for row in rows}
    assert sorted(places) == list(range(2, 16))
    for number, (cell, pile) in enumerate(ROWS, start=2):
        row = places[number][0]
        assert (unguarded(row["E-Mail"]), places[number][1]) == (cell, pile), row
        assert row["city"] == "Köln"
    assert places[4][0]["retour_reasons"] == "dup_exact"
    assert places[3][0]["retour_reasons"] == "dup_case"
    assert places[6][0]["retour_suggestion"] == "bob@gmail.com"
    assert float(places[6][0]["retour_odds"]) >= 20
    assert places[8][0]["retour_suggestion"] == "a@c-firm.de b@c-firm.de"
    assert places[15][0]["E-Mail"] == "'=1+1"


def test_the_report_counts_exactly_and_is_a_page_without_script(tmp_path: Path) -> None:
    hostile = ["<img src=x onerror=alert(1)>@b.de", "\u202eann@b-firm.de"]
    file = written(tmp_path / "<b>list.csv", [*(cell for cell, _ in ROWS), *hostile])
    ran(file, "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    found = read(tmp_path / "out")
    assert report["rows"] == len(ROWS) + len(hostile) == sum(report["piles"].values())
    assert report["piles"] == {pile: len(rows) for pile, rows in found.items()}
    reasons = [row["retour_reasons"].split() for rows in found.values() for row in rows]
    assert {each["code"]: each["rows"] for each in report["reasons"]} == {
        code: sum(code in told for told in reasons) for told in reasons for code in told
    }
    assert report["typos"][0] == {"domain": "gmial.com", "suggestion": "gmail.com", "rows": 1}
    for language in ("en", "de"):
        page = (tmp_path / f"out/report.{language}.html").read_text("utf-8")
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;b&gt;list.csv" in page
        assert not re.search(r"(?:src|href)=\"(?!report\.)", page)
        assert catalogue(f"listcheck.{language}")("page.next") in page
        assert page.count("<svg") >= 3


def test_a_check_that_was_killed_goes_on_to_the_same_octets(tmp_path: Path) -> None:
    cells = [f"ann{number % 9000}.lee{number % 7}@firm{number % 300}.de" for number in range(60_000)]
    file = written(tmp_path / "list.csv", cells)
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from retour.flow import listcheck\n"
        "from retour.flow.listcheck import blocks, encoding\n"
        "blocks.blocks.__defaults__, encoding.PIECE = (200_000,), 50_000\n"
        "file = Path(sys.argv[1]).open('rb')\n"
        "source = listcheck.open_source(file)\n"
        "told = 'list.csv', file, source, listcheck.Knowledge(), Path(sys.argv[2]), 'now'\n"
        "for number, step in enumerate(listcheck.check_list(listcheck.Order(*told, chunk=2))):\n"
        "    if number == int(sys.argv[3]): os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    def checked(out: Path, kill_after: int) -> int:
        return subprocess.run(
            [sys.executable, "-c", script, file, out, str(kill_after)], env={**os.environ}
        ).returncode

    assert checked(tmp_path / "whole", -1) == 0
    assert checked(tmp_path / "cut", 1) == -signal.SIGKILL
    assert (tmp_path / "cut/progress.jsonl").exists()
    with (tmp_path / "cut/kept.csv").open("ab") as half:
        half.write(b"half a row that was never committed")
    assert checked(tmp_path / "cut", 1) == -signal.SIGKILL
    assert checked(tmp_path / "cut", -1) == 0
    assert {name.name for name in (tmp_path / "cut").iterdir()} == {
        name.name for name in (tmp_path / "whole").iterdir()
    }
    for name in (tmp_path / "whole").iterdir():
        assert (tmp_path / "cut" / name.name).read_bytes() == name.read_bytes(), name.name


def test_results_of_another_list_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/progress.jsonl").write_text('{"identity": {"list": "another"}, "at": "then"}\n')
    file = written(tmp_path / "list.csv", ["ann@b-firm.de"])
    assert "another list" in ran(file, "--out", tmp_path / "out", status=1)


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_cannot_be_read_is_told_with_what_to_do(tmp_path: Path, language: str) -> None:
    file = tmp_path / "list.xls"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "XLSX" in ran(file, "--lang", language, status=1)
    assert "none.csv" in ran(tmp_path / "none.csv", "--lang", language, status=1)


@pytest.mark.parametrize("rows", ["Email\n", "no;E-Mail;city\n"])
def test_a_list_without_a_row_says_what_to_look_at(tmp_path: Path, rows: str) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(rows)
    ran(empty, "--out", tmp_path / "out")
    told = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert (told["rows"], told["next"]) == (0, ["empty"])
    for language in ("en", "de"):
        said = catalogue(f"listcheck.{language}")("next.empty")
        assert said in (tmp_path / f"out/report.{language}.html").read_text("utf-8")


def test_the_report_says_how_the_list_was_read(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("mail~name\nann@b-firm.de~PÖHL\n".encode("cp850"))
    out = tmp_path / "out"
    ran(file, "--out", out, "--encoding", "ibm850", "--lang", "de")
    assert "PÖHL" in (out / "kept.csv").read_text("utf-8")
    page = (out / "report.de.html").read_text("utf-8")
    assert "<td>Zeichenkodierung</td><td>Westeuropäisch (DOS 850)</td>" in page
    assert "<td>Zeichen zwischen den Spalten</td><td>~</td>" in page
    assert "„klingon“" in ran(file, "--encoding", "klingon", "--lang", "de", status=1)


def test_each_sheet_that_is_named_has_results_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    people = [("mail",), ("ann@b-firm.de",), ("bob@b-firm.de",)]
    file.write_bytes(workbook({"People": people, "Old & new": people[:2]}))
    assert "were not looked at: Old & new." in ran(file)
    assert "1 rows: 1 kept" in ran(file, "--sheet", "old & new")
    assert len(read(tmp_path / "list.xlsx.checked")["kept"]) == 2
    assert len(read(tmp_path / "list.xlsx.old _ new.checked")["kept"]) == 1
    assert "People, Old & new" in ran(file, "--sheet", "3", status=1)


def test_the_report_says_what_is_wrong_with_how_the_list_is_written(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b'name,mail\n"Ann,ann@b-firm.de\n"Lee ""X""",lee@b-\0firm.de\n"Bob "y",bob@b-firm.de\n')
    out = tmp_path / "out"
    told = ran(file, "--out", out)
    assert "The quotation marks of 2 rows do not fit together" in told
    assert "One NUL octet was taken out of row 3" in told
    told = ran(file, "--out", tmp_path / "aus", "--lang", "de")
    assert "Die Anführungszeichen von 2 Zeilen passen nicht zusammen" in told
    assert "Aus Zeile 3 wurde ein NUL-Byte herausgenommen" in told
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["rows"] == report["piles"]["kept"] == 3
    assert report["flaws"] == [
        {"code": "quotes", "count": 2, "first": [2, 4]},
        {"code": "nul", "count": 1, "first": [3]},
    ]
    assert "flaws" in report["next"]
    page = (out / "report.en.html").read_text("utf-8")
    assert "do not fit together" in page
    assert "The first: 2, 4." in page
    assert "One NUL octet was taken out of row 3" in page


def test_other_columns_of_addresses_are_named(tmp_path: Path) -> None:
    rows = [
        "Name§E-Mail§Mail 2§Mail 3",
        "Ann§ann@b-firm.de§ann@c-firm.de§ann@d-firm.de",
        "Bob§bob@b-firm.de§§",
    ]
    (tmp_path / "list.csv").write_text("\n".join(rows), "utf-8")
    ran(tmp_path / "list.csv", "--out", tmp_path / "out")
    told = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert (told["list"]["delimiter"], told["list"]["column_name"]) == ("§", "E-Mail")
    assert "columns" in told["next"]
    for language, said in (("en", "Other columns of addresses"), ("de", "Weitere Spalten mit Adressen")):
        page = (tmp_path / f"out/report.{language}.html").read_text("utf-8")
        assert said in page
        assert "Mail 2, Mail 3" in page
