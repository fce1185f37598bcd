"""Sources: what came of each, what is missing, what to copy to connect another; secrets for managers."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, log_in, looking
from story import patient
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
SECRET = "n0t-4-real-s3cret-path"
POST = {
    "RecordType": "Bounce",
    "ID": 42,
    "Type": "HardBounce",
    "Email": "gone@b.example",
    "BouncedAt": "2026-11-01T10:00:00Z",
    "Details": "smtp;550 5.1.1 user unknown",
}


def posted(console: Console, password: str) -> int:
    url = f"http://127.0.0.1:{console.ports['webhooks']}/hooks/letters/{SECRET}"
    return patient.post(url, json=POST, auth=("ann", password)).status_code


def shows(page: Page, console: Console, words: str) -> bool:
    page.goto(f"{console.url}/a/shop/sources/")
    return words in page.locator("tr:has-text('webhooks.sources.letters')").inner_text()


def test_a_source_tells_what_came_what_is_missing_and_what_is_refused(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/sources/")
    expect(page.locator("tr:has-text('webhooks.sources.letters')")).to_contain_text("nothing came yet")
    expect(page.locator("tr:has-text('webhooks.sources.halon')")).to_contain_text("Sign the time as well")
    expect(page.locator("tr:has-text('webhooks.sources.letters')")).not_to_contain_text("Sign the time")
    expect(page.locator("tr:has-text('webhooks.sources.topics')")).to_contain_text(
        "A setting is missing: topics."
    )
    assert posted(console, "a long password") == 200
    eventually(lambda: shows(page, console, "works"), "the first arrival", console.story)
    expect(page.locator("tr:has-text('webhooks.sources.letters')")).to_contain_text("less than a minute ago")
    assert posted(console, "another") == 401
    eventually(lambda: shows(page, console, "refused"), "the alarm", console.story)


def test_mail_that_came_back_by_a_way_in_that_all_share_is_told(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/sources/")
    row = page.locator("tr:has-text('LMTP')")
    expect(row).to_contain_text("works")
    expect(row.locator("td.number").first).to_have_text("3")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_source_has_the_name_that_people_know_and_its_setting_one_click_deeper(
    console: Console, browser: Browser, javascript: bool
) -> None:
    with looking(browser, java_script_enabled=javascript, locale="de") as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/sources/")
        row = page.locator("tr:has-text('webhooks.sources.letters')")
        expect(row.locator("th")).to_contain_text("Postmark")
        expect(row.locator("th")).to_contain_text("Meldungen (Webhook)")
        expect(row.locator("code")).to_be_hidden()
        row.locator("summary").click()
        expect(row.locator("code")).to_have_text("[webhooks.sources.letters]")
        expect(page.locator("tr:has-text('webhooks.sources.topics') th")).to_contain_text("Amazon SES (SNS)")


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_way_to_connect_has_a_page_to_copy_from(
    console: Console, browser: Browser, language: str
) -> None:
    with looking(browser, locale=language) as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/sources/")
        places = page.locator(".cards a").evaluate_all("all => all.map(each => each.href)")
        assert len(places) == 23
        for place in places:
            page.goto(place)
            expect(page.locator("h1")).not_to_be_empty()
            assert page.locator("pre").count() >= 1
        assert [each["id"] for each in Axe().run(page).response["violations"]] == []


def test_what_is_copied_names_the_account_its_domain_and_secrets_of_its_own(
    console: Console, page: Page
) -> None:
    page.goto(f"{console.url}/a/shop/sources/connect/postfix/")
    expect(page.locator("pre").first).to_contain_text("relay_domains = return.test")
    page.goto(f"{console.url}/a/shop/sources/connect/mailgun/")
    first = page.locator("pre").first.inner_text()
    assert 'account = "shop"' in first
    made = re.search(r'paths = \["([\w-]{22,})"\]', first)
    assert made is not None
    expect(page.locator("pre").nth(1)).to_contain_text(f"https://hooks.shop.example/hooks/mailgun/{made[1]}")
    page.reload()
    expect(page.locator("pre").first).not_to_contain_text(made[1])
    page.goto(f"{console.url}/a/shop/sources/connect/postmark/")  # set up already
    expect(page.locator("pre").first).to_have_text(f"https://hooks.shop.example/hooks/letters/{SECRET}")


def test_a_member_sees_sources_and_no_secret(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/sources/")
        assert page.locator(".cards a").count() == 0
        assert page.request.get(f"{console.url}/a/shop/sources/connect/postmark/").status == 403
        assert SECRET not in page.content()
    member = console.command("key", "add", "--account", "shop", "--role", "member")
    api = f"http://127.0.0.1:{console.ports['api']}/v1/sources"
    told = patient.get(api, headers={"Authorization": f"Bearer {member}"}).text
    assert "webhooks.letters" in told
    assert SECRET not in told
    assert SECRET in patient.get(api, headers={"Authorization": f"Bearer {console.key}"}).text
