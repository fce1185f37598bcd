"""One installation for the tests of a module, and one browser for all tests of the console.

It ends with the last of them and not with the run: while Playwright runs, no other loop can.
"""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from console.installation import HOSTILE, Console, become, log_in, looking

ADMIN = "admin@retour.example"
PEOPLE = (
    ("member@shop.example", "--account", "shop"),
    ("manager@shop.example", "--account", "shop", "--role", "manager"),
    ("stranger@other.example", "--account", "other", "--role", "manager"),
    ("support@retour.example", "--role", "support"),
)
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


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Console:
    """An installation with people and bounces, that has ended: each module works with a copy of its own."""
    made = Console(tmp_path_factory.mktemp("founded"))
    try:
        made.bounce("unknown@b.example", "550 5.1.1 user unknown")
        made.bounce("full@b.example", "452 4.2.2 mailbox full")
        made.bounce("hostile@b.example", HOSTILE)
        made.sessions[ADMIN] = become(ADMIN, made.first_link)
        made.join(*PEOPLE)
    finally:
        made.stop()
    return made


@pytest.fixture(scope="module")
def console(
    request: pytest.FixtureRequest, founded: Console, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    """A copy with what the module's own `SETTINGS` add, where it has any."""
    more = getattr(request.module, "SETTINGS", "")
    made = Console.copied(founded, tmp_path_factory.mktemp("console"), more)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="package")
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
