"""Bars drawn on the server: from zero, told by number, hostile labels are text, a pattern for print."""

import re

import pytest

from retour.console.bars import Bar, Words, lying, standing

WORDS = Words("Found", "Told, n = 12")


def widths(svg: str) -> list[float]:
    return [float(wide) for wide in re.findall(r'<rect class="column \w+"[^>]* width="([\d.]+)"', svg)]


def test_bars_that_lie_are_as_long_as_their_values() -> None:
    svg = lying(WORDS, [Bar("May", 0.04, "4.0 %"), Bar("June", 0.01, "1.0 %")])
    first, second = widths(svg)
    assert first == 4 * second
    assert "4.0 %" in svg


def test_a_norm_above_all_bars_still_fits() -> None:
    svg = lying(WORDS, [Bar("May", 0.01, "1.0 %")], (0.04, "norm 4.0 %"))
    (wide,) = widths(svg)
    line = re.search(r'class="limit" d="M([\d.]+) 0', svg)
    assert line is not None
    assert float(line[1]) > wide
    assert "norm 4.0 %" in svg


def test_days_without_anything_stand_as_nothing() -> None:
    svg = standing(WORDS, [Bar("1.5.", 0, "0", "ok"), Bar("2.5.", 8, "8", "ok")])
    heights = re.findall(r'<rect class="column ok"[^>]* height="([\d.]+)"', svg)
    assert float(heights[0]) == 0
    assert float(heights[1]) > 100
    assert len(re.findall('class="name ok"', svg)) == 1  # the highest is named


def test_labels_of_others_are_text_and_no_style_is_in_it() -> None:
    svg = lying(WORDS, [Bar("<script>alert(1)</script>" * 3, 1, "1")])
    assert "<script>" not in svg
    assert "style" not in svg
    assert 'role="img" aria-labelledby="bars-t bars-d"' in svg
    assert '<pattern id="stripes"' in svg


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Sommerschlussverkauf_2026_Newsletter", 24),
        ("W" * 40, 15),
        ("i" * 60, 38),
        ("春の大売り出し" * 5, 15),
    ],
)
def test_a_name_ends_where_its_room_does(name: str, shown: int) -> None:
    svg = lying(WORDS, [Bar(name, 1, "1")])
    assert f">{name[:shown]}…<" in svg
    assert lying(WORDS, [Bar(name[:10], 1, "1")]).count("…") == 0
