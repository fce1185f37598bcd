"""Names as people give them, long and without a gap: no page grows by them, no column is pushed out."""

import pytest
from playwright.sync_api import Browser

from console.installation import Console, log_in, looking
from console.sound import sideways
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
LONG = "Sommerschlussverkauf_2026_Newsletter_Bestandskunden_Deutschland_Oesterreich_Schweiz_final2"
ADDRESS = f"{'a-long-local-part-' * 3}@{'a-long-name-' * 4}of.a-company.example"
WIDER = "(parts) => parts.filter((each) => each.scrollWidth > each.clientWidth + 1).length"


@pytest.fixture(scope="module")
def paths(console: Console) -> list[str]:
    """Pages on which long names stand, of every kind that people give."""
    console.bounce(ADDRESS, "550 5.1.1 user unknown", campaign=LONG, subject=LONG)
    console.ask("POST", "/v1/contact-lists", json={"name": LONG})
    console.ask("POST", "/v1/contacts", json={"contacts": [{"address": ADDRESS, "name": LONG}]})
    list_ = f"Email\n{ADDRESS}\ncontact@gmial.com\n".encode()
    check = console.ask("POST", "/v1/list-checks", params={"name": f"{LONG}.csv"}, content=list_)["id"]
    eventually(lambda: console.ask("GET", f"/v1/jobs/{check}")["state"] == "done", "the check", console.story)
    pages = ("", "data/", "contacts/", f"contact/{ADDRESS}/", f"address/{ADDRESS}/", "rates/campaigns/")
    pages += (f"email/?name={LONG}", "checks/", f"checks/{check}/", f"checks/{check}/rows/?pile=corrected")
    pages += (f"checks/{check}/rows/?pile=kept", "jobs/")
    return [f"/a/shop/{page}" for page in pages]


@pytest.mark.parametrize("width", [1280, 320])
def test_a_long_name_pushes_nothing_out_of_a_page(
    console: Console, browser: Browser, paths: list[str], width: int
) -> None:
    with looking(browser, viewport={"width": width, "height": 800}) as page:
        log_in(page, console.url, "manager@shop.example")
        for path in paths:
            page.goto(console.url + path)
            assert (path, sideways(page)) == (path, 0)
            assert (path, page.locator(".wide").evaluate_all(WIDER)) == (path, 0)
