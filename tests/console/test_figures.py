"""Charts: a finding as the title, the numbers as a table and a file, hostile names as text."""

from collections import Counter

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, follow, log_in, looking
from retour.console.heat import MOST_REASONS, heat

pytestmark = pytest.mark.engine("chromium")


def lines(page: Page, path: str) -> list[str]:
    answer = page.request.get(path)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return answer.body().decode("utf-8-sig").splitlines()


@pytest.fixture(scope="module")
def gone(console: Console) -> None:
    """The largest group: five at Gmail."""
    for number in range(5):
        console.bounce(f"gone-{number}@gmail.com", "550 5.1.1 user unknown")


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.usefixtures("gone")
def test_reasons_by_provider_are_a_shaded_table(
    console: Console, browser: Browser, language: str, scheme: str
) -> None:
    with looking(browser, locale=language, color_scheme=scheme) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/charts/reasons/")
        expect(page.locator(".lead")).to_contain_text("Gmail")
        assert page.locator("td.heat-5").first.inner_text() == "5"
        assert page.locator("td.heat-0").first.inner_text() == "–"
        assert [each["id"] for each in Axe().run(page).response["violations"]] == []
        for row in page.locator("tbody tr").all():
            cells = [cell.inner_text().replace("–", "0") for cell in row.locator("td").all()]
            assert sum(map(int, cells[:-1])) == int(
                cells[-1]
            )  # what has no column is counted in the last but one
        told = lines(page, f"{console.url}/a/shop/charts/reasons.csv")
        assert told[0] == "reason,provider,bounces"
        assert "address_unknown,gmail,5" in told


def test_reasons_that_are_rare_stand_in_one_row() -> None:
    cells = Counter({(f"r{number:02}", "gmail"): 40 - number for number in range(MOST_REASONS)})
    cells += Counter({("rare", "gmail"): 2, ("rarest", "gmail"): 1, ("rare", "a.example"): 1})
    cells["r00", "b.example"] = 9
    rows = heat(cells, ["gmail", "a.example"])
    assert len(rows) == MOST_REASONS + 1
    assert [each["count"] for each in rows[0]["cells"]] == [40, 0]
    assert (rows[0]["others"], rows[0]["sum"]) == (9, 49)
    assert [each["count"] for each in rows[-1]["cells"]] == [3, 1]
    assert (rows[-1]["reason"], rows[-1]["others"], rows[-1]["sum"]) == ("", 0, 4)
    assert sum(row["sum"] for row in rows) == cells.total()
    assert heat(Counter(), []) == []


@pytest.mark.usefixtures("gone")
def test_a_number_of_the_heat_map_leads_to_its_bounces(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/charts/reasons/")
    follow(page, "td.heat-5 a")
    expect(page.locator("#results-title")).to_contain_text("5 bounces")
    expect(page.locator("tbody tr")).to_have_count(5)


def test_emails_stand_beside_the_norm(console: Console, page: Page) -> None:
    one = {"kind": "mailing", "campaign": "<b>June</b>"}
    told = [{"recipient": f"{number}@a.example", **one} for number in range(120)]
    console.ask("POST", "/v1/sends", json={"sends": told})
    page.goto(f"{console.url}/a/shop/rates/campaigns/")
    expect(page.locator("h2").first).to_contain_text("No email of these days had a hard bounce.")
    expect(page.locator("figure svg:visible")).to_have_count(1)
    assert page.locator("svg b").count() == 0
    head, *rows = lines(page, f"{console.url}/a/shop/charts/rates/campaigns.csv")
    assert head.startswith("campaign,sent,delivered,hard,soft,block")
    assert any(row.startswith("<b>June</b>,120,") for row in rows)


def test_sends_spared_stand_day_by_day(console: Console, page: Page) -> None:
    console.ask("GET", "/v1/check", params={"address": "unknown@b.example", "kind": "mailing"})
    page.goto(f"{console.url}/a/shop/rates/days/")
    page.wait_for_function("document.body.innerText.includes('avoided') || location.reload()")
    expect(page.locator("caption").first).not_to_contain_text("-")  # days in words


def test_without_returns_the_page_says_what_brings_them(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/charts/given-back/")
    expect(page.locator(".empty h2")).to_have_text("No address has come back by itself yet")
    assert lines(page, f"{console.url}/a/shop/charts/given-back.csv") == [
        "period,version,freed,delivered,bounced"
    ]
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
