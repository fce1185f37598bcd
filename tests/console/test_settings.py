"""Settings: the rule in words, what another would do, and nothing saved that was not seen before."""

import copy
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import barriers, faults
from story import patient
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
MANAGER = "manager@shop.example"


def version(console: Console) -> int:
    return int(console.ask("GET", "/v1/policy")["version"])


def back_to_the_preset(console: Console) -> None:
    """Whatever a test before has saved."""
    settings = {"preset": "default", "never_stop": []}
    console.ask("PUT", "/v1/policy", json={"settings": settings, "expected": version(console)})


def look(page: Page, console: Console, **fields: str) -> None:
    """Fill in the form, and ask what it would do."""
    page.goto(f"{console.url}/a/shop/settings/")
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    follow(page, "text=Look at what it would do")


def _looked_again(page: Page, javascript: bool) -> bool:
    """Whether the numbers are there; without JavaScript somebody has to look again."""
    if not javascript:
        page.reload()
    return page.locator(".figures").count() > 0


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_what_is_saved_is_what_was_seen_before(console: Console, browser: Browser, javascript: bool) -> None:
    back_to_the_preset(console)
    console.bounce(full := f"full-{javascript}@b.example".lower(), "452 4.2.2 mailbox full")
    before = version(console)
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, MANAGER)
        look(page, console, soft_threshold="1", min_days="0")
        expect(page.locator("h1")).to_have_text("What these settings would do")
        eventually(lambda: _looked_again(page, javascript), "the numbers")
        expect(page.locator(".figures .stops strong")).not_to_have_text("0")
        expect(page.locator("main")).to_contain_text("Soft bounces until stop: 4 →becomes 1")
        expect(page.locator("table.bars >> nth=0")).to_contain_text("Mailbox full")
        assert version(console) == before  # nothing is saved by looking
        follow(page, "text=Who would be affected")
        expect(page.locator("tbody")).to_contain_text(full)
        page.go_back()
        follow(page, "text=Save these settings")
        expect(page.locator("[role=status]")).to_contain_text(f"Version {before + 1} is in force")
        expect(page.locator("ul.rule >> nth=0")).to_contain_text("The first soft bounce stops it, too.")
        follow(page, "text=Versions")
        latest = page.locator(".timeline li >> nth=0")
        expect(latest).to_contain_text(MANAGER)
        expect(latest).to_contain_text("Days between the first and the last: 7 →becomes 0")


def test_one_address_is_spoken_of_as_one(console: Console, browser: Browser) -> None:
    theirs = copy.copy(console)
    theirs.key = console.command("key", "add", "--account", "other", "--role", "manager")
    theirs.bounce("alone@c.example", "452 4.2.2 mailbox full")
    with looking(browser, locale="de") as page:
        log_in(page, console.url, "stranger@other.example")
        page.goto(f"{console.url}/a/other/settings/")
        for name, value in (("soft_threshold", "1"), ("min_days", "0")):
            page.fill(f"[name={name}]", value)
        follow(page, "text=Ansehen, was das täte")
        eventually(lambda: _looked_again(page, True), "the numbers")
        expect(page.locator(".figures .stops a")).to_have_text("1 würde gestoppt")


def test_two_who_change_at_once_are_told_in_words(console: Console, browser: Browser) -> None:
    back_to_the_preset(console)
    with looking(browser) as page:
        log_in(page, console.url, MANAGER)
        page.goto(f"{console.url}/a/shop/settings/")
        console.ask(
            "PUT", "/v1/policy", json={"settings": {"soft_threshold": 9}, "expected": version(console)}
        )
        page.fill("[name=soft_threshold]", "2")
        follow(page, "text=Look at what it would do")
        expect(page.locator(".errors")).to_contain_text("version")
        expect(page.locator("[name=soft_threshold]")).to_have_value("2")
        assert barriers(page) == []
        look(page, console, soft_threshold="2")
        expect(page.locator("text=Save these settings")).to_be_visible(timeout=120_000)
        saved = page.url
        console.ask(
            "PUT", "/v1/policy", json={"settings": {"soft_threshold": 8}, "expected": version(console)}
        )
        follow(page, "text=Save these settings")  # of a page that was open all the while
        expect(page.locator(".errors")).to_contain_text("version")
        page.goto(saved)
        expect(page.locator(".warning")).to_contain_text("is in force by now")
        expect(page.locator("text=Save these settings")).to_have_count(0)
    assert console.ask("GET", "/v1/policy")["settings"]["soft_threshold"] == 8


def test_a_setting_that_cannot_be_is_named_with_what_to_do(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/settings/")
    page.fill("[name=uncounted_codes]", "4.4.7 nonsense")
    page.click("text=Look at what it would do")
    expect(page.locator(".errors")).to_contain_text("nonsense")
    expect(page.locator("[name=uncounted_codes]")).to_have_value("4.4.7 nonsense")
    page.goto(f"{console.url}/a/shop/settings/")
    page.click("text=Look at what it would do")
    expect(page.locator(".errors")).to_contain_text("These are the settings in force")


def test_a_preset_fills_the_form_and_saves_nothing(console: Console, page: Page) -> None:
    back_to_the_preset(console)
    before = version(console)
    page.goto(f"{console.url}/a/shop/settings/")
    page.select_option("[name=preset]", "emarsys")
    page.click("text=Fill the form")
    expect(page.locator("[name=soft_threshold]")).to_have_value("3")
    expect(page.locator("[name=uncounted_codes]")).to_have_value("4.4.1 4.4.7 5.3.5")
    page.click("summary:has-text('Reason by reason')")
    page.select_option("[name='type.mailbox_full']", "ignore")
    page.fill("[name='own.sender_blocked']", "2")
    page.click("text=Look at what it would do")
    expect(page.locator("main")).to_contain_text("careful and patient →becomes as Emarsys")
    expect(page.locator("main")).to_contain_text("Mailbox full: Counts as: soft →becomes nothing")
    expect(page.locator("main")).to_contain_text("Blocked by the recipient: Own threshold: 3 →becomes 2")
    assert version(console) == before


def test_the_warning_of_the_list_stays_as_long_as_the_list(console: Console, browser: Browser) -> None:
    back_to_the_preset(console)
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, MANAGER)
        page.goto(f"{console.url}/a/shop/settings/never-stop/")
        expect(page.locator(".warning")).to_have_count(0)
        page.fill("[name=entry]", "gmail.com")
        follow(page, "button:has-text('Never stop this address')")
        expect(page.locator(".errors p")).to_have_count(1)
        expect(page.locator(".errors")).to_contain_text(re.compile("^.?gmail"))
        page.fill("[name=entry]", " ")
        follow(page, "button:has-text('Never stop this address')")
        expect(page.locator(".errors")).to_contain_text("The field is empty.")
        page.fill("[name=entry]", "boss@shop.example")
        follow(page, "button:has-text('Never stop this address')")
        for path in ("settings/never-stop/", "settings/", "settings/?preset=kwiga"):
            page.goto(f"{console.url}/a/shop/{path}")
            expect(page.locator(".warning")).to_contain_text(re.compile("never", re.IGNORECASE))
        page.goto(f"{console.url}/a/shop/settings/never-stop/")
        follow(page, "button:has-text('Stop it like any other')")
        expect(page.locator(".warning")).to_have_count(0)


def test_a_member_reads_the_rule_and_changes_nothing(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/settings/")
        expect(page.locator("ul.rule")).not_to_be_empty()
        expect(page.locator("main form")).to_have_count(0)
        page.goto(f"{console.url}/a/shop/settings/never-stop/")
        expect(page.locator("main form")).to_have_count(0)
        token = page.context.cookies()
        answer = patient.post(
            f"{console.url}/a/shop/settings/",
            data={"soft_threshold": "2"},
            cookies={str(each["name"]): str(each["value"]) for each in token},
            timeout=120,
        )
        assert answer.status_code == 403


def test_the_pages_of_settings_are_sound(console: Console, browser: Browser) -> None:
    back_to_the_preset(console)
    body = {"settings": {"soft_threshold": 1, "min_days": 0, "reset_after": 30}, "expected": version(console)}
    made = console.ask("POST", "/v1/policy/what-if", json=body)["id"]
    paths = ["", "history/", "effects/", "never-stop/", f"what-if/{made}/", f"what-if/{made}/addresses/"]
    assert faults(console, browser, MANAGER, [f"/a/shop/settings/{path}" for path in paths]) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_on_paper_a_field_is_its_name_and_its_value(
    console: Console, browser: Browser, language: str
) -> None:
    with looking(browser, locale=language, viewport={"width": 720, "height": 900}) as page:
        log_in(page, console.url, MANAGER)
        page.goto(f"{console.url}/a/shop/settings/")
        page.emulate_media(media="print")
        for name in ("soft_threshold", "complaint_stops"):
            field = page.locator(".field", has=page.locator(f"[name={name}]"))
            label, value = (
                field.locator("label").bounding_box(),
                field.locator(f"[name={name}]").bounding_box(),
            )
            assert label is not None
            assert value is not None
            assert abs(label["y"] - value["y"]) < label["height"]  # side by side
            border = "(e) => getComputedStyle(e).borderTopWidth"
            assert field.locator(f"[name={name}]").evaluate(border) == "0px"
            assert field.locator(".hint:visible").count() == 0
        assert page.locator("button:visible").count() == 0


def test_one_soft_bounce_is_no_plural(console: Console, browser: Browser) -> None:
    theirs = copy.copy(console)
    theirs.key = console.command("key", "add", "--account", "other", "--role", "manager")
    body = {"settings": {"soft_threshold": 1}, "expected": version(theirs)}
    theirs.ask("PUT", "/v1/policy", json=body)
    with looking(browser) as page:
        log_in(page, console.url, "stranger@other.example")
        page.goto(f"{console.url}/a/other/settings/")
        expect(page.locator("main")).to_contain_text(
            "Soft bounces within 180 days stop it as soon as the first and the last are 7 days apart."
        )
