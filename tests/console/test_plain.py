"""What is refused is said in the words of pages: labels for fields, no codes, no English in German."""

import re
import tomllib
from datetime import UTC
from importlib import resources
from types import SimpleNamespace
from typing import Any

import pytest

from retour.client.connection import Refused
from retour.console.pages import wrong_value
from retour.console.plain import plain
from retour.outlets.api.problems import Problem
from retour.texts import catalogue

PROBLEMS = tomllib.loads(resources.files("retour.outlets.api").joinpath("problems.toml").read_text("utf-8"))


def refusal(problem: Problem, language: str) -> Refused:
    return Refused(problem.status_code, problem.details(language))


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (Problem("reason_missing", "reason"), "Schreiben Sie, wer gebeten hat"),
        (Problem("restore_target", "addresses"), "Es ist keine Adresse genannt."),
        (
            Problem("request_ended", id="4f", status="abgelehnt", by="person ann@b.example"),
            "Über diese Anfrage ist inzwischen entschieden",
        ),
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
    for of_programs in (
        "„field“",
        "openapi",
        "two_ats",
        "„reason“",
        "hard_threshold",
        "filter.",
        "„addresses“",
    ):
        assert of_programs not in said


def test_what_has_no_words_stays_as_it_is() -> None:
    found = refusal(Problem("contact_list_taken", "name"), "en")
    before = found.detail, found.remedy
    plain(found, catalogue("console.en"))
    assert (found.detail, found.remedy) == before


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_no_page_speaks_of_calls(name: str, language: str) -> None:
    problem = PROBLEMS[name]
    told = {"type": f"/problems/{name}", **problem[language]}
    found = Refused(problem["status"], told)
    plain(found, catalogue(f"console.{language}"))
    said = f"{found.detail} {found.remedy}"
    assert re.search(r"/v1/|\b(GET|POST|PUT|DELETE) |If-Match|Retry-After|Idempotency-Key", said) is None


@pytest.mark.parametrize(
    ("field", "asked", "told"),
    [
        ("state", {"state": "kaputt"}, "Status: „kaputt“ gibt es nicht."),
        ("status", {"state": "kaputt"}, "Status: „kaputt“ gibt es nicht."),
        ("type", {"type": "kaputt"}, "Bounce-Typ: „kaputt“ gibt es nicht."),
        ("since", {"since": "gestern"}, "„gestern“ ist kein Tag."),
        ("since", {"since": "2026-05-02", "until": "1.5.2026"}, "Der erste Tag liegt nach dem letzten."),
        ("after", {"after": "kaputt"}, "Diese Seite der Liste gibt es nicht."),
    ],
)
def test_a_value_in_an_address_that_makes_no_sense_is_named(
    field: str, asked: dict[str, str], told: str
) -> None:
    request: Any = SimpleNamespace(method="GET", GET=asked)
    reader: Any = SimpleNamespace(language="de", zone=UTC, say=catalogue("console.de"))
    error = refusal(Problem("invalid", field, fault=f"{field}: raw"), "de")
    found = wrong_value.told(request, error, reader)
    assert found is not None
    assert (found.title, bool(found.remedy)) == (told, True)


def test_a_role_that_does_not_suffice_is_told_without_keys() -> None:
    error = refusal(Problem("role_too_low", role="member", needed="manager"), "de")
    plain(error, catalogue("console.de"))
    assert error.detail == "Das ist nicht für Ihre Rolle."
    assert "Schlüssel" not in str(error.remedy)


@pytest.mark.parametrize(("language", "of_programs"), [("en", "key"), ("de", "Schlüssel")])
def test_an_account_that_there_is_not_is_told_without_keys(language: str, of_programs: str) -> None:
    found = refusal(Problem("account_unknown", "account"), language)
    plain(found, catalogue(f"console.{language}"))
    assert of_programs not in f"{found.detail} {found.remedy}"
