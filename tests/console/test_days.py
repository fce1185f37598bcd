"""Days as the reader writes them, in fields and filters; the last day is meant with all of it."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from console.installation import Console, log_in, looking
from retour.console.days import ago, begin, clock, end, period, read_day, short, written
from retour.texts import Catalogue, catalogue

BERLIN = ZoneInfo("Europe/Berlin")


class Reading(NamedTuple):
    language: str
    zone: tzinfo
    say: Catalogue


def reading(language: str) -> Reading:
    return Reading(language, BERLIN, catalogue(f"console.{language}"))


@pytest.mark.parametrize(
    "told", ["2026-05-03", "3.5.2026", "03.05.2026", "3. 5. 2026", "3 May 2026", "3. Mai 2026", "3 mai 2026"]
)
def test_a_day_is_read_as_people_write_it(told: str) -> None:
    assert read_day(f" {told} ") == date(2026, 5, 3)


@pytest.mark.parametrize(
    ("utc", "zone", "told"),
    [
        ("2026-10-24T23:59", "Europe/Berlin", "01:59"),
        ("2026-10-25T00:30", "Europe/Berlin", "02:30 UTC+2"),
        ("2026-10-25T01:30", "Europe/Berlin", "02:30 UTC+1"),
        ("2026-10-25T02:00", "Europe/Berlin", "03:00"),
        ("2026-03-29T01:00", "Europe/Berlin", "03:00"),
        ("2026-11-01T05:30", "America/New_York", "01:30 UTC-4"),
        ("2026-11-01T03:45", "America/St_Johns", "01:15 UTC-2:30"),
        ("2026-11-01T06:30", "Asia/Kolkata", "12:00"),
    ],
)
def test_an_hour_that_is_there_twice_is_told_apart(utc: str, zone: str, told: str) -> None:
    assert clock(datetime.fromisoformat(f"{utc}+00:00").astimezone(ZoneInfo(zone))) == told


@pytest.mark.parametrize("told", ["", "31.2.2026", "2026-13-01", "3 Mayday 2026", "yesterday", "3/5/2026"])
def test_what_is_no_day_is_none(told: str) -> None:
    assert read_day(told) is None


@pytest.mark.parametrize(
    ("language", "month", "told"),
    [("de", 10, "23. Okt."), ("de", 5, "23. Mai"), ("en", 10, "23 Oct"), ("en", 5, "23 May")],
)
def test_a_day_of_a_chart_is_written_short(language: str, month: int, told: str) -> None:
    assert short(date(2026, month, 23), reading(language)) == told


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_written_is_read_again(language: str, month: int) -> None:
    day = date(2026, month, 28)
    assert read_day(written(day.isoformat(), reading(language))) == day
    assert written("sometime", reading(language)) == "sometime"


def test_a_day_begins_and_ends_where_the_reader_is() -> None:
    who = reading("de")
    assert begin("2026-05-03", who) == "2026-05-02T22:00:00Z"
    assert end("2026-05-03", who) == "2026-05-03T22:00:00Z"
    assert end("2026-10-25", who) == "2026-10-25T23:00:00Z"  # a day of 25 hours
    assert begin("2026-05-03T10:00:00Z", who) == "2026-05-03T10:00:00Z"


@pytest.mark.parametrize(
    ("told", "english", "german"),
    [
        ("2026-W19", "Week of 4 May 2026", "Woche ab 4. Mai 2026"),
        ("2026-W01", "Week of 29 December 2025", "Woche ab 29. Dezember 2025"),
        ("2026-05", "May 2026", "Mai 2026"),
    ],
)
def test_a_week_is_told_by_its_monday_and_a_month_by_its_name(told: str, english: str, german: str) -> None:
    assert (period(told, reading("en")), period(told, reading("de"))) == (english, german)


NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "english", "german"),
    [
        (timedelta(seconds=20), "just now", "gerade eben"),
        (timedelta(seconds=-20), "in a moment", "gleich"),
        (timedelta(minutes=1), "1 minute ago", "vor 1 Minute"),
        (timedelta(hours=3), "3 hours ago", "vor 3 Stunden"),
        (timedelta(days=2), "2 days ago", "vor 2 Tagen"),
        (timedelta(days=75), "2 months ago", "vor 2 Monaten"),
        (timedelta(days=800), "2 years ago", "vor 2 Jahren"),
        (timedelta(days=-1, hours=-2), "in 1 day", "in 1 Tag"),
    ],
)
def test_how_long_ago_in_both_languages(before: timedelta, english: str, german: str) -> None:
    assert ago(NOW - before, NOW, reading("en")) == english
    assert ago(NOW - before, NOW, reading("de")) == german


@pytest.mark.engine("chromium")
def test_until_a_day_means_that_day_too(console: Console, page: Page) -> None:
    today, before = datetime.now(UTC).date(), datetime.now(UTC).date() - timedelta(days=2)
    for path in ("", "ledger/"):
        page.goto(f"{console.url}/a/shop/{path}?since={before}&until={today + timedelta(days=1)}")
        assert page.locator("tbody tr").count() >= 3
        page.goto(f"{console.url}/a/shop/{path}?until={before}")
        expect(page.locator("tbody tr")).to_have_count(0)
    page.goto(f"{console.url}/a/shop/ledger/?since={today - timedelta(days=1)}&until={today}")
    shown = page.locator("tbody tr").count()
    # Either all of it, or midnight has passed since the bounces came.
    assert shown >= 3 or datetime.now(UTC).date() > today


@pytest.mark.engine("chromium")
@pytest.mark.parametrize(("language", "value"), [("en", "3 May 2026"), ("de", "3.5.2026")])
def test_fields_of_days_are_written_as_the_page_is(
    console: Console, browser: Browser, language: str, value: str
) -> None:
    with looking(browser, locale=language, java_script_enabled=False) as page:
        log_in(page, console.url, "manager@shop.example")
        for path in ("", "data/", "ledger/", "rates/days/", "charts/reasons/"):
            page.goto(f"{console.url}/a/shop/{path}?since=2026-05-03")
            expect(page.locator("#f-since")).to_have_value(value)
        page.goto(f"{console.url}/a/shop/ledger/")
        page.fill("[name=since]", value)
        page.click(".filters button.main")
        expect(page.locator("#f-since")).to_have_value(value)
        assert page.locator("tbody tr").count() >= 3


@pytest.mark.engine("chromium")
def test_a_moment_tells_how_long_ago_beside_it_and_not_in_tables(console: Console, page: Page) -> None:
    page.goto(f"{console.url}/a/shop/address/full@b.example/")
    when = page.locator(".timeline .when").first
    expect(when.locator("time")).to_have_attribute("datetime", value_of(page, ".timeline time"))
    expect(when.locator(".ago")).to_be_visible()
    page.emulate_media(media="print")
    expect(when.locator(".ago")).to_be_hidden()
    page.emulate_media(media="screen")
    page.goto(f"{console.url}/a/shop/")
    expect(page.locator("tbody .ago").first).to_be_hidden()
    assert page.locator("tbody time").first.get_attribute("title")


def value_of(page: Page, selector: str) -> str:
    value = page.locator(selector).first.get_attribute("datetime")
    assert value is not None
    assert datetime.fromisoformat(value).tzinfo is not None
    return value
