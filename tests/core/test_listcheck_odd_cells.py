"""Cells that programs and people filled with more than one address: nothing of them is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("ann@b-firm.at <bob@c-firm.at>", "ann@b-firm.at bob@c-firm.at"),
        ("{ann@b-firm.at,bob@c-firm.at}", "ann@b-firm.at bob@c-firm.at"),
        ('["ann@b-firm.at", "bob@c-firm.at"]', "ann@b-firm.at bob@c-firm.at"),
        ('"ann@b-firm.at";"bob@c-firm.at"', "ann@b-firm.at bob@c-firm.at"),
        ("ann@b-firm.at<br/>bob@c-firm.at", "ann@b-firm.at bob@c-firm.at"),
        ("ann@b-firm.at<BR>bob@c-firm.at", "ann@b-firm.at bob@c-firm.at"),
        ("ann@b-firm.at&nbsp;bob@c-firm.at", "ann@b-firm.at bob@c-firm.at"),
        ("ann&#64;b-firm.at", "ann@b-firm.at"),
        ("Ann &lt;ann@b-firm.at&gt;", "ann@b-firm.at"),
        ("r&amp;d@b-firm.at", "r&d@b-firm.at"),
        ("ann(@)b-firm.at", "ann@b-firm.at"),
        ("%20ann@b-firm.at", "ann@b-firm.at"),
        ("%20ann@gmx.de", "ann@gmx.de"),
        ("ann@b-firm.at%20", "ann@b-firm.at"),
        ("**ann@gmail.com**", "ann@gmail.com"),
        ("_ann@gmx.de_", "ann@gmx.de"),
        ("b'ann@gmail.com'", "ann@gmail.com"),
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
        '"bob@c-firm.at": <ann@b-firm.at>',
        "ann@b-firm.at; {bob@c-firm.at",
        "mailto:ann@b-firm.at?cc=bob@c-firm.at",
        '<a href="mailto:ann@b-firm.at">Ann</a>, bob@c-firm.at',
        '=HYPERLINK("mailto:ann@b-firm.at","bob@c-firm.at")',
        "ann@b-firm.at / bob at c-firm.at",
        "ann@b-firm.at (alt: bob at c-firm.at)",
        "bob(at)c-firm.at neu: ann@b-firm.at",
        "<ann@b-firm.at> bob at c-firm dot at",
        "ann@b-firm.at_- bob@c-firm.at",
        "<ann@b-firm.at->bob@c-firm.at",
    ],
)
def test_of_several_addresses_nothing_is_proposed_that_would_lose_one(cell: str) -> None:
    assert outcome(cell) == (Pile.QUESTIONED, "")


@pytest.mark.parametrize(
    "cell",
    [
        '"ann@b-firm.at" <ann@b-firm.at>',
        "'ann@b-firm.at' <ann@b-firm.at>",
        "Ann@b-firm.at <ann@b-firm.at>",
        "ann@b-firm.at (ann@b-firm.at)",
        "ann@b-firm.at, ann@b-firm.at",
    ],
)
def test_an_address_that_is_its_own_name_is_one(cell: str) -> None:
    assert outcome(cell) == (Pile.KEPT, "")


@pytest.mark.parametrize(
    "cell", ["=ann@b-firm.at", "{ann@b-firm.at", "|ann@b-firm.at", "ann}@b-firm.at", "=ann@b-firm.at)"]
)
def test_what_is_left_of_formulas_and_brackets_is_part_of_no_address(cell: str) -> None:
    assert outcome(cell) == (Pile.CORRECTED, "ann@b-firm.at")


WHOLE = ("ann1@b-firm.at", "bob.lee2@gmx.de", "x_y3@web.de", "info4@firm-graz.at")
BETWEEN = (
    " ",
    ",",
    "; ",
    "|",
    " / ",
    "\t",
    "\n",
    " und ",
    "&",
    "<br>",
    "&nbsp;",
    "&amp;",
    " - ",
    "->",
    "=",
    ":",
    "_",
)
AHEAD = (
    "",
    "Ann Lee ",
    '"Lee, Ann" ',
    "E-Mail: ",
    "mailto:",
    "<",
    "(",
    "[",
    "{",
    "'",
    '"',
    "„",
    "1. ",
    "=",
    "@",
)
BEHIND = (
    "",
    ">",
    ")",
    "]",
    "}",
    "'",
    '"',
    "“",
    ".",
    " (private)",
    ",",
    "!",
    "?subject=x",
    "&nbsp;",
    " @twitter",
)


@given(st.lists(st.tuples(*map(st.sampled_from, (BETWEEN, AHEAD, WHOLE, BEHIND))), min_size=1, max_size=3))
def test_no_address_of_a_cell_is_lost(parts: list[tuple[str, str, str, str]]) -> None:
    """What comes out for whoever takes it over has all of them; where it has not, somebody looks at it."""
    text = "".join(
        f"{between if place else ''}{ahead}{whole}{behind}"
        for place, (between, ahead, whole, behind) in enumerate(parts)
    )
    made = Judge(Knowledge()).row(Record(text, text))
    assert made.pile is not Pile.DROPPED
    if made.pile is not Pile.QUESTIONED:
        taken = made.suggestion or made.address
        assert all(whole in taken for _, _, whole, _ in parts), taken


def test_of_several_addresses_what_speaks_against_any_is_told() -> None:
    made = Judge(Knowledge()).row(Record("", "ann@b-firm.at, info@b-firm.at, bob@gmial.com"))
    assert made.suggestion == "ann@b-firm.at info@b-firm.at bob@gmail.com"
    assert {"role", "squat", "several_in_cell"} <= set(made.checked.reasons)


@pytest.mark.parametrize("control", ["\x0b", "\x0c", "\x1c", "\x1d", "\x85"])
def test_a_control_that_parts_words_glues_none_to_an_address(control: str) -> None:
    assert outcome(f"Huber{control}ann@b-firm.at") == (Pile.QUESTIONED, "")
    assert cell_of(f"{control}ann@b-firm.at{control}").addresses == ("ann@b-firm.at",)


def test_a_link_with_two_slashes_is_one() -> None:
    assert outcome("mailto://ann@b-firm.at") == (Pile.KEPT, "")
    assert cell_of("mailto://ann@b-firm.at").addresses == ("ann@b-firm.at",)
