"""Workbooks that are written: read back cell by cell, typed, without formulas, in constant memory."""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from retour.flow.listcheck.workbook import open_workbook
from retour.flow.lists import workbook as written
from retour.flow.lists.workbook import Cell, workbook

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def made(head: list[str], rows: list[list[Cell]]) -> bytes:
    return b"".join(workbook(head, rows))


def cells(file: bytes) -> list[ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        return list(ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml")).iter(f"{SPACE}c"))


def test_what_is_written_is_read_again() -> None:
    rows: list[list[Cell]] = [["ann@b.example", "<&>\"' ü 漢 \u202e"], ["_x0041_", "\x00\x1b\ud800"]]
    book = open_workbook(io.BytesIO(made(["address", "said"], rows)))
    assert list(book.rows(book.sheets[0])) == [["address", "said"], *rows]


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@SUM(A1)", "\tx", "'=1"])
def test_no_text_is_a_formula_and_what_looks_like_one_is_quoted(text: str) -> None:
    _, cell = cells(made(["head"], [[text]]))
    assert cell.get("t") == "inlineStr"
    assert cell.get("s") == "3"
    assert "".join(cell.itertext()) == text


def test_numbers_and_moments_keep_their_types() -> None:
    moment = datetime(2026, 5, 3, 12, tzinfo=UTC)
    found = cells(made(["a", "b", "c", "d", "e"], [[17, 0.5, True, moment, None]]))[5:]
    told = [(cell.get("t"), cell.findtext(f"{SPACE}v")) for cell in found]
    assert told == [(None, "17"), (None, "0.5"), ("b", "1"), (None, "46145.50000000"), (None, None)]


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "ROWS", 11)
    book = open_workbook(io.BytesIO(made(["n"], [[str(n)] for n in range(25)])))
    sheets = [[row[0] for row in book.rows(sheet)] for sheet in book.sheets]
    assert [len(sheet) for sheet in sheets] == [11, 11, 6]
    assert [text for sheet in sheets for text in sheet if text != "n"] == [str(n) for n in range(25)]


def test_a_cell_is_cut_at_what_a_spreadsheet_holds() -> None:
    book = open_workbook(io.BytesIO(made(["said"], [["x" * 40_000]])))
    (_, (said,)) = book.rows(book.sheets[0])
    assert len(said) == written.CELL
    assert said.endswith("…")


def test_memory_stays_the_same_however_long_a_table_is() -> None:
    def peak(length: int) -> int:
        def rows() -> Iterator[list[Cell]]:
            for n in range(length):
                yield [f"address{n}@b.example", "550 5.1.1 user unknown", n]

        tracemalloc.start()
        try:
            for _ in workbook(["address", "said", "n"], rows()):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(5_000), peak(50_000)
    assert many < few * 1.5
