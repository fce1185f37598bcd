"""What parts the columns of a list is found, and signs of addresses part nothing."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow import listcheck
from retour.flow.listcheck import Source
from retour.flow.listcheck.cells import cell_of
from retour.flow.listcheck.delimiter import DELIMITERS, RARE_DELIMITERS, _signs
from retour.flow.lists.row import Defect

NAMES = ("ann", "bob", "carl", "dora", "emil", "fritz")
UNCOMMON = ("§", "¬", "þ", "€", "•", "¦", "¶", "،", "\x01", "\x14")
IN_ADDRESSES = ("/", "%", "!", "$", "&", "=", "?", "\\")
HEAD = ("Name", "Ort", "E-Mail")


def opened(text: str, codec: str = "utf-8") -> Source | Defect:
    return listcheck.open_source(io.BytesIO(text.encode(codec)))


def addresses(text: str, codec: str = "utf-8") -> list[str]:
    source = opened(text, codec)
    assert isinstance(source, Source), source
    return list(source.addresses())


def table(sign: str, *head: str) -> str:
    rows = [head] if head else []
    rows += [(name.title(), "Bonn", f"{name}@gmx.de") for name in NAMES]
    return "".join(sign.join(row) + "\n" for row in rows)


@pytest.mark.parametrize("head", [HEAD, ()], ids=["head", "none"])
@pytest.mark.parametrize("sign", [*DELIMITERS, *RARE_DELIMITERS, *UNCOMMON])
def test_a_sign_that_no_address_has_parts_a_list(sign: str, head: tuple[str, ...]) -> None:
    assert addresses(table(sign, *head)) == [f"{name}@gmx.de" for name in NAMES]


@pytest.mark.parametrize(
    ("sign", "codec"), [("§", "cp1252"), ("€", "cp1252"), ("¬", "utf-16"), ("•", "mac_roman")]
)
def test_also_in_other_encodings(sign: str, codec: str) -> None:
    assert addresses(table(sign, *HEAD), codec) == [f"{name}@gmx.de" for name in NAMES]


@pytest.mark.parametrize("sign", IN_ADDRESSES)
def test_a_sign_of_addresses_parts_a_list_with_a_head(sign: str) -> None:
    assert addresses(table(sign, *HEAD)) == [f"{name}@gmx.de" for name in NAMES]


@pytest.mark.parametrize("sign", ["/", "$", "?", "\\"])
def test_what_only_a_person_knows_is_asked(sign: str) -> None:
    assert opened(table(sign)) == Defect(0, "unclear_delimiter", sign)
    assert addresses(f"sep={sign}\n{table(sign)}") == [f"{name}@gmx.de" for name in NAMES]


def test_who_says_that_it_parts_nothing_is_believed() -> None:
    assert addresses(f"sep=,\n{table('/')}") == [f"{name.title()}/Bonn/{name}@gmx.de" for name in NAMES]


@pytest.mark.parametrize("head", ["", "E-Mail\n"])
@pytest.mark.parametrize(
    "local",
    [
        *(
            "{}_b.de#EXT#",
            "{}#x",
            "{}/x",
            "/G={}/S=x/",
            "{}!x",
            "{}%b.example",
            "bounce+{}=b.de",
            "{}*x",
            "{}^x",
        ),
        *("{}~x", "{}-lee", "{}_lee", "{}+news", "{}.lee", "{}'s", "{}&co"),
    ],
)
def test_signs_of_addresses_part_no_addresses(local: str, head: str) -> None:
    rows = [f"{local.format(name)}@gateway.de" for name in NAMES]
    assert addresses(head + "\n".join(rows)) == rows


@pytest.mark.parametrize("mark", ["• ", "•", "- ", "* ", "– ", "1. ", "(2) ", "b) ", "[ ] ", "✓ ", "> > "])
@pytest.mark.parametrize("head", ["", "E-Mail\n"])
def test_a_mark_before_each_row_is_no_column(head: str, mark: str) -> None:
    source = opened(head + "".join(f"{mark}{name}@gmx.de\n" for name in NAMES))
    assert isinstance(source, Source)
    assert source.layout.delimiter is None
    assert list(source.addresses()) == [f"{name}@gmx.de" for name in NAMES]


@pytest.mark.parametrize("text", ["J. Doe@gmx.de", "ann.archer @gmx.de", "Ann Archer @gmx.de", "-ann@gmx.de"])
def test_what_may_be_half_of_an_address_is_not_taken_off(text: str) -> None:
    assert cell_of(text).addresses == (text,)


def test_a_few_rows_with_an_odd_sign_are_no_table() -> None:
    assert addresses("ann§b@gmx.de\n") == ["ann§b@gmx.de"]


def test_long_lines_and_empty_ones_are_rewritten_piece_by_piece() -> None:
    rows = [f"{'x' * 200_000}§{name}@gmx.de" for name in NAMES]
    source = opened("\n\n".join(["A§E-Mail", *(f"a§{name}@gmx.de" for name in NAMES), *rows]))
    assert isinstance(source, Source)
    assert (source.layout.delimiter, source.parted_by) == (",", "§")
    assert [*source.addresses()][: len(NAMES)] == [f"{name}@gmx.de" for name in NAMES]


WORDS = st.text(st.sampled_from("abcdefäö \"',;"), max_size=8)


@given(
    st.lists(st.tuples(WORDS, WORDS), min_size=6, max_size=20),
    st.sampled_from(["§", "¬", "€", "\x01"]),
    st.permutations([0, 1, 2]),
)
def test_rows_of_any_words_are_read_with_their_addresses(
    rows: list[tuple[str, str]], sign: str, order: list[int]
) -> None:
    text = sign.join([HEAD[place] for place in order]) + "\n"
    for number, row in enumerate(rows):
        cells = (*(cell.replace('"', "'") for cell in row), f"a{number}@gmx.de")
        text += sign.join(cells[place] for place in order) + "\n"
    assert addresses(text) == [f"a{number}@gmx.de" for number in range(len(rows))]


# --- which column, and which files are none ---------------------------------------------------------------


@pytest.mark.parametrize(
    "dressed",
    ["{0} Lee <{0}@gmx.de>", '"Lee, {0}" <{0}@gmx.de>', "<{0}@gmx.de> {0} Lee", "<{0}@gmx.de>"],
)
def test_what_stands_around_addresses_parts_no_columns(dressed: str) -> None:
    text = "".join(f"{dressed.format(name)}\n" for name in NAMES)
    source = opened(text)
    assert isinstance(source, Source), source
    assert source.layout.delimiter is None
    assert [cell_of(cell).addresses for cell in source.addresses()] == [(f"{name}@gmx.de",) for name in NAMES]


def test_two_columns_of_addresses_under_a_head_are_a_table() -> None:
    rows = [f"{name}@gmx.de;adviser@firma.de" for name in NAMES]
    assert addresses("\n".join(["Kunde;Betreuer-Mail", *rows])) == [f"{name}@gmx.de" for name in NAMES]


@pytest.mark.parametrize("end", ["", ";"])
def test_addresses_in_a_line_are_none_of_a_table(end: str) -> None:
    line = ";".join(f"{name}@gmx.de" for name in NAMES) + end
    assert addresses(line) == [f"{name}@gmx.de" for name in NAMES]


def test_a_column_called_mail_goes_before_a_second_one_that_is_seldom_filled() -> None:
    rows = [("E-mail Address", "E-mail 2 Address"), ("ann@acme.de", "ann@gmx.de"), ("/o=ACME/cn=bob", "")]
    assert addresses("\n".join(",".join(row) for row in [*rows, ("cy@gmx.de", "")])) == [
        "ann@acme.de",
        "cy@gmx.de",
    ]


def test_titles_above_the_head_may_be_as_wide_as_it() -> None:
    source = opened("Liste;;;\nStamm;;Kontakt;\nNr;Name;E-Mail;Tel\n1;Ann;ann@gmx.de;0\n2;Bob;bob@gmx.de;0\n")
    assert isinstance(source, Source)
    assert (source.layout.head, source.layout.above) == (("Nr", "Name", "E-Mail", "Tel"), 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("BEGIN:VCARD\nFN:Ann\nEMAIL:ann@gmx.de\nEND:VCARD\n", "vCard"),
        ("\n<html><table><tr><td>ann@gmx.de</td></tr></table></html>", "HTML"),
        ("<!DOCTYPE html><p>ann@gmx.de", "HTML"),
        ('<?xml version="1.0"?><Workbook>ann@gmx.de</Workbook>', "XML"),
        ('[{"email": "ann@gmx.de"}]', "JSON"),
        ('{"email": "ann@gmx.de"}\n{"email": "bob@gmx.de"}\n', "JSON"),
        ("dn: cn=Ann,o=acme\nmail: ann@gmx.de\n", "LDIF"),
    ],
)
def test_text_of_another_kind_is_named(text: str, told: str) -> None:
    assert opened(text) == Defect(0, "other_format", told)


def test_of_thousands_of_signs_a_few_are_tried() -> None:
    line = "".join(chr(each) for each in range(0x2190, 0x2BFF))
    lines = [line] * 4 + ["ann@gmx.de"]
    assert 0 < len(_signs(lines)) < len(line)
    assert addresses("\n".join(lines)) == ["ann@gmx.de"]
