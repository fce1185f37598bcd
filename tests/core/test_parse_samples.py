"""Our own samples: each `NN-name.eml` is read as its `NN-name.expected.toml` says, in three line endings.

Only what the expectation states is compared. `text_contains`, `text_lacks` and `diagnostic_contains`
look into the longer texts of a report. A mail that was cut anywhere is still read without an error.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from retour import instants
from retour.model import Reading, Report
from retour.parse import parse

SAMPLES = sorted((Path(__file__).parents[1] / "samples" / "mails").glob("*.eml"))
ENDINGS = {"lf": b"\n", "crlf": b"\r\n", "cr": b"\r"}


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 25


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_read_as_expected(sample: Path, ending: str) -> None:
    expected = tomllib.loads(sample.with_suffix(".expected.toml").read_text(encoding="utf-8"))
    reading = parse(sample.read_bytes().replace(b"\n", ENDINGS[ending]))
    assert told(reading, expected) == expected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_cut_sample_is_read_without_an_error(sample: Path) -> None:
    raw = sample.read_bytes()
    for size in range(0, len(raw), 61):
        reading = parse(raw[:size])
        assert reading.kind in type(reading.kind)


def told(reading: Reading, expected: Mapping[str, Any]) -> dict[str, Any]:
    """What the reading says about everything that is expected, in the form of the expectation."""
    said: dict[str, Any] = {
        key: getattr(reading, key) for key in expected if key not in ("reports", "original")
    }
    if "defects" in said:
        said["defects"] = list(reading.defects)
    if "original" in expected:
        said["original"] = {key: getattr(reading.original, key) for key in expected["original"]}
    if "reports" in expected:
        wanted = [*expected["reports"], *({} for _ in reading.reports[len(expected["reports"]) :])]
        said["reports"] = [_said(*pair) for pair in zip(reading.reports, wanted, strict=False)]
    return said


def _said(report: Report, expected: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for key, value in expected.items():
        name = key.removesuffix("_contains").removesuffix("_lacks")
        found = getattr(report, name)
        if key.endswith("_contains"):
            said[key] = value if value in " ".join(found.split()) else found
        elif key.endswith("_lacks"):
            said[key] = value if value not in found else found
        elif key == "at":
            said[key] = None if found is None else instants.text(found)
        else:
            said[key] = found
    return said
