"""Cells that programs and people filled with more than one address: nothing of them is lost."""

import pytest

from retour.flow.listcheck.blocks import Record
from retour.flow.listcheck.cells import cell_of
from retour.flow.listcheck.decision import Pile
from retour.flow.listcheck.judge import Judge, Knowledge


def outcome(cell: str) -> tuple[Pile, str]:
    made = Judge(Knowledge()).row(Record(cell, cell))
    return made.pile, made.suggestion


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("{ann@b-firm.at,bob@c-firm.at}", "ann@b-firm.at bob@c-firm.at"),
        ('["ann@b-firm.at", "bob@c-firm.at"]', "ann@b-firm.at bob@c-firm.at"),
        ('"ann@b-firm.at";"bob@c-firm.at"', "ann@b-firm.at bob@c-firm.at"),
        ("ann@b-firm.at<br/>bob@c-firm.at", "ann@b-firm.at bob@c-firm.at"),
        ("ann@b-firm.at<BR>bob@c-firm.at", "ann@b-firm.at bob@c-firm.at"),
        ("ann@b-firm.at&nbsp;bob@c-firm.at", "ann@b-firm.at bob@c-firm.at"),
        ("ann&#64;b-firm.at", "ann@b-firm.at"),
        ("Ann &lt;ann@b-firm.at&gt;", "ann@b-firm.at"),
        ("r&amp;d@b-firm.at", "r&d@b-firm.at"),
    ],
)
def test_what_programs_put_around_addresses_is_proposed_without_it(cell: str, addresses: str) -> None:
    assert outcome(cell) == (Pile.CORRECTED, addresses)


def test_signs_that_only_look_like_those_of_web_pages_are_part_of_an_address() -> None:
    assert cell_of("r&notes@b-firm.at") == (("r&notes@b-firm.at",), ())


@pytest.mark.parametrize(
    "cell",
    [
        "0:Li:ann@b-firm.at:Graz:@lee",
        "ann@b-firm.at, bob@c-firm.atdora@d-firm.at",
        "bob@c-firm.at ann@b-firm.at&",
    ],
)
def test_of_several_addresses_nothing_is_proposed_that_would_lose_one(cell: str) -> None:
    assert outcome(cell) == (Pile.QUESTIONED, "")


def test_of_several_addresses_what_speaks_against_any_is_told() -> None:
    made = Judge(Knowledge()).row(Record("", "ann@b-firm.at, info@b-firm.at, bob@gmial.com"))
    assert made.suggestion == "ann@b-firm.at info@b-firm.at bob@gmail.com"
    assert {"role", "squat", "several_in_cell"} <= set(made.checked.reasons)
