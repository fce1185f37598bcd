"""The page of one email, and of one provider: what came back, why, and the lists behind each number."""

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console
from console.sound import faults

pytestmark = pytest.mark.engine("chromium")


@pytest.fixture(scope="module")
def sent(console: Console) -> None:
    """An email of 150, one of which is told to be gone; its name is as hostile as names get."""
    told = [{"recipient": f"{n}@gmail.com", "kind": "mailing", "campaign": "June <b>&"} for n in range(150)]
    console.ask("POST", "/v1/sends", json={"sends": told})
    console.bounce("gone@gmail.com", "550 5.1.1 user unknown", campaign="June <b>&")


@pytest.mark.usefixtures("sent")
def test_an_email_tells_what_came_back_and_leads_to_it(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/rates/campaigns/")
    page.get_by_role("link", name="June <b>&").click()
    expect(page.locator("h1")).to_have_text("June <b>&")
    facts = page.locator("dl.facts")
    expect(facts).to_contain_text("151")
    expect(page.locator("#by-reason")).to_be_visible()
    expect(page.locator("svg.chart:visible")).to_have_count(1)
    row = page.locator("table:has(#by-other) tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Gmail")
    page.get_by_role("link", name="Address unknown").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("gone@gmail.com")
    page.go_back()
    page.get_by_role("link", name="Bounced addresses: 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)


@pytest.mark.usefixtures("sent")
def test_the_lists_behind_its_numbers_are_of_its_days(console: Console, page: Page) -> None:
    today = console.ask("GET", "/v1/rates", params={"by": "total"})["until"]
    page.goto(f"{console.url}/a/shop/email/?name=June+%3Cb%3E%26&since={today}&until={today}")
    expect(page.locator("main")).to_contain_text("what stops only after a confirmation")
    hard = page.locator("dl.facts a").first
    assert (hard.get_attribute("href") or "").endswith(f"&since={today}&until={today}")
    hard.click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert f"until={today}" in page.url


@pytest.mark.usefixtures("sent")
def test_a_provider_tells_the_same_of_all_its_emails(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/rates/providers/")
    page.get_by_role("link", name="Gmail").click()
    expect(page.locator("h1")).to_have_text("Gmail")
    expect(page.locator("table:has(#by-other) tbody")).to_contain_text("June <b>&")


def test_of_nobody_there_is_no_page_and_of_nothing_a_word(console: Console, page: Page) -> None:
    assert page.request.get(f"{console.url}/a/shop/email/").status == 404
    assert page.request.get(f"{console.url}/a/shop/provider/?name=nobody").status == 404
    page.goto(f"{console.url}/a/shop/email/?name=never+sent")
    expect(page.locator(".empty h2")).to_have_text("Nothing was sent in these days")


@pytest.mark.usefixtures("sent")
def test_the_filter_of_emails_tells_how_many_addresses_each_has(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/")
    told = dict.fromkeys(each.inner_text() for each in page.locator("#campaigns option").all())
    assert "June <b>& (1)" in told
    page.goto(f"{console.url}/a/shop/?type=soft")
    assert all("(" not in each.text_content() for each in page.locator("#campaigns option").all())


@pytest.mark.usefixtures("sent")
def test_both_pages_are_sound(console: Console, browser: Browser) -> None:
    paths = ["/a/shop/email/?name=June+<b>%26", "/a/shop/provider/?name=gmail"]
    assert faults(console, browser, "member@shop.example", paths) == []
