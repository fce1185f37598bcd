"""Lists as JSON under the address of their page: the same rows, filters and rights."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from console.installation import Console, log_in, looking

pytestmark = pytest.mark.engine("chromium")
ACCEPTED = {"Accept": "application/json"}
LISTS = (
    *("", "data/", "contacts/", "requests/", "checks/", "jobs/", "incidents/", "sources/", "ledger/"),
    *("rates/days/", "rates/campaigns/", "rates/providers/"),
)


def asked(page: Page, url: str, **headers: str) -> Any:
    answer = page.request.get(url, headers=headers)
    assert answer.headers["content-type"] == "application/json", answer.text()
    assert "Accept" in answer.headers["vary"]
    return answer.json()


def test_the_rows_of_a_page_are_there_as_json_with_the_same_filters(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/?type=hard")
    shown = page.locator("tbody tr th a").evaluate_all("all => all.map(each => each.textContent)")
    found = asked(page, f"{console.url}/a/shop/?type=hard&format=json")
    assert [row["address"] for row in found["rows"]] == shown
    assert len(shown) == 2
    assert found["filters"] == {"type": "hard"}
    assert found["page"] == f"{console.url}/a/shop/?type=hard"
    assert found["next"] is None
    by_header = asked(page, f"{console.url}/a/shop/?type=hard", **ACCEPTED)
    assert by_header["rows"] == found["rows"]
    link = page.locator("a:has-text('This page as JSON')").evaluate("each => each.href")
    assert asked(page, link)["rows"] == found["rows"]


def test_the_next_page_is_an_address(console: Console, browser: Browser) -> None:
    for number in range(51):
        console.ask("PUT", f"/v1/contacts/c{number}@b.example", json={"address": f"c{number}@b.example"})
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        first = asked(page, f"{console.url}/a/shop/contacts/", **ACCEPTED)
        assert len(first["rows"]) == 50
        second = asked(page, first["next"])
        assert (len(second["rows"]) >= 1, second["next"]) == (True, None)
        told = {row["address"] for row in (*first["rows"], *second["rows"])}
        assert {f"c{number}@b.example" for number in range(51)} <= told


def test_every_list_has_it_for_whoever_sees_the_page(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        log_in(page, console.url, "member@shop.example")
        for path in LISTS:
            assert isinstance(asked(page, f"{console.url}/a/shop/{path}", **ACCEPTED)["rows"], list)
            found = page.request.get(f"{console.url}/a/shop/{path}", headers={"Accept": "*/*"})
            assert found.headers["content-type"].startswith("text/html")
    with looking(browser) as page:
        log_in(page, console.url, "stranger@other.example")
        for path in LISTS:
            answer = page.request.get(f"{console.url}/a/shop/{path}?format=json")
            assert (path, answer.status) == (path, 404)
            assert "b.example" not in answer.text()


def test_without_a_login_there_is_no_json(console: Console, browser: Browser) -> None:
    with looking(browser) as page:
        answer = page.request.get(f"{console.url}/a/shop/?format=json", max_redirects=0)
        assert (answer.status, answer.headers["location"].startswith("/sign/login/")) == (302, True)


def test_a_filter_that_makes_no_sense_is_refused_as_json(console: Console, page: Page) -> None:
    answer = page.request.get(f"{console.url}/a/shop/?since=never&format=json")
    assert (answer.status, answer.json()["field"]) == (422, "since")
    answer = page.request.get(f"{console.url}/a/shop/data/?since=never&format=json")
    assert (answer.status, answer.json()["field"]) == (422, "since")
