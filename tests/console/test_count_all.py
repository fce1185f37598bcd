"""A long list under filters that no roll-up knows: "more than so many", and all where somebody asks.

What cannot be counted while a page waits is counted by a job, whose page leads back to the list.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from console.installation import Console, follow, log_in, looking
from console.sound import barriers
from retour.instants import DAY, HOUR
from retour.stores.sqlite import STORE

pytestmark = pytest.mark.engine("chromium")
MANY = 10_020
MULTITUDE = 500_000  # more than are counted in a tenth of a second
BEFORE = 400  # days, that they bounced earlier
PLACE = {"k": "CAST(printf('%016d', i) AS BLOB)"}


def copied(console: Console, first: int, last: int, days: int = 0) -> None:
    """Addresses that bounced as one did, so many days before: its rows, copied under other names."""
    with closing(sqlite3.connect(console.directory / "data" / STORE, timeout=60)) as db, db:
        (k,) = db.execute("SELECT k FROM states WHERE address = 'unknown@b.example'").fetchone()
        at = {"at": f"t.at - {days * DAY}"}
        for table, told in (
            ("states", {**PLACE, "address": "'u' || i || '@b.example'", "first": "-i", "latest": "-i"}),
            ("events", {**PLACE, "id": "CAST(printf('%016d', -i) AS BLOB)", "number": "-i", **at}),
        ):
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            cells = ", ".join(told.get(name, f"t.{name}") for name in names)
            db.execute(
                f"WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {cells} FROM n CROSS JOIN {table} AS t "
                "WHERE t.k = ?",
                (k,),
            )
        db.execute(
            "INSERT OR IGNORE INTO hours SELECT account, at / ?, label FROM events WHERE number < 0", (HOUR,)
        )


@pytest.fixture(scope="module")
def many(console: Console) -> None:
    """More than a page counts of itself."""
    copied(console, 1, MANY)


@pytest.fixture(scope="module")
def multitude(console: Console) -> None:
    """More than are counted while somebody waits."""
    copied(console, MANY + 1, MANY + MULTITUDE, BEFORE)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_long_list_is_counted_where_somebody_asks(
    console: Console, browser: Browser, javascript: bool
) -> None:
    today = f"{datetime.now(UTC):%Y}-01-01"
    with looking(browser, java_script_enabled=javascript) as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(f"{console.url}/a/shop/?since={today}")
        title = page.locator("#results-title")
        expect(title).to_contain_text("ddresses: ")
        expect(title).not_to_contain_text("10,023")
        if javascript:
            assert barriers(page) == []
        follow(page, "#count-all")
        expect(title).to_contain_text("10,023 addresses")
        expect(page.locator("#count-all")).to_have_count(0)
        older = str(page.locator("#pager-older").get_attribute("href"))
        assert "count=all" not in older
        assert f"counted={MANY + 3}" in older
        first = console.ask("GET", "/v1/bounces", params={"limit": 1})["next"]  # of a bounce that really came
        page.goto(f"{console.url}/a/shop/?since={today}&after={first}&counted={MANY + 3}")
        expect(title).to_contain_text("10,023 addresses")  # as it was counted, and not once more
        expect(page.locator("#count-all")).to_have_count(0)
        assert "counted" not in str(page.locator("#pager-newest").get_attribute("href"))


@pytest.mark.usefixtures("multitude")
def test_what_takes_longer_is_counted_by_a_job(console: Console, browser: Browser) -> None:
    year, all_ = datetime.now(UTC).year, f"{MULTITUDE:,}"
    filters = f"since={year - 2}-01-01&until={year - 1}-12-31"
    with looking(browser, java_script_enabled=False) as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/delete/?{filters}")
        expect(page.locator("h1")).to_have_text("More addresses than can be counted at once")
        page.goto(f"{console.url}/a/shop/?{filters}")
        follow(page, "#count-all")
        expect(page.locator("h1")).to_have_text("Counting of addresses")
        while page.locator("dl.facts", has_text="Ended").count() == 0:
            follow(page, "text=Look again")
        expect(page.locator("main h2")).to_have_text(f"{all_} addresses")
        here = page.url
        follow(page, "text=Delete all of them")
        expect(page.locator("h1")).to_have_text(f"Delete {all_} contacts")
        page.goto(here)
        follow(page, "text=Look at them")
        expect(page.locator("#results-title")).to_contain_text(f"{all_} addresses")
    with looking(browser, locale="de") as page:
        log_in(page, console.url, "member@shop.example")
        page.goto(here)
        expect(page.locator("h1")).to_have_text("Zählen von Adressen")
        expect(page.locator("text=Alle löschen")).to_have_count(0)
        assert barriers(page) == []
