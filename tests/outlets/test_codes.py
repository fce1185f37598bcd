"""Refusals name no codes: how something stands, and who may what, is said in words of the language."""

import pytest

from retour.flow.jobs import JobState
from retour.model import Role
from retour.outlets.api.problems import CODES, Problem
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
