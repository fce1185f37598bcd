"""What stands in the cells of a workbook besides texts: days, times, and addresses behind names."""

import io
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workbooks import packed
from retour.flow.listcheck.serials import Serials, Shows
from retour.flow.listcheck.workbook import open_workbook

FORMATS = {
    0: "General",
    14: "",  # a day that every program knows by number
    22: "",
    21: "",
    164: "dd\\.mm\\.yyyy",
    165: '[$-407]d. mmmm yyyy "um" hh:mm;@',
    166: "[h]:mm",
    167: '#,##0.00 "days"',
    168: "[Red]0.0\\ \\h",
    169: "mmm yy",
    170: "hh:mm AM/PM",
}


def book(
    rows: Sequence[Sequence[tuple[str, int]]],
    from_1904: bool = False,
    links: Mapping[str, str] | None = None,
    strings: bool = False,
) -> list[list[str]]:
    """What is read of a sheet with these values, each with the format of its cell."""
    styles = list(FORMATS)
    cells = "".join(
        f'<row r="{row}">'
        + "".join(
            f'<c r="{chr(65 + at)}{row}" t="inlineStr"><is><t>{value}</t></is></c>'
            if strings
            else f'<c r="{chr(65 + at)}{row}" s="{styles.index(form)}"><v>{value}</v></c>'
            for at, (value, form) in enumerate(each)
        )
        + "</row>"
        for row, each in enumerate(rows, start=1)
    )
    behind = dict(enumerate((links or {}).items()))
    linked = "".join(f'<hyperlink ref="{ref}" r:id="r{at}"/>' for at, (ref, _) in behind.items())
    targets = "".join(
        f'<Relationship Id="r{at}" TargetMode="External" Target="{target}"/>'
        for at, (_, target) in behind.items()
    )
    own = "".join(
        f'<numFmt numFmtId="{id}" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        for id, code in FORMATS.items()
        if id >= 164
    )
    parts = {
        "xl/workbook.xml": f'<workbook><workbookPr date1904="{int(from_1904)}"/>'
        '<sheets><sheet name="S" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<R><Relationship Id="r1" Target="worksheets/sheet1.xml"/></R>',
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{cells}</sheetData>"
        f"<hyperlinks>{linked}</hyperlinks></worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": f"<R>{targets}</R>",
        "xl/styles.xml": f"<styleSheet><numFmts>{own}</numFmts>"
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        "<cellXfs>" + "".join(f'<xf numFmtId="{id}"/>' for id in styles) + "</cellXfs></styleSheet>",
    }
    opened = open_workbook(io.BytesIO(packed(parts)))
    return list(opened.rows(opened.sheets[0]))


@pytest.mark.parametrize(
    ("value", "form", "read"),
    [
        ("43831", 14, "2020-01-01"),
        ("43831", 164, "2020-01-01"),
        ("43831.5625", 22, "2020-01-01 13:30:00"),
        ("43831.5625", 165, "2020-01-01 13:30:00"),
        ("43831", 169, "2020-01-01"),
        ("0.5625", 21, "13:30:00"),
        ("0.5625", 170, "13:30:00"),
        ("43831.99999999999", 22, "2020-01-02"),  # what a sum of seconds comes out as
        ("1", 14, "1900-01-01"),
        ("59", 14, "1900-02-28"),
        ("61", 14, "1900-03-01"),
        ("2958465", 14, "9999-12-31"),
        ("43831", 0, "43831"),
        ("49301234567", 0, "49301234567"),
        ("43831", 167, "43831"),
        ("43831", 168, "43831"),
        ("1.5", 166, "1.5"),  # a span of time
        ("60", 14, "60"),  # a day that there never was
        ("0", 14, "0"),
        ("-1", 14, "-1"),
        ("2958466", 14, "2958466"),
        ("2958465.9999999999", 22, "2958465.9999999999"),
        ("nan", 14, "nan"),
        ("x", 14, "x"),
        ("", 14, ""),
    ],
)
def test_a_number_is_a_day_where_its_cell_shows_one(value: str, form: int, read: str) -> None:
    assert book([[(value, form)]]) == [[read]]


def test_spreadsheets_of_apple_count_from_1904() -> None:
    rows = [[("42369", 14), ("0.5", 21), ("42369", 0)]]
    assert book(rows, from_1904=True) == [["2020-01-01", "12:00:00", "42369"]]


@given(st.text(alphabet="0123456789.-eE+infa", max_size=12), st.sampled_from(list(Shows)), st.booleans())
def test_whatever_stands_in_a_cell_is_read(number: str, shows: Shows, from_1904: bool) -> None:
    read = Serials({b"1": shows}, from_1904).written(number, b"1")
    assert read == number or ":" in read or read.count("-") == 2
    assert Serials({b"1": shows}).written(number, b"0") == number


def test_a_name_that_leads_to_mail_gets_its_address() -> None:
    rows = [[("Name", 0)], [("Ann Lee", 0)], [("Lee, Bob", 0)], [("Eve", 0)], [("Site", 0)], [("Two", 0)]]
    links = {
        "A2": "mailto:ann@b.example",
        "A3": "MAILTO:bob%2Bnews@b.example?subject=Hi",
        "A5": "https://b.example/@eve",
        "A6": "mailto:a@b.example,b@b.example",
    }
    assert book(rows, links=links, strings=True) == [
        ["Name"],
        ["Ann Lee <ann@b.example>"],
        ["Lee Bob <bob+news@b.example>"],
        ["Eve"],
        ["Site"],
        ["Two <a@b.example,b@b.example>"],
    ]


def test_a_formula_that_opens_a_mail_gives_its_address() -> None:
    cells = (
        '<c r="A1"><f>HYPERLINK("mailto:eve@b.example?subject=Hi","Eve")</f><v>Eve</v></c>',
        '<c r="A1"><f>HYPERLINK(&quot;mailto:eve@b.example&quot;,&quot;Eve&quot;)</f></c>',
        '<c r="A1"><f>HYPERLINK("https://b.example/","Eve")</f><v>Eve</v></c>',
        '<c r="A1"><f>UPPER("mailto:eve@b.example")</f><v>Eve</v></c>',
    )
    assert [one_cell(each) for each in cells] == [
        "Eve <eve@b.example>",
        "eve@b.example",
        "Eve",
        "Eve",
    ]


def one_cell(cell: str) -> str:
    parts = {
        "xl/workbook.xml": '<workbook><sheets><sheet name="S" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<R><Relationship Id="r1" Target="worksheets/sheet1.xml"/></R>',
        "xl/worksheets/sheet1.xml": f'<worksheet><sheetData><row r="1">{cell}</row></sheetData></worksheet>',
    }
    opened = open_workbook(io.BytesIO(packed(parts)))
    ((read,),) = opened.rows(opened.sheets[0])
    return read


def test_an_address_in_the_row_is_worth_more_than_one_behind_it() -> None:
    rows = [[("new@b.example", 0)], [("Ann", 0), ("new@b.example", 0)]]
    links = {"A1": "mailto:old@b.example", "A2": "mailto:old@b.example"}
    assert book(rows, links=links, strings=True) == [["new@b.example"], ["Ann", "new@b.example"]]


def test_one_link_of_many_cells_names_nobody_of_them() -> None:
    rows = [[("Ann", 0)], [("Bob", 0)]]
    assert book(rows, links={"A1:A2": "mailto:ann@b.example"}, strings=True) == [["Ann"], ["Bob"]]
    assert book(rows, links={"A1:A1": "mailto:ann@b.example"}, strings=True)[0] == ["Ann <ann@b.example>"]
