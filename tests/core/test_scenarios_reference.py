"""The committed scenarios, played on the oracle: what they expect is not only what the code happens to do."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from lifecycle_reference import reference
from lifecycle_tables import PRESETS, policy_of

from retour.instants import Instant, from_datetime
from retour.lifecycle.policy import Counting, Mode, Policy, PolicyVersion, TypeRule
from retour.model import Cause, Event, EventKind, Reason, State, StateName

SCENARIOS = sorted((Path(__file__).parents[1] / "samples" / "scenarios").rglob("*.toml"))
PLACES = ["policy", "delivered", "bounce", "complaint"]  # then all others, then restore, then now
Step = Mapping[str, Any]


def test_there_are_scenarios() -> None:
    assert SCENARIOS


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_holds_on_the_oracle(path: Path) -> None:
    scenario = tomllib.loads(path.read_text())
    steps: list[Step] = scenario["step"]
    versions = versions_of(scenario.get("policy", {}), steps)
    events = [event_of(place, step) for place, step in enumerate(steps) if step["event"] in set(EventKind)]
    for step in last_of_each_moment(steps):
        now = from_datetime(step["at"])
        policy = [version.policy for version in versions if version.at <= now][-1]
        seen = reference(events, versions, now)
        assert shown(seen, policy, step) == expected(step["expect"]), f"step at {step['at']}"


def last_of_each_moment(steps: list[Step]) -> list[Step]:
    """Steps whose expectation holds for the whole moment: those that no other step of it comes after."""
    last: dict[datetime, Step] = {}
    for step in sorted(steps, key=lambda step: (step["at"], rank(step["event"]))):
        last[step["at"]] = step
    return [step for step in last.values() if "expect" in step]


def rank(event: str) -> int:
    return {"restore": 8, "now": 9}.get(event, PLACES.index(event) if event in PLACES else 7)


def event_of(place: int, step: Step) -> Event:
    return Event(
        id=place.to_bytes(16),
        kind=EventKind(step["event"]),
        at=from_datetime(step["at"]),
        reason=Reason(step["reason"]) if "reason" in step else None,
        status=step.get("status"),
        send=int.from_bytes(step["send"].encode()) if "send" in step else None,
        handed_over=moment(step.get("sent")),
        begins=moment(step.get("from")),
        outcome=step.get("outcome"),
    )


def moment(value: datetime | None) -> Instant | None:
    return None if value is None else from_datetime(value)


def versions_of(first: Step, steps: list[Step]) -> list[PolicyVersion]:
    versions = [PolicyVersion(1, from_datetime(min(step["at"] for step in steps)) - 1, merged(None, first))]
    changes = [step for step in steps if step["event"] == "policy"]
    for step in sorted(changes, key=lambda step: step["at"]):
        policy = merged(versions[-1].policy, step["set"])
        versions.append(PolicyVersion(len(versions) + 1, from_datetime(step["at"]), policy))
    return versions


def merged(base: Policy | None, settings: Step) -> Policy:
    """Maps are merged key by key ("none" removes a key), lists replace, `preset` loads that preset first."""
    if base is None or "preset" in settings:
        base = policy_of(settings.get("preset", PRESETS[0]))
    changed: dict[str, Any] = {}
    for key, value in settings.items():
        match key, value:
            case "types", dict():
                changed[key] = without_none(base.types, value, TypeRule)
            case "threshold_by_reason", dict():
                changed[key] = without_none(base.threshold_by_reason, value, int)
            case _, list():
                changed[key] = frozenset(value)
            case "counting", str():
                changed[key] = Counting(value)
            case "mode", str():
                changed[key] = Mode(value)
            case _:
                changed[key] = value
    return replace(base, **changed)


def without_none(base: Mapping[Reason, Any], changes: Step, read: Any) -> dict[Reason, Any]:
    kept = {reason: value for reason, value in base.items() if changes.get(reason) != "none"}
    return kept | {Reason(name): read(value) for name, value in changes.items() if value != "none"}


def shown(state: State, policy: Policy, step: Step) -> dict[str, Any]:
    """What a step's expectation names, as the oracle has it."""
    told: dict[str, Any] = {name: getattr(state, name) for name in State._fields}
    told |= {"cause": state.cause, "decision": decided(state, policy, False)}
    told |= {"decision_system": decided(state, policy, True), "event": step["event"]}
    return {key: told[key] for key in step["expect"]}


def expected(wanted: Step) -> dict[str, Any]:
    """An expectation with instants for times, and None for the "none" that stands for null."""
    return {key: read(value) for key, value in wanted.items()}


def read(value: Any) -> Any:
    if isinstance(value, datetime):
        return from_datetime(value)
    return None if value == "none" else value


def decided(state: State, policy: Policy, system: bool) -> str:
    """The table of states; `system` mail is stopped too, except by a mere complaint under `marketing`."""
    if policy.mode is Mode.OBSERVE:
        return "send"
    only_complaint = state.causes == {Cause.COMPLAINT} and policy.complaint_stops == "marketing"
    if state.state is StateName.INVALID and not (system and only_complaint):
        return "stop"
    if state.unsubscribed and not system:
        return "stop"
    return "hold" if state.state is StateName.HELD else "send"
