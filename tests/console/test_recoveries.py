"""How soon addresses are reached again: the curve as it is drawn, and its page with real deliveries."""

import itertools
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import faults
from retour.console.bars import Words
from retour.console.curves import Curve, rising
from retour.stores.sqlite import STORE
from story.waiting import eventually

PAGE = "/a/shop/charts/recoveries/"


def drawn(*curves: Curve) -> str:
    words = Words("Found", "<Told>")
    return str(rising(words, curves, ("days", "waiting"), lambda share: f"{share:.0%}", str))


def test_a_curve_rises_in_steps_and_tells_who_is_left() -> None:
    svg = drawn(Curve("<b>all</b>", [0.0, 0.1, 0.4, 0.4, 0.5], [10, 9, 8, 4, 4]))
    (path,) = re.findall(r'class="line curve-0" d="([^"]+)"', svg)
    heights = [float(y) for y in re.findall(r"V([\d.]+)", path)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == 210  # nobody on the first day
    assert heights[-1] == 16  # a half is the top of this chart
    assert re.findall(r'class="value"[^>]*>(\d+)<', svg) == ["10", "9", "8", "4", "4"]
    assert "<b>" not in svg
    assert "style" not in svg


def test_low_curves_have_a_scale_of_their_own_and_names_above_the_days() -> None:
    svg = drawn(*(Curve(f"group {n}", [0.0, 0.01], [5, 4]) for n in range(4)))
    assert re.findall(r">(\d+%)<", svg)[-1] == "2%"
    heights = [float(y) for y in re.findall(r'class="name curve-\d" x="538" y="([\d.]+)"', svg)]
    assert max(heights) <= 214  # the days stand at 228


def test_names_of_curves_never_lie_over_each_other() -> None:
    svg = drawn(*(Curve(f"group {n}", [0.2, 0.3], [5, 4]) for n in range(4)))
    heights = sorted(float(y) for y in re.findall(r'class="name curve-\d" x="538" y="([\d.]+)"', svg))
    assert len(heights) == 4
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 15


@pytest.fixture(scope="module")
def lasted(console: Console) -> None:
    """What a year of looks leaves in the roll-ups of the other account."""
    rows = [
        ("mailbox_full", "reached", 3, 60),
        ("mailbox_full", "stopped", 9, 20),
        ("mailbox_full", "open", 90, 20),
        ("server_unreachable", "reached", 0, 40),
    ]
    month = f"{datetime.now(UTC):%Y-%m}"
    with closing(sqlite3.connect(console.directory / "data" / STORE, timeout=120)) as db, db:
        number = db.execute("SELECT number FROM accounts WHERE name = 'other'").fetchone()[0]
        told = [(number, month, *row) for row in rows]
        db.executemany("INSERT INTO lasted VALUES (?, ?, ?, ?, ?, ?)", told)


@pytest.mark.engine("chromium")
@pytest.mark.usefixtures("lasted")
def test_the_finding_stands_above_its_curves_and_numbers(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "stranger@other.example")
        page.goto(f"{console.url}/a/other/charts/recoveries/")
        expect(page.locator(".lead")).to_contain_text("reached again within 3 days; after 30 days 71.4 %")
        expect(page.locator("svg.chart:visible path.line")).to_have_count(3)
        row = page.locator("tbody tr", has_text="Mailbox full")
        expect(row.locator("td").first).to_have_text("100")
        row.get_by_role("link").click()
        expect(page).to_have_url(f"{console.url}/a/other/?type=soft&reason=mailbox_full")
    assert faults(console, browser, "stranger@other.example", ["/a/other/charts/recoveries/"]) == []


@pytest.mark.engine("chromium")
@pytest.mark.usefixtures("lasted")
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_time_is_chosen_by_days_and_counts_by_whole_months(
    console: Console, browser: Browser, javascript: bool
) -> None:
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, "stranger@other.example")
        page.goto(f"{console.url}/a/other/charts/recoveries/")
        page.fill("[name=since]", "3 May 2019")
        page.fill("[name=until]", "2019-06-04")
        follow(page, ".filters button.main")
        expect(page.locator(".filters .note")).to_contain_text("from 1 May 2019 to 30 June 2019")
        expect(page.locator(".empty h2")).to_have_text("No soft bounce in these months")
        follow(page, ".empty a.button")
        expect(page.locator("svg.chart:visible path.line")).to_have_count(3)
        page.fill("[name=since]", "1.1.2019")
        follow(page, ".filters button.main")
        expect(page.locator("figcaption")).to_contain_text("from 1 January 2019 to")
        file = page.request.get(page.locator(".pager a").evaluate("each => each.href")).text()
        assert ",3,100," in file
        page.goto(f"{console.url}/a/other/charts/recoveries/?since=2026-05-01&until=2026-04-01")
        expect(page.locator("main")).to_contain_text("The first day lies after the last.")


@pytest.mark.engine("chromium")
def test_without_anybody_reached_it_says_what_it_is_seen_by(console: Console, page: Page) -> None:
    def followed() -> bool:
        return bool(console.ask("GET", "/v1/recoveries")["curves"])

    eventually(followed, "somebody to be followed", console.story)
    page.goto(console.url + PAGE)
    expect(page.locator(".empty h2")).to_have_text("Nobody was reached again yet")
    expect(page.locator(".empty a.button")).to_have_attribute("href", "/a/shop/sources/")
    found = page.request.get(f"{console.url}/a/shop/charts/recoveries.csv").text().lstrip("\ufeff")
    assert found.splitlines()[:2] == ["reason,day,waiting,reached,stopped", ",0,1,0.0,0.0"]


@pytest.mark.engine("chromium")
def test_the_page_is_sound(console: Console, browser: Browser) -> None:
    assert faults(console, browser, "member@shop.example", [PAGE]) == []
