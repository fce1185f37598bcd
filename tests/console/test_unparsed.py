"""From what nobody understood to a rule in force, and back, by staff alone."""

import json
import smtplib
from contextlib import closing
from time import time

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from console.conftest import ADMIN
from console.installation import Console, follow, log_in, looking
from console.sound import barriers
from retour.identity import arrival_id
from retour.instants import DAY, SECOND, text
from retour.model import LATE, Arrival, Proof
from retour.stores import sqlite
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
SUPPORT = "support@retour.example"


@pytest.fixture(scope="module")
def staff(console: Console) -> str:
    """A key of the staff."""
    return console.command("key", "add", "--role", "support")


def not_understood(console: Console, staff: str, recipient: str, words: str) -> None:
    """A mail to a return address of ours that no form tells to be a bounce."""
    to = console.send(recipient)["return_address"]
    mail = f"From: somebody@mx.test\r\nTo: {to}\r\nSubject: A word\r\n\r\n{words}\r\n"
    before = waiting(console, staff)
    with smtplib.LMTP("127.0.0.1", console.ports["lmtp"], timeout=120) as session:
        session.sendmail("", [to], mail.encode())
    eventually(lambda: waiting(console, staff) > before, "the mail", console.story)


def waiting(console: Console, staff: str) -> int:
    """How many nobody understood."""
    url = f"http://127.0.0.1:{console.ports['api']}/v1/unparsed/shapes"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {staff}"}, timeout=120)
    return int(answer.json()["looked_at"])


def test_from_a_group_to_a_rule_and_back(console: Console, browser: Browser, staff: str) -> None:
    for number in range(2):
        not_understood(
            console, staff, f"p{number}@nest.example", f"The inhabitant p{number} has flown the nest for good"
        )
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, SUPPORT)
        page.goto(f"{console.url}/unparsed/")
        row = page.locator("tbody tr:has-text('flown the nest')")
        expect(row.locator("td.number")).to_have_text("2")
        follow(page, row.locator("th a"))
        expect(page.locator("pre.raw")).to_contain_text("has flown the nest")
        text = page.locator("[name=rules]").input_value()
        page.fill("[name=rules]", text.replace('reason = "undetermined"', 'reason = "nonsense"'))
        page.click("text=Try it")
        expect(page.locator(".errors")).to_contain_text("nonsense")
        page.fill("[name=rules]", text.replace('reason = "undetermined"', 'reason = "address_unknown"'))
        page.click("text=Try it")
        expect(page.locator(".sentence")).to_contain_text("2 of the latest")
        expect(page.locator(".figures .stops strong")).to_have_text("2")
        follow(page, "text=Publish this rule")
        expect(page.locator("[role=status]")).to_contain_text("In force")
        eventually(lambda: stopped(console, "p0@nest.example"), "the queue to be judged", console.story)
        page.goto(f"{console.url}/unparsed/")
        expect(page.locator("main")).not_to_contain_text("flown the nest")
        page.goto(f"{console.url}/rules/")
        ours = page.locator("article:has-text('flown the nest')")  # others of these tests stand there too
        ours.locator("text=Take it back").click()
        expect(ours).to_contain_text("taken back")


RULE = """[[rule]]
id = "own.moulted"
reason = "mailbox_full"
source = "replies of 5 May"
phrases = ["the box has moulted at last"]
samples = ["the box has moulted at last"]
"""


def test_two_who_publish_and_take_back_the_same_rules_are_told_how_it_stands(
    console: Console, browser: Browser
) -> None:
    with looking(browser) as one, looking(browser) as other:
        for page, email in ((one, SUPPORT), (other, ADMIN)):
            log_in(page, console.url, email)
            page.goto(f"{console.url}/rules/")
            page.fill("[name=rules]", RULE)
            follow(page, "text=Try it")
        follow(one, "text=Publish this rule")
        expect(one.locator("[role=status]")).to_contain_text("In force")
        follow(other, "text=Publish this rule")
        expect(other.locator("main .warning")).to_contain_text("in force already")
        expect(other.locator("main .warning")).to_contain_text(SUPPORT)
        expect(other.locator("article", has_text="own.moulted")).to_have_count(1)
        other.fill("[name=rules]", RULE.replace("mailbox_full", "mailbox_disabled"))
        follow(other, "text=Try it")
        expect(other.locator(".errors")).to_contain_text("published rules, these rules: rule own.moulted")
        expect(other.locator(".errors")).not_to_contain_text("toml")
        for page in (one, other):
            page.goto(f"{console.url}/rules/")
        for page, told in ((one, "Out of force"), (other, "Somebody has taken these rules back meanwhile.")):
            follow(page, page.locator("article", has_text="own.moulted").locator("button"))
            expect(page.locator("h1")).to_have_text("Rules of our own")
            expect(page.locator("[role=status]")).to_contain_text(told)


def stopped(console: Console, address: str) -> bool:
    answer = console.ask("GET", "/v1/check", params={"address": address})
    return str(answer["decision"]) == "stop"


def test_a_group_is_set_aside_until_it_grows(console: Console, browser: Browser, staff: str) -> None:
    not_understood(console, staff, "q1@nest.example", "shall we have lunch together")
    with looking(browser) as page:
        log_in(page, console.url, SUPPORT)
        page.goto(f"{console.url}/unparsed/")
        follow(page, "a:has-text('shall we have lunch')")
        assert barriers(page) == []
        follow(page, "text=Set aside until it grows")
        expect(page.locator("details tbody")).to_contain_text("shall we have lunch")
        expect(page.locator("main > .wide tr:has-text('shall we have lunch')")).to_have_count(0)
        not_understood(console, staff, "q2@nest.example", "shall we have lunch together")
        page.reload()
        row = page.locator("main > .wide tr:has-text('shall we have lunch')")
        expect(row).to_contain_text("set aside at 1, has grown")


def late(console: Console, name: str) -> None:
    """A post of a provider that told of a delivery days after it."""
    now = int(time() * SECOND)
    told = {"RecordType": "Delivery", "Recipient": f"{name}@nest.example", "MessageID": name}
    told["DeliveredAt"] = text(now - 9 * DAY)
    raw = json.dumps(told).encode()
    post = Arrival(
        arrival_id("letters", raw, None), "webhooks.letters", now, raw, len(raw),
        proof=Proof.TRUSTED, account="shop", form="postmark", defects=(LATE,),
    )  # fmt: skip
    with closing(sqlite.open_inbox(console.directory / "data/inbox.sqlite3")) as inbox:
        inbox.put([post])


def delivered(console: Console) -> int:
    rows = console.ask("GET", "/v1/tallies", params={"kind": "delivered"})["tallies"]
    return sum(row["times"] for row in rows if row["domain"] == "nest.example")


def test_what_came_late_is_counted_when_somebody_wants_it(
    console: Console, browser: Browser, staff: str
) -> None:
    before, waits = delivered(console), waiting(console, staff)
    late(console, "s1")
    eventually(lambda: waiting(console, staff) > waits, "the post", console.story)
    assert delivered(console) == before
    with looking(browser, locale="de-DE") as page:
        log_in(page, console.url, SUPPORT)
        page.goto(f"{console.url}/unparsed/")
        form = page.locator("form:has-text('Nachzügler zählen')")
        expect(form).to_contain_text("Eine Meldung eines Anbieters kam Tage nach dem, was sie erzählt.")
        assert barriers(page) == []
        follow(page, "text=Nachzügler zählen")
        expect(page.locator("[role=status]")).to_contain_text("1 Nachzügler wird jetzt gezählt.")
        expect(page.locator("form:has-text('Nachzügler zählen')")).to_have_count(0)
    eventually(lambda: delivered(console) == before + 1, "the delivery", console.story)


def test_nobody_else_sees_it(page: Page, console: Console) -> None:
    for path in ("unparsed/", "rules/"):
        assert page.request.get(f"{console.url}/{path}").status == 404
