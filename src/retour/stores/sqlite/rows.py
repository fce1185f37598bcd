"""Values to rows and back. Enumerations stand as their text, so that the file can be read without Retour."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any

from retour.model import (
    Action,
    Cause,
    Event,
    EventKind,
    Evidence,
    Group,
    Kind,
    Original,
    Part,
    Party,
    Reason,
    Report,
    Standing,
    State,
    StateName,
    Verdict,
)

# Look-ups by dict: calling an enumeration costs five times as much. And rows hold plain strings: sqlite3
# would look for an adapter for every member of an enumeration.
_KINDS: Mapping[str, EventKind] = {member.value: member for member in EventKind}
_STANDINGS: Mapping[str, Standing] = {member.value: member for member in Standing}
_REASONS: Mapping[str | None, Reason | None] = {None: None} | {member.value: member for member in Reason}
_STATES: Mapping[str, StateName] = {member.value: member for member in StateName}


def event_of(row: Sequence[Any]) -> Event:
    """An event without address and evidence: all that a fold reads."""
    id, kind, at, reason, status, send, handed_over, standing, begins, outcome = row
    known = _REASONS[reason]
    return Event(
        id, _KINDS[kind], at, known, status, send, handed_over, _STANDINGS[standing], begins, outcome
    )


def row_of_event(event: Event) -> tuple[Any, ...]:
    """What `event_of` reads but for the id."""
    return (
        event.kind.value,
        event.at,
        None if event.reason is None else event.reason.value,
        event.status,
        event.send,
        event.handed_over,
        event.standing.value,
        event.begins,
        event.outcome,
    )


def state_of(row: Sequence[Any]) -> State:
    """A stored state."""
    state, causes, since, until, hard, soft, block, reasons, used, unsubscribed, changes_at, last, listed = (
        row
    )
    return State(
        _STATES[state],
        _causes(causes),
        since,
        until,
        hard,
        soft,
        block,
        {Reason(reason): count for reason, count in json.loads(reasons).items()} if reasons else {},
        used,
        bool(unsubscribed),
        changes_at,
        last,
        listed,
    )


def row_of_state(state: State) -> tuple[Any, ...]:
    """What `state_of` reads; own counters at 0 are left out."""
    reasons = {reason.value: count for reason, count in state.reasons.items() if count}
    return (
        state.state.value,
        _text_of_causes(state.causes),
        state.since,
        state.until,
        state.hard,
        state.soft,
        state.block,
        json.dumps(reasons) if reasons else None,
        state.reactivations,
        state.unsubscribed,
        state.changes_at,
        state.last_bounce,
        state.listed,
    )


@cache
def _text_of_causes(causes: frozenset[Cause]) -> str:
    return ",".join(cause.value for cause in Cause if cause in causes)


@cache
def _causes(text: str) -> frozenset[Cause]:
    return frozenset(map(Cause, text.split(","))) if text else frozenset()


# --- evidence: JSON, without what is empty; a field added later is missing in what is older


_REPORT = tuple(field.name for field in fields(Report))
_VERDICT = tuple(field.name for field in fields(Verdict))
_ORIGINAL = tuple(field.name for field in fields(Original))
_of_report, _of_verdict, _of_original = (attrgetter(*names) for names in (_REPORT, _VERDICT, _ORIGINAL))
_json = json.JSONEncoder(separators=(",", ":")).encode  # made once: json.dumps would make it each time
_ENUMS: Mapping[str, type[StrEnum]] = {
    "kind": Kind,
    "action": Action,
    "reason": Reason,
    "group": Group,
    "refused_by": Party,
    "part": Part,
}


def body_of(event: Event) -> str | None:
    """What an event has beside the facts that a fold reads; None when that is nothing."""
    body: dict[str, Any] = {
        name: value
        for name, value in (("actor", event.actor), ("note", event.note), ("defects", event.defects))
        if value
    }
    evidence = event.evidence
    if evidence is not None:
        body["report"] = _told(_REPORT, _of_report(evidence.report))
        body["verdict"] = _told(_VERDICT, _of_verdict(evidence.verdict))
        body["original"] = _told(_ORIGINAL, _of_original(evidence.original))
        body["arrival"] = evidence.arrival.hex() if evidence.arrival else None
    return _json(body) if body else None


def with_body(event: Event, account: str, address: str, body: str | None) -> Event:
    """The whole event."""
    told: Mapping[str, Any] = json.loads(body) if body else {}
    return Event(
        event.id,
        event.kind,
        event.at,
        event.reason,
        event.status,
        event.send,
        event.handed_over,
        event.standing,
        event.begins,
        event.outcome,
        account,
        address,
        told.get("actor", ""),
        told.get("note", ""),
        _evidence(told) if "report" in told else None,
        tuple(told.get("defects", ())),
    )


def _told(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return {name: value for name, value in zip(names, values, strict=True) if value or value == 0}


def _evidence(told: Mapping[str, Any]) -> Evidence:
    verdict = {"reason": None, "group": None, "rule": "", "matched": "", **_read(told["verdict"])}
    arrival = told.get("arrival")
    return Evidence(
        Report(**_read(told["report"])),
        Verdict(**verdict),
        Original(**_read(told["original"])),
        bytes.fromhex(arrival) if arrival else None,
    )


def _read(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _ENUMS[name](value) if name in _ENUMS else tuple(value) if name == "conflicts" else value
        for name, value in told.items()
    }
