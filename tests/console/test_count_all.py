"""A long list under filters that no roll-up knows: "more than so many", and all where somebody asks."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from playwright.sync_api import Browser, expect

from console.installation import Console, follow, log_in, looking
from console.sound import barriers
from retour.stores.sqlite import STORE

pytestmark = pytest.mark.engine("chromium")
MANY = 10_020
PLACE = {"k": "randomly(i)"}


@pytest.fixture(scope="module")
def many(console: Console) -> None:
    """So many addresses that bounced as one did: its rows, copied under other names, as if before it."""
    with closing(sqlite3.connect(console.directory / "data" / STORE, timeout=30)) as db, db:
        (k,) = db.execute("SELECT k FROM states WHERE address = 'unknown@b.example'").fetchone()
        for table, told in (
            ("states", {**PLACE, "address": "'u' || i || '@b.example'", "first": "-i", "latest": "-i"}),
            ("events", {**PLACE, "id": "randomly(-i)", "number": "-i"}),
        ):
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            cells = ", ".join(told.get(name, f"t.{name}") for name in names)
            db.create_function("randomly", 1, lambda i: sha256(str(i).encode()).digest()[:16])
            db.execute(
                f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) "
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {cells} FROM n CROSS JOIN {table} AS t "
                "WHERE t.k = ?",
                (k,),
            )


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
            page.click("#count-all")
        else:
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
