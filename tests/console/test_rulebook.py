"""From a verdict to its rule: what it looks for, where that is known from, the samples that hold it."""

import copy
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import faults

pytestmark = pytest.mark.engine("chromium")
RULES = "/a/shop/rules/"
OWN = """\
[[rule]]
id = "own.flown"
reason = "address_unknown"
source = "a mail of another account"
phrases = ["has flown the nest"]
samples = ["zoe has flown the nest"]
"""


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_verdict_leads_to_its_rule(console: Console, browser: Browser, javascript: bool) -> None:
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/address/full@b.example/")
        follow(page, ".timeline li.bounce a")
        page.click(".technical summary")
        link = page.locator(".technical dd a code")
        name = link.inner_text()
        follow(page, link)
        expect(page.locator("h1")).to_contain_text(name)
        expect(page.locator(".lead")).to_contain_text("Mailbox full")
        facts = page.locator("dl.facts")
        for label in ("Stands for", "Weight", "Known from", "Whose servers"):
            expect(facts).to_contain_text(label)
        known = console.ask("GET", f"/v1/rulebook/{name}")
        expect(page.locator("pre.raw")).to_have_count(len(known["samples"]))
        assert [shown.inner_text() for shown in page.locator(".phrases li").all()] == known["phrases"]
        follow(page, ".way a")
        assert page.locator("tbody tr").count() == len(console.ask("GET", "/v1/rulebook")["rules"])


def test_rules_of_one_reason_and_one_that_is_no_more(console: Console, page: Page) -> None:
    page.goto(console.url + RULES)
    page.select_option("[name=reason]", "mailbox_full")
    follow(page, ".filters button.main")
    meanings = set(page.locator('td[data-label="Stands for"]').all_inner_texts())
    assert meanings == {"Mailbox full"}
    page.goto(f"{console.url}{RULES}no.such/")
    expect(page.locator(".empty h2")).to_have_text("This rule is in force no more")
    follow(page, ".empty a")
    expect(page).to_have_url(console.url + RULES)


def test_what_an_own_rule_quotes_is_shown_to_staff_alone(console: Console, browser: Browser) -> None:
    staff = copy.copy(console)
    staff.key = console.command("key", "add", "--role", "support")
    staff.ask("POST", "/v1/rules", json={"rules": OWN})
    for email, sees in (("manager@shop.example", False), ("support@retour.example", True)):
        with looking(browser) as page:
            log_in(page, console.url, email)
            page.goto(f"{console.url}{RULES}own.flown/")
            expect(page.locator(".lead")).to_contain_text("whoever runs this installation")
            assert ("flown the nest" in page.content()) is sees
            assert ("another account" in page.content()) is sees


def test_german_says_it_in_german(console: Console, browser: Browser) -> None:
    with looking(browser, locale="de") as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}{RULES}?reason=mailbox_full")
        expect(page.locator("h1")).to_have_text("Regelwerk")
        follow(page, "tbody th a")
        expect(page.locator("dl.facts")).to_contain_text("Bekannt aus")
        assert re.search(r"\d von 8: ", page.locator("dl.facts").inner_text())


def test_the_pages_are_sound(console: Console, browser: Browser) -> None:
    longest = console.ask("GET", "/v1/rulebook", params={"reason": "address_unknown"})["rules"][0]["id"]
    pages = [RULES, f"{RULES}{longest}/", f"{RULES}no.such/"]
    assert faults(console, browser, "member@shop.example", pages) == []
