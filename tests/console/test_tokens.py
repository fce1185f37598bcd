"""The contrast of every pair of colours, recomputed from the file that pages use (WCAG 1.4.3, 1.4.11)."""

import re
from importlib import resources

import pytest

CSS = resources.files("retour.console").joinpath("static/tokens.css").read_text("utf-8")
KINDS = ("hard", "soft", "block", "complaint", "ok", "held")
LIGHT, SYSTEM_DARK, DARK = 0, 1, 2
TEXT = [("ink", "page"), ("ink", "surface"), ("ink", "hover"), ("ink", "mark"), ("muted", "page")]
TEXT += [("muted", "surface"), ("link", "page"), ("link", "surface"), ("link", "hover"), ("on-link", "link")]
TEXT += [pair for kind in KINDS for pair in ((kind, f"{kind}-tint"), (kind, "page"), (kind, "surface"))]
SHAPES = [("border", "page"), ("border", "surface")]
SHAPES += [pair for kind in KINDS for pair in ((f"{kind}-fill", "page"), (f"{kind}-fill", "surface"))]


def themes() -> list[dict[str, str]]:
    blocks = re.findall(r"--page:.*?}", CSS, re.DOTALL)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9A-F]{6});", block)) for block in blocks]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (SHAPES, 3.0)], ids=["text", "shapes and borders"])
def test_every_pair_can_be_told_apart(theme: int, pairs: list[tuple[str, str]], least: float) -> None:
    colours = themes()[theme]
    weak = [(one, other) for one, other in pairs if contrast(colours[one], colours[other]) < least]
    assert weak == []


def test_dark_is_the_same_by_choice_and_by_system() -> None:
    light, by_system, by_choice = themes()
    assert by_system == by_choice
    assert set(light) == set(by_choice)


def test_paper_is_light_whatever_was_chosen() -> None:
    dark = CSS.index("--page: #14171C")
    assert "@media screen and (prefers-color-scheme: dark)" in CSS[:dark]
    assert '@media screen {\n  :root[data-theme="dark"]' in CSS


def test_the_formula_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
