"""What Retour shows beyond the consoles of others (docs/console.md), as far as no other test does."""

import copy
import re
import smtplib
import tomllib
from importlib import resources

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking, report
from retour.model import Reason
from retour.texts import LANGUAGES, catalogue
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MANAGER, STRANGER = "manager@shop.example", "stranger@other.example"
CHARTS = ("rates/days/", "rates/campaigns/", "charts/reasons/", "charts/recoveries/", "charts/lag/")
EMPTY = (
    *("", "data/", "review/", "contacts/", "contacts/imports/", "rates/days/", "rates/campaigns/"),
    *("rates/providers/", "charts/reasons/", "charts/given-back/", "charts/lag/", "requests/", "checks/"),
    *("incidents/", "jobs/", "ledger/", "keys/", "webhooks/", "settings/effects/"),
)
# Shape of a mail that a server of the sender's own wrote: it gave up by itself.
TIMED_OUT = "connect to mx.b.example[192.0.2.1]:25: Connection timed out"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_name_and_can_be_chosen(console: Console, browser: Browser, language: str) -> None:
    label = catalogue(f"status.{language}")
    with looking(browser, locale=language) as page:
        log_in(page, console.url, MANAGER)
        told = page.locator("#f-reason option").all_inner_texts()[1:]
    assert [words.rpartition(" (")[0] for words in told] == [label(f"label.{reason}") for reason in Reason]
    assert not {words.partition(" ")[0] for words in told} & set(Reason)


def test_a_stop_that_ends_says_when_in_its_sentence_and_in_a_column(
    console: Console, browser: Browser
) -> None:
    theirs = copy.copy(console)
    theirs.key = console.command("key", "add", "--account", "other", "--role", "manager")
    settings = {"soft_threshold": 1, "min_days": 0, "reset_after": 60}
    theirs.ask("PUT", "/v1/policy", json={"settings": settings, "expected": 1})
    theirs.bounce("due@c.example", "452 4.2.2 mailbox full")
    with looking(browser) as page:
        log_in(page, console.url, STRANGER)
        page.goto(f"{console.url}/a/other/address/due@c.example/")
        told = page.locator(".status .sentence").inner_text()
        due = re.search(r"; we try again on (\d+ \w+ \d{4}) \(attempt 1 of 3\)\. Nothing to do\.$", told)
        assert due is not None, told
        page.goto(f"{console.url}/a/other/?columns=what,due")
        row = page.locator("tbody tr", has_text="due@c.example")
        expect(row.locator("td.words")).to_contain_text(due[0])
        expect(row.locator("td").last).to_contain_text(due[1])
        theirs.bounce("gone@c.example", "550 5.1.1 user unknown")
        page.reload()
        gone = page.locator("tbody tr", has_text="gone@c.example")
        expect(gone.locator("td").last).to_have_text("no date")


def test_who_must_act_is_named_and_who_spoke(console: Console, page: Page) -> None:
    console.bounce("listed@b.example", "554 5.7.1 client 192.0.2.7 blocked using zen.spamhaus.org")
    to = console.send("slow@b.example")["return_address"]
    mail = report(to, "slow@b.example", "4.4.1").replace("smtp; 4.4.1", f"X-Postfix; {TIMED_OUT}")
    with smtplib.LMTP("127.0.0.1", console.ports["lmtp"], timeout=120) as session:
        session.sendmail("", [to], mail.encode())
    eventually(lambda: console._seen("slow@b.example", True), "the bounce", console.story)
    told = {}
    for name in ("unknown", "full", "listed", "slow"):
        page.goto(f"{console.url}/a/shop/address/{name}@b.example/")
        acts = page.locator(".status .who").inner_text()
        follow(page, ".timeline li.bounce a")
        told[name] = (acts, page.locator("dl.facts div", has_text="Who spoke").locator("dd").inner_text())
    assert told == {
        "unknown": ("Who acts: you, the sender", "the recipient's server"),
        "full": ("Who acts: the recipient", "the recipient's server"),
        "listed": ("Who acts: whoever runs the sending server", "the recipient's server"),
        "slow": ("Who acts: whoever runs the recipient's server", "our own server mx.b.example"),
    }


def test_all_filters_meet_and_a_link_shows_another_the_same(
    console: Console, page: Page, browser: Browser
) -> None:
    console.bounce("met@gmail.com", "550 5.1.1 user unknown", campaign="Met", kind="automation")
    console.bounce("also@gmail.com", "452 4.2.2 mailbox full", campaign="Met", kind="automation")
    asked = {
        "state": "invalid", "type": "hard", "campaign": "Met", "reason": "address_unknown",
        "provider": "gmail", "kind": "automation", "search": "@gmail.com",
    }  # fmt: skip
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    page.goto(f"{console.url}/a/shop/?{query}&since=2026-01-01&until=2999-12-31&columns=state,code&dense=1")
    expect(page.locator("tbody tr")).to_have_count(1)
    for name, value in asked.items():
        expect(page.locator(f"#f-{name}")).to_have_value(value)
    expect(page.locator(".chips li")).to_have_count(9)
    page.click(".looks summary")
    link = page.locator(".looks a").get_attribute("href")
    with looking(browser) as other:
        log_in(other, console.url, "member@shop.example")
        other.goto(f"{console.url}/a/shop/{link}")
        expect(other.locator("tbody th")).to_have_text("met@gmail.com")
        assert other.locator("thead th").all_inner_texts() == ["Address", "Status", "Code"]
        expect(other.locator("html")).to_have_attribute("data-dense", "")
        other.goto(f"{console.url}/a/shop/")
        expect(other.locator("html:not([data-dense])")).to_have_count(1)


def test_the_timeline_has_sends_bounces_decisions_restores_and_signs_of_life(
    console: Console, page: Page
) -> None:
    console.bounce("lived@b.example", "550 5.1.1 user unknown")
    console.ask("POST", "/v1/engagements", json={"kind": "click", "address": "lived@b.example"})
    support = copy.copy(console)
    support.key = console.command("key", "add", "--role", "support")
    body = {"account": "shop", "addresses": ["lived@b.example"], "reason": "The mailbox was made again"}
    support.ask("POST", "/v1/restores", json=body)
    page.goto(f"{console.url}/a/shop/address/lived@b.example/")
    kinds = page.locator(".timeline li").evaluate_all("(rows) => rows.map((row) => row.className)")
    assert set(kinds) == {"send", "event bounce", "record", "sign", "event restore"}
    expect(page.locator(".timeline li.restore")).to_contain_text("The mailbox was made again")
    expect(page.locator(".timeline li.sign")).to_contain_text("Clicked a link")
    expect(page.locator(".timeline li.record").first).to_contain_text("stopped")


def test_every_chart_tells_its_finding_and_has_its_table_and_a_file(console: Console, page: Page) -> None:
    told = [
        {"recipient": f"{number}@gmail.com", "kind": "mailing", "campaign": "July"} for number in range(150)
    ]
    console.ask("POST", "/v1/sends", json={"sends": told})
    console.bounce("charted@gmail.com", "550 5.1.1 user unknown", campaign="July")
    for path in CHARTS:
        page.goto(f"{console.url}/a/shop/{path}")
        for chart in page.locator("figure svg.chart:visible").all():
            title = chart.locator("title").evaluate("(title) => title.textContent")
            expect(page.locator("main").get_by_text(title).first).to_be_visible()
        if page.locator(".empty").count():
            continue
        assert page.locator("main table tbody tr").count() > 0, path
        link = page.locator("main a[href*='.csv']").first.get_attribute("href")
        file = page.request.get(f"{console.url}{link}")
        assert file.headers["content-type"].startswith("text/csv"), path
    page.goto(f"{console.url}/a/shop/rates/days/")
    expect(page.locator("p.lead")).to_contain_text(re.compile(r"\d %? of [\d,]+ sends bounced"))
    chart = page.locator("figure svg.chart:visible").first
    assert "2 %" in chart.locator("text.tick").all_text_contents()
    page.goto(f"{console.url}/a/shop/rates/providers/")
    expect(page.locator("tbody tr", has_text="Gmail").locator("td.number").first).not_to_be_empty()


def test_what_is_empty_says_what_to_do_next(console: Console, browser: Browser) -> None:
    console.command("account", "add", "blank", "--return-domain", "blank.test")
    with looking(browser) as page:
        log_in(page, console.url, "support@retour.example")
        for path in EMPTY:
            page.goto(f"{console.url}/a/blank/{path}")
            empty = page.locator(".empty")
            assert (path, empty.count()) == (path, 1)
            assert len(empty.locator("p").first.inner_text().split()) >= 4, path
        page.goto(f"{console.url}/a/blank/")
        for path in ("sources/", "keys/", "checks/new/"):  # where a newcomer begins
            expect(page.locator(f".empty a[href='/a/blank/{path}']")).to_be_visible()
        expect(page.locator("form.filters")).to_have_count(0)  # there is nothing to filter
        page.goto(f"{console.url}/a/shop/?type=block&search=@nowhere.example")
        expect(page.locator(".empty li")).to_have_text(
            ["Without Bounce type: block", "Without Address: @nowhere.example"]
        )


def test_on_paper_words_stay_whole_and_it_says_whose_and_when(console: Console, page: Page) -> None:
    page.set_viewport_size({"width": 720, "height": 900})
    page.emulate_media(media="print")
    for path in ("", "data/", "ledger/"):
        page.goto(f"{console.url}/a/shop/{path}")
        for part in page.locator("tbody tr").first.locator(".mark span, .kind, code").all():
            lines = part.evaluate("(part) => part.getClientRects().length")
            high = part.bounding_box()
            assert high is not None
            assert (lines, high["height"] < 30) == (1, True), (path, part.inner_text())
        expect(page.locator(".foot .paper")).to_have_text(re.compile(r"^shop · \d+ \w+ \d{4}, \d\d:\d\d"))


def test_dark_is_of_the_system_and_light_of_the_person_who_wants_it(
    console: Console, browser: Browser
) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        with looking(browser, color_scheme=scheme) as page:
            log_in(page, console.url, "support@retour.example")
            seen[scheme] = page.locator("html").evaluate("(page) => getComputedStyle(page).backgroundColor")
    with looking(browser, color_scheme="dark") as page:
        log_in(page, console.url, "support@retour.example")
        for theme, looks in (("light", seen["light"]), ("", seen["dark"])):
            page.goto(f"{console.url}/preferences/")
            page.select_option("[name=theme]", theme)
            follow(page, "form.narrow button.main")
            expect(page.locator("html")).to_have_css("background-color", looks)
    assert seen["light"] != seen["dark"]


def test_german_is_polite_and_does_not_beg() -> None:
    for file in resources.files("retour.texts").iterdir():
        if file.name.endswith(".de.toml"):
            words = " ".join(texts(tomllib.loads(file.read_text("utf-8"))))
            found = re.findall(r"\b(?:du|dich|dir|dein\w*|euch|euer\w*)\b", words, re.IGNORECASE)
            if file.name.startswith(("console", "status")):  # letters to others may ask
                found += re.findall(r"\bbitte\b", words, re.IGNORECASE)
            assert (file.name, found) == (file.name, [])


def texts(table: object) -> list[str]:
    """All texts of a catalogue."""
    if isinstance(table, dict):
        return [text for value in table.values() for text in texts(value)]
    return [str(table)]
