"""What is refused is said in the words of pages: labels for fields, no codes, no English in German."""

import pytest
from playwright.sync_api import Browser, expect

from console.installation import Console, follow, log_in, looking
from retour.client.connection import Refused
from retour.console.plain import plain
from retour.outlets.api.problems import Problem
from retour.texts import catalogue


def refusal(problem: Problem, language: str) -> Refused:
    return Refused(problem.status_code, problem.details(language))


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (Problem("reason_missing", "reason"), "Schreiben Sie, wer gebeten hat"),
        (Problem("done_missing", "done"), "Schreiben Sie, was falsch war"),
        (Problem("address_malformed", "old", fault="two_ats"), "darin sind zwei @"),
        (Problem("invalid", "filter.code", fault="filter.code: ist falsch"), "Code: ist falsch"),
        (
            Problem("policy_invalid", "hard_threshold", en="", de="hard_threshold: nein"),
            "bis zum Stopp: nein",
        ),
    ],
)
def test_a_refusal_is_said_as_a_page_says_it(problem: Problem, told: str) -> None:
    found = refusal(problem, "de")
    plain(found, catalogue("console.de"))
    said = f"{found.detail} {found.remedy}"
    assert told in said
    for of_programs in ("„field“", "openapi", "two_ats", "„reason“", "hard_threshold", "filter."):
        assert of_programs not in said


def test_what_has_no_words_stays_as_it_is() -> None:
    found = refusal(Problem("topic_unknown", "id"), "en")
    before = found.detail, found.remedy
    plain(found, catalogue("console.en"))
    assert (found.detail, found.remedy) == before


@pytest.mark.engine("chromium")
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_wrong_input_is_answered_in_german_with_what_to_do(
    console: Console, browser: Browser, javascript: bool
) -> None:
    with looking(browser, locale="de", java_script_enabled=javascript) as page:
        log_in(page, console.url, "manager@shop.example")
        page.goto(f"{console.url}/a/shop/contacts/")
        new = page.locator("form[action$='/contacts/lists/']")
        new.locator("[name=name]").evaluate("each => each.form.noValidate = true")
        follow(page, new.locator("button"))
        expect(page.locator("#status")).to_contain_text("Name: hier fehlt etwas (mindestens 1 Zeichen)")
        for place, told in (
            ("ledger/?state=kaputt", "Status: „kaputt“ gibt es nicht."),
            ("?type=kaputt", "Art des Bounce: „kaputt“ gibt es nicht."),
            ("rates/days/?since=gestern", "„gestern“ ist kein Tag."),
            ("charts/lag/?since=2026-05-02&until=2026-05-01", "Der erste Tag liegt nach dem letzten."),
            ("charts/reasons/?until=morgen", "„morgen“ ist kein Tag."),
            ("?after=kaputt", "Diese Seite der Liste gibt es nicht."),
        ):
            page.goto(f"{console.url}/a/shop/{place}")
            expect(page.locator("main")).to_contain_text(told)
            follow(page, "main a.button")
            assert "?" not in page.url
