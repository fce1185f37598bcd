"""The example of the docs in a real browser: a form of somebody else's page asks what an address is worth."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, opened

pytestmark = pytest.mark.engine("chromium")

SHOP = "http://localhost:8099"  # nothing listens there: the page is put in the browser's hands
DOCS = Path(__file__).parents[2] / "docs" / "check-address.md"


@pytest.fixture
def form(console: Console, browser: Browser) -> Iterator[Page]:
    found = re.search("```html\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found is not None
    example = found[1].replace("https://retour.example", f"http://127.0.0.1:{console.ports['api']}")
    html = f'<!doctype html><html lang="en"><title>Shop</title><form>{example}<button>Send</button></form>'
    with opened(browser) as page:
        page.route(f"{SHOP}/", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"{SHOP}/")
        yield page


def write(form: Page, address: str) -> None:
    """Type an address and leave the field, by keyboard alone."""
    form.get_by_label("E-mail").fill("")
    form.get_by_label("E-mail").focus()
    form.keyboard.type(address)
    form.keyboard.press("Tab")


def test_a_suggestion_is_read_out_and_taken_by_keyboard_alone(form: Page) -> None:
    field, hint = form.get_by_label("E-mail"), form.get_by_role("status")
    write(form, "Ann.Lee+x@gmaik.com")
    expect(hint).to_have_text("Did you mean Ann.Lee+x@gmail.com?")
    expect(form.get_by_role("button", name="Send")).to_be_focused()  # nothing took the focus away
    expect(field).to_have_accessible_description(re.compile("Did you mean"))
    field.focus()
    form.keyboard.press("Tab")
    form.keyboard.press("Enter")
    expect(field).to_have_value("Ann.Lee+x@gmail.com")
    expect(field).to_be_focused()
    expect(hint).to_have_text("Changed to Ann.Lee+x@gmail.com.")
    assert form.url == f"{SHOP}/"  # the form was not sent


def test_a_suggestion_goes_when_somebody_types_on(form: Page) -> None:
    hint = form.get_by_role("status")
    write(form, "ann@gmaik.com")
    expect(hint).to_have_text("Did you mean ann@gmail.com?")
    form.get_by_label("E-mail").press("End")
    form.keyboard.type("x")
    expect(hint).to_be_empty()


def test_the_form_works_without_an_answer(form: Page) -> None:
    faults: list[str] = []
    form.on("pageerror", lambda fault: faults.append(str(fault)))
    form.route("**/v1/suggest*", lambda route: route.abort())
    with form.expect_event("requestfailed"):
        write(form, "ann@gmaik.com")
    expect(form.get_by_role("status")).to_be_empty()
    assert faults == []
