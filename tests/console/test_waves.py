"""Waves and replays by staff: seen before, applied by a second person, undone as though never been."""

import pytest
from playwright.sync_api import Browser, Page, expect

from console.conftest import ADMIN
from console.furnished import RULE
from console.installation import Console, follow, log_in, looking
from console.sound import barriers
from console.test_unparsed import not_understood

pytestmark = pytest.mark.engine("chromium")
SUPPORT = "support@retour.example"


def settled(page: Page, words: str) -> None:
    """Look again until the page says so; without JavaScript that is the only way."""
    expect(page.locator("main")).to_be_visible()
    for _ in range(200):
        if words in page.locator("main").inner_text() and page.locator("text=Look again").count() == 0:
            return
        page.wait_for_load_state()
        page.reload()
    raise AssertionError(f"{words}: {page.locator('main').inner_text()}")


def state(console: Console, address: str) -> str:
    return str(console.ask("GET", f"/v1/addresses/{address}")["state"]["state"])


def test_one_plans_a_wave_and_another_applies_and_undoes_it(console: Console, browser: Browser) -> None:
    wronged = "wronged@flown.example"
    console.bounce(wronged, "550 5.1.1 user unknown")
    with looking(browser, java_script_enabled=False) as first, looking(browser) as second:
        log_in(first, console.url, SUPPORT)
        first.goto(f"{console.url}/a/shop/waves/")
        first.fill("[name=domain]", "flown.example")
        first.fill("[name=since]", "2026-05-03")
        first.fill("[name=why]", "The provider was at fault")
        follow(first, "text=Find and count")
        settled(first, "planned, nothing done")
        expect(first.locator("main")).to_contain_text("First day (UTC): 3 May 2026")
        expect(first.locator(".figures .returns strong")).to_have_text("1")
        expect(first.locator("main")).to_contain_text("Domain: flown.example")
        expect(first.locator("table.bars >> nth=0")).to_contain_text("Address unknown")
        # four eyes: whoever planned it sees who may apply it, and no button that is refused
        expect(first.locator(".decision .warning")).to_contain_text("somebody else of support")
        expect(first.locator(".decision button")).to_have_text(["Drop this plan"])
        log_in(second, console.url, ADMIN)
        second.goto(first.url)
        expect(second.locator(".decision .warning")).to_have_count(0)
        assert barriers(second) == []
        follow(second, "text=Give back 1 address")
        expect(second.locator("h1")).to_have_text("Wave: applied", timeout=120_000)
        assert state(console, wronged) == "valid"
        planned = second.url
        second.goto(f"{console.url}/a/shop/ledger/")
        expect(second.locator("tbody tr:has-text('wave: given back')")).to_contain_text(
            "planned →becomes applied"
        )
        second.goto(planned)
        follow(second, "button:has-text('Undo the wave')")
        expect(second.locator("h1")).to_have_text("Wave: undone", timeout=120_000)
        assert state(console, wronged) == "invalid"


def test_a_wave_that_means_nobody_says_so_and_is_dropped(console: Console, browser: Browser) -> None:
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, SUPPORT)
        page.goto(f"{console.url}/a/shop/waves/")
        page.fill("[name=code]", "nonsense")
        page.fill("[name=why]", "A try")
        follow(page, "text=Find and count")
        expect(page.locator(".errors")).to_contain_text("Code: is no code as 4.4.7")
        expect(page.locator("[name=why]")).to_have_value("A try")
        page.fill("[name=code]", "")
        page.fill("[name=domain]", "nobody.example")
        follow(page, "text=Find and count")
        settled(page, "Nothing would happen to any address")
        expect(page.locator("main button.main")).to_have_count(0)  # there is nothing to apply
        follow(page, "text=Drop this plan")
        expect(page.locator("h1")).to_have_text("Wave: dropped")


UNREAD = """
[[rule]]
id = "own.bare"
reason = "address_unknown"
source = "the queue of 4 May"
phrases = ["the roost of ann is bare"]
samples = ["the roost of ann is bare"]
unparsed = true
"""


def test_a_replay_under_own_rules_is_seen_applied_and_undone(console: Console, browser: Browser) -> None:
    console.bounce("odd@brim.example", "550 the box is brimming over")
    staff = console.command("key", "add", "--role", "support")
    not_understood(console, staff, "ann@roost.example", "the roost of ann is bare")
    before = state(console, "odd@brim.example")
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, SUPPORT)
        page.goto(f"{console.url}/a/shop/replays/")
        page.check("[name=what][value=own]")
        page.fill("[name=rules]", "[[rule]]\nid = 'broken'")
        follow(page, "text=Look at the difference")
        expect(page.locator(".errors")).to_contain_text("broken")
        page.fill("[name=rules]", RULE + UNREAD)
        follow(page, "text=Look at the difference")
        settled(page, "Reports judged again")
        expect(page.locator("main")).to_contain_text("One bounce that was not understood when it came")
        expect(page.locator(".figures .stops strong")).to_have_text("1")
        expect(page.locator("main")).to_contain_text("own.brimming")
        expect(page.locator("tr:has-text('own.brimming')")).to_contain_text("Mailbox full")
        page.fill("[name=reason]", "The rule was missing")
        follow(page, "button:has-text('Apply the replay')")
        settled(page, "Undo the replay")
        assert state(console, "ann@roost.example") == "invalid"
        page.fill("[name=reason]", "It was wrong")
        follow(page, "button:has-text('Undo the replay')")
        settled(page, "undone")
        assert state(console, "odd@brim.example") == before
        assert state(console, "ann@roost.example") == "valid"


def test_a_replay_of_all_accounts_is_seen_applied_and_undone(console: Console, browser: Browser) -> None:
    address = "spilling@spilt.example"
    console.bounce(address, "550 the jug is spilling over")
    before = state(console, address)
    own = (
        RULE.replace("brimming", "spilling")
        .replace("the box", "the jug")
        .replace("mailbox_full", "address_unknown")
    )
    with looking(browser) as page:
        log_in(page, console.url, SUPPORT)
        page.goto(f"{console.url}/a/shop/replays/")
        follow(page, "text=Replay of all accounts")
        page.check("[name=what][value=own]")
        page.fill("[name=rules]", own)
        follow(page, "text=Look at the difference")
        expect(page.locator("main")).to_contain_text("2 of 2 accounts are played", timeout=120_000)
        expect(page.locator("tr:has-text('shop')")).to_contain_text("1")
        expect(page.locator("[data-live]")).to_have_count(0)
        assert barriers(page) == []
        page.fill("[name=reason]", "The rule was missing")
        follow(page, "button:has-text('Apply it to every account')")
        expect(page.locator("tr:has-text('shop')")).to_contain_text("applied", timeout=120_000)
        expect(page.locator("[data-live]")).to_have_count(0)  # else what is written next is replaced
        assert state(console, address) == "invalid"
        page.fill("[name=reason]", "It was wrong")
        follow(page, "button:has-text('Undo it in every account')")
        expect(page.locator("tr:has-text('shop')")).to_contain_text("undone", timeout=120_000)
        assert state(console, address) == before
        follow(page, "tr:has-text('shop') th a")
        expect(page.locator("main")).to_contain_text("one account's part")
        page.goto(f"{console.url}/replays/")
        row = page.locator("tbody tr:has-text('Own rules, given here')").first
        expect(row).to_contain_text("undone")
        expect(row).to_contain_text("would be stopped")
        assert barriers(page) == []
        follow(page, row.locator("th a"))
        expect(page.locator("main")).to_contain_text("2 of 2 accounts are played")


def test_a_replay_of_a_version_that_changes_nothing_says_so(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, SUPPORT)
        page.goto(f"{console.url}/a/other/replays/")
        page.check("[name=what][value=policy]")
        follow(page, "text=Look at the difference")
        expect(page.locator(".empty")).to_contain_text("Nothing would happen", timeout=120_000)
        expect(page.locator("button:has-text('Apply')")).to_have_count(0)
        assert barriers(page) == []


def test_waves_and_replays_are_for_staff_alone(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/a/shop/")
    expect(page.locator(".side a:has-text('Waves')")).to_have_count(0)
    for path in ("waves/", "waves/0/", "replays/", "replays/0/"):
        assert page.request.get(f"{console.url}/a/shop/{path}").status == 404
