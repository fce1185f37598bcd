"""Where one can go: pages by what they are for, staff's apart, folded where it is narrow."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from console.sound import barriers

pytestmark = pytest.mark.engine("chromium")
GROUPS = ["Addresses", "Insights", "Act", "Set up"]


def groups(page: Page, at: str) -> list[str]:
    return page.locator(f"{at} .group").all_inner_texts()


def test_pages_stand_in_groups_with_their_names(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/data/")
    assert groups(page, ".side") == GROUPS
    held = page.get_by_role("list", name="Addresses").get_by_role("link")
    assert held.all_inner_texts() == ["Bounces", "Data view", "Stopped addresses", "Contacts"]
    expect(page.locator(".side [aria-current=page]")).to_have_text("Data view")
    expect(page.locator(".folded")).to_be_hidden()


def test_staff_have_a_group_of_their_own(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "support@retour.example")
        page.goto(f"{console.url}/a/shop/")
        assert groups(page, ".side") == [*GROUPS, "Staff"]
        page.get_by_role("list", name="Staff").get_by_role("link", name="Restore desk").click()
        expect(page).to_have_url(f"{console.url}/desk/")


def test_narrow_pages_begin_with_their_content(console: Console, browser: Browser) -> None:
    with looking(browser, viewport={"width": 320, "height": 640}, java_script_enabled=False) as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/")
        expect(page.locator(".side")).to_be_hidden()
        top = page.locator("h1").bounding_box()
        assert top is not None
        assert top["y"] < 320
        page.focus(".folded summary")
        page.keyboard.press("Enter")
        page.locator(".folded").get_by_role("link", name="Contacts").click()
        expect(page).to_have_url(f"{console.url}/a/shop/contacts/")


def test_the_open_menu_is_sound_in_german(console: Console, browser: Browser) -> None:
    with looking(browser, viewport={"width": 320, "height": 640}, locale="de") as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/")
        page.click(".folded summary")
        assert groups(page, ".folded") == ["Adressen", "Auswertung", "Handeln", "Einrichten"]
        assert barriers(page) == []


def test_menus_close_with_escape_and_cover_nothing_that_has_the_focus(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/")
    menu = page.locator(".top details.menu").last
    summary = menu.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    expect(menu.locator("a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(menu.locator("a, button").count() + 1):
        page.keyboard.press("Tab")
    expect(menu).not_to_have_attribute("open", "")
    summary.click()
    page.locator("h1").click()
    expect(menu).not_to_have_attribute("open", "")


def test_the_dialog_of_keys_closes_with_escape(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_whose_role_does_not_suffice_is_told_whom_to_ask(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        for path in ("correct/?old=full@b.example", "delete/?type=soft", "checks/new/"):
            found = page.request.get(f"{console.url}/a/shop/{path}")
            assert found.status == 403
            assert "Ask one of them" in found.text()
            assert 'href="/a/shop/team/"' in found.text()


def test_a_condition_that_is_none_is_told_in_words_of_the_page(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/data/")
    page.fill("#q", "code:x")
    page.click(".typed button.main")
    expect(page.locator(".errors")).to_contain_text("Code: there is no “x”.")
    expect(page.locator(".errors")).to_contain_text("Write a code as 4.4.7")
    expect(page.locator(".errors")).not_to_contain_text("pattern")


def test_two_marks_tell_bounced_from_stopped(console: Console, page: Page) -> None:
    """Each a shape, a colour and a word."""
    page.goto(f"{console.url}/a/shop/?search=@b.example")
    seen = set()
    for address, word in (("full@b.example", "bounced"), ("unknown@b.example", "stopped")):
        mark = page.locator("tbody tr", has_text=address).locator(".mark")
        expect(mark).to_contain_text(word)
        shape = mark.locator("svg").evaluate("(drawn) => drawn.innerHTML")
        seen.add((shape, mark.evaluate("(mark) => getComputedStyle(mark).color")))
    assert len({shape for shape, _ in seen}) == len({colour for _, colour in seen}) == 2


def test_what_decided_is_marked_in_the_words_of_the_server(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/address/unknown@b.example/")
    follow(page, ".timeline li.bounce a")
    marked = page.locator("#reply mark").inner_text()
    assert marked
    assert marked in "550 5.1.1 user unknown"
    page.click(".technical summary")
    expect(page.locator(".technical q")).to_have_text(marked)
    expect(page.locator(".technical dl")).to_contain_text("Rule")


def test_emails_of_the_page_are_offered_where_one_is_typed(console: Console, page: Page) -> None:
    for path in ("", "data/"):
        page.goto(f"{console.url}/a/shop/{path}")
        offered = page.locator("#campaigns option")
        assert [each.get_attribute("value") for each in offered.all()] == ["May news"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_the_pages_of_staff_stand_in_a_window_of_800_pixels(
    console: Console, browser: Browser, language: str, javascript: bool
) -> None:
    how: dict[str, Any] = {"locale": language, "java_script_enabled": javascript}
    with looking(browser, viewport={"width": 1280, "height": 800}, **how) as page:
        log_in(page, console.url, "support@retour.example")
        page.goto(f"{console.url}/a/shop/")
        links = page.locator(".side a")
        assert links.count() == 20
        boxes = [links.nth(each).bounding_box() for each in range(20)]
        assert [box for box in boxes if box is None or box["y"] + box["height"] > 800] == []
        assert [box for box in boxes if box is None or box["height"] < 24] == []
        expect(links.last).to_be_in_viewport(ratio=1)
        assert page.evaluate("scrollY") == 0
