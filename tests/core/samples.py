"""Our own samples, `NNN-name.eml` with `NNN-name.expected.toml` beside it, and what a mail says of it.

Only what an expectation states is compared. `text_contains`, `text_lacks` and `diagnostic_contains` look
into the longer texts of a report; `reason` and `group` are the verdict's, all else is the reading's. `missed`
names facts that are known to be read wrongly, so that they stand in the scoreboard until they are mended.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from retour import instants
from retour.flow.judge import Judged
from retour.model import Report, Verdict

DIRECTORY = Path(__file__).parents[1] / "samples" / "mails"
_OF_VERDICT = ("reason", "group")
_EMPTY_REPORT: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Sample:
    """One mail and what is true of it."""

    place: Path

    @property
    def name(self) -> str:
        """Its number and name: "600-postfix-unknown-remote"."""
        return self.place.stem

    @cached_property
    def raw(self) -> bytes:
        """The mail, with LF."""
        return self.place.read_bytes()

    @cached_property
    def expected(self) -> Mapping[str, Any]:
        """Its expectation, without what is known to be missed."""
        return {key: value for key, value in self._stated.items() if key != "missed"}

    @property
    def missed(self) -> list[str]:
        """The facts that are known to be read wrongly, as `differences` names them: ["0.reason"]."""
        return list(self._stated.get("missed", []))

    @cached_property
    def _stated(self) -> Mapping[str, Any]:
        return tomllib.loads(self.place.with_suffix(".expected.toml").read_text("utf-8"))

    @property
    def provoked_from(self) -> str:
        """The packages whose servers wrote it in the lab, with versions; "" when it was written by hand."""
        first = self.place.with_suffix(".expected.toml").read_text("utf-8").partition("\n")[0]
        return (
            first.removeprefix("# Provoked: ").partition(";")[0] if first.startswith("# Provoked: ") else ""
        )

    @property
    def is_provoked(self) -> bool:
        """Whether a real server wrote it in the lab."""
        return bool(self.provoked_from)


SAMPLES = [Sample(place) for place in sorted(DIRECTORY.glob("*.eml"))]


def told(judged: Judged, expected: Mapping[str, Any]) -> dict[str, Any]:
    """What the reading says about everything that is expected, in the form of the expectation."""
    reading = judged.reading
    said: dict[str, Any] = {
        key: getattr(reading, key) for key in expected if key not in ("reports", "original", "kind")
    }
    if "kind" in expected:
        said["kind"] = judged.kind
    if "defects" in said:
        said["defects"] = list(reading.defects)
    if "original" in expected:
        said["original"] = {key: getattr(reading.original, key) for key in expected["original"]}
    if "reports" in expected:
        beyond = [_EMPTY_REPORT] * (len(reading.reports) - len(expected["reports"]))
        triples = zip(reading.reports, judged.verdicts, [*expected["reports"], *beyond], strict=False)
        said["reports"] = [of_report(*triple) for triple in triples]
    return said


def of_report(report: Report, verdict: Verdict, expected: Mapping[str, Any]) -> dict[str, Any]:
    """The same for one report and its verdict."""
    said: dict[str, Any] = {}
    for key, value in expected.items():
        name = key.removesuffix("_contains").removesuffix("_lacks")
        found = getattr(verdict if name in _OF_VERDICT else report, name)
        if key.endswith("_contains"):
            said[key] = value if found is not None and value in " ".join(found.split()) else found
        elif key.endswith("_lacks"):
            said[key] = value if value not in found else found
        elif key == "at":
            said[key] = None if found is None else instants.text(found)
        else:
            said[key] = found
    return said


def differences(judged: Judged, expected: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Where the reading differs: {"kind": (expected, told), "0.status": ...}; "reports" by number."""
    said = told(judged, expected)
    found = {
        key: (expected[key], said[key]) for key in expected if key != "reports" and said[key] != expected[key]
    }
    wanted, given = expected.get("reports", []), said.get("reports", [])
    if len(wanted) != len(given):
        return found | {"reports": (wanted, given)}
    for number, (one, other) in enumerate(zip(wanted, given, strict=True)):
        found |= {f"{number}.{key}": (one[key], other[key]) for key in one if one[key] != other[key]}
    return found
