"""An outage of a provider, from the banner of an account to the decision of support, and back again."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import faults
from retour.clock import SystemClock
from retour.flow.jobs import Job
from retour.flow.whom import COUNT
from retour.ports.incidents import Incident, IncidentStage
from retour.ports.records import GUARD as GUARD_ACTOR
from retour.stores.sqlite import DESK, STORE
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.incidents import SqliteIncidents
from retour.stores.sqlite.jobs import SqliteJobs
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
GUARD = "[guard]\nlook_seconds = 1\n"
MEMBER, SUPPORT = "member@shop.example", "support@retour.example"
HELD = 55


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """An installation in which Gmail has just said of many that they do not exist."""
    made = Console(tmp_path_factory.mktemp("outage"), GUARD)
    try:
        made.command("account", "add", "past", "--return-domain", "past.test")
        made.join((SUPPORT, "--role", "support"), (MEMBER, "--account", "shop"))
        yield made
    finally:
        made.stop()


def outage(console: Console) -> str:
    """The id of the outage, once it is there."""
    found = console.ask("GET", "/v1/incidents")["incidents"]
    if not found:
        console.refused(HELD)
        eventually(lambda: console.ask("GET", "/v1/incidents")["incidents"], "the outage", console.story)
        found = console.ask("GET", "/v1/incidents")["incidents"]
    id = str(found[0]["id"])
    path = f"/v1/incidents/{id}/preview"
    if found[0]["stage"] == "open":
        eventually(lambda: console.ask("GET", path)["count"] == HELD, "the hold", console.story)
    return id


def staged(console: Console, id: str, stage: str) -> None:
    eventually(
        lambda: console.ask("GET", f"/v1/incidents/{id}")["stage"] == stage,
        f"it to be {stage}",
        console.story,
    )


def test_without_an_outage_the_page_teaches_what_one_is(out: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, out.url, SUPPORT)
        page.goto(f"{out.url}/a/other/")
        expect(page.locator(".incident-bar")).to_have_count(0)
        page.get_by_role("link", name="Incidents").first.click()
        expect(page.locator(".empty")).to_contain_text("Retour opens an incident by itself")


def test_an_account_sees_what_is_held_and_why_and_decides_nothing(out: Console, browser: Browser) -> None:
    id = outage(out)
    with looking(browser) as page:
        log_in(page, out.url, MEMBER)
        expect(page.locator(".incident-bar .sentence")).to_have_text(
            "Unusually many addresses at Gmail are being refused. We hold them back and count nothing."
        )
        follow(page, page.get_by_role("link", name="Look at the incident at Gmail"))
        assert page.url == f"{out.url}/a/shop/incidents/{id}/"
        expect(page.locator(".verdict.revert")).to_contain_text(f"{HELD} addresses free")
        expect(page.locator(".verdict.confirm")).to_contain_text(f"{HELD} addresses stopped")
        expect(page.get_by_role("heading", name=f"{HELD} addresses are held back")).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(50)
        page.get_by_role("link", name="More").click()
        expect(page.locator("tbody tr")).to_have_count(HELD - 50)
        counted_by_a_job(out, page, id)
        page.goto(f"{out.url}/a/shop/incidents/{id}/?counted=12345")
        expect(page.get_by_role("heading", name="12,345 addresses are held back")).to_be_visible()
        follow(page, page.get_by_role("link", name="More"))
        assert "counted=12345" in page.url  # as it was counted, and not once more
        page.goto(f"{out.url}/a/shop/incidents/{id}/")
        expect(page.get_by_role("heading", name=f"{HELD} addresses are held back")).to_be_visible()
        assert page.locator("textarea").count() == 0
        page.goto(f"{out.url}/a/shop/address/reader1@gmail.com/")
        expect(page.locator(".advice")).to_contain_text("Wait.")
        assert "remove" not in page.locator(".advice").inner_text()
        follow(page, page.get_by_role("main").get_by_role("link", name="Incidents"))
        assert page.url == f"{out.url}/a/shop/incidents/"
        for rates in ("providers/", "campaigns/", "days/", "../provider/?name=gmail"):
            page.goto(f"{out.url}/a/shop/rates/{rates}")
            expect(page.locator(".incident-bar .sentence")).to_contain_text("at Gmail")
            expect(page.locator("main")).to_contain_text("In these days an incident stood.")
            assert "Stop this mailing" not in page.locator("p.lead").inner_text()


@pytest.mark.parametrize("script", [True, False])
def test_who_is_held_is_listed_counted_and_exported_alone(
    out: Console, browser: Browser, script: bool
) -> None:
    outage(out)
    out.bounce("full@gmx.de", "552 5.2.2 mailbox full")
    with looking(browser, java_script_enabled=script) as page:
        log_in(page, out.url, MEMBER)
        page.goto(f"{out.url}/a/shop/?type=hard")
        page.get_by_role("link", name=f"{HELD} addresses are held back").click()
        expect(page.locator("#results-title")).to_have_text(f"{HELD} addresses: held back, hard")
        assert "type=hard" in page.url
        assert "state=held" in page.url
        page.goto(f"{out.url}/a/shop/?state=held")
        expect(page.locator("#results-title")).to_have_text(f"{HELD} addresses: held back")
        assert set(page.locator("tbody .mark").all_inner_texts()) == {"held back"}
        expect(page.locator("tbody tr")).to_have_count(50)
        expect(page.locator("#results .note").first).to_contain_text("no mail goes out to them")
        told = page.locator("#f-state option").all_inner_texts()
        assert told == [
            "all",
            f"? bounced, still active ({HELD + 1})",
            f"of these, held back ({HELD})",
            "x stopped (0)",
        ]
        follow(page, "#pager-older")
        expect(page.locator("tbody tr")).to_have_count(HELD - 50)
        with page.expect_download() as saved:
            page.get_by_role("link", name="CSV").click()
        lines = saved.value.path().read_text().splitlines()
        assert (len(lines), {line.split(",")[1] for line in lines[1:]}) == (HELD + 1, {"held"})
        follow(page, page.locator("#results .note").first.get_by_role("link"))
        assert page.url == f"{out.url}/a/shop/incidents/"


def counted_by_a_job(out: Console, page: Page, id: str) -> None:
    """As the page of an incident asks for it that holds more than can be counted at once."""
    job = Job("c0", "shop", COUNT, "ann", SystemClock().now(), {"from": {"incident": id}})
    with closing(Database(out.directory / "data" / DESK, "desk")) as database:
        SqliteJobs(database).add(job)
    eventually(lambda: out.ask("GET", f"/v1/jobs/{job.id}")["state"] == "done", "the count", out.story)
    page.goto(f"{out.url}/a/shop/jobs/{job.id}/")
    expect(page.locator("main h2")).to_have_text(f"{HELD} addresses")
    follow(page, "text=Look at them")
    assert page.url == f"{out.url}/a/shop/incidents/{id}/?counted={HELD}#held"


def test_an_end_without_a_reason_is_refused_in_words(out: Console, browser: Browser) -> None:
    id = outage(out)
    with looking(browser) as page:
        log_in(page, out.url, SUPPORT)
        page.goto(f"{out.url}/a/shop/incidents/{id}/")
        page.fill("textarea", "   ")
        page.get_by_role("button", name="Forget the bounces").click()
        expect(page.locator("main [role=alert]:not(:empty)")).to_be_visible()
        assert out.ask("GET", f"/v1/incidents/{id}")["stage"] == "open"


@pytest.mark.parametrize("script", [True, False])
def test_support_ends_it_and_takes_the_end_back(out: Console, browser: Browser, script: bool) -> None:
    id = outage(out)
    with looking(browser, java_script_enabled=script) as page:
        log_in(page, out.url, SUPPORT)
        page.goto(out.url)
        follow(page, page.get_by_role("link", name="Look at the incident at Gmail"))
        ended(page, "Forget the bounces", "The provider says so.")
        staged(out, id, "closed")
        page.goto(page.url)
        expect(page.locator(".status .sentence")).to_contain_text(f"{HELD} addresses are free again")
        expect(page.get_by_text("The provider says so.")).to_be_visible()
        ended(page, "Reopen", "It goes on.")
        staged(out, id, "open")
        page.goto(page.url)
        expect(page.locator(".status .sentence")).to_contain_text("We hold them back")
    eventually(lambda: _is_held(out), "the hold", out.story)


def _is_held(out: Console) -> bool:
    return bool(out.ask("GET", "/v1/addresses/reader1@gmail.com")["state"]["state"] == "held")


def ended(page: Page, button: str, reason: str) -> None:
    page.fill("textarea", reason)
    page.get_by_role("button", name=button).click()
    expect(page.locator("#status .bar")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "sentence", "told"),
    [
        ("en", "It held no address back", "No address was held back, or all"),
        ("de", "Sie hat keine Adresse zurückgehalten", "Es wurde keine Adresse zurückgehalten, oder"),
    ],
)
def test_one_that_is_over_and_held_nobody_says_so_of_then(
    out: Console, browser: Browser, language: str, sentence: str, told: str
) -> None:
    over = Incident(
        f"over-{language}", "past", "gmail", 1, 1, 0, "rate", 60, 0.5, 0.01, IncidentStage.CLOSED,
        2, "revert", 1, 3, GUARD_ACTOR,
    )  # fmt: skip
    with closing(Database(out.directory / "data" / STORE, "store")) as database:
        SqliteIncidents(database, SqliteAccounts(database)).keep(over)
    with looking(browser, locale=language) as page:
        log_in(page, out.url, SUPPORT)
        page.goto(f"{out.url}/a/past/incidents/{over.id}/")
        expect(page.locator("[data-told]")).to_contain_text(sentence)
        expect(page.locator("section:has(#held)")).to_contain_text(told)


@pytest.mark.parametrize("who", [MEMBER, SUPPORT])
def test_both_pages_are_sound(out: Console, browser: Browser, who: str) -> None:
    id = outage(out)
    assert faults(out, browser, who, ["/a/shop/", "/a/shop/incidents/", f"/a/shop/incidents/{id}/"]) == []
