"""What holds of every page: no barrier in either language and scheme, no scrolling sideways when narrow."""

from collections.abc import Mapping, Sequence

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from console.installation import Console, log_in, looking

AXE = Axe()
RULES = {
    # What belongs to whoever draws the page, not to its words.
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Only these are told at length: to tell all that is well takes as long again.
    "resultTypes": ["violations"],
}
# Of a finger's room alone: what stands side by side when wide stands below each other when narrow.
NARROW = {"runOnly": {"type": "rule", "values": ["target-size"]}, "resultTypes": ["violations"]}
LOOKS = [("en", "light"), ("de", "dark")]
WIDE: ViewportSize = {"width": 1280, "height": 800}
SMALL: ViewportSize = {"width": 320, "height": 640}


def barriers(page: Page, rules: Mapping[str, object] = RULES) -> list[str]:
    """What axe finds."""
    found = AXE.run(page, options=dict(rules)).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


def sideways(page: Page) -> int:
    """How many pixels a page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def faults(console: Console, browser: Browser, email: str, paths: Sequence[str]) -> list[tuple[str, object]]:
    """Every page in both languages and schemes, at 1280 and at 320 pixels."""
    found: list[tuple[str, object]] = []
    for language, scheme in LOOKS:
        with looking(browser, locale=language, color_scheme=scheme) as page:
            log_in(page, console.url, email)
            for path in paths:
                page.set_viewport_size(WIDE)
                answer = page.goto(console.url + path)
                assert answer is not None
                assert answer.ok, (path, answer.status)
                found += [(path, each) for each in unsound(page, language)]
    return found


def unsound(page: Page, language: str) -> list[str]:
    """What is wrong with a page that is open, wide and then narrow."""
    page.set_viewport_size(WIDE)
    found = _of_words(page, language) + barriers(page)
    page.set_viewport_size(SMALL)
    found += [f"{wide} px sideways"] if (wide := sideways(page)) else []
    return found + barriers(page, NARROW)


def unsound_narrow(page: Page, language: str) -> list[str]:
    """What is wrong with a page that is open in a window of 320 pixels."""
    page.set_viewport_size(SMALL)
    found = [f"{wide} px sideways"] if (wide := sideways(page)) else []
    return found + _of_words(page, language) + barriers(page)


def _of_words(page: Page, language: str) -> list[str]:
    found = ["h1"] if page.locator("h1").count() != 1 else []
    return found + (["lang"] if page.locator("html").get_attribute("lang") != language else [])
