"""Every page of the table of routes, looked at: both languages and schemes, narrow, large, on paper, by
keyboard alone and without scripts. A page that is added is looked at by itself."""

import pytest
from playwright.sync_api import Browser, Page

from console.conftest import ADMIN
from console.furnished import GUARD, furnish
from console.installation import SESSION, Console, log_in, looking
from console.reached import by_keyboard, dead, without_scripts
from console.routes import OWN, pages
from console.sound import WIDE, sideways, unsound, unsound_narrow
from story import patient

pytestmark = pytest.mark.engine("chromium")
SETTINGS = GUARD  # it looks for incidents every second
# Of pages that show one of several things: the others, and lists that are filtered.
MORE = [
    *(f"/a/shop/rates/{by}/" for by in ("campaigns", "providers")),
    *(f"/a/shop/sources/connect/{what}/" for what in ("ses", "sendgrid")),
    *(f"/a/shop/address/{name}@b.example/" for name in ("full", "hostile", "never")),
    *("/a/shop/?type=soft&reason=mailbox_full", "/a/shop/?campaign=none", "/a/shop/?columns=state,due,code"),
    *("/a/shop/data/?type=hard&text=user+unknown", "/a/shop/data/?campaign=none"),
    *("/a/shop/delete/?type=soft", "/a/shop/save-list/data/?type=soft"),
    *("/unparsed/?of=undetermined", "/a/shop/ledger/?state=invalid", "/a/shop/rules/?reason=mailbox_full"),
]
PARTS = 4  # of one test that would otherwise last for minutes on a loaded machine
SAMPLES = "/components/"  # parts without what they act on
WITH_AN_APP = {name for name in OWN if name.startswith("mfa_")}  # `test_sign.py` has these, with an app


@pytest.fixture(scope="module")
def paths(console: Console) -> list[str]:
    """Where every page is."""
    own = [path for name, path in OWN.items() if name not in WITH_AN_APP]
    return [*pages(furnish(console)).values(), *own, *MORE]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_without_barriers_and_walked_by_tab(
    console: Console, browser: Browser, paths: list[str], part: int
) -> None:
    """In English and light, at 1280 and at 320 pixels; all on it is reached, in the order of the page."""
    found: list[tuple[str, str]] = []
    with looking(browser, locale="en", color_scheme="light") as page:
        log_in(page, console.url, ADMIN)
        for path in paths[part::PARTS]:
            page.set_viewport_size(WIDE)
            page.goto(console.url + path)
            found += [(path, each) for each in [*by_keyboard(page), *unsound(page, "en")]]
    assert found == []


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_without_barriers_in_german_narrow_and_dark(
    console: Console, browser: Browser, paths: list[str], part: int
) -> None:
    """And so is that of an account in which nothing came yet: empty pages teach."""
    found: list[tuple[str, str]] = []
    empty = [path.replace("/a/shop/", "/a/other/") for path in paths if path.startswith("/a/shop/")]
    with looking(browser, locale="de", color_scheme="dark") as page:
        log_in(page, console.url, ADMIN)
        there = [path for path in empty if page.request.get(console.url + path).ok]
        assert len(there) > 30
        for path in [*paths, *there][part::PARTS]:
            page.goto(console.url + path)
            found += [(path, each) for each in unsound_narrow(page, "de")]
    assert found == []


def test_every_page_holds_at_200_percent_on_paper_and_in_forced_colours(
    console: Console, browser: Browser, paths: list[str]
) -> None:
    """It neither scrolls sideways nor prints its navigation: half of 1280 pixels, at double scale."""
    found: list[tuple[str, str]] = []
    with looking(browser, viewport={"width": 640, "height": 640}, device_scale_factor=2) as page:
        log_in(page, console.url, ADMIN)
        for path in paths:
            page.goto(console.url + path)
            found += [(path, each) for each in _of_media(page)]
    assert found == []


def _of_media(page: Page) -> list[str]:
    found = []
    for width, media, forced in ((640, "screen", "none"), (320, "screen", "active"), (700, "print", "none")):
        page.set_viewport_size({"width": width, "height": 640})
        page.emulate_media(media=media, forced_colors=forced)
        if wide := sideways(page):
            found.append(f"{wide} px sideways at {width}, {media}")
        if media == "print" and page.locator(".side:visible, .folded:visible, .top:visible").count():
            found.append("navigation on paper")
    page.emulate_media(media="screen", forced_colors="none")
    return found


def test_without_scripts_every_button_acts_and_every_link_leads_somewhere(
    console: Console, browser: Browser, paths: list[str]
) -> None:
    found: list[tuple[str, str]] = []
    links, acts = set[str](), set[str]()
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, ADMIN)
        for path in paths:
            page.goto(console.url + path)
            wrong, leads, does = without_scripts(page)
            found += [(path, each) for each in wrong] if path != SAMPLES else []
            links, acts = links | leads, acts | does
        kept = {each["name"]: each["value"] for each in page.context.cookies()}
    assert found == []
    with patient.Client(base_url=console.url, cookies={SESSION: kept[SESSION]}) as client:
        assert dead(client, links, acts) == []
