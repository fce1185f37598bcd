"""What holds of the main pages: filters, words, exports, keys, preferences; hostile words shown as text."""

import re
import zipfile
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking

pytestmark = pytest.mark.engine("chromium")


def test_everything_works_without_javascript(console: Console, browser: Browser) -> None:
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, "manager@shop.example")
        page.select_option("[name=type]", "soft")
        follow(page, ".filters button.main")
        expect(page.locator("tbody tr")).to_have_count(1)
        follow(page, "tbody th a")
        expect(page.locator("h1")).to_have_text("full@b.example")
        follow(page, ".timeline li.bounce a")
        expect(page.locator("#reply")).to_contain_text("mailbox full")


def test_filters_are_the_address_of_the_page(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/a/shop/?state=invalid&search=@b.example")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("#f-state")).to_have_value("invalid")
    page.click(".chip >> nth=0")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.click(".kind.soft")
    page.wait_for_url(lambda url: "type=soft" in url)


def test_a_row_says_what_is_the_matter_and_what_follows(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/a/shop/?search=full@b.example")
    row = page.locator("tbody tr")
    expect(row.locator(".mark")).to_contain_text("bounced")
    expect(row).to_contain_text("Mailbox full since")
    expect(row).to_contain_text("after 3 more failures at the earliest we stop")


def test_words_of_a_server_are_shown_and_never_obeyed(page: Page, console: Console) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{console.url}/a/shop/address/hostile@b.example/")
    follow(page, ".timeline li.bounce a")
    said = page.locator("#reply")
    expect(said).to_contain_text("<script>alert(1)</script>")
    expect(said).to_contain_text("<img src=x onerror=alert(2)>")
    expect(said).to_contain_text("⟨U+202E⟩")
    assert page.locator("main script, main img").count() == 0


def test_an_export_is_the_list_of_the_same_filters(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/a/shop/?type=hard&search=@b.example")
    with page.expect_download() as download:
        page.click("text=Save as CSV")
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("address,state,since")
    listed = ["hostile@b.example", "unknown@b.example"]
    assert sorted(line.split(",")[0] for line in lines[1:]) == listed
    with page.expect_download() as download:
        page.click("text=Save as XLSX")
    told = workbook(download.value.path()).decode()
    assert sorted(set(re.findall(r"[\w.]+@b\.example", told))) == listed
    link = page.get_by_text("This page as JSON").get_attribute("href")
    shown = page.request.get(urljoin(page.url, link))
    assert sorted(row["address"] for row in shown.json()["rows"]) == listed


def workbook(file: Path) -> bytes:
    """All that an XLSX file says."""
    with zipfile.ZipFile(file) as parts:
        return b"".join(parts.read(name) for name in parts.namelist() if name.endswith(".xml"))


def test_by_keyboard_alone(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/a/shop/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('tbody th') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/address/**")


def test_preferences_hold_from_the_next_page_on(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/preferences/")
        page.select_option("[name=language]", "de")
        page.select_option("[name=theme]", "dark")
        page.select_option("[name=zone]", "Europe/Berlin")
        follow(page, "form.narrow button.main")
        expect(page.locator("[role=status]")).to_contain_text("Gespeichert.")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(page.locator("footer")).to_contain_text("Europe/Berlin")
        page.goto(f"{console.url}/a/shop/")
        expect(page.locator("tbody")).to_contain_text("Postfach voll seit")
