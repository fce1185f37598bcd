"""How late each source tells, as a chart with its tables; what came by mail just now is there at once."""

import copy
import smtplib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, log_in, looking
from console.sound import barriers, faults, sideways
from story.reports import report
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
PAGE = "/a/shop/charts/lag/"


@pytest.fixture(scope="module")
def dated(console: Console) -> None:
    """A bounce that says when it happened; the others say nothing of it, and so nothing of their lag."""
    to = console.send("dated@b.example")["return_address"]
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=2))
    told = report(to, "dated@b.example", "452 4.2.2 mailbox full")
    with smtplib.LMTP("127.0.0.1", console.ports["lmtp"], timeout=120) as session:
        session.sendmail("", [to], told.replace("Status:", f"Last-Attempt-Date: {at}\r\nStatus:").encode())

    def known() -> bool:
        return any(each["events"] for each in console.ask("GET", "/v1/sources/lag")["sources"])

    eventually(known, "the lag", console.story)


def test_bounces_that_tell_no_time_are_said_to_have_none(console: Console, browser: Browser) -> None:
    theirs = copy.copy(console)
    theirs.key = console.command("key", "add", "--account", "other", "--role", "manager")
    theirs.bounce("timeless@c.example", "452 4.2.2 mailbox full")
    for language, says in (("en", "It does not tell when it happened"), ("de", "Sie sagt nicht, wann es")):
        with looking(browser, locale=language) as page:
            log_in(page, console.url, "stranger@other.example")
            page.goto(console.url + PAGE.replace("shop", "other"))
            expect(page.locator(".lead")).to_contain_text(says)
            expect(page.locator("svg.chart")).to_have_count(0)
            expect(page.locator("tbody tr").first.locator("td").last).to_have_text("1")
            expect(page.locator(".empty")).to_have_count(0)
            assert barriers(page) == []
            page.set_viewport_size({"width": 320, "height": 640})
            assert sideways(page) == 0


@pytest.mark.usefixtures("dated")
def test_each_source_has_a_row_and_the_days_a_chart(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/sources/")
    page.click("text=Lag of the sources, day by day")
    expect(page).to_have_url(console.url + PAGE)
    expect(page.locator(".lead")).to_contain_text(
        "Mail that comes back (LMTP) is the latest to tell: 95 of 100"
    )
    row = page.locator("tbody tr", has_text="LMTP")
    assert int(row.locator("td").first.inner_text()) >= 1
    expect(row.locator("[data-label='95 of 100 came']")).to_contain_text("within")
    expect(page.locator("svg.chart:visible")).to_have_count(1)
    assert page.locator("svg.chart:visible text.tick", has_text="> 1 d").count() == 1
    found = page.request.get(f"{console.url}/a/shop/charts/lag.csv").text().lstrip("\ufeff")
    assert found.startswith("what,of,events,half_within,most_within,untold")
    expect(page.locator("p.note", has_text="do not tell when they happened")).to_have_count(1)
    assert int(row.locator("[data-label='Without a time']").inner_text()) >= 3
    assert "source,lmtp," in found


def test_days_without_anything_say_what_to_do(console: Console, page: Page) -> None:
    page.goto(f"{console.url}{PAGE}?since=2026-01-01&until=2026-01-05")
    expect(page.locator(".empty h2")).to_have_text("Nothing became known in these days")


@pytest.mark.usefixtures("dated")
def test_the_page_is_sound(console: Console, browser: Browser) -> None:
    assert faults(console, browser, "member@shop.example", [PAGE]) == []
