"""Refusals name no codes: how something stands, and who may what, is said in words of the language."""

import re
from importlib.resources import files

import pytest

from retour.flow.jobs import JobState
from retour.model import Role
from retour.outlets.api.problems import CODES, Problem, wrong
from retour.ports import Stage
from retour.ports.incidents import IncidentStage
from retour.ports.requests import RequestStatus


@pytest.mark.parametrize(
    ("room", "codes"),
    [
        ("stage", (*IncidentStage, *Stage, *JobState)),
        ("state", tuple(JobState)),
        ("status", tuple(RequestStatus)),
        ("role", tuple(Role)),
        ("needed", (*Role, *Stage)),
    ],
)
def test_every_code_has_words_in_both_languages(room: str, codes: tuple[str, ...]) -> None:
    assert [
        code for code in codes if not all(CODES[room].get(str(code), {}).get(to) for to in ("en", "de"))
    ] == []


def test_a_refusal_says_how_it_stands_in_words() -> None:
    told = Problem("incident_stage", stage="reopening")
    assert told.details("de")["detail"] == "Die Störung ist in der Wiederaufnahme."
    assert "open" not in str(told.details("de")["remedy"])
    wave = Problem("wave_stage", "id", stage="undone", needed="applying, applied")
    assert wave.details("de")["detail"] == (
        "Die Welle ist zurückgenommen; nötig ist eine, die in der Anwendung, angewendet ist."
    )
    assert (
        wave.details("en")["detail"]
        == Problem("wave_stage", "id", stage="undone", needed="being applied, applied").details("en")[
            "detail"
        ]
    )


def test_what_is_wrong_with_a_value_is_said_in_german_too() -> None:
    places = files("retour.outlets.api").iterdir()
    used = {
        code
        for place in places
        if place.name.endswith(".py")
        for code in re.findall(r'\bwrong\([^,()]+, "(\w+)"', place.read_text("utf-8"))
    }
    assert len(used) > 10
    assert [code for code in sorted(used) if not CODES["form"].get(code, {}).get("de")] == []
    told = wrong("since", "too_far", "is at most 400 days before until", days=400)
    assert told.details("en")["detail"] == "since: is at most 400 days before until"
    assert told.details("de")["detail"] == "since: liegt höchstens 400 Tage vor until"


def test_the_values_that_there_are_are_told_without_a_word_of_english() -> None:
    told = wrong("by", "literal_error", "", expected="'total', 'campaign' or 'day'")
    assert told.details("en")["detail"] == "by: is none of the values 'total', 'campaign' or 'day'"
    assert told.details("de")["detail"] == "by: ist keiner der Werte 'total', 'campaign' oder 'day'"
