"""Long work on a page: how far it is, that it goes on without the page, how it is ended, what came of it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import barriers, faults
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MANAGER = "manager@shop.example"
ENDED = ("done", "failed", "cancelled")


def long_work(console: Console) -> str:
    """The check of a list that takes some seconds: so long that it can be looked at and ended."""
    rows = "\n".join(f"ann{number}@b{number % 5000}.example" for number in range(2_000_000))
    made = console.ask("POST", "/v1/list-checks", content=rows.encode())
    return str(made["id"])


def state(console: Console, id: str) -> str:
    return str(console.ask("GET", f"/v1/jobs/{id}")["state"])


def what_if(console: Console, **settings: object) -> str:
    made = console.ask("POST", "/v1/policy/what-if", json={"settings": settings, "expected": 1})
    eventually(lambda: state(console, made["id"]) in ENDED, "the job to end", console.story)
    return str(made["id"])


def test_a_page_follows_the_work_by_itself_and_the_work_ends_when_somebody_says_so(
    console: Console, page: Page
) -> None:
    id = long_work(console)
    page.goto(f"{console.url}/a/shop/jobs/")
    follow(page, "tbody tr:first-child th a")
    expect(page.locator("h1")).to_have_text("Check of a list")
    expect(page.locator(".status .sentence")).to_have_text("runs")
    assert barriers(page) == []
    console.ask("POST", f"/v1/jobs/{id}/cancel")  # somebody else, elsewhere
    expect(page.locator(".status .sentence")).to_have_text("cancelled", timeout=120_000)
    expect(page.locator("#status")).to_contain_text("cancelled")
    expect(page.locator("text=Cancel this work")).to_have_count(0)


def test_work_is_cancelled_without_javascript_and_by_keyboard(console: Console, browser: Browser) -> None:
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, MANAGER)
        id = long_work(console)
        page.goto(f"{console.url}/a/shop/jobs/{id}/")
        page.locator("text=Cancel this work").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[role=status]")).to_contain_text("It ends at its next step")
        eventually(lambda: state(console, id) == "cancelled", "it to end", console.story)
        page.goto(f"{console.url}/a/shop/jobs/{id}/")
        expect(page.locator(".status .sentence")).to_have_text("cancelled")


def test_a_member_sees_the_work_and_ends_none(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        id = long_work(console)
        page.goto(f"{console.url}/a/shop/jobs/{id}/")
        expect(page.locator("h1")).to_have_text("Check of a list")
        expect(page.locator("text=Cancel this work")).to_have_count(0)
    console.ask("POST", f"/v1/jobs/{id}/cancel")
    eventually(lambda: state(console, id) == "cancelled", "it to end", console.story)


def test_work_that_failed_says_why_and_what_to_do(console: Console, page: Page) -> None:
    made = console.ask("POST", "/v1/list-checks", content=b"\n\n")
    eventually(lambda: state(console, made["id"]) == "failed", "it to fail", console.story)
    page.goto(f"{console.url}/a/shop/jobs/{made['id']}/")
    expect(page.locator(".status")).to_contain_text("There is nothing in the file.")
    page.goto(f"{console.url}/a/shop/jobs/?kind=list_check")
    expect(page.locator("tbody")).to_contain_text("failed")
    page.goto(f"{console.url}/a/shop/jobs/?kind=wave_plan")
    expect(page.locator(".empty")).to_contain_text("Nothing matches")


def test_the_pages_of_jobs_are_sound(console: Console, browser: Browser) -> None:
    id = what_if(console, soft_threshold=1)
    assert faults(console, browser, MANAGER, ["/a/shop/jobs/", f"/a/shop/jobs/{id}/"]) == []
    assert faults(console, browser, "stranger@other.example", ["/a/other/jobs/"]) == []  # nothing there yet
