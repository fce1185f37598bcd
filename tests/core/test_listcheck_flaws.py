"""What of a list is read otherwise than it stands there loses no row, and is counted with its first row."""

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workbooks import workbook
from retour.flow.listcheck import Knowledge, Order, check_list
from retour.flow.listcheck.blocks import Block, blocks, records
from retour.flow.listcheck.forecast import forecast_of
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.passes import WAYS
from retour.flow.listcheck.report import Listed, report_of
from retour.flow.listcheck.source import Source, open_source
from retour.flow.listcheck.tally import Tally
from retour.flow.listcheck.told import pages

SAMPLES = Path(__file__).parents[1] / "samples/lists"
LETTER = st.one_of(st.sampled_from(['"', ",", "\n", "\0", "\r\n", '""', '",']), st.sampled_from("ab@ é"))


def opened(raw: bytes) -> Source:
    source = open_source(io.BytesIO(raw))
    assert isinstance(source, Source), source
    return source


def cells(source: Source) -> list[str]:
    return [record.cell for block in source.blocks() for record in records(block, source.layout)]


def odd(source: Source) -> list[int]:
    """The rows whose quotation marks do not fit together."""
    return [row for block in source.blocks() for row in block.odd]


def nuls(found: Iterable[Block]) -> tuple[int, int]:
    """How many there were, and the row of the first."""
    told = list(found)
    return sum(block.nuls for block in told), min(row for block in told for row in block.nul_rows)


def test_rows_with_marks_that_csv_does_not_have_are_rows_and_are_told() -> None:
    source = opened((SAMPLES / "quotes.csv").read_bytes())
    names = "ann", "bob", "cy", "dee", "eve", "flo", "gus", "hal", "ida", "jo"
    assert cells(source) == [f"{name}@b.example" for name in names]
    assert odd(source) == [3, 4, 5, 6, 9]


def test_nuls_are_told_with_the_first_row_that_had_one() -> None:
    source = opened((SAMPLES / "nul.csv").read_bytes())
    assert [cell.partition("@")[0] for cell in cells(source)] == [
        *("ann", "ben", "cleo", "dora", "emil", "fritz", "greta", "hanna", "ida", "jo")
    ]
    assert nuls(source.blocks()) == (39, 3)


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        (b"na\0me,email\nAnn,ann@b.example\n", 1),
        (b"name,email\n\0Ann,ann@b.example\n", 2),
        (b'name,email\n"An\nn",ann@b.example\r\n\0Bob,bob@b.example\r\n', 3),
        (b'name,email\n"An\nn\0",ann@b.example\nBob,bob@b.example\n', 2),
        (b"name,email\nAnn,ann@b.example\r\0\nBob,bob@b.example\n", 3),
        (b"name,email\nAnn,ann@b.example\nBob,bob@b.example\n\0", 4),
    ],
)
def test_a_nul_is_told_at_its_row(raw: bytes, row: int) -> None:
    source = opened(raw)
    assert nuls(source.blocks()) == (1, row)
    assert cells(source)[0] == "ann@b.example"


def test_a_nul_in_a_workbook_is_told() -> None:
    source = opened(workbook({"a": [["Name", "E-Mail"], ["An_x0000_n", "ann@b.example"]]}))
    assert nuls(source.blocks()) == (1, 2)


def test_a_mark_that_is_never_closed_costs_no_row_of_ten_thousand() -> None:
    rows = [f"Name {row},n{row}@b.example" for row in range(2, 10_001)]
    rows[1] = f'"{rows[1]}'
    source = opened("\n".join(["name,email", *rows, ""]).encode())
    assert cells(source) == [f"n{row}@b.example" for row in range(2, 10_001)]
    assert odd(source) == [3]


def test_two_lone_marks_that_csv_would_take_for_a_field_cost_no_row_between() -> None:
    rows = [f"Name {row},n{row}@b.example" for row in range(40)]
    rows[2], rows[33] = f'"{rows[2]}', rows[33].replace(",", '",')
    source = opened("\n".join(["name,email", *rows, ""]).encode())
    assert cells(source) == [f"n{row}@b.example" for row in range(40)]
    assert odd(source) == [4, 35]


@pytest.mark.parametrize(
    "row",
    [
        '"Bob Lee,bob@b.example,Bonn"',
        '"Bob ""B"" Lee,bob@b.example,""Bonn, Rhein"""',
        '"Bob Lee,bob@b.example,""Bonn, Rhein"',
    ],
)
@pytest.mark.parametrize("sign", [",", "\t", "§"])
def test_a_row_in_marks_as_a_whole_is_read_by_its_columns(row: str, sign: str) -> None:
    others = [f"Ann {number},a{number}@b.example,Bonn" for number in range(40)]
    text = "\n".join(["name,email,city", *others[:20], row, *others[20:], ""])
    found = cells(opened(text.replace(",", sign).encode()))
    assert (found[20], len(found)) == ("bob@b.example", 41)


@given(
    marks=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 1), st.integers(0, 4)), max_size=12),
    place=st.integers(0, 2),
    sign=st.sampled_from([",", ";", "\t", "§"]),
)
def test_lone_marks_anywhere_cost_no_address(
    marks: Sequence[tuple[int, int, int]], place: int, sign: str
) -> None:
    rows = [[f"Ann {row}", f'"Bonn{sign} {row}"' if row % 3 else "Graz"] for row in range(40)]
    for row, column, at in marks:
        rows[row][column] = f'{rows[row][column][:at]}"{rows[row][column][at:]}'
    for row, columns in enumerate(rows):
        columns.insert(place, f"a{row}@b.example")
    head = ["name", "city"]
    head.insert(place, "email")
    source = opened("".join(f"{sign.join(each)}\n" for each in (head, *rows)).encode())
    assert set(source.addresses()) == {f"a{row}@b.example" for row in range(40)}


def test_a_note_with_rows_of_its_own_is_one_row() -> None:
    note = "Street 5\nsays: write to me, at ann@b.example, soon\nor never"
    source = opened(f'name,email,note\nAnn,ann@b.example,"{note}"\nBob,bob@b.example,-\n'.encode())
    assert cells(source) == ["ann@b.example", "bob@b.example"]
    assert odd(source) == []


def test_a_mark_beside_a_comma_that_is_quoted_well_does_not_part_there() -> None:
    rows = '"Lee, Ann","Ann "X" Lee",1@b.example', '"Bob "B" B","Bonn, Graz",2@b.example'
    source = opened("\n".join(["name,more,email", *rows, ""]).encode())
    assert [record.moved for block in source.blocks() for record in records(block, source.layout)] == [
        False,
        False,
    ]
    assert odd(source) == [2, 3]


@pytest.mark.parametrize("size", range(200, 1500, 100))
def test_a_record_of_several_lines_is_one_at_the_border_of_a_block_too(size: int) -> None:
    layout = Layout(",", None, 2, width=3)
    rows = [f'{n},"Street {n}\nBackyard\nGraz, upstairs",a{n}@b.example\n' for n in range(200)]
    rows[50] = '50,"Street,a50@b.example\n'
    raw = "".join(rows).encode()
    parts = [raw[place : place + size] for place in range(0, len(raw), size)]
    found = list(blocks(parts, layout, size))
    assert len(found) > 5
    told = [record.cell for block in found for record in records(block, layout)]
    assert told == [f"a{n}@b.example" for n in range(200)]
    assert [row for block in found for row in block.odd] == [51]


@given(text=st.lists(LETTER, max_size=80).map("".join), size=st.integers(1, 60), pieces=st.integers(1, 9))
def test_records_are_the_same_whatever_the_blocks(text: str, size: int, pieces: int) -> None:
    layout, raw = Layout(",", None, 1, width=2), text.encode()
    parts = [raw[place : place + pieces] for place in range(0, len(raw), pieces)]

    def read(found: Iterable[Block]) -> list[object]:
        told = list(found)
        odd = [row for block in told for row in block.odd]
        return [odd, *(record for block in told for record in records(block, layout))]

    assert read(blocks(parts, layout, size)) == read(blocks([raw], layout))


@given(text=st.lists(LETTER, max_size=60).map("".join), size=st.integers(1, 60), pieces=st.integers(1, 9))
def test_nuls_are_counted_whatever_the_blocks(text: str, size: int, pieces: int) -> None:
    layout, raw = Layout(None, None, 0), text.encode()
    parts = [raw[place : place + pieces] for place in range(0, len(raw), pieces)]
    found = list(blocks(parts, layout, size))
    assert sum(block.nuls for block in found) == text.count("\0")
    if "\0" in text:
        before = text.partition("\0")[0].replace("\r\n", "\n")
        assert nuls(found)[1] == 1 + before.count("\n")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("quotes.csv", {"code": "quotes", "count": 5, "first": [3, 4, 5, 6, 9]}),
        ("nul.csv", {"code": "nul", "count": 39, "first": [3]}),
    ],
)
def test_the_report_tells_them_by_every_way(
    way: str, name: str, flaw: Mapping[str, object], tmp_path: Path
) -> None:
    with (SAMPLES / name).open("rb") as file:
        source = open_source(file)
        assert isinstance(source, Source)
        order = Order(name, file, source, Knowledge(), tmp_path, "2026-01-01T00:00:00+00:00", way=way)
        assert list(check_list(order))
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (report["flaws"], report["rows"]) == ([flaw], 10)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sign", [",", "§"])
def test_whatever_parts_the_columns_and_ends_the_lines(sign: str, end: str) -> None:
    lines = (
        *("Name,Note,E-Mail", '"Ann,x,0@b.example', 'Bob,"two', 'lines",1@b.example\0'),
        *('"Cy "X" Y","a,b",2@b.example', "Dee,x,3@b.example", "\0"),
    )
    source = opened(end.join(lines).replace(",", sign).encode())
    assert cells(source) == [f"{row}@b.example" for row in range(4)]
    assert odd(source) == [2, 4]
    assert nuls(source.blocks()) == (2, 3)


def test_the_flaws_of_a_long_list_that_is_rewritten_are_told_once() -> None:
    rows = [f'"Ann" {row}§{row}@b.example§{"x" * 200}' for row in range(100_000)]
    rows[77_000] += "\0"
    source = opened("\n".join(["Name§E-Mail§Note", *rows]).encode())
    assert len(list(source.blocks())) > 1
    assert odd(source) == [*range(2, 100_002)]
    assert nuls(source.blocks()) == (1, 77_002)


def test_a_report_of_a_version_that_told_none_makes_its_pages() -> None:
    order = Listed("a.csv", "2026-01-01T00:00:00+00:00", opened(b"mail\nann@b.example\n"), False)
    report = report_of(order, Knowledge(), Tally()) | {"forecast": forecast_of(Counter(), None)}
    del report["flaws"]
    assert set(pages(report)) == {"report.en.html", "report.de.html"}
