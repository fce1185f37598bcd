"""More contacts than one request would name are deleted by their filter: seen, typed, followed, told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from console.conftest import PATIENCE
from console.installation import Console, follow, log_in, looking
from console.sound import barriers
from story.reports import report
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MANY = 503
TWICE = 103


def taken_in(console: Console, room: Path) -> None:
    """Have the server take in the mails of a folder, and wait until it has judged them."""
    console.command("ingest", "--proof", "trusted", "--account", "shop", str(room))
    path = console.directory / "data/inbox.sqlite3"

    def judged() -> bool:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as inbox:
            waiting = inbox.execute("SELECT count(*) FROM arrivals WHERE outcome = 'waiting'").fetchone()
        return waiting == (0,)

    eventually(judged, "the mails to be judged")


@pytest.fixture(scope="module")
def many(console: Console, tmp_path_factory: pytest.TempPathFactory) -> None:
    """So many full mailboxes at one provider, told by files."""
    room: Path = tmp_path_factory.mktemp("mails")
    for number in range(MANY):
        mail = report("bounces@shop.example", f"user{number}@gmx.de", "452 4.2.2 mailbox full")
        (room / f"{number}.eml").write_bytes(mail.encode())
    taken_in(console, room)


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


@pytest.fixture(scope="module")
def twice(console: Console, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Some who bounced twice each, of whom a segment tells."""
    room: Path = tmp_path_factory.mktemp("twice")
    for number in range(2 * TWICE):
        code = "452 4.2.2 mailbox full" if number % 2 else "452 4.3.1 out of storage"
        mail = report("bounces@shop.example", f"user{number // 2}@twice.example", code)
        (room / f"{number}.eml").write_bytes(mail.encode())
    taken_in(console, room)
    console.ask("PUT", "/v1/segments/at-twice", json={"domain": "twice.example"})


@pytest.mark.usefixtures("twice")
def test_the_contacts_of_a_segment_are_deleted_each_once(console: Console, browser: Browser) -> None:
    filters = "segment=at-twice"
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/data/?{filters}")
        expect(page.locator("#results-title")).to_contain_text(f"{2 * TWICE} bounces")
        expect(page.locator("text=Delete their contacts")).to_have_count(0)
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/data/?{filters}")
        follow(page, "text=Delete their contacts")
        expect(page.locator("h1")).to_have_text(f"Delete {TWICE} contacts")
        expect(page.locator(".warning")).to_contain_text("mail goes out to them now")
        page.fill("[name=typed]", str(2 * TWICE))
        follow(page, "button.danger")
        expect(page.locator("main")).to_contain_text("The number typed is not the number of contacts")
        page.fill("[name=typed]", str(TWICE))
        follow(page, "button.danger")
        while page.locator("dl.facts", has_text="Ended").count() == 0:
            follow(page, "text=Look again")
        remains = page.locator("section", has_text="What remains")
        expect(remains).to_contain_text(f"{TWICE} contacts are deleted.")
        page.goto(f"{console.url}/a/shop/data/?{filters}")
        expect(page.locator(".empty h3")).to_have_text("Nothing matches these filters", timeout=PATIENCE)
        page.goto(f"{console.url}/a/shop/data/delete/?{filters}")
        expect(page.locator("h1")).to_have_text("Nobody is meant")
