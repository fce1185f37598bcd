"""What a marketer must be told about one bounce (E9, E13, E34, K18), walked point by point."""

import re

import pytest
from playwright.sync_api import Page, expect

from console.installation import Console, follow

pytestmark = pytest.mark.engine("chromium")


@pytest.fixture(scope="module", autouse=True)
def bounced(console: Console) -> None:
    console.bounce("max@gmial.com", "550 5.1.2 Host unknown")
    console.bounce(
        "listed@b.example", "550 5.7.1 your host is listed by zen.spamhaus.org", sender="news@shop.example"
    )


def test_a_slip_in_a_domain_is_offered_before_the_stop(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/address/max@gmial.com/")
    expect(page.locator(".status")).to_have_class(re.compile("bouncing"))
    expect(page.locator(".suggestions a")).to_have_text("max@gmail.com")
    page.goto(f"{console.url}/a/shop/address/full@b.example/")
    assert page.locator("#advice").count() == 1
    assert page.locator(".suggestions").count() == 0


def test_a_blocklist_is_named_in_the_sentence_and_above_the_fold(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/address/listed@b.example/")
    expect(page.locator(".sentence")).to_contain_text("on the blocklist Spamhaus ZEN on")
    follow(page, ".timeline li.bounce a")
    named = [each.inner_text() for each in page.locator("dl.facts").first.locator("dt").all()]
    assert named[:4] == ["Sent", "Sender", "Subject", "Email"]
    expect(page.locator("dl.facts").first).to_contain_text("Spamhaus ZEN")


def test_letters_hide_nothing_of_what_a_server_said(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/address/hostile@b.example/")
    letter = page.locator("#letter-postmaster").text_content() or ""
    assert "⟨U+202E⟩" in letter
    assert "\u202e" not in page.content()


def test_it_is_said_that_the_spam_folder_sends_no_bounce(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/")
    expect(page.locator("p.lead")).to_contain_text("No bounce is sent when mail lands in a spam folder")
