"""The page of components: every token, and every part that the style sheets have, without a barrier."""

import re
from importlib import resources

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, log_in, looking

pytestmark = pytest.mark.engine("chromium")
SUPPORT = "support@retour.example"
TOKENS = resources.files("retour.console").joinpath("static/tokens.css").read_text("utf-8").partition("}")[0]
PARTS = (
    *(
        ".mark",
        ".kind",
        ".reason",
        ".tag",
        ".level",
        ".move",
        ".filters",
        ".field",
        ".wrong",
        ".hint",
        ".acts",
    ),
    *("button.main", "button.plain", "button.danger", "a.button", ".tick", "fieldset.settings", ".steps"),
    *(".chips", ".tabs", "kbd", ".status", ".verdict", ".warning", ".errors", ".bar", ".once", ".empty"),
    *("table.list", ".pager", ".facts", "pre.raw mark", ".timeline", ".said", ".figures", ".measured"),
    *("progress", ".heat", "svg.chart", ".lead", ".note", ".address"),
)


def colour(page: Page, name: str) -> str:
    sample = page.locator(f".sample.of-{name}").first
    return str(sample.evaluate("(sample) => getComputedStyle(sample).color"))


def test_every_part_and_every_token_is_shown(console: Console, browser: Browser) -> None:
    with looking(browser, color_scheme="light") as page:
        log_in(page, console.url, SUPPORT)
        page.goto(f"{console.url}/components/")
        for part in PARTS:
            expect(page.locator(f"main {part}").first).to_be_visible()
        for name, red, green, blue in re.findall(r"--([a-z-]+): #(..)(..)(..);", TOKENS):
            assert colour(page, name) == f"rgb({int(red, 16)}, {int(green, 16)}, {int(blue, 16)})"
        told = set(page.locator(".samples code").all_inner_texts())
        assert told >= {f"--{name}" for name in re.findall(r"--(s\d+|h\d|notes|table|text): ", TOKENS)}
