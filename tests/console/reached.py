"""How a page is used without a mouse, and without scripts: what can be reached, and where it leads."""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
from playwright.sync_api import Page

BY_TAB = (Path(__file__).parent / "by_tab.js").read_text("utf-8")
UNSCRIPTED = (Path(__file__).parent / "unscripted.js").read_text("utf-8")


def by_keyboard(page: Page) -> list[str]:
    """Walk the content of a page by Tab, everything folded open: what is not reached, seen or left again."""
    for _ in range(page.evaluate(BY_TAB)):
        page.keyboard.press("Tab")
    told: list[str] = page.evaluate("window.told()")
    return told


def without_scripts(page: Page) -> tuple[list[str], set[str], set[str]]:
    """What a page shows that would need a script, and the addresses of its links and of its acts."""
    told = page.evaluate(UNSCRIPTED)
    return told["wrong"], set(told["links"]), set(told["acts"])


def one_of_each(links: Iterable[str]) -> list[str]:
    """One address of those that differ by values alone: `?type=soft` stands for `?type=hard` too."""
    chosen = {_shape(link): link for link in sorted(links, reverse=True)}
    return sorted(chosen.values())


def _shape(link: str) -> tuple[str, ...]:
    parts = urlsplit(link)
    path = re.sub(r"[^/]*(@|[0-9a-f]{10}|\d\d)[^/]*", "*", parts.path)
    return path, *sorted({name for name, _ in parse_qsl(parts.query)})


def dead(client: httpx.Client, links: Iterable[str], acts: Iterable[str]) -> list[tuple[str, int]]:
    """Links that lead nowhere, and acts for which nobody is there, with what was answered."""
    found = []
    for link in one_of_each(links):
        with client.stream("GET", link, follow_redirects=True) as answer:
            found += [] if answer.is_success else [(link, answer.status_code)]
    for act in one_of_each(acts):
        with client.stream("GET", act) as answer:  # that it takes no GET is right
            found += [(act, 404)] if answer.status_code == 404 else []
    return found
