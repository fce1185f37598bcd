"""Contacts and lists, imports taken back, corrections, the review of stopped addresses, evidence."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import faults
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MANAGER = "manager@shop.example"
SLIP, MEANT = "ann@gmial.com", "ann@gmail.com"


@pytest.fixture(scope="module")
def slip(console: Console) -> str:
    """An address in which somebody has slipped, and that is stopped for it."""
    console.bounce(SLIP, "550 5.1.1 user unknown")
    return SLIP


@pytest.fixture(scope="module")
def kept(console: Console) -> str:
    """A list with one contact; its id."""
    listed = console.ask("POST", "/v1/contact-lists", json={"name": "Graz"})
    person = {"address": "ben@b.example", "name": "Ben Bell", "attributes": {"city": "Graz", "visits": 3}}
    console.ask("POST", "/v1/contacts", json={"contacts": [person], "list": listed["id"]})
    return str(listed["id"])


@pytest.fixture(scope="module")
def imported(console: Console) -> str:
    """The id of an imported list."""
    content = b"address\nold1@b.example\nold2@b.example\n"
    made = console.ask("POST", "/v1/suppressions/import", params={"format": "csv"}, content=content)
    return str(made["id"])


def event_of(console: Console, address: str) -> str:
    return str(console.ask("GET", f"/v1/addresses/{address}")["events"][0]["id"])


def test_every_page_is_sound(console: Console, browser: Browser, slip: str, kept: str, imported: str) -> None:
    event = event_of(console, "hostile@b.example")
    pages = [
        "/a/shop/contacts/",
        f"/a/shop/contacts/?list={kept}",
        "/a/shop/contacts/?search=nobody",
        "/a/shop/contact/ben@b.example/",
        "/a/shop/contact/new@b.example/",
        "/a/shop/contacts/imports/",
        f"/a/shop/contacts/imports/{imported}/undo/",
        "/a/shop/review/",
        "/a/shop/review/?step=export",
        "/a/shop/review/?step=delete",
        f"/a/shop/correct/?old={slip}",
        f"/a/shop/address/{slip}/",
        f"/a/shop/address/hostile@b.example/event/{event}/?evidence=1",
    ]
    assert faults(console, browser, MANAGER, pages) == []
    mail = [f"/a/shop/address/hostile@b.example/event/{event}/mail/"]
    assert faults(console, browser, "support@retour.example", mail) == []


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "none"])
def test_a_contact_is_changed_and_put_on_a_list(
    console: Console, browser: Browser, kept: str, javascript: bool
) -> None:
    address = f"cara.{javascript}@b.example".lower()
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, MANAGER)
        page.goto(f"{console.url}/a/shop/contact/{address}/")
        page.fill("[name=name]", "Cara Cole")
        page.fill("[name=attributes]", "city: Wien\nvisits: 7\nno attribute")
        page.click("text=Save")
        expect(page.locator(".errors")).to_contain_text("“no attribute” is no attribute")
        page.fill("[name=attributes]", "city: Wien\nvisits: 7\nnote: true story")
        page.check(f"[name=on][value='{kept}']")
        page.click("text=Save")
        expect(page.locator("#status")).to_contain_text("Saved.")
        page.goto(f"{console.url}/a/shop/contacts/?list={kept}&search=cara")
        expect(page.locator("tbody")).to_contain_text("visits: 7")
    found = console.ask("GET", f"/v1/contacts/{address}")
    assert found["attributes"] == {"city": "Wien", "visits": 7, "note": "true story"}
    assert found["lists"] == ["Graz"]


def test_a_contact_says_why_no_mail_goes_to_it_and_since_when(console: Console, browser: Browser) -> None:
    console.bounce("kay@b.example", "550 5.1.1 user unknown")
    console.ask("POST", "/v1/contacts", json={"contacts": [{"address": "kay@b.example"}]})
    place = "/a/shop/contact/kay@b.example/"
    with looking(browser) as page:
        log_in(page, console.url, MANAGER)
        page.goto(f"{console.url}{place}")
        stopped = page.locator(".status.invalid")
        expect(stopped.locator(".sentence")).to_contain_text("does not exist")
        expect(stopped.locator(".sentence")).to_contain_text("202")
        follow(page, ".status a")
        expect(page.locator(".status .main")).to_have_text(["Ask for the address back"])
    assert faults(console, browser, MANAGER, [place, "/a/shop/address/kay@b.example/"]) == []


def test_what_another_tab_has_saved_is_not_overwritten_unseen(console: Console, page: Page) -> None:
    place = f"{console.url}/a/shop/contact/two.tabs@b.example/"
    page.goto(place)
    page.fill("[name=name]", "Typed here")
    console.ask(
        "PUT", "/v1/contacts/two.tabs@b.example", json={"address": "two.tabs@b.example", "name": "Other"}
    )
    follow(page, "form.narrow button.main")
    expect(page.locator(".errors")).to_contain_text("Somebody has changed this contact")
    expect(page.locator("[name=name]")).to_have_value("Typed here")
    assert console.ask("GET", "/v1/contacts/two.tabs@b.example")["name"] == "Other"
    follow(page, "form.narrow button.main")
    expect(page.locator("#status")).to_contain_text("Saved.")
    assert console.ask("GET", "/v1/contacts/two.tabs@b.example")["name"] == "Typed here"


def test_a_list_is_made_renamed_and_dropped(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/contacts/")
    page.click(".looks summary")
    page.fill("#l-name", "Spring")
    page.click("button:has-text('Make the list')")
    expect(page.locator("h1")).to_have_text("Spring")
    expect(page.locator(".empty")).to_contain_text("Nobody is on this list")
    page.click(".looks summary")
    page.fill("#l-name", "Summer")
    page.click("text=Rename")
    expect(page.locator("h1")).to_have_text("Summer")
    page.click(".looks summary")
    page.click("text=Drop the list Summer")
    expect(page.locator("#status")).to_contain_text("“Summer” is dropped")
    page.click("text=Undo")
    expect(page.locator("#status")).to_contain_text("“Summer” is back")
    expect(page.locator("h1")).to_have_text("Summer")


def test_a_name_that_is_refused_is_not_lost(console: Console, page: Page) -> None:
    for name in ("Taken", "Other"):
        console.ask("POST", "/v1/contact-lists", json={"name": name})
    page.goto(f"{console.url}/a/shop/contacts/")
    page.click("details.looks summary")
    page.fill("#l-name", "Taken")
    follow(page, "details.looks button")
    expect(page.locator("#status")).to_contain_text("has a list of this name")
    expect(page.locator("#l-name")).to_be_visible()
    expect(page.locator("#l-name")).to_have_value("Taken")
    follow(page, page.get_by_role("link", name="Other"))
    page.click("details.looks summary")
    page.fill("#l-name", "Taken")
    follow(page, "details.looks button >> nth=0")
    expect(page.locator("h1")).to_have_text("Other")
    expect(page.locator("#l-name")).to_have_value("Taken")


def test_an_import_is_taken_back_after_its_effect_was_seen(
    console: Console, page: Page, imported: str
) -> None:
    def decision() -> str:
        return str(console.ask("GET", "/v1/check", params={"address": "old1@b.example"})["decision"])

    assert decision() == "stop"
    page.goto(f"{console.url}/a/shop/contacts/imports/")
    page.click(f"a[href*='{imported}']")
    expect(page.locator(".lead")).to_have_text("2 entries would be taken back.")
    expect(page.locator(".follows")).to_contain_text("2 addresses that nothing else stops")
    page.click("button.danger")
    expect(page.locator("#status")).to_contain_text("2 entries are taken back; 2 addresses")
    assert decision() == "send"


def test_slips_come_first_are_corrected_and_come_no_more(console: Console, page: Page, slip: str) -> None:
    page.goto(f"{console.url}/a/shop/")
    follow(page, "text=Stopped addresses")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("ann@gmial.com")
    follow(page, row.locator(".suggestions a").first)
    expect(page.locator("[name=old]")).to_have_value(SLIP)
    expect(page.locator("[name=new]")).to_have_value(MEANT)
    page.fill("[name=reason]", "told by phone")
    follow(page, "button:has-text('Correct')")
    expect(page.locator("h1")).to_have_text("Corrected")
    expect(page.locator("#token, #link")).to_have_count(1)
    follow(page, "text=On with the review")
    expect(page.locator(".empty")).to_contain_text("No slip")
    follow(page, "text=Next step")
    expect(page.locator("main")).to_contain_text("1 of them was corrected")
    expect(page.locator("main")).to_contain_text("Save as XLSX")
    file = page.request.get(f"{console.url}{page.locator('text=Save as CSV').get_attribute('href')}").text()
    assert ("unknown@b.example" in file, slip in file) == (True, False)
    follow(page, "text=Next step")
    follow(page, "text=Delete all of them")
    expect(page.locator("h1")).to_contain_text("Delete ")
    expect(page.locator("main")).to_contain_text("not corrected yet")
    page.goto(f"{console.url}/a/shop/delete/?state=invalid")
    expect(page.locator(".warning")).to_contain_text("1 of them was corrected.")
    follow(page, "text=Leave out the corrected ones")
    expect(page.locator(".warning")).to_have_count(0)
    page.goto(f"{console.url}/a/shop/review/?step=delete")
    follow(page, "text=Look at the corrected ones")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#results-title")).to_contain_text("corrected")
    expect(page.locator("tbody")).to_contain_text(slip)
    page.goto(f"{console.url}/a/shop/address/{slip}/")
    expect(page.locator("#corrections")).to_be_visible()


@pytest.fixture
def other_slip(console: Console, request: pytest.FixtureRequest) -> Iterator[str]:
    """Gone from the review when its test is over; another for each test, for whoever was deleted stays so."""
    console.bounce(address := f"dan{len(request.node.name)}@gmial.com", "550 5.1.1 user unknown")
    yield address
    console.ask("DELETE", f"/v1/contacts/{address}")
    eventually(lambda: address not in str(console.ask("GET", "/v1/review")), "it to be gone", console.story)


def test_all_stopped_addresses_are_looked_at_by_a_job(console: Console, page: Page, other_slip: str) -> None:
    id = console.ask("POST", "/v1/review")["id"]
    eventually(lambda: console.ask("GET", f"/v1/jobs/{id}")["state"] == "done", "the job", console.story)
    page.goto(f"{console.url}/a/shop/review/")
    follow(page, "text=What the last look at all of them found")
    expect(page.locator("main")).to_contain_text("stopped addresses were looked at until")
    expect(page.locator("tbody")).to_contain_text(other_slip)
    follow(page, "text=Look at all of them again")
    expect(page.locator("h1")).to_have_text("Look for slips in stopped addresses")
    follow(page, "text=Look at the result")
    expect(page.locator("tbody")).to_contain_text(other_slip)


def test_what_was_meant_stands_on_the_page_of_the_address_and_a_member_only_looks(
    console: Console, page: Page, browser: Browser, other_slip: str
) -> None:
    page.goto(f"{console.url}/a/shop/address/{other_slip}/")
    expect(page.locator(".suggestions")).to_contain_text(other_slip.replace("gmial", "gmail"))
    page.click("text=Ask for the address back")
    expect(page.locator("textarea[name=addresses]")).to_have_value(other_slip)
    with looking(browser) as other:
        log_in(other, console.url, "member@shop.example")
        other.goto(f"{console.url}/a/shop/address/{other_slip}/")
        assert other.locator("text=Correct this address").count() == 0


def test_life_after_the_bounce_is_told(console: Console, page: Page) -> None:
    console.ask("POST", "/v1/engagements", json={"kind": "click", "address": "full@b.example"})
    page.goto(f"{console.url}/a/shop/address/full@b.example/")
    expect(page.locator("section", has=page.locator("#alive"))).to_contain_text("Clicked a link")


def copied(page: Page, begin: str) -> str | None:
    """What was copied last, once it begins so."""
    words = str(page.evaluate("navigator.clipboard.readText()"))
    return words if words.startswith(begin) else None


def test_evidence_is_copied_and_linked(console: Console, browser: Browser) -> None:
    with looking(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        log_in(page, console.url, MANAGER)
        event = event_of(console, "full@b.example")
        page.goto(f"{console.url}/a/shop/address/full@b.example/event/{event}/")
        page.click("text=Copy the reply")
        expect(page.locator("#status")).to_have_text("Copied.")
        assert "mailbox full" in page.evaluate("navigator.clipboard.readText()")
        page.click("button:has-text('Copy the link')")
        link = eventually(lambda: copied(page, "http"), "the link")
        page.goto(link)
        expect(page.locator("details.technical")).to_have_attribute("open", "")
        expect(page.locator(".advice")).to_contain_text("Who acts")


def test_hostile_words_are_text_and_nothing_of_them_stays_unseen(console: Console, page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    said = "550 5.1.1 <svg onload=alert(3)> us\u200ber \u2066unknown\u2069 <iframe src=javascript:alert(4)>"
    console.bounce("trick@b.example", said, subject="A\u202egnp.exe")
    event = event_of(console, "trick@b.example")
    of_address = "/a/shop/address/trick@b.example/"
    places = {
        "/a/shop/data/?domain=b.example": "tbody",
        of_address: ".timeline",
        f"{of_address}event/{event}/": "pre.raw >> nth=0",
    }
    for path, place in places.items():
        page.goto(console.url + path)
        told = page.locator(place)
        expect(told).to_contain_text("<svg onload=alert(3)>")
        expect(told).to_contain_text("us⟨U+200B⟩er ⟨U+2066⟩unknown")
        assert page.locator("main svg[onload], main iframe, main script").count() == 0
    page.goto(f"{console.url}/a/shop/?search=trick@b.example&columns=subject")
    expect(page.locator("tbody")).to_contain_text("A⟨U+202E⟩gnp.exe")


def test_the_mail_is_for_support_as_text_and_its_reader_stands_in_the_ledger(
    console: Console, browser: Browser
) -> None:
    event = event_of(console, "hostile@b.example")
    with looking(browser) as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        log_in(page, console.url, "support@retour.example")
        page.goto(f"{console.url}/a/shop/address/hostile@b.example/event/{event}/")
        follow(page, "text=The mail as it came")
        raw = page.locator("pre.raw")
        expect(raw).to_contain_text("<script>alert(1)</script>")
        expect(raw).to_contain_text("⟨U+202E⟩")
        assert page.locator("main script, main img").count() == 0
        with page.expect_download() as download:
            page.click("text=The whole mail as a file")
        assert b"<script>" in download.value.path().read_bytes()
    lines = console.ask("GET", "/v1/ledger", params={"limit": 10})["lines"]
    assert any(line["after"] == "mail read" and "support" in line["actor"] for line in lines)


def test_who_keeps_the_picked_is_back_in_their_list(page: Page, console: Console, kept: str) -> None:
    place = f"{console.url}/a/shop/contacts/?list={kept}&search=ben"
    page.goto(place)
    follow(page, "text=Delete the picked contacts")  # none is
    follow(page, "text=Back to the list")
    assert page.url.startswith(f"{console.url}/a/shop/contacts/")
    expect(page.locator("#f-search")).to_have_value("ben")
    page.check("tbody input[value='ben@b.example']")
    follow(page, "text=Delete the picked contacts")
    expect(page.locator("h1")).to_have_text("Delete 1 contact")
    follow(page, "text=Keep them")
    expect(page.locator("main h1")).to_have_text("Graz")
    expect(page.locator("#f-search")).to_have_value("ben")
