"""One installation and one browser for the tests of a module: while Playwright runs, no other loop can."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from console.installation import HOSTILE, Console, choose_password, log_in, looking

ADMIN = "admin@retour.example"
PATIENCE = 120_000  # milliseconds; only a broken page gets there, so it may be generous
expect.set_options(timeout=PATIENCE)
# The last: a page that a test puts in the hands of the browser may ask a loopback port.
CHROMIUM = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-sandbox",
    "--disable-features=LocalNetworkAccessChecks",
]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Console]:
    made = Console(tmp_path_factory.mktemp("console"))
    try:
        made.bounce("unknown@b.example", "550 5.1.1 user unknown")
        made.bounce("full@b.example", "452 4.2.2 mailbox full")
        made.bounce("hostile@b.example", HOSTILE)
        with looking(browser) as page:
            choose_password(page, made.first_link, ADMIN)
            for email, *role in (
                ("member@shop.example", "--account", "shop"),
                ("manager@shop.example", "--account", "shop", "--role", "manager"),
                ("stranger@other.example", "--account", "other", "--role", "manager"),
                ("support@retour.example", "--role", "support"),
            ):
                page.context.clear_cookies()
                choose_password(page, made.invited(email, *role))
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield started
        started.close()


@pytest.fixture
def page(console: Console, browser: Browser) -> Iterator[Page]:
    """Logged in as a manager of the shop."""
    with looking(browser) as opened:
        log_in(opened, console.url, "manager@shop.example")
        yield opened
