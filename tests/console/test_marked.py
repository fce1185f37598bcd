"""Incidents stand on every chart over time, and below it in words."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, choose_password, looking
from console.sound import barriers
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
GUARDED = "[guard]\nhard = 3\ntimes = 1\nlook_seconds = 1\n"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """An installation in which four hard bounces at once are an incident."""
    made = Console(tmp_path_factory.mktemp("guarded"), GUARDED)
    try:
        sends = [{"recipient": f"{n}@gmail.com", "kind": "mailing", "campaign": "June"} for n in range(150)]
        made.ask("POST", "/v1/sends", json={"sends": sends})
        number = 0

        def opened() -> bool:
            nonlocal number
            number += 1
            made.bounce(f"gone-{number}@gmail.com", "550 5.1.1 user unknown")
            return bool(made.ask("GET", "/v1/incidents")["incidents"])

        eventually(opened, "an incident", made.story)
        yield made
    finally:
        made.stop()


@pytest.fixture
def seen(guarded: Console, browser: Browser) -> Iterator[Page]:
    with looking(browser) as page:
        choose_password(page, guarded.invited("ann@shop.example", "--account", "shop"))
        yield page


def test_an_incident_is_marked_where_its_days_are_drawn(guarded: Console, seen: Page) -> None:
    seen.goto(f"{guarded.url}/a/shop/rates/days/")
    chart = seen.locator("svg.chart").first
    expect(chart.locator("rect.incident")).to_have_count(1)
    expect(chart.locator("text.incident")).to_have_text("Gmail")
    expect(seen.locator("main")).to_contain_text("Gmail: hard bounces held back from")
    assert barriers(seen) == []


def test_days_without_it_do_not_tell_of_it(guarded: Console, seen: Page) -> None:
    seen.goto(f"{guarded.url}/a/shop/rates/days/?since=2026-01-01&until=2026-01-20")
    expect(seen.locator("rect.incident")).to_have_count(0)
    expect(seen.locator("main")).not_to_contain_text("held back from")


def test_providers_tell_of_theirs(guarded: Console, seen: Page) -> None:
    seen.goto(f"{guarded.url}/a/shop/rates/providers/")
    expect(seen.locator("main")).to_contain_text("Gmail: hard bounces held back from")
