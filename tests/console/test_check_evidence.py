"""What speaks for a reason of a checked row is told in words."""

import re
from datetime import UTC, datetime

import pytest

from retour.console.pages.check_evidence import speaking, unspoken
from retour.console.pages.contradiction import contradiction
from retour.flow.listcheck.judge import evidence
from retour.texts import LANGUAGES, catalogue
from retour.vet.check import vet
from retour.vet.findings import Answer, Code, Evidence, Finding

ADDRESSES = ("info@web.de", "bob@mailinator.com", "ann@gmial.com", "postmaster@b-firm.de")
WHEN = datetime(2026, 5, 3, 8, 0, tzinfo=UTC)


def told(findings: tuple[Finding, ...], language: str) -> list[str]:
    said = speaking(evidence(findings), catalogue(f"vet.{language}"), catalogue(f"console.{language}"))
    return [each["told"] for each in said]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_code_is_left_of_what_a_check_finds(address: str, language: str) -> None:
    found = told(vet(address).findings, language)
    assert found
    assert not [words for words in found if re.search(r"[=_]| by ", words)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", list(Code))
def test_each_code_has_words_whoever_says_it(code: Code, language: str) -> None:
    for source in ("own ledger", "own deliveries", "retour typos", "retour role", "dns 127.0.0.1", "a by b"):
        for answer in Answer:
            (words,) = told((Finding(code, Evidence("list", answer, source, WHEN, WHEN)),), language)
            assert not re.search(r"=| at 2026|until|retour ", words)


def test_when_and_until_when_are_moments_of_their_own() -> None:
    said = evidence((Finding(Code.MX, Evidence("dns", Answer.YES, "dns 9.9.9.9", WHEN, WHEN)),))
    (entry,) = speaking(said, catalogue("vet.en"), catalogue("console.en"))
    assert (entry["at"], entry["until"]) == ("2026-05-03T08:00:00+00:00",) * 2
    assert "the DNS (9.9.9.9)" in entry["told"]


def test_a_reason_that_its_evidence_names_does_not_stand_twice() -> None:
    said = evidence((Finding(Code.MX, Evidence("dns", Answer.YES, "dns 9.9.9.9", WHEN)),))
    entries = speaking(said, catalogue("vet.en"), catalogue("console.en"))
    assert unspoken([Code.MX.value, Code.ROLE.value], entries) == [Code.ROLE.value]


def test_a_list_is_of_a_day() -> None:
    day = datetime(2026, 5, 3, tzinfo=UTC)
    said = evidence((Finding(Code.ROLE, Evidence("list", Answer.YES, "retour role", day)),))
    (entry,) = speaking(said, catalogue("vet.de"), catalogue("console.de"))
    assert (entry["day"], entry["told"].endswith("sagt die Liste „role“ von Retour")) == ("3. Mai 2026", True)


def test_what_is_written_otherwise_stands_as_it_is_with_nothing_hidden() -> None:
    entries = speaking("a note of theirs / x=\u202ey", catalogue("vet.en"), catalogue("console.en"))
    assert [each["told"] for each in entries] == ["a note of theirs", "x=⟨U+202E⟩y"]


@pytest.mark.parametrize(
    ("written", "language", "told"),
    [
        ("status 5.7.1 says policy_rejected", "en", "The code 5.7.1 says: Against a rule"),
        ('text "over quota" says mailbox_full', "de", 'Der Text "over quota" sagt: Postfach voll'),
        ("something else", "en", "something else"),
        ("it says so", "de", "it says so"),
    ],
)
def test_what_speaks_against_a_verdict_is_told_in_words(written: str, language: str, told: str) -> None:
    assert contradiction(written, language) == told
