"""The ledger on a page: read, saved as a file that verifies, its chain tried; and a person erased."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from retour.ports.records import cause_told
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MANAGER = "manager@shop.example"


@pytest.mark.parametrize(
    ("actor", "before", "after", "cause", "told"),
    [
        ("guard", "invalid", "held", None, "incident"),
        ("person ann@shop.example", "held", "invalid", None, "incident"),
        ("person ann@shop.example", "invalid", "valid", None, "given_back"),
        ("key 85", "invalid", "valid", "restore", "restore"),
        ("time", "invalid", "valid", None, None),
    ],
)
def test_a_line_without_a_cause_is_told_by_who_acted(
    actor: str, before: str, after: str, cause: str | None, told: str | None
) -> None:
    assert cause_told(cause, actor, before, after) == told


def test_an_address_that_was_given_back_says_so(console: Console, page: Page) -> None:
    staff = console.command("key", "add", "--role", "support")
    body = {"addresses": ["hostile@b.example"], "reason": "she answers", "account": "shop"}
    url = f"http://127.0.0.1:{console.ports['api']}/v1/restores"
    answer = httpx.post(url, json=body, headers={"Authorization": f"Bearer {staff}"}, timeout=120)
    assert answer.is_success, answer.text
    page.goto(f"{console.url}/a/shop/ledger/")
    expect(page.locator("tbody tr:has-text('hostile@b.example')").first).to_contain_text("given back by hand")
    page.select_option("[name=cause]", "given_back")
    page.click(".filters button.main")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("hostile@b.example")


def test_a_line_tells_who_what_and_why(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/ledger/")
    page.select_option("[name=cause]", "hard")
    page.click(".filters button.main")
    row = page.locator("tbody tr:has-text('unknown@b.example')")
    expect(row.locator(".mark")).to_contain_text(["fine", "stopped"])
    expect(row).to_contain_text("hard bounces")
    page.goto(f"{console.url}/a/shop/ledger/?cause=complaint")
    expect(page.locator(".empty")).to_contain_text("Nothing matches")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_the_chain_is_tried_as_a_whole(console: Console, browser: Browser, javascript: bool) -> None:
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/ledger/")
        page.click("text=Verify all lines")
        if not javascript:
            page.wait_for_url("**/verified/**")
            while page.locator("text=Look again").count():
                follow(page, "text=Look again")
        expect(page.locator(".sentence")).to_contain_text(
            "lines hold together, from the first", timeout=120_000
        )


def test_an_export_verifies_outside(console: Console, page: Page, tmp_path: Path) -> None:
    page.goto(f"{console.url}/a/shop/ledger/")
    with page.expect_download() as download:
        page.click("text=Save as JSONL")
    file = tmp_path / "ledger.jsonl"
    download.value.save_as(file)
    assert "hold together, from the first there was" in console.command("ledger", "verify", str(file))
    eventually(lambda: '"what": "ledger"' in console.story(), "the export to be noted", console.story)


def test_whoever_erases_says_so_twice_and_reads_what_remains(console: Console, browser: Browser) -> None:
    console.bounce("eve@b.example", "550 5.1.1 user unknown")
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, MANAGER)
        page.goto(f"{console.url}/a/shop/erase/?address=eve@b.example")
        expect(page.locator(".warning")).to_contain_text("Nobody can undo this")
        page.fill("[name=again]", "eva@b.example")
        page.fill("[name=reason]", "Asked for by letter of 1 May")
        follow(page, "text=Erase this person")
        expect(page.locator(".errors")).to_contain_text("not the same")
        page.fill("[name=again]", "Eve@b.example")
        follow(page, "text=Erase this person")
        expect(page.locator("h1")).to_have_text("Erasure of a person")
        expect(page.locator("text=Cancel this work")).to_have_count(0)
        while page.locator("text=Look again").count():
            follow(page, "text=Look again")
        expect(page.locator("main")).to_contain_text("A keyed hash keeps that this address is not written to")
        page.goto(f"{console.url}/a/shop/address/eve@b.example/")
        expect(page.locator(".status")).to_contain_text("All that was known of this person was erased")
        expect(page.locator(".status.invalid")).to_be_visible()
        page.goto(f"{console.url}/a/shop/ledger/")
        expect(page.locator("main")).not_to_contain_text("eve@b.example")
        expect(page.locator("tbody")).to_contain_text("erased, stopped")
        follow(page, "text=Verify all lines")
        while page.locator("text=Look again").count():
            follow(page, "text=Look again")
        expect(page.locator(".sentence")).to_contain_text("hold together")


def test_a_member_erases_nobody(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/ledger/")
        expect(page.locator("text=Erase a person")).to_have_count(0)
        assert page.request.get(f"{console.url}/a/shop/erase/").status == 404


def test_a_first_day_that_lies_after_the_last_is_told_on_every_page(page: Page, console: Console) -> None:
    """Also by one day: the two midnights are one."""
    for path in ("", "ledger/", "data/", "charts/recoveries/"):
        answer = page.goto(f"{console.url}/a/shop/{path}?since=2026-05-04&until=2026-05-03")
        assert answer is not None
        assert answer.status == 422, path
        expect(page.locator("main")).to_contain_text("The first day lies after the last.")
