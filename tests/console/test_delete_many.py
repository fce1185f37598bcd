"""More contacts than one request would name are deleted by their filter: seen, typed, followed, told."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from console.conftest import PATIENCE
from console.installation import Console, follow, log_in, looking
from console.sound import barriers
from story.reports import report

pytestmark = pytest.mark.engine("chromium")
MANY = 503


@pytest.fixture(scope="module")
def many(console: Console, tmp_path_factory: pytest.TempPathFactory) -> None:
    """So many full mailboxes at one provider, told by files."""
    room: Path = tmp_path_factory.mktemp("mails")
    for number in range(MANY):
        mail = report("bounces@shop.example", f"user{number}@gmx.de", "452 4.2.2 mailbox full")
        (room / f"{number}.eml").write_bytes(mail.encode())
    console.command("ingest", "--proof", "trusted", "--account", "shop", str(room))


@pytest.mark.usefixtures("many")
def test_all_whom_a_filter_means_are_deleted_by_a_job(console: Console, browser: Browser) -> None:
    filters = "provider=gmx&reason=mailbox_full"
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/?{filters}")
        expect(page.locator("#results-title")).to_contain_text(f"{MANY} addresses")
        follow(page, "text=Delete all of them")
        expect(page.locator("h1")).to_have_text(f"Delete {MANY} contacts")
        expect(page.locator(".follows")).to_contain_text("Cancelled, it leaves whoever is not deleted yet")
        page.fill("[name=typed]", str(MANY))
        follow(page, "button.danger")
        expect(page.locator("#status")).to_contain_text("A job deletes them now")
        while page.locator("dl.facts", has_text="Ended").count() == 0:
            follow(page, "text=Look again")
        expect(page.locator("section", has_text="What remains")).to_contain_text(
            f"{MANY} contacts are deleted. 0 of these addresses stay stopped."
        )
        page.goto(f"{console.url}/a/shop/?{filters}")
        expect(page.locator(".empty h3")).to_have_text("Nothing matches these filters", timeout=PATIENCE)
        page.goto(f"{console.url}/a/shop/ledger/")
        assert page.locator("td", has_text="erased").count() > 40
    with looking(browser, locale="de") as page:
        log_in(page, console.url, "manager@shop.example")
        job = console.ask("GET", "/v1/jobs", params={"kind": "delete"})["jobs"][0]["id"]
        page.goto(f"{console.url}/a/shop/jobs/{job}/")
        expect(page.locator("main")).to_contain_text(f"{MANY} Kontakte sind gelöscht.")
        assert barriers(page) == []
