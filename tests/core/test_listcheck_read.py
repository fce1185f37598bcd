"""Lists of every layout and encoding are read: each row once, with the cell that holds its address."""

import io
import random
import tracemalloc
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.workbooks import packed, sheet, workbook
from retour.flow.listcheck import Source, open_source
from retour.flow.listcheck.archive import BrokenWorkbookError
from retour.flow.listcheck.blocks import blocks, records
from retour.flow.listcheck.cells import cell_of
from retour.flow.listcheck.decision import Pile, pile_of
from retour.flow.listcheck.encoding import encoding_of
from retour.flow.listcheck.judge import repairs_of
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.parting import fields
from retour.flow.lists import Defect
from retour.vet import Code, Facts, Policy, vet

ROWS = (
    ("Name", "E-Mail", "Ort"),
    ("Jörg Müller", "joerg@b.example", "Köln"),
    ("Zoë", "zoe@b.example", "Łódź"),
)


def opened(raw: bytes, column: str = "") -> Source:
    source = open_source(io.BytesIO(raw), column)
    assert isinstance(source, Source), source
    return source


def read(raw: bytes, column: str = "") -> list[str]:
    source = opened(raw, column)
    return [record.cell for block in source.blocks() for record in records(block, source.layout)]


def fault(raw: bytes, column: str = "") -> str:
    found = open_source(io.BytesIO(raw), column)
    assert isinstance(found, Defect), found
    return found.code


CODECS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "cp1250"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_delimiter_and_line_end(codec: str, delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(row) for row in ROWS) + end
    if codec in ("cp1252", "latin-1"):
        text = text.replace("Łódź", "Lodz")
    if codec == "cp1250":
        text = text.replace("Zoë", "Zoe")
    assert read(text.encode(codec)) == ["joerg@b.example", "zoe@b.example"]


def test_a_guessed_encoding_is_called_one() -> None:
    assert opened("a;mail\nJörg;j@b.example\n".encode("cp1252")).encoding.sure is False
    assert opened("a;mail\nJörg;j@b.example\n".encode()).encoding.sure is True


def test_a_line_in_another_encoding_than_its_file_is_read_by_itself() -> None:
    start = "mail;name\n" + "ann@b.example;Jörg\n" * 20_000
    raw = start.encode() + "käse@b.example;x\n".encode("cp1252")
    source = opened(raw)
    last = [record for block in source.blocks() for record in records(block, source.layout)][-1]
    assert (last.cell, last.guessed) == ("käse@b.example", True)


@pytest.mark.parametrize("codec", ["mac_roman", "cp850", "cp1252", "cp1250"])
def test_letters_stand_elsewhere_on_a_mac_and_in_dos(codec: str) -> None:
    raw = "Name;E-Mail\r\nGröße, Ärger;jörg@b.example\r\nMüller;ann@müller.example\r\n".encode(codec)
    assert read(raw) == ["jörg@b.example", "ann@müller.example"]


def test_polish_and_czech_names_are_read_as_such() -> None:
    raw = "Name;E-Mail\nŁukasz Żółć;a@b.example\nJiří Dvořák;łukasz@b.example\n".encode("cp1250")
    assert read(raw)[1] == "łukasz@b.example"


def test_lists_of_several_encodings_that_were_put_together_are_read_line_by_line() -> None:
    lines = [b"mail;name\n", "jörg@b.example;Jörg\n".encode(), "käse@b.example;x\n".encode("cp1252")]
    assert read(b"".join(lines)) == ["jörg@b.example", "käse@b.example"]


def test_an_address_in_a_guessed_encoding_is_called_one() -> None:
    source = opened("mail;name\njörg@b.example;x\nann@b.example;Jörg\n".encode("cp1252"))
    found = [record for block in source.blocks() for record in records(block, source.layout)]
    told = [repairs_of(record, cell_of(record.cell)) for record in found]
    assert told == [(Code.ENCODING_GUESSED,), ()]


def rows_of(raw: bytes) -> list[tuple[int, str]]:
    source = opened(raw)
    found = []
    for block in source.blocks():
        cells = [record.cell for record in records(block, source.layout)]
        found += list(enumerate(cells, start=block.first))
    return found


@pytest.mark.parametrize(
    "above", ["Customers, 1 May 2026\n", "\n\nCustomers\n\n", "Customers;;\nas of;1 May;\n", "sep=;\n"]
)
def test_what_stands_above_the_head_is_no_contact(above: str) -> None:
    raw = f"{above}Name;E-Mail;City\nAnn;ann@b.example;Graz\nBob;bob@b.example;Bonn\n".encode()
    assert opened(raw).layout.head == ("Name", "E-Mail", "City")
    lines = above.count("\n")
    assert rows_of(raw) == [(lines + 2, "ann@b.example"), (lines + 3, "bob@b.example")]


def test_a_title_above_one_column_is_no_contact() -> None:
    assert rows_of(b"Customers\nE-Mail\nann@b.example\n") == [(3, "ann@b.example")]


def test_an_address_above_a_word_that_could_be_a_head_stays_a_row() -> None:
    raw = b"Ann;ann@b.example\nmail;mail\nBob;bob@b.example\n"
    assert rows_of(raw) == [(1, "ann@b.example"), (2, "mail"), (3, "bob@b.example")]


@pytest.mark.parametrize("delimiter", [":", "^", "~", "#"])
def test_rare_delimiters_are_seen_where_no_other_makes_a_table(delimiter: str) -> None:
    raw = "\n".join(delimiter.join(row) for row in ROWS).encode()
    assert read(raw) == ["joerg@b.example", "zoe@b.example"]


def test_excel_is_told_what_parts_the_columns_in_a_line_of_its_own() -> None:
    raw = b"sep=%\nname%mail\nAnn, Bob%ann@b.example\nCy, Di%cy@b.example\n"
    assert (opened(raw).layout.delimiter, read(raw)) == ("%", ["ann@b.example", "cy@b.example"])


def test_of_two_columns_of_addresses_the_other_helps_out() -> None:
    raw = b"Name;E-Mail;E-Mail 2\nAnn;ann@b.example;ann@c.example\nBob;;bob@c.example\nCy;;\n"
    source = opened(raw)
    found = [record for block in source.blocks() for record in records(block, source.layout)]
    assert [(each.cell, each.moved) for each in found] == [
        ("ann@b.example", False),
        ("bob@c.example", True),
        ("", False),
    ]


def test_a_row_that_is_longer_than_the_head_does_not_name_the_column() -> None:
    raw = b"Name,E-Mail\nDoe, Ann,ann@b.example\nBob,bob@b.example\n"
    assert (opened(raw).layout.name, read(raw)) == ("E-Mail", ["ann@b.example", "bob@b.example"])


def test_a_column_that_the_head_does_not_name_has_no_name() -> None:
    assert Layout(";", ("name",), 1).name == ""


def test_a_column_that_is_not_there_is_refused() -> None:
    assert fault(b"Name;E-Mail\nAnn;ann@b.example\n", "7") == "no_such_column"


_CELL = "<c t='inlineStr'><is><t>ann@b.example</t></is></c>"
_SHEET = f"<worksheet><sheetData><row>{_CELL}</row></sheetData></worksheet>"


@pytest.mark.parametrize("name", ["row", "c", "v", "t", "is", "sheetData"])
def test_elements_of_a_sheet_that_open_again_and_again_are_passed_over_once(name: str) -> None:
    book = workbook({"a": [["mail"]]}, inline=True)
    hostile = (
        f"<worksheet><sheetData><row>{_CELL}</row><row>{f'<{name}>' * 400_000}</row></sheetData></worksheet>"
    )
    found = open_source(io.BytesIO(replaced(book, "xl/worksheets/sheet1.xml", hostile)))
    assert isinstance(found, Source)
    rows = (row.cell for block in found.blocks() for row in records(block, found.layout))
    assert next(rows) == "ann@b.example"


@pytest.mark.parametrize("name", ["si", "t", "rPh"])
def test_strings_of_a_workbook_that_open_again_and_again_are_passed_over_once(name: str) -> None:
    book = workbook({"a": [["mail"]]}, inline=True)
    hostile = f"<sst><si>{f'<{name}>' * 400_000}</si></sst>"
    book = replaced(replaced(book, "xl/worksheets/sheet1.xml", _SHEET), "xl/sharedStrings.xml", hostile)
    assert read(book) == ["ann@b.example"]


def replaced(book: bytes, part: str, content: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    return packed({**parts, part: content})


def test_quoted_cells_may_hold_delimiters_marks_and_line_ends() -> None:
    raw = b'name,email\r\n"Doe, ""Jo"" Ann",ann@b.example\r\n"two\r\nlines",bob@b.example\r\nCy,cy@b.example'
    assert read(raw) == ["ann@b.example", "bob@b.example", "cy@b.example"]


def test_a_mark_that_nobody_closes_swallows_nothing() -> None:
    raw = b'a;mail;c\n1;x@b.example;"open\n2;y@b.example;3\n4;"z@b.example;5\n6;w@b.example;7\n'
    assert [cell.strip('"') for cell in read(raw)] == [
        "x@b.example",
        "y@b.example",
        "z@b.example",
        "w@b.example",
    ]


def test_one_address_a_line_with_names_beside_them() -> None:
    raw = b'ann@b.example\n"Bob B." <bob@b.example>\nDoe, Cy <cy@b.example>\nnot an address\n\nd@b.example'
    found = [cell_of(cell).addresses for cell in read(raw)]
    assert found == [
        ("ann@b.example",),
        ("bob@b.example",),
        ("cy@b.example",),
        ("not an address",),
        ("",),
        ("d@b.example",),
    ]


def test_the_column_is_found_by_its_name_or_by_what_stands_there() -> None:
    assert opened(b"mail;login\nann@b.example;x@y\nbob@b.example;z\n").layout.column == 0
    assert opened(b"1;Ann;ann@b.example\n2;Bob;bob@b.example\n").layout.column == 2
    assert opened(b"email;mail of friend\na@b.example;c@b.example\n").layout.others == (1,)
    assert opened(b"no;contact\n1;ann (at) b.example\n2;bob (at) b.example\n").layout.column == 1


def test_who_looks_after_a_customer_is_not_taken_for_the_customer() -> None:
    rows = b"".join(b"C%d;eve@firm.example;c%d@b.example\n" % (each, each) for each in range(4))
    layout = opened(b"Name;Betreuer E-Mail;Kunde E-Mail\n" + rows).layout
    assert (layout.column, layout.others) == (2, (1,))
    named = opened(b"Name;E-Mail;Kunde\n" + rows).layout
    assert (named.column, named.others) == (2, (1,))


def test_a_second_column_that_is_fuller_is_still_the_second() -> None:
    raw = b"E-Mail;E-Mail 2\na@b.example;a@c.example\nunknown;b@c.example\nc@b.example;c@c.example\n"
    assert opened(raw + b"d@b.example;d@c.example\n").layout.column == 0


@pytest.mark.parametrize("sign", ["%", "!", "$"])
def test_names_of_gateways_are_not_parted(sign: str) -> None:
    raw = "E-Mail\n" + "".join(f"n{each}{sign}firm.example@gw.example\n" for each in range(16))
    assert read(raw.encode()) == [f"n{each}{sign}firm.example@gw.example" for each in range(16)]


def test_the_column_can_be_told() -> None:
    raw = b"email;other\nann@b.example;bob@b.example\n"
    assert read(raw, "other") == read(raw, "2") == ["bob@b.example"]
    assert fault(raw, "third") == "no_such_column"


def test_a_row_with_one_delimiter_too_many_keeps_its_address() -> None:
    source = opened(b"name,email,city\nAnn,ann@b.example,Bonn\nDoe, Bob,bob@b.example,Bonn\n")
    found = [record for block in source.blocks() for record in records(block, source.layout)]
    assert [(record.cell, record.moved) for record in found] == [
        ("ann@b.example", False),
        ("bob@b.example", True),
    ]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "no_rows"),
        (b"  \n\n", "no_rows"),
        (b"%PDF-1.7 \xff\xfe\x00\x01", "no_list"),
        (random.Random(7).randbytes(50_000), "no_list"),
        (b"\x89PNG\r\n\x1a\n" + zlib.compress(random.Random(7).randbytes(9000)), "no_list"),
        (b"a;b\n1;2\n3;4\n", "no_column"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old_office"),
        (b"PK\x03\x04nothing", "workbook_broken"),
        (packed({"word/document.xml": "<x/>"}), "no_workbook"),
    ],
)
def test_what_is_no_list_says_so(raw: bytes, code: str) -> None:
    assert fault(raw) == code


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ('"Lee, Ann" <ann@b.example>,Graz', ["Lee, Ann <ann@b.example>", "Graz"]),
        ('"Ann "the boss" Lee",ann@b.example', ['Ann "the boss" Lee', "ann@b.example"]),
        ('"Ann,ann@b.example,"Graz"', ['"Ann', "ann@b.example", "Graz"]),
        ('"Graz, Austria",ann@b.example,"Lee', ["Graz, Austria", "ann@b.example", '"Lee']),
        ('Ann, "Graz, Austria" ,ann@b.example', ["Ann", " Graz, Austria ", "ann@b.example"]),
        ('"Lee, Ann","Ann "X" Lee",ann@b.example', ["Lee, Ann", 'Ann "X" Lee', "ann@b.example"]),
        ('Ann "the boss,ann@b.example', ['Ann "the boss', "ann@b.example"]),
        ('"a ""b"", c",ann@b.example,"', ['a "b", c', "ann@b.example", '"']),
        ('""Ann"",ann@b.example', ['""Ann""', "ann@b.example"]),
    ],
)
def test_marks_that_do_not_fit_leave_those_that_do(line: str, columns: Sequence[str]) -> None:
    assert fields(line, ",") == columns


@given(record=st.text('a",é ', max_size=40))
def test_no_sign_of_a_record_is_lost_whatever_its_marks(record: str) -> None:
    assert ",".join(fields(record, ",")).replace('"', "") == record.replace('"', "")


@pytest.mark.parametrize("unit", ['"a,', '",', '""x,', '"""x,"', '"x" y,', ',"x,""x'])
def test_marks_cost_no_more_than_their_number(unit: str) -> None:
    """A megabyte of them ends, which with a look back at each would take hours."""
    record = unit * ((1 << 20) // len(unit))
    assert sum(map(len, fields(record, ","))) >= len(record) // 4


def test_a_mark_that_nobody_closes_takes_no_other_row_with_it() -> None:
    rows = [f'Ann{each},"Street {each}",ann{each}@b.example' for each in range(5000)]
    rows[3] = '"Ann3,"Street 3",ann3@b.example'
    rows[4000] = 'Ann4000,"Street ""4000",ann4000@b.example,"'
    raw = "\n".join(["Name,Street,Mail", *rows]).encode()
    assert read(raw) == [f"ann{each}@b.example" for each in range(5000)]
    found = list(opened(raw).blocks())
    assert [row for block in found for row in block.odd] == [5, 4002]


def test_octets_that_stand_for_nothing_are_taken_out_and_counted() -> None:
    source = opened(b"mail\nann@b.\0example\nbob@b.example\0\0\n")
    assert list(source.addresses()) == ["ann@b.example", "bob@b.example"]
    assert [(block.nuls, block.nul_rows) for block in source.blocks()] == [(3, (2,))]


# --- workbooks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("prefix", ["", "x"])
def test_a_workbook_is_read_as_spreadsheets_write_it(inline: bool, prefix: str) -> None:
    rows = [("Name", "Mail"), ('Ann "A", <b> & c', "ann@b.example"), ("", "bob@b.example"), ("=1+1", "")]
    source = opened(workbook({"Notes": [("nothing",)], "Leute & mehr": rows}, inline, prefix))
    assert source.sheet == "Leute & mehr"
    found = [record for block in source.blocks() for record in records(block, source.layout)]
    assert [record.cell for record in found] == ["ann@b.example", "bob@b.example", ""]
    assert found[0].line == '"Ann ""A"", <b> & c",ann@b.example'


def test_rows_that_a_sheet_leaves_out_keep_the_numbers_of_the_others() -> None:
    source = opened(workbook({"s": [("mail",), ("",), ("ann@b.example",)]}))
    (block,) = source.blocks()
    assert [record.cell for record in records(block, source.layout)] == ["", "ann@b.example"]
    assert block.first == 2


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    bomb = "<sst>" + "<si><t>" + "a" * 64_000_000 + "</t></si></sst>"
    good = workbook({"s": [("mail",), ("ann@b.example",)]})
    parts = {"xl/sharedStrings.xml": bomb}
    tracemalloc.start()
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()} | parts
    del bomb
    raw = packed(parts)
    parts.clear()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    assert fault(raw) == "workbook_too_large"
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < 150_000_000


@pytest.mark.parametrize(
    "head", ['<!DOCTYPE x [<!ENTITY a "b">]>', "<!ENTITY a SYSTEM 'file:///etc/passwd'>"]
)
def test_a_workbook_that_declares_entities_is_refused(head: str) -> None:
    parts = {
        "xl/workbook.xml": '<workbook><sheets><sheet name="s" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="s.xml"/></Relationships>',
        "xl/s.xml": head + sheet([("mail",), ("&a;@b.example",)], None),
    }
    assert fault(packed(parts)) == "workbook_broken"


@given(raw=st.binary(max_size=400), cut=st.integers(0, 1200))
def test_no_workbook_raises_anything_but_that_it_is_broken(raw: bytes, cut: int) -> None:
    good = workbook({"s": [("mail",), *[(f"ann{n}@b.example",) for n in range(30)]]})
    found = open_source(io.BytesIO(good[:cut] + raw + good[cut + len(raw) :]))
    with suppress(BrokenWorkbookError):
        assert isinstance(found, Defect) or all(block.rows >= 0 for block in found.blocks())


def test_other_sheets_with_addresses_are_named_and_hidden_ones_come_last() -> None:
    people = [("mail",), *[(f"ann{n}@b.example",) for n in range(3)]]
    many = [(f"old{n}@b.example",) for n in range(30)]
    made = workbook({"Notes": [("nothing",)], "Old": many, "People": people, "More": people[:2]})
    found = open_source(io.BytesIO(made))
    assert isinstance(found, Source)
    assert (found.sheet, found.other_sheets) == ("Old", ("People", "More"))
    hidden = made_hidden(made, "Old")
    found = open_source(io.BytesIO(hidden))
    assert isinstance(found, Source)
    assert (found.sheet, found.other_sheets) == ("People", ("Old", "More"))


@pytest.mark.parametrize("named", ["More", " more ", "4"])
def test_a_sheet_that_somebody_names_is_read(named: str) -> None:
    people = [("mail",), *[(f"ann{n}@b.example",) for n in range(3)]]
    made = made_hidden(
        workbook({"Notes": [("nothing",)], "P": people, "3": people, "More": people[:2]}), "More"
    )
    found = open_source(io.BytesIO(made), sheet=named)
    assert isinstance(found, Source)
    assert (found.sheet, found.other_sheets) == ("More", ("P", "3"))
    assert list(found.addresses()) == ["ann0@b.example"]
    by_its_name = open_source(io.BytesIO(made), sheet="3")
    assert isinstance(by_its_name, Source)
    assert by_its_name.sheet == "3"


def test_a_sheet_that_is_not_there_is_told_with_those_that_are() -> None:
    made = workbook({"Notes": [("nothing",)], "People": [("mail",), ("ann@b.example",)]})
    told = Defect.of(0, "no_such_sheet", "Notes, People")
    assert open_source(io.BytesIO(made), sheet="Peple") == told
    assert open_source(io.BytesIO(made), sheet="3") == told


def made_hidden(made: bytes, sheet: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    named = f'name="{sheet}"'.encode()
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(named, named + b' state="hidden"')
    return packed(parts)


@pytest.mark.parametrize(
    "first", ["ann at gmx.de", "anngmx.de", "ann.gmx.de", "ann%40gmx.de", "{ann@gmx.de}"]
)
def test_an_address_without_its_sign_names_no_column(first: str) -> None:
    found = open_source(io.BytesIO(f"Ann Lee;{first}\nBob;bob@gmx.de\nCarl;carl@gmx.de\n".encode()))
    assert isinstance(found, Source)
    assert (found.layout.head, sum(block.rows for block in found.blocks())) == (None, 3)


SIGNS = [
    "{}\u00a0",
    "\u00a0{}",
    "„{}“",
    "“{}”",
    "‘{}’",
    "«{}»",
    "•{}",
    "{} – new",
    "{}…",
    "O’Hara;{}",
    "© {}",
]


@pytest.mark.parametrize("written", SIGNS)
@pytest.mark.parametrize("others", [0, 50])
def test_signs_of_windows_are_no_letters_of_dos_or_the_mac(written: str, others: int) -> None:
    """Else they would make another mailbox of an address, in silence."""
    plain = "".join(f"ann{n}@b.example\n" for n in range(others))
    raw = f"{plain}{written.format('carl@b.example')}\n".encode("cp1252")
    assert encoding_of(raw).codec == "cp1252"


@pytest.mark.parametrize("codec", ["cp850", "mac_roman", "cp852", "cp1252"])
def test_letters_within_words_are_letters_in_their_own_encoding(codec: str) -> None:
    raw = "Jäger;a@b.example\nMüller;b@b.example\nBjörn;c@b.example\n".encode(codec)
    assert raw.decode(encoding_of(raw).codec).startswith("Jäger")


# --- blocks -----------------------------------------------------------------------------------------------

TEXT = st.text(alphabet='ab;,"\n\r\t @.\xe4', max_size=200)


@given(text=TEXT, size=st.integers(1, 60), pieces=st.integers(1, 9))
def test_blocks_lose_and_double_nothing(text: str, size: int, pieces: int) -> None:
    layout = Layout(None, None, 0)
    raw = text.encode()
    parts = [raw[place : place + pieces] for place in range(0, len(raw), pieces)]
    found = list(blocks(parts, layout, size))
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    whole = b"".join(block.raw for block in found).decode()
    assert whole == plain or whole == plain + "\n"
    assert [block.first for block in found] == [1 + sum(b.rows for b in found[:n]) for n in range(len(found))]


@given(raw=st.binary(max_size=300), column=st.sampled_from(["", "1", "mail"]))
def test_no_octets_raise_anything(raw: bytes, column: str) -> None:
    found = open_source(io.BytesIO(raw), column)
    if isinstance(found, Source):
        assert sum(len(list(records(block, found.layout))) - block.rows for block in found.blocks()) == 0


# An address between line breaks or delimiters may be of a row that two odd marks swallowed: see the flaws.
CELLS = st.text(alphabet='ab;,"\n ', max_size=8) | st.text(alphabet='ab," @', max_size=8)


@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12))
@example(rows=[["", "\n", "a@a;\n"]])
def test_quoted_tables_are_parted_as_the_standard_library_parts_them(rows: list[list[str]]) -> None:
    import csv

    made = io.StringIO()
    csv.writer(made, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    layout = Layout(";", None, 1, width=3)
    found = [
        record.cell
        for block in blocks([made.getvalue().encode()], layout)
        for record in records(block, layout)
    ]
    assert found == [row[1] for row in rows]


# --- cells ------------------------------------------------------------------------------------------------

REPAIRS = [
    ("ann@b.example", "ann@b.example", ()),
    (" ann@b.example ", "ann@b.example", (Code.INVISIBLE_CHAR,)),
    ("\u00a0ann@b.example\u200b", "ann@b.example", (Code.INVISIBLE_CHAR,)),
    ("an\u00adn@b.example", "ann@b.example", (Code.INVISIBLE_CHAR,)),
    ("Ann Lee <ann@b.example>", "ann@b.example", (Code.NAME_PART,)),
    ("<ann@b.example>", "ann@b.example", (Code.QUOTES,)),
    ("mailto:ann@b.example", "ann@b.example", (Code.MAILTO,)),
    ("MAILTO: ann%2Bx@b.example?subject=Hi", "ann+x@b.example", (Code.MAILTO,)),
    ("ann (at) b.example", "ann@b.example", (Code.AT_SPELLED,)),
    ("ann[at]b(dot)example", "ann@b.example", (Code.AT_SPELLED,)),
    ("ann at b dot example", "ann@b.example", (Code.AT_SPELLED,)),
    ("ann＠b.example", "ann@b.example", (Code.AT_SPELLED,)),
    ("'ann@b.example'", "ann@b.example", (Code.QUOTES,)),
    ("„ann@b.example“", "ann@b.example", (Code.QUOTES,)),
    ("ann@b.example;", "ann@b.example", (Code.QUOTES,)),
    ("'=ann@b.example", "=ann@b.example", (Code.QUOTES,)),
    ("'ann@b.example", "ann@b.example", (Code.QUOTES,)),
    ("'ann'@b.example", "'ann'@b.example", ()),
    ('"Ann Lee" ann@b.example', "ann@b.example", (Code.NAME_PART,)),
    ("ann@b.example;none", "ann@b.example", (Code.NAME_PART,)),
    ("ann@b.example#mailto:ann@b.example#", "ann@b.example", (Code.MAILTO,)),
    ('=HYPERLINK("mailto:ann@b.example","Ann")', "ann@b.example", (Code.MAILTO,)),
    ("Ann Lee ann@b.example", "ann@b.example", (Code.SEVERAL_IN_CELL,)),
    ("no letters please! ann@b.example", "ann@b.example", (Code.SEVERAL_IN_CELL,)),
    ("info.example.com", "info.example.com", ()),
    ('"a b"@b.example', '"a b"@b.example', ()),
    ("ann@[192.0.2.1]", "ann@[192.0.2.1]", ()),
    ("pat@b.example", "pat@b.example", ()),
    ("kat at home", "kat@home", (Code.AT_SPELLED,)),
]


@pytest.mark.parametrize(("text", "address", "codes"), REPAIRS)
def test_what_is_safe_is_repaired_and_said(text: str, address: str, codes: tuple[Code, ...]) -> None:
    found = cell_of(text)
    assert found.addresses == (address,)
    assert found.repairs == codes


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("ann@b.example, bob@c.example", ("ann@b.example", "bob@c.example")),
        ("ann@b.example;bob@c.example ; cy@d.example", ("ann@b.example", "bob@c.example", "cy@d.example")),
        ("ann@b.example bob@c.example", ("ann@b.example", "bob@c.example")),
        ("ann@b.example / bob@c.example", ("ann@b.example", "bob@c.example")),
        ("Doe, Ann <ann@b.example>, Bob <bob@c.example>", ("ann@b.example", "bob@c.example")),
        ("ann@b.example oder bob@c.example", ("ann@b.example", "bob@c.example")),
        ("ann@b.example - bob@c.example", ("ann@b.example", "bob@c.example")),
        ('"ann@b.example, bob@c.example"', ("ann@b.example", "bob@c.example")),
        ("ann@b.example (old) new: bob@c.example", ("ann@b.example", "bob@c.example")),
        (
            'Ann <ann@b.example>; bob@c.example; "Doe, Cy" <cy@d.example>; di@e.example; ed@f.example',
            ("ann@b.example", "bob@c.example", "cy@d.example", "di@e.example", "ed@f.example"),
        ),
    ],
)
def test_several_addresses_of_a_cell_are_parted(text: str, addresses: tuple[str, ...]) -> None:
    found = cell_of(text)
    assert found.addresses == addresses
    assert Code.SEVERAL_IN_CELL in found.repairs


@given(text=st.text(max_size=120))
def test_no_cell_raises_anything(text: str) -> None:
    assert cell_of(text).addresses


def test_a_name_behind_an_address_is_none_of_it() -> None:
    assert cell_of("ann@b.example Ann Lee") == (("ann@b.example",), (Code.NAME_PART,))
    assert cell_of("ann@b.example, Ann") == (("ann@b.example",), (Code.NAME_PART,))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ann@b.example; no address", Code.NAME_PART),
        ("ann@b.example / 089-1234", Code.NAME_PART),
        ("ann@b.example 0123/456", Code.NAME_PART),
        ("ann@b.example - privat", Code.NAME_PART),
        ("ann@b.example (privat)", Code.NAME_PART),
        ("ann@b.example?subject=hello", Code.NAME_PART),
        ("E-Mail:ann@b.example", Code.NAME_PART),
        ("Ann: ann@b.example", Code.NAME_PART),
        ("ann@b.example privat", Code.SEVERAL_IN_CELL),
        ("Tel. 0123, ann@b.example", Code.SEVERAL_IN_CELL),
        ("none; ann@b.example", Code.SEVERAL_IN_CELL),
        ("+49 89 1234 ann@b.example", Code.SEVERAL_IN_CELL),
        ("[ann@b.example](mailto:ann@b.example)", Code.MAILTO),
        ("see [Ann](mailto:ann@b.example?subject=x)", Code.MAILTO),
        ("[ann@b.example](https://b.example)", Code.SEVERAL_IN_CELL),
        ("https://b.example/team ann@b.example", Code.SEVERAL_IN_CELL),
        ("www.b.example; ann@b.example", Code.SEVERAL_IN_CELL),
        ("https://b.example,ann@b.example", Code.SEVERAL_IN_CELL),
        ("ann@b.example, https://b.example/team.html", Code.SEVERAL_IN_CELL),
        ('"<a href=""mailto:ann@b.example"">Ann</a>"', Code.MAILTO),
        ('<a class="x" href="mailto:ann@b.example">write</a>', Code.MAILTO),
    ],
)
def test_what_is_no_part_of_an_address_is_taken_off_or_proposed_to_be(text: str, code: Code) -> None:
    assert cell_of(text) == (("ann@b.example",), (code,))


def test_an_address_that_is_spelled_out_is_parted_from_what_stands_behind() -> None:
    found = cell_of("ann(at)b.example; Tel. 0123")
    assert found == (("ann@b.example",), (Code.AT_SPELLED, Code.NAME_PART))


def test_of_several_pieces_those_that_are_no_address_are_left_out() -> None:
    both = ("ann@b.example", "bob@c.example")
    assert cell_of("[ann@b.example](mailto:bob@c.example)").addresses == ("bob@c.example", "ann@b.example")
    assert cell_of("bob@c.example [ann](mailto:ann@b.example)").addresses == (
        "ann@b.example",
        "bob@c.example",
    )
    assert cell_of("www.ann@b.example bob@c.example").addresses == ("www.ann@b.example", "bob@c.example")
    assert cell_of("https://b.example/?to=ann@b.example").repairs == ()  # none that stands for itself
    assert cell_of("ann@b.example, none, bob@c.example") == (both, (Code.SEVERAL_IN_CELL,))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ann lee@b.example",
            "Ann ann@b.example",
            "ann . maria . lee@b.example",
            "ann;lee@b.example",
            "ann,lee@b.example",
            "ann:lee@b.example",
        ),
        *("ann@b. com", "ann@b, de", "ann@b com", "ann@b.co m", "ann@b 24.example", "ann@b -c.example"),
        *("ann@b .example", "ann@b.example,com"),
    ],
)
def test_half_an_address_is_not_taken_for_one(text: str) -> None:
    assert cell_of(text) == ((text,), ())


@pytest.mark.parametrize(
    ("text", "pile"),
    [
        ("Ann ann@b.example", Pile.QUESTIONED),
        ("ann,lee@b.example", Pile.QUESTIONED),
        ("ann@b.example/", Pile.QUESTIONED),
        ("ann.lee", Pile.DROPPED),
        ("ann..lee@b.example", Pile.DROPPED),
        ("ann@b.example@c.example", Pile.QUESTIONED),
        ("ann@b.examplebob@c.example", Pile.QUESTIONED),
        ("=@ann@b.example", Pile.QUESTIONED),
        ("@ann@bob", Pile.DROPPED),
        ("ann@-b.example", Pile.DROPPED),
    ],
)
def test_an_address_within_something_else_is_looked_at_before_it_is_dropped(text: str, pile: Pile) -> None:
    assert pile_of(vet(text), Facts(), Policy()) is pile


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|", ":"])
@pytest.mark.parametrize("title", ["Customers\n", "Customers, new\n", "Customers\nof May\n\n"])
@pytest.mark.parametrize("mark", ['"', ""])
def test_a_title_above_a_short_table_makes_no_list_of_lines_of_it(
    delimiter: str, title: str, mark: str
) -> None:
    row = delimiter.join(f"{mark}{cell}{mark}" for cell in ("0", "Ann", "ann@b.example", "Graz", ""))
    source = opened(f"{title}{row}\n".encode())
    assert (source.layout.delimiter, list(source.addresses())) == (delimiter, ["ann@b.example"])


def test_a_head_may_be_shorter_than_its_rows() -> None:
    source = opened(("Name,Ort\n" + "".join(f"Ann,Graz,ann{n}@b.example\n" for n in range(9))).encode())
    assert (source.layout.head, source.layout.column) == (("Name", "Ort"), 2)
    assert len(list(source.addresses())) == 9


WORDS = st.sampled_from(
    ["Name", "E-Mail", "Ort", "mail", "1", "", "Ann", "Ann, Lee", "a@b", "retour_row", '"']
)


@given(
    above=st.lists(st.lists(WORDS, min_size=1, max_size=6), max_size=3),
    rows=st.lists(st.lists(WORDS, max_size=5), min_size=1, max_size=8),
    place=st.integers(0, 5),
    delimiter=st.sampled_from(";,\t|:~^#§"),
)
def test_no_table_of_any_shape_raises_anything(
    above: list[list[str]], rows: list[list[str]], place: int, delimiter: str
) -> None:
    table = [[*row[:place], f"ann{number}@b.example", *row[place:]] for number, row in enumerate(rows)]
    text = "\n".join(map(delimiter.join, [*above, *table]))
    source = open_source(io.BytesIO(text.encode()))
    if isinstance(source, Defect):
        assert source.code in ("no_column", "no_rows", "unclear_delimiter")
    else:
        assert set(map(type, source.addresses())) <= {str}
