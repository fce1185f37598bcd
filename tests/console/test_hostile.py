"""An account in which everything that comes from outside is hostile: each page shows it as text."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from console.conftest import ADMIN
from console.furnished import GUARD, ended, furnish
from console.installation import Console, log_in, looking
from console.routes import pages
from console.sound import sideways

pytestmark = pytest.mark.engine("chromium")
SETTINGS = GUARD
WORD = "unbroken" * 12
TRICK = (
    "\uff1dcmd|'/c calc'!A1<svg onload=alert(1)><script>alert(2)</script>\"'><img src=x onerror=alert(3)>"
    f"\u202egnp.exe\u202c \u200bzero\u2066in\u2069 [j](javascript:alert(4)) {WORD}"
)
HIDDEN = "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u0000-\u0008\u001b]"
# What a page shows of these, wherever its fields are not: text, not what is typed into a form.
SEEN = f"""() => {{
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node; (node = walk.nextNode());)
        if (/{HIDDEN}/u.test(node.data) && !node.parentElement.closest("textarea"))
            found.push(node.data);
    return found;
}}"""


def tried(console: Console, method: str, path: str, **more: Any) -> str:
    """The id of what was made; empty where the name was refused, which is as good."""
    url = f"http://127.0.0.1:{console.ports['api']}{path}"
    who = {"Authorization": f"Bearer {console.key}"}
    answer = httpx.request(method, url, headers=who, timeout=120, **more)
    assert answer.status_code < 500, answer.text
    told = answer.json() if answer.content and answer.is_success else {}
    return str(told.get("id", ""))


@pytest.fixture(scope="module")
def paths(console: Console) -> list[str]:
    """Every page of an account that is furnished with such names."""
    console.bounce(
        "tricked@b.example", f"550 5.1.1 {TRICK} \x1b]0;x\x07 user unknown", campaign=TRICK, subject=TRICK
    )
    tried(console, "POST", "/v1/contact-lists", json={"name": TRICK[:60]})
    contact = {"address": "tricked@b.example", "name": TRICK, "attributes": {TRICK[:40]: TRICK}}
    tried(console, "POST", "/v1/contacts", json={"contacts": [contact]})
    tried(console, "POST", "/v1/views", json={"name": TRICK[:60], "query": f"campaign={TRICK[:20]}"})
    tried(console, "PUT", "/v1/segments/tricked", json={"campaign": TRICK})
    tried(console, "POST", "/v1/keys", json={"role": "member", "name": TRICK[:60]})
    tried(console, "POST", "/v1/webhooks", json={"url": f"http://127.0.0.1:9/{TRICK}"})
    tried(console, "POST", "/v1/never-stop", json={"entry": TRICK})
    asked = tried(console, "POST", "/v1/requests", json={"addresses": ["tricked@b.example"], "done": TRICK})
    wrong = {"old": "tricked@b.example", "new": "trick@b.example", "reason": TRICK}
    tried(console, "POST", "/v1/corrections", json=wrong)
    rows = f"email;{TRICK}\ntricked@b-firm.de;{TRICK}\n{TRICK};x\n=cmd@b-firm.de;\t=1+1\n".encode()
    named = {"name": f"{TRICK[:90]}.csv"}
    check = str(console.ask("POST", "/v1/list-checks", params=named, content=rows)["id"])
    ended(console, check)
    event = console.ask("GET", "/v1/addresses/tricked@b.example")["events"][0]["id"]
    own = (
        "",
        "?columns=subject&columns=campaign",
        "contact/tricked@b.example/",
        "address/tricked@b.example/",
    )
    own += (f"address/tricked@b.example/event/{event}/", f"checks/{check}/", "rates/campaigns/")
    own += (f"checks/{check}/rows/?pile=kept", f"checks/{check}/rows/?pile=dropped", f"requests/{asked}/")
    own += ("data/?domain=b.example", f"address/tricked@b.example/event/{event}/mail/")
    return [*pages(furnish(console)).values(), *(f"/a/shop/{each}" for each in own)]


@pytest.fixture(scope="module")
def opened(console: Console, browser: Browser) -> Iterator[Page]:
    """Narrow, as an admin, who sees all; what a browser complains about fails it."""
    with looking(browser, viewport={"width": 320, "height": 800}) as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        log_in(page, console.url, ADMIN)
        yield page


def test_every_page_shows_what_is_hostile_as_text_and_whole(
    console: Console, opened: Page, paths: list[str]
) -> None:
    wrong, shown = [], 0
    for path in paths:
        answer = opened.goto(console.url + path)
        assert answer is not None
        assert answer.ok, (path, answer.status)
        made = opened.locator("main [onload], main [onerror], main iframe, main script").count()
        made += opened.locator("main a[href^='javascript:']").count()
        shown += "⟨U+202E⟩" in opened.locator("main").inner_text()
        if found := (made, sideways(opened), [each[:60] for each in opened.evaluate(SEEN)][:3]):
            wrong += [(path, *found)] if any(found) else []
    assert wrong == []
    assert shown >= 8  # the pages that have names at all


@pytest.mark.parametrize("file", ["bounces.csv", "data.csv", "contacts.csv", "ledger/ledger.csv"])
def test_no_cell_of_a_file_is_a_formula(console: Console, opened: Page, paths: list[str], file: str) -> None:
    answer = opened.request.get(f"{console.url}/a/shop/{file}")
    assert answer.ok
    cells = [cell for row in csv.reader(io.StringIO(answer.text())) for cell in row]
    assert len(cells) > 8
    assert [cell for cell in cells if cell[:1] in set("=+-@\t\r\uff1d\uff0b\uff0d\uff20")] == []
