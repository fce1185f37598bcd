"""One bounce in detail (E34-E35), and what the settings made of it (N1)."""

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import barriers

pytestmark = pytest.mark.engine("chromium")
FACTS = "main dl.facts:not(details dl) > div"


def facts(page: Page, of: str = FACTS) -> dict[str, str]:
    """What stands beside each name."""
    rows = page.locator(of).all()
    return {row.locator("dt").inner_text(): " ".join(row.locator("dd").inner_text().split()) for row in rows}


def open_bounce(page: Page, console: Console, address: str) -> None:
    page.goto(f"{console.url}/a/shop/address/{address}/")
    follow(page, ".timeline li.bounce a")


def test_details_name_the_send_the_bounce_and_who_spoke(console: Console, browser: Browser) -> None:
    sent = {
        "sender": "news@shop.example",
        "subject": "June is here",
        "campaign": "June",
        "kind": "automation",
    }
    console.bounce("W.Wislon@gmail.com", "550 5.1.1 no such user", **sent)
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        open_bounce(page, console, "wwislon@gmail.com")
        told = facts(page)
        assert {
            name: told.get(name) for name in ("Sender", "Subject", "Email", "Mail kind", "Bounce type")
        } == {
            "Sender": "news@shop.example",
            "Subject": "June is here",
            "Email": "June",
            "Mail kind": "Automations",
            "Bounce type": "hard",
        }
        assert told["Written by the sender as"].replace("\u200b", "") == "W.Wislon@gmail.com"
        assert told["Reason"] == "Address unknown"
        assert told["Who spoke"] == "the recipient's server"
        assert {"Sent", "Bounced"} <= told.keys()
        expect(page.locator("#reply")).to_have_text("550 5.1.1 no such user")
        expect(page.locator("pre.raw").last).to_have_text("Your message could not be delivered.")


@pytest.mark.parametrize(
    ("language", "said", "expected"),
    [
        ("en", "550 5.1.1 user unknown", "Counts as hard. The first hard bounce stops an address. Version"),
        (
            "en",
            "552 5.3.4 too big",
            "Counts as soft. “Message too large” is recorded and never counts. Version",
        ),
        ("en", "550 5.0.0 action not taken", "Counts as soft. “Cause unknown” is recorded and never counts."),
        ("de", "550 5.7.1 your IP is listed by zen.spamhaus.org", "Zählt als Block. Blocks stoppen sie nie:"),
    ],
)
def test_the_line_of_the_settings_stands_beside_the_rule(
    console: Console, browser: Browser, language: str, said: str, expected: str
) -> None:
    address = f"{said.split()[1].replace('.', '-')}-{language}@c.example"
    console.bounce(address, said)
    with looking(browser, locale=language) as page:
        log_in(page, console.url, "member@shop.example")
        open_bounce(page, console, address)
        page.click("details.technical summary")
        told = facts(page, "details.technical dl > div")
        name = "What the settings say" if language == "en" else "Was die Einstellungen sagen"
        assert told[name].startswith(expected)
        code = told["Enhanced status code" if language == "en" else "Erweiterter Statuscode"]
        assert len(code.split()) > 2, code  # its number, and what it stands for
        assert barriers(page) == []
        follow(page, "details.technical a[href$='/settings/history/']")
        expect(page.locator("h1")).to_have_text("Versions" if language == "en" else "Fassungen")


def test_a_member_sees_what_was_meant_and_whom_to_ask(console: Console, browser: Browser) -> None:
    console.bounce("anna@gmial.com", "550 5.1.1 user unknown")
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        for path in ("address/anna@gmial.com/", "review/"):
            page.goto(f"{console.url}/a/shop/{path}")
            expect(page.locator("ul.suggestions")).to_contain_text("anna@gmail.com")
            expect(page.locator("ul.suggestions a")).to_have_count(0)
            expect(page.locator("main")).to_contain_text(
                "Ask a manager of the account to correct the address."
            )
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/address/anna@gmial.com/")
        follow(page, "ul.suggestions a")
        expect(page.locator("h1")).to_have_text("Correct an address")
