"""An address that another account found dead: what this one is shown of it, and how support takes it back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from console.installation import Console, follow, log_in, looking
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
TERMS = "[platform]\none_owner = true\n"
MEMBER, SUPPORT = "member@shop.example", "support@retour.example"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """An installation whose accounts have one owner: one verdict stops an address for all."""
    made = Console(tmp_path_factory.mktemp("platform"), TERMS)
    try:
        made.join((SUPPORT, "--role", "support"), (MEMBER, "--account", "shop"))
        yield made
    finally:
        made.stop()


def found_dead_elsewhere(console: Console, address: str) -> None:
    key = console.key
    console.key = console.command("key", "add", "--account", "other", "--role", "manager")
    try:
        console.bounce(address, "550 5.1.1 no such user here")
    finally:
        console.key = key
    eventually(lambda: _decision(console, address) == "stop", "the stop for all", console.story)


def _decision(console: Console, address: str) -> str:
    told = console.ask("GET", "/v1/check", params={"address": address, "kind": "mailing"})
    return str(told["decision"])


@pytest.mark.parametrize("script", [True, False])
def test_a_stop_of_the_platform_is_found_told_reviewed_and_taken_back(
    shared: Console, browser: Browser, script: bool
) -> None:
    address = f"gone-{script}@c.example".lower()
    found_dead_elsewhere(shared, address)
    with looking(browser, java_script_enabled=script) as page:
        log_in(page, shared.url, MEMBER)
        page.fill("#find", address)
        follow(page, ".find button")
        follow(page, page.get_by_role("link", name=f"What is known of {address}"))
        expect(page.locator(".status .mark")).to_contain_text("stopped")
        expect(page.locator(".status .sentence")).to_contain_text("Stopped on this platform since")
        expect(page.locator(".timeline li")).to_have_count(0)  # nothing of what another account was told
        assert "other" not in page.locator("main").inner_text().split()
        follow(page, ".status .acts-list a.main")
        expect(page.locator("[name=addresses]")).to_have_value(address)
        page.fill("[name=done]", "The reader called us from this very address.")
        follow(page, "text=Send the request")
        asked = page.url
        with looking(browser, java_script_enabled=script) as support:
            log_in(support, shared.url, SUPPORT)
            support.goto(f"{shared.url}/desk/")
            follow(support, f"tr:has-text('{address}') th a")
            verdict = support.get_by_role("listitem").filter(has_text=": other, ")  # for staff alone
            expect(verdict).to_contain_text("Address unknown")
            support.fill("[name=reason]", "The mailbox answers.")
            follow(support, "button[value=approve]")
            expect(support.locator("[role=status]")).to_contain_text("Decided.")
        eventually(lambda: _decision(shared, address) == "send", "the stop to go", shared.story)
        page.goto(asked)
        expect(page.locator("main")).to_contain_text("The mailbox answers.")
        assert "stopped" not in page.locator("h1").inner_text()
