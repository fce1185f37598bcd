"""The Overview and the data view: counts, columns, views, lists, files, deleting, swaps, keys."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from retour.flow.listcheck.workbook import open_workbook
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MANAGER = "manager@shop.example"


@pytest.fixture(scope="module")
def uncounted(console: Console) -> None:
    """A bounce with a code that does not count."""
    wanted = {"settings": {"uncounted_codes": ["5.3.5"]}, "expected": 1}
    console.ask("PUT", "/v1/policy", json=wanted)
    console.bounce("late@b.example", "552 5.3.5 system incorrectly configured", listed=False, campaign="Late")


def counted_in(page: Page, select: str) -> list[str]:
    return [told for told in page.locator(f"#{select} option").all_inner_texts() if "(" in told]


def test_each_filter_tells_how_many_it_would_find(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/?campaign=May+news")
    expect(page.locator("#results-title")).to_have_text("3 addresses: “May news”")
    assert counted_in(page, "f-type") == ["hard (2)", "soft (1)", "block (0)"]
    assert "x stopped (2)" in counted_in(page, "f-state")
    page.goto(f"{console.url}/a/shop/?search=@b.example")
    expect(page.locator("#results-title")).to_have_text("3 addresses: @b.example")
    page.goto(f"{console.url}/a/shop/?type=hard&since=2026-01-01")
    expect(page.locator("#results-title")).to_have_text("2 addresses: hard, from 1 January 2026")


def test_every_value_that_a_filter_offers_can_be_chosen(console: Console, page: Page) -> None:
    read = "(all) => all.flatMap((s) => [...s.options].map((o) => [s.name, o.value, o.text]))"
    for path in ("", "data/", "ledger/", "rules/"):
        page.goto(f"{console.url}/a/shop/{path}")
        offered = page.locator("form.filters select").evaluate_all(read)
        assert len(offered) > 3
        for name, value, told in offered:
            answer = page.request.get(f"{console.url}/a/shop/{path}", params={name: value})
            assert answer.ok, (path, name, value)
            assert told.strip()
    providers = [
        told for told in page.request.get(f"{console.url}/a/shop/").text().splitlines() if "gmx" in told
    ]
    assert any("GMX, Web.de" in told for told in providers)


def test_a_filter_swaps_the_list_alone_and_keeps_the_focus(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/")
    page.evaluate("document.querySelector('h1').dataset.same = 'yes'")
    page.focus("#f-type")
    page.select_option("#f-type", "soft")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#f-type")).to_be_focused()
    expect(page.locator("#v-name")).to_have_count(1)  # what is set can be saved, without a new page
    expect(page.locator("#status")).to_have_text("1 address: soft")
    expect(page.locator("h1")).to_have_attribute("data-same", "yes")
    assert parse_qs(urlsplit(page.url).query) == {"type": ["soft"]}
    page.click(".chip")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("#results-title")).to_be_focused()
    expect(page.locator("#f-type")).to_have_value("")
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("h1")).to_have_attribute("data-same", "yes")


def test_filters_that_are_chosen_one_after_the_other_narrow_each_other(console: Console, page: Page) -> None:
    chosen = {"state": "valid", "type": "soft", "reason": "mailbox_full"}
    page.goto(f"{console.url}/a/shop/")
    for field, value in chosen.items():
        page.locator(f"#f-{field}").focus()
        page.select_option(f"#f-{field}", value)
        expect(page).to_have_url(re.compile(rf"{field}={value}"))
        expect(page.locator("#results[aria-busy]")).to_have_count(0)
    assert parse_qs(urlsplit(page.url).query) == {field: [value] for field, value in chosen.items()}
    for field, value in chosen.items():
        expect(page.locator(f"#f-{field}")).to_have_value(value)
    page.go_back()  # the field in use has what the list then shows, too
    expect(page.locator("#f-reason")).to_have_value("")
    expect(page.locator("#f-type")).to_have_value("soft")
    page.go_back()
    expect(page.locator("#f-type")).to_have_value("")
    expect(page.locator("#f-state")).to_have_value("valid")


def test_an_address_is_searched_for_once_it_is_whole(console: Console, page: Page) -> None:
    page.clock.install()
    page.goto(f"{console.url}/a/shop/")
    page.click("details.more summary")
    page.fill("#f-search", "b.e")
    page.clock.run_for(1000)
    assert "?" not in page.url
    page.fill("#f-search", "b.example")
    page.clock.run_for(1000)
    expect(page).to_have_url(re.compile(r"search=b\.example$"))
    expect(page.locator("#results tbody tr")).to_have_count(3)
    page.fill("#f-search", "nobody")
    page.clock.run_for(1000)
    assert parse_qs(urlsplit(page.url).query) == {"search": ["b.example"]}
    page.press("#f-search", "Enter")
    expect(page.locator("#results .empty")).to_contain_text("The search finds whole addresses")


@pytest.mark.parametrize("of", ["", "data/"])
def test_a_day_that_is_none_is_told_above_the_list_and_no_filter_is_lost(
    console: Console, page: Page, of: str
) -> None:
    page.goto(f"{console.url}/a/shop/{of}?type=soft")
    page.click("details.more summary")
    page.fill("#f-since", "31.2.2026")
    page.press("#f-since", "Enter")
    expect(page.locator("#results [role=alert]")).to_contain_text("“31.2.2026”")
    expect(page.locator("#results tbody tr")).not_to_have_count(0)
    assert parse_qs(urlsplit(page.url).query) == {"type": ["soft"]}
    page.fill("#f-since", "3 May 2020")
    page.press("#f-since", "Enter")
    expect(page).to_have_url(re.compile("since="))
    expect(page.locator("#results [role=alert]")).to_have_count(0)
    assert parse_qs(urlsplit(page.url).query)["type"] == ["soft"]


def test_columns_and_rows_are_chosen_and_kept(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/?type=soft")
    page.click(".looks summary")
    page.check("[name=column][value=code]")
    page.uncheck("[name=column][value=campaign]")
    page.check(".looks [name=dense]")
    follow(page, ".looks button")
    assert "type=soft" in page.url
    expect(page.locator("html")).to_have_attribute("data-dense", "")
    heads = page.locator("thead th").all_inner_texts()
    assert heads[1:] == ["Address", "Status", "What is the matter", "Type", "Bounced", "Code"]
    page.goto(f"{console.url}/a/shop/?columns=due")
    assert page.locator("thead th").all_inner_texts()[1:] == ["Address", "Until"]
    page.goto(f"{console.url}/a/shop/")
    page.click(".looks summary")
    for name in ("code", "campaign"):
        page.locator(f"[name=column][value={name}]").set_checked(name == "campaign")
    page.uncheck(".looks [name=dense]")
    follow(page, ".looks button")


def test_a_view_is_saved_with_its_count_and_seen_by_whom_it_is_for(
    console: Console, page: Page, browser: Browser
) -> None:
    page.goto(f"{console.url}/a/shop/?type=hard")
    for name, shared in (("Mine", False), ("Ours", True)):
        if not page.locator("#v-name").is_visible():
            page.click(".views summary")
        page.fill("#v-name", name)
        page.locator("[name=shared]").set_checked(shared)
        follow(page, ".views button:has-text('Save view')")
        expect(page.locator("#status")).to_contain_text(f"The view “{name}” is saved.")
    expect(page.locator(".views .chip")).to_contain_text(["Mine (2)", "Ours (2)"])
    with looking(browser) as other:
        log_in(other, console.url, "member@shop.example")
        other.goto(f"{console.url}/a/shop/")
        expect(other.locator(".views .chip")).to_have_count(1)
        follow(other, ".views .chip")
        expect(other.locator("tbody tr")).to_have_count(2)
        assert other.locator(".view button").count() == 0
    for name in ("Mine", "Ours"):
        follow(page, f".view button:has-text('{name}')")
        expect(page.locator("#status")).to_contain_text("is dropped")
    follow(page, "text=Undo")
    expect(page.locator(".views .chip")).to_have_text(["Ours (2) everybody"])
    follow(page, ".view button:has-text('Ours')")


@pytest.mark.parametrize("script", [True, False])
def test_a_view_is_given_another_name(console: Console, browser: Browser, script: bool) -> None:
    views = [
        console.ask("POST", "/v1/views", json={"name": name, "query": "type=hard"})
        for name in ("Of May", "Of June")
    ]
    with looking(browser, java_script_enabled=script) as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/?type=soft")
        of_may = page.locator(".view", has_text="Of May")
        for name, told in (("Of June", "has this name"), ("Of March", "is called “Of March” now.")):
            of_may.locator("summary").click()
            of_may.locator("[name=name]").fill(name)
            of_may.get_by_role("button", name="Rename", exact=True).click(timeout=9000)
            expect(page.locator("#status")).to_contain_text(told)
            assert "type=soft" in page.url  # one stays where one was
        expect(page.locator(".views .chip")).to_contain_text(["Of June", "Of March"])
    for view in views:
        assert console.ask("DELETE", f"/v1/views/{view['id']}")["query"] == "type=hard"


def test_what_is_shown_becomes_a_workbook(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/?type=hard")
    with page.expect_download() as download:
        page.click("text=Save as XLSX")
    book = open_workbook(io.BytesIO(download.value.path().read_bytes()))
    head, *rows = book.rows(book.sheets[0])
    assert head[0] == "Address"  # as on the page: a workbook is for people
    assert sorted(row[0] for row in rows) == ["hostile@b.example", "unknown@b.example"]


def _is_done(page: Page, job: str) -> bool:
    page.goto(job)
    return page.locator(".status.job.done a.button").count() == 1


def test_a_name_of_a_segment_that_cannot_be_is_told_and_stays(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/data/?type=soft")
    page.fill("#s-name", "May/June")
    page.click("text=Save as segment")
    expect(page.locator("#status")).to_contain_text("without a slash")
    expect(page.locator("#s-name")).to_have_value("May/June")
    expect(page.locator("#f-type")).to_have_value("soft")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "none"])
def test_what_is_shown_becomes_a_list(console: Console, browser: Browser, javascript: bool) -> None:
    name = f"Full {javascript}"
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, MANAGER)
        page.goto(f"{console.url}/a/shop/?type=soft")
        page.click("a:has-text('Save as list')")
        expect(page.locator("main")).to_contain_text("1 address.")
        page.fill("[name=name]", name)
        page.click("button:has-text('Save as list')")
        expect(page.locator("#status")).to_contain_text("is being filled")
        job = page.url
        assert eventually(lambda: _is_done(page, job), "the list to be filled", console.story)
        follow(page, ".status a.button")
        expect(page.locator("h1")).to_have_text(name)

    def is_filled() -> bool:
        lists = console.ask("GET", "/v1/contact-lists")["lists"]
        return {each["name"]: each["contacts"] for each in lists}.get(name) == 1

    eventually(is_filled, "the list to be filled", console.story)


def test_whoever_is_deleted_was_named_before(console: Console, page: Page) -> None:
    for number in range(2):
        console.bounce(f"gone{number}@b.example", "550 5.1.1 user unknown", campaign="Gone")
    page.goto(f"{console.url}/a/shop/?campaign=Gone")
    page.click("text=Delete the picked contacts")  # none is
    expect(page.locator("h1")).to_have_text("Nobody is meant")
    follow(page, "text=Back to the list")
    page.check("tbody input[value='gone0@b.example']")
    page.click("text=Delete the picked contacts")
    expect(page.locator("h1")).to_have_text("Delete 1 contact")
    expect(page.locator(".follows li")).to_have_count(4)
    follow(page, "text=Keep them")
    expect(page.locator("#f-campaign")).to_have_value("Gone")
    page.click("text=Delete all of them")
    expect(page.locator("h1")).to_have_text("Delete 2 contacts")
    expect(page.locator(".lead")).to_contain_text("All 2 that match:")
    console.bounce("gone2@b.example", "550 5.1.1 user unknown", campaign="Gone")
    page.click("button.danger")
    expect(page.locator(".errors")).to_contain_text("2 addresses were seen, and now the filter means 3")
    expect(page.locator("h1")).to_have_text("Delete 3 contacts")
    page.click("button.danger")
    expect(page.locator("#status")).to_contain_text("A job deletes them now")
    left = {"campaign": "Gone"}
    eventually(
        lambda: not console.ask("GET", "/v1/bounces", params=left)["bounces"], "them to go", console.story
    )
    assert console.ask("GET", "/v1/check", params={"address": "gone0@b.example"})["decision"] == "stop"


def test_many_are_deleted_only_by_whoever_types_their_number(console: Console, page: Page) -> None:
    many = "&".join(f"address=many{number}@b.example" for number in range(101))
    page.goto(f"{console.url}/a/shop/delete/?{many}")
    expect(page.locator("h1")).to_have_text("Delete 101 contacts")
    expect(page.locator("main")).to_contain_text("and 91 more")
    page.fill("[name=typed]", "100")
    page.click("button.danger")
    expect(page.locator(".errors")).to_contain_text("Nobody was deleted.")
    jobs = console.ask("GET", "/v1/jobs", params={"kind": "delete"})["jobs"]
    page.fill("[name=typed]", "101")
    page.click("button.danger")
    expect(page.locator("#status")).to_contain_text("A job deletes them now")
    assert len(console.ask("GET", "/v1/jobs", params={"kind": "delete"})["jobs"]) == len(jobs) + 1


def test_where_nobody_is_meant_there_is_no_button(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/delete/?type=block")
    expect(page.locator("h1")).to_have_text("Nobody is meant")
    expect(page.locator("button.danger")).to_have_count(0)


def test_a_member_saves_a_list_and_deletes_nobody(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/")
        expect(page.locator("text=Save as XLSX")).to_have_count(1)
        assert page.locator("[name=address], a:has-text('Delete')").count() == 0
        follow(page, "a:has-text('Save as list')")
        page.fill("[name=name]", "Of a member")
        page.click("button:has-text('Save as list')")
        expect(page.locator("#status")).to_contain_text("“Of a member” is being filled")
        page.goto(f"{console.url}/a/shop/data/")
        expect(page.locator("a:has-text('Save as list')")).to_have_count(1)
        page.goto(f"{console.url}/a/shop/review/?step=export")
        expect(page.locator("a:has-text('Save as list')")).to_have_count(1)


def test_the_data_view_shows_what_is_not_counted(console: Console, page: Page, uncounted: None) -> None:
    page.goto(f"{console.url}/a/shop/?search=late@b.example")
    expect(page.locator("tbody tr")).to_have_count(0)
    page.goto(f"{console.url}/a/shop/data/?domain=b.example&code=5.3.5")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("not counted")


def test_what_is_typed_becomes_filters(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/data/")
    page.fill("#q", 'campaign:"May news" mailbox full')
    with page.expect_navigation():
        page.press("#q", "Enter")
    assert parse_qs(urlsplit(page.url).query) == {"campaign": ["May news"], "text": ["mailbox full"]}
    expect(page.locator("#results-title")).to_contain_text("1 bounce")
    page.fill("#q", "colour:red")
    page.press("#q", "Enter")
    expect(page.locator(".errors")).to_contain_text("“colour:” is no condition here.")
    expect(page.locator("#q")).to_have_value("colour:red")


def test_cells_filter_and_a_segment_keeps_the_question(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/data/?campaign=May+news")
    page.click("tbody .kind.soft")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.fill("#s-name", "Soft in May")
    page.click("text=Save as segment")
    expect(page.locator("#status")).to_contain_text("“Soft in May” is saved. Bounces in it now: 1.")
    expect(page.locator(".segments .chip")).to_have_text("Soft in May (1)")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("a:has-text('Save as list')")
    expect(page.locator(".lead")).to_contain_text("The address of 1 bounce. Segment: Soft in May")
    page.fill("[name=name]", "Of a segment")
    page.click("button:has-text('Save as list')")
    expect(page.locator("#status")).to_contain_text("is being filled")
    page.goto(f"{console.url}/a/shop/data/")
    follow(page, ".segments button")
    expect(page.locator("#status")).to_contain_text("is dropped")
    expect(page.locator(".segments")).to_have_count(0)
    follow(page, "text=Undo")
    expect(page.locator(".segments .chip")).to_have_text("Soft in May (1)")
    follow(page, ".segments button")


def test_the_data_view_and_deleting_need_no_script(console: Console, browser: Browser) -> None:
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, MANAGER)
        page.goto(f"{console.url}/a/shop/data/")
        page.fill("#f-text", "mailbox full")
        follow(page, ".filters button.main")
        expect(page.locator("#results-title")).to_contain_text("1 bounce: mailbox full")
        follow(page, "tbody .reason")
        assert parse_qs(urlsplit(page.url).query)["reason"] == ["mailbox_full"]
        page.goto(f"{console.url}/a/shop/?type=soft")
        page.check("tbody input")
        page.click("text=Delete the picked contacts")
        expect(page.locator(".lead")).to_contain_text("The one that you picked:")
        page.click("text=Keep them")
        expect(page.locator("h1")).to_have_text("Bounced addresses")


def test_keys_walk_the_list_and_never_fire_in_a_field(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/")
    page.keyboard.press("j")
    expect(page.locator("tbody tr:nth-child(1) th a")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("tbody tr:nth-child(2) th a")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("tbody tr:nth-child(1) th a")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("gd?j")
    expect(page.locator("#find")).to_have_value("gd?j")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    page.clock.set_fixed_time(0)  # the second key is in time however slow the machine is
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/data/")


def test_keys_are_switched_off(console: Console, page: Page) -> None:
    for on in (False, True):
        page.goto(f"{console.url}/shortcuts/")
        page.locator("[name=keys]").set_checked(on)
        follow(page, "form button.main:visible")
        page.goto(f"{console.url}/a/shop/")
        page.keyboard.press("?")
        expect(page.locator("dialog[open]")).to_have_count(int(on))


def test_on_paper_there_is_the_list_and_what_it_is(console: Console, page: Page) -> None:
    page.emulate_media(media="print")
    page.goto(f"{console.url}/a/shop/?type=soft")
    expect(page.locator("#results-title")).to_be_visible()
    expect(page.locator(".printed")).to_be_visible()
    for hidden in (".filters", ".side", ".with-all", ".looks"):
        expect(page.locator(hidden)).to_be_hidden()
