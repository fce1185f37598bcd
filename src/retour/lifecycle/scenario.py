"""Scenario files: one address's life as TOML, read strictly, with line and key of whatever cannot be."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from retour.instants import Instant, from_datetime, text
from retour.lifecycle.order import Place, Rank, place_of
from retour.lifecycle.policy import Policy, PolicyError, PolicyVersion
from retour.lifecycle.presets import is_enhanced_code, policy_from, preset
from retour.lifecycle.toml_lines import Path, line_of
from retour.lifecycle.wording import UnreadableError, say
from retour.model import Answer, Cause, Event, EventKind, Reason, StateName

BEFORE_ALL: Instant = -(2**62)  # the time of the policy before the first step

EVENTS = (
    *("bounce", "delay", "delivered", "complaint", "unsubscribe", "resubscribe", "import", "platform"),
    *("stop", "restore", "policy", "incident_open", "incident_close", "now"),
    *("correction", "confirmation"),  # rule 9
)

STEP_KEYS = ("at", "event", "reason", "status", "send", "sent", "set", "from", "outcome", "note", "expect")
_ONLY_OF = {"set": "policy", "from": "incident_open", "outcome": "incident_close"}
_OF_REPORTS = ("reason", "status", "send", "sent")
_NEEDED = {"policy": "set", "incident_close": "outcome"}

_EXPECTED = (
    *("step", "at", "event", "state", "cause", "since", "until", "soft", "hard", "block", "reasons"),
    *("reactivations", "decision", "decision_system"),
)
NOTHING = ("none", "")
"""How an `expect` says null, which TOML does not have."""

_WITH_REASON = (EventKind.BOUNCE, EventKind.DELAY)

_NUMBERS = ("step", "soft", "hard", "block", "reactivations")
_MOMENTS = ("at", "since", "until")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "event": EVENTS,
    "state": tuple(StateName),
    "cause": (*Cause, *NOTHING),
    "decision": tuple(Answer),
    "decision_system": tuple(Answer),
}


class ScenarioError(UnreadableError):
    """A scenario that cannot be read. `line` is 1-based; `key` is below its step: "expect.soft"."""

    def __init__(self, line: int, key: str, code: str, **details: object) -> None:
        self.line = line
        super().__init__(key, code, **details)

    def told(self, lang: str = "en") -> str:
        """Line, key, reason and remedy on one line."""
        return f"{say('scenario.line', lang, line=self.line)}, {super().told(lang)}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `what` is the event or the policy that it adds, None for `now`, which only looks."""

    number: int  # 1-based place in the file
    place: Place  # in the order of play
    event: str
    what: Event | PolicyVersion | None
    expect: Mapping[str, Any]
    details: Sequence[str] = ()  # the step's other values as they stand in the file, for people


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its steps in the order in which they are played."""

    policies: Sequence[PolicyVersion]
    steps: Sequence[Step]

    @property
    def events(self) -> list[Event]:
        """The whole set of events: what is known later counts from the start."""
        return [step.what for step in self.steps if isinstance(step.what, Event)]


def read_scenario(file: bytes) -> Scenario:
    """The scenario of a TOML file. Raises ScenarioError at the first thing that cannot be."""
    try:
        text = file.decode("utf-8-sig")  # Windows' editors put a byte order mark before everything
    except UnicodeDecodeError as error:
        raise ScenarioError(file.count(b"\n", 0, error.start) + 1, "-", "scenario.no_text") from None
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of 5,000 digits, and arrays nested as deep
        raise _broken(text, error) from None
    return _Reader(text, content).scenario()


def _broken(text: str, error: Exception) -> ScenarioError:
    lines = text.rstrip("\n").split("\n")
    where = re.search(r"at line (\d+)", str(error))
    line = min(int(where[1]), len(lines)) if where else len(lines)  # "at end of document"
    entry = re.match(r"\s*\[*\s*([\w.\"'-]+)", lines[line - 1])
    return ScenarioError(line, entry[1] if entry else "-", "scenario.no_toml", value=str(error))


class _Reader:
    """Reads one file; every complaint of its knows the path it came from."""

    def __init__(self, text: str, content: dict[str, Any]) -> None:
        self.text = text
        self.content = content
        self.sends: dict[object, int] = {}

    def error(self, path: Path, code: str, **details: object) -> ScenarioError:
        below = path[2:] if path[0] == "step" and len(path) > 2 else path
        return ScenarioError(line_of(self.text, path), ".".join(below), code, **details)

    def scenario(self) -> Scenario:
        for key in self.content:
            if key not in ("policy", "step"):
                raise self.error((key,), "scenario.unknown_key", value=key, allowed=("policy", "step"))
        first = self.policy(("policy",), self.content.get("policy", {}), preset("default"))
        entries = self.content.get("step")
        if not isinstance(entries, list) or not entries:
            raise self.error(("step",), "scenario.no_steps")
        steps = sorted((self.step(n, entry) for n, entry in enumerate(entries, 1)), key=lambda s: s.place)
        policies, steps = self.with_policies(PolicyVersion(0, BEFORE_ALL, first), steps, entries)
        return Scenario(policies, steps)

    def with_policies(
        self, first: PolicyVersion, steps: Sequence[Step], entries: Sequence[Any]
    ) -> tuple[list[PolicyVersion], list[Step]]:
        """Each `set` merged into the policy in force by then, which the order of play decides."""
        versions, filled = [first], []
        for step in steps:
            if step.event == "policy":
                path = ("step", str(step.number), "set")
                policy = self.policy(path, entries[step.number - 1]["set"], versions[-1].policy)
                versions.append(PolicyVersion(step.number, step.place.at, policy))
                step = replace(step, what=versions[-1])
            filled.append(step)
        return versions, filled

    def policy(self, path: Path, settings: Any, base: Policy) -> Policy:
        if not isinstance(settings, dict):
            raise self.error(path, "scenario.not_a_table", value=settings)
        try:
            return policy_from(settings, base)
        except PolicyError as error:
            raise self.error((*path, *error.key.split(".")), error.code, **error.details) from None

    # --- a step ------------------------------------------------------------------------------------------

    def step(self, number: int, entry: Any) -> Step:
        path = ("step", str(number))
        if not isinstance(entry, dict):
            raise self.error(path, "scenario.not_a_table", value=entry)
        self.check_keys(path, entry)
        event = self.choice((*path, "event"), entry["event"], EVENTS)
        self.check_fit(path, entry, event)
        at = self.moment((*path, "at"), entry["at"])
        what = None if event in ("policy", "now") else self.event(path, entry, EventKind(event), at)
        ranks = {"policy": Place(at, Rank.POLICY, number), "now": Place(at, Rank.NOW, _id(number))}
        place = ranks[event] if what is None else place_of(what)
        expect = self.expect((*path, "expect"), entry.get("expect", {}))
        return Step(number, place, event, what, expect, tuple(_details(entry)))

    def check_keys(self, path: Path, entry: Mapping[str, Any]) -> None:
        for key in entry:
            if key not in STEP_KEYS:
                raise self.error((*path, key), "scenario.unknown_key", value=key, allowed=STEP_KEYS)
        for key in ("at", "event"):
            if key not in entry:
                raise self.error((*path, key), "scenario.missing")

    def check_fit(self, path: Path, entry: Mapping[str, Any], event: str) -> None:
        """Keys that one event alone understands, and those that an event cannot do without."""
        for key, only in _ONLY_OF.items():
            if key in entry and event != only:
                raise self.error((*path, key), "scenario.not_here", event=event, only=only)
        for key in _OF_REPORTS:
            if key in entry and event in ("policy", "now"):
                raise self.error((*path, key), "scenario.not_here", event=event, only="bounce")
        if event in _NEEDED and _NEEDED[event] not in entry:
            raise self.error((*path, _NEEDED[event]), "scenario.missing")
        if not isinstance(entry.get("set", {}), dict):
            raise self.error((*path, "set"), "scenario.not_a_table", value=entry["set"])

    def event(self, path: Path, entry: Mapping[str, Any], kind: EventKind, at: Instant) -> Event:
        def given(key: str, read: Any) -> Any:
            return read((*path, key), entry[key]) if key in entry else None

        return Event(
            id=_id(int(path[1])),
            kind=kind,
            at=at,
            reason=given("reason", self.reason if kind in _WITH_REASON else self.free_text),
            status=given("status", self.status),
            send=given("send", self.send),
            handed_over=given("sent", self.moment),
            begins=given("from", self.moment),
            outcome=given("outcome", lambda at, value: self.choice(at, value, ("confirm", "revert"))),
        )

    def expect(self, path: Path, expected: Any) -> Mapping[str, Any]:
        if not isinstance(expected, dict):
            raise self.error(path, "scenario.not_a_table", value=expected)
        return {key: self.expected((*path, key), key, value) for key, value in expected.items()}

    def expected(self, path: Path, key: str, value: Any) -> Any:
        if key in _NUMBERS:
            return self.number(path, value)
        if key in _MOMENTS:
            return None if value in NOTHING else self.moment(path, value)
        if key in _CHOICES:
            chosen = self.choice(path, value, _CHOICES[key])
            return None if chosen in NOTHING else chosen
        if key == "reasons":
            return self.counters(path, value)
        raise self.error(path, "scenario.unknown_key", value=key, allowed=_EXPECTED)

    # --- values ------------------------------------------------------------------------------------------

    def choice(self, path: Path, value: Any, allowed: tuple[str, ...]) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise self.error(path, "policy.not_one_of", value=value, allowed=allowed)
        return value

    def reason(self, path: Path, value: Any) -> Reason:
        return Reason(self.choice(path, value, tuple(Reason)))

    def free_text(self, path: Path, value: Any) -> None:
        """The reason of a restore or a stop: for people, not for the machine."""
        if not isinstance(value, str):
            raise self.error(path, "scenario.no_text_value", value=value)

    def moment(self, path: Path, value: Any) -> Instant:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.error(path, "scenario.no_moment", value=value)
        try:
            text(instant := from_datetime(value))
        except OverflowError:  # the offset leads out of the calendar's years 1 to 9999
            raise self.error(path, "scenario.no_moment", value=value) from None
        return instant

    def status(self, path: Path, value: Any) -> str:
        if not isinstance(value, str) or not is_enhanced_code(value):
            raise self.error(path, "policy.not_a_code", value=value)
        return value

    def send(self, path: Path, value: Any) -> int:
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise self.error(path, "scenario.no_name", value=value)
        return self.sends.setdefault(value, len(self.sends) + 1)

    def number(self, path: Path, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(path, "scenario.no_number", value=value)
        return value

    def counters(self, path: Path, value: Any) -> Mapping[str, int]:
        if not isinstance(value, dict):
            raise self.error(path, "scenario.not_a_table", value=value)
        return {
            self.choice((*path, name), name, tuple(Reason)): self.number((*path, name), count)
            for name, count in value.items()
        }


def _details(entry: Mapping[str, Any]) -> Iterator[str]:
    for key, value in entry.items():
        if key == "set":
            yield from _settings(value)
        elif key not in ("at", "event", "expect", "note"):
            yield f"{key} {text(from_datetime(value))}" if isinstance(value, datetime) else str(value)


def _settings(settings: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Each setting as one could write it alone: `types.mailbox_full = block`."""
    for name, setting in settings.items():
        if isinstance(setting, dict):
            yield from _settings(setting, f"{above}{name}.")
        else:
            yield f"{above}{name} = {setting}"


def _id(number: int) -> bytes:
    """A step's place in the file as an event id, so that equal times are played in the file's order."""
    return number.to_bytes(16)
