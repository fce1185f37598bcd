"""Lists with many addresses on a line, as they are copied out of mails: each address is a row."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow import listcheck
from retour.flow.listcheck import Knowledge, Source
from retour.flow.listcheck.blocks import Record
from retour.flow.listcheck.cells import LONGEST
from retour.flow.listcheck.decision import PILES, Pile
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.proposals import rows_of
from retour.flow.listcheck.strung import strung_apart, strung_by

SIGNS = {"; ": ";", ";": ";", ", ": ",", ",": ",", " ": " ", "  ": " ", "; ; ": ";"}


def opened(text: str) -> Source:
    source = listcheck.open_source(io.BytesIO(text.encode()))
    assert isinstance(source, Source)
    return source


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("head", ["", "E-Mail\n"])
def test_each_address_of_a_line_is_a_row(sign: str, head: str) -> None:
    addresses = [f"ann{number}@b.example" for number in range(200)]
    lines = sign.join(addresses[:100]), sign.join(addresses[100:])
    source = opened(head + "\n".join(lines) + sign.strip() + "\n")
    assert source.strung_by == SIGNS[sign]
    assert list(source.addresses()) == addresses
    assert sum(block.rows for block in source.blocks()) == len(addresses)


@pytest.mark.parametrize("sign", ["; ", ", "])
def test_names_may_have_the_sign(sign: str) -> None:
    names = ('"Lee, Ann" ', '"Lee; Bob" ', "Cy Jörg ", "")
    text = sign.join(f"{name}<ann{number}@b.example>" for number, name in enumerate(names * 9))
    assert list(opened(text).addresses()) == [f"ann{number}@b.example" for number in range(36)]


@pytest.mark.parametrize(
    "text",
    [
        "ann@b.example\nbob@b.example\n",
        "ann@b.example; bob@b.example\ncy@b.example; di@b.example\n",  # two of one person, perhaps
        "work;private;old\n" + "ann@b.example;ann@c.example;ann@d.example\n" * 3,
        "Ann;ann@b.example;b.example;Graz\n" * 5,
        "ann@b.example\n" * 9 + "; ".join(f"bob{number}@b.example" for number in range(9)),
        "Ann says @ and @ and @\n",
    ],
)
def test_other_lists_stay_as_they_are(text: str) -> None:
    assert opened(text).strung_by == ""


def test_of_no_line_nothing_is_told() -> None:
    assert strung_by([]) == ""
    assert strung_by(["@@@", "a@ @ @b"]) == ""


PARTS = st.lists(
    st.sampled_from(["ann@b.example", '"Lee; Ann, Bob" <a@b.example>', "Zoë <z@b.example>", "", "\n", '"']),
    max_size=30,
)


@given(parts=PARTS, sign=st.sampled_from([";", ","]), size=st.integers(1, 40))
def test_where_pieces_end_changes_nothing(parts: list[str], sign: str, size: int) -> None:
    raw = f"{sign} ".join(parts).encode()
    pieces = [raw[place : place + size] for place in range(0, len(raw), size)]
    if '"' not in parts:  # a mark that nobody closes
        assert b"".join(strung_apart(pieces, sign)).split() == b"".join(strung_apart([raw], sign)).split()
    addresses = sum(part.count("@") for part in parts)
    assert b"".join(strung_apart(pieces, sign)).count(b"@") == addresses


def test_the_report_says_so_and_every_address_is_in_a_file(tmp_path: Path) -> None:
    rows = "; ".join(f"ann{number}@b-firm.at" for number in range(500)) + "; bob\n"
    file = io.BytesIO(rows.encode())
    order = listcheck.Order("list", file, opened(rows), Knowledge(), tmp_path, "now")
    list(listcheck.check_list(order))
    assert "Each address was checked as a row of its own" in (tmp_path / "report.en.html").read_text("utf-8")
    counts = {pile: sum(1 for _ in rows_of(tmp_path / f"{pile}.csv")) for pile in PILES}
    assert (counts[Pile.KEPT], counts[Pile.DROPPED]) == (500, 1)


def test_all_of_a_cell_are_proposed_however_many_they_are() -> None:
    addresses = [f"ann{number}@b-firm.at" for number in range(1000)]
    cell = "; ".join(addresses)
    made = Judge(Knowledge()).row(Record(cell, cell))
    assert (made.pile, made.suggestion.split()) == (Pile.CORRECTED, addresses)


def test_of_a_cell_that_is_too_long_nothing_is_proposed() -> None:
    cell = "; ".join(f"ann{number}@b-firm.at" for number in range(LONGEST // 10))
    made = Judge(Knowledge()).row(Record(cell, cell))
    assert (made.pile, made.suggestion) == (Pile.QUESTIONED, "")
