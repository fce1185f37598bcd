"""A long list under filters that no roll-up knows: "more than so many", and all where somebody asks."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from console.installation import Console, follow, log_in, looking, report
from console.sound import barriers

pytestmark = pytest.mark.engine("chromium")
MANY = 10_020
OTHER = "stranger@other.example"


@pytest.fixture(scope="module")
def many(console: Console) -> None:
    """So many addresses of the other account bounce."""
    box = console.directory / "bounces.mbox"
    with box.open("w", encoding="ascii", newline="") as written:
        for number in range(MANY):
            mail = report("bounces@other.test", f"u{number}@many.example", "550 5.1.1 user unknown")
            written.write(f"From MAILER-DAEMON {datetime.now(UTC):%a %b %d %H:%M:%S %Y}\n")
            written.write(mail.replace("\r\n", "\n") + "\n")
    console.command("ingest", "--account", "other", "--proof", "open", str(box))


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_long_list_is_counted_where_somebody_asks(
    console: Console, browser: Browser, javascript: bool
) -> None:
    today = f"{datetime.now(UTC):%Y}-01-01"
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, OTHER)
        page.goto(f"{console.url}/a/other/?since={today}")
        title = page.locator("#results-title")
        expect(title).to_contain_text("ddresses: from")
        expect(title).not_to_contain_text("10,020")
        if javascript:
            assert barriers(page) == []
            page.click("#count-all")
        else:
            follow(page, "#count-all")
        expect(title).to_contain_text("10,020 addresses")
        expect(page.locator("#count-all")).to_have_count(0)
        assert "count=all" not in str(page.locator("#pager-older").get_attribute("href"))
        page.goto(f"{console.url}/a/other/")  # what roll-ups know is counted anyway
        expect(title).to_have_text("10,020 addresses")
