"""Who got in, as what and by whom stands in the ledger, once each, also what the command line did."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import PASSWORD, Console, choose_password, follow, log_in, looking
from console.test_account import invited
from console.test_sign_on import one_time
from story import patient
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
Line = tuple[str, str, str]  # before, after, by whom
BY = "person manager@shop.example"
SUPPORT: dict[str, str] = {}  # a key that reads the ledgers of all accounts, by installation


@pytest.fixture(autouse=True)
def support(console: Console) -> None:
    if console.url not in SUPPORT:
        SUPPORT[console.url] = console.command("key", "add", "--role", "support")


def lines(console: Console, email: str, account: str = "shop") -> list[Line]:
    """What the ledger tells of one person, the first first."""
    headers = {"Authorization": f"Bearer {SUPPORT[console.url]}"}
    url = f"http://127.0.0.1:{console.ports['api']}/v1/ledger"
    query: dict[str, str | int] = {"cause": "people", "limit": 500, "account": account}
    found = patient.get(url, params=query, headers=headers).json()["lines"]
    theirs = [(line["before"], line["after"], line["actor"]) for line in found if email in line["after"]]
    return theirs[::-1]


def told(console: Console, email: str, count: int, account: str = "shop") -> list[Line]:
    """The same, once there are so many."""

    def there() -> bool:
        return len(lines(console, email, account)) >= count

    eventually(there, f"{count} lines on {email}", console.story)
    return lines(console, email, account)


def test_who_is_invited_joins_changes_and_leaves_stands_in_the_ledger(
    console: Console, browser: Browser
) -> None:
    email = "ida@shop.example"
    with looking(browser) as manager, looking(browser) as guest:
        log_in(manager, console.url, "manager@shop.example")
        choose_password(guest, invited(manager, console, email))
        manager.goto(f"{console.url}/a/shop/team/")
        follow(manager, f"tr:has-text('{email}') a")
        manager.select_option("[name=act]", "manager")
        follow(manager, "main form.narrow button.main")
        follow(manager, f"tr:has-text('{email}') a")
        follow(manager, "button.danger")
        wanted = [
            ("", f"invited_member {email}", BY),
            (f"invited_member {email}", f"member {email}", f"person {email}"),
            (f"member {email}", f"manager {email}", BY),
            (f"manager {email}", f"gone {email}", BY),
        ]
        assert told(console, email, len(wanted)) == wanted
        manager.goto(f"{console.url}/a/shop/ledger/")
        manager.select_option("[name=cause]", "people")
        follow(manager, ".filters button.main")
        row = manager.locator(f"tbody tr:has-text('no longer there: {email}')")
        expect(row).to_contain_text(f"manager: {email}")
        expect(row).to_contain_text("manager@shop.example")
    job = console.ask("POST", "/v1/ledger/verify")["id"]
    done = eventually(lambda: console.ask("GET", f"/v1/jobs/{job}")["result"], "the chain to be tried")
    assert done["whole"] is True


def test_an_invitation_that_is_withdrawn_stands_there_too(console: Console, browser: Browser) -> None:
    email = "uwe@shop.example"
    with looking(browser) as page:
        log_in(page, console.url, "manager@shop.example")
        invited(page, console, email, "manager")
        page.goto(f"{console.url}/a/shop/team/")
        follow(page, f"tr:has-text('{email}') button")
    assert told(console, email, 2) == [
        ("", f"invited_manager {email}", BY),
        (f"invited_manager {email}", f"gone {email}", BY),
    ]


def test_what_the_command_line_does_is_told_for_staff_in_every_account(
    console: Console, browser: Browser
) -> None:
    email = "lee@retour.example"
    with looking(browser) as page:
        choose_password(page, console.invited(email, "--role", "support"))
        activate(page, console)
    console.command("person", "remove", email)
    wanted = [
        ("", f"support {email}", "command line"),
        (f"link {email}", f"entered {email}", f"person {email}"),
        ("", f"second_factor {email}", f"person {email}"),
        (f"support {email}", f"gone {email}", "command line"),
    ]
    for account in ("shop", "other"):
        assert told(console, email, len(wanted), account) == wanted


def test_who_has_lost_telephone_and_codes_gets_in_after_a_reset(console: Console, browser: Browser) -> None:
    email = "lost@shop.example"
    with looking(browser) as page:
        choose_password(page, console.invited(email, "--account", "shop"))
        activate(page, console)
        page.context.clear_cookies()
        log_in(page, console.url, email)
        expect(page.locator(".lead")).to_contain_text("ask your administrator to reset the second factor")
        console.command("person", "reset-second-factor", email)
        page.context.clear_cookies()
        log_in(page, console.url, email)
        assert page.url == f"{console.url}/a/shop/"
    wanted = (f"second_factor {email}", f"no_second_factor {email}", "command line")
    assert told(console, email, 4)[-1] == wanted


def test_a_change_that_no_ledger_takes_stays_and_is_told_and_holds_nothing_back(
    console: Console, browser: Browser
) -> None:
    """As an older console may have written it, or a newer one."""
    rows = [("nowhere", "member eve@shop.example"), ("shop", "teleported eve@shop.example")]
    rows.append(("shop", "member zoe@shop.example"))
    file = console.directory / "data/console.sqlite3"
    with closing(sqlite3.connect(file, timeout=60)) as db, db:
        db.executemany(
            "INSERT INTO people_change (name, account, at, by, before, after)"
            " VALUES (hex(randomblob(16)), ?, '2026-01-02 03:04:05', 'command line', '', ?)",
            rows,
        )
    try:
        assert told(console, "zoe@shop.example", 1) == [("", "member zoe@shop.example", "command line")]
        assert left(file) == [after for _, after in rows[:2]]
        assert console.story().count("it is kept, and told again every hour") == 2
        with looking(browser) as page:
            log_in(page, console.url, "manager@shop.example")
            page.goto(f"{console.url}/a/shop/team/")
            expect(page.locator("main p.warning")).to_contain_text("do not stand in the ledger yet: 1.")
    finally:
        with closing(sqlite3.connect(file, timeout=60)) as db, db:
            db.execute("DELETE FROM people_change")
    with looking(browser) as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/team/")
        expect(page.locator("main table").first).to_be_visible()
        expect(page.locator("main p.warning")).to_have_count(0)


def left(file: Path) -> list[str]:
    """The changes that no ledger has yet."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        return [after for (after,) in db.execute("SELECT after FROM people_change ORDER BY id")]


def activate(page: Page, console: Console) -> None:
    """Set up a second factor."""
    page.goto(f"{console.url}/sign/mfa/totp/activate/")
    if page.locator("main [name=password]").count():
        page.fill("main [name=password]", PASSWORD)
        follow(page, "main form button")
    secret = page.locator("#authenticator_secret").input_value()
    page.fill("[name=code]", one_time(secret))
    follow(page, "main form button")


def test_the_first_person_may_be_invited_before_the_first_start(tmp_path: Path) -> None:
    where = ("--data", str(tmp_path))
    for words in (
        ("account", "add", "shop", "--return-domain", "return.test"),
        ("person", "add", "ann@shop.example", "--account", "shop", "--role", "manager"),
        ("person", "link", "ann@shop.example"),
    ):
        command = [sys.executable, "-m", "retour", *words, *where]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("/first/")
