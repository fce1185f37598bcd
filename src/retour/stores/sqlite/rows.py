"""Values to rows and back. Enumerations stand as their text, so that the file can be read without Retour."""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any

from retour.model import (
    Action,
    BounceType,
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

# Look-ups by dict, both ways: calling an enumeration costs five times as much, its `value` eight times. And
# rows hold plain strings: sqlite3 would look for an adapter for every member of an enumeration.
_KINDS: Mapping[str, EventKind] = {member.value: member for member in EventKind}
STANDINGS: Mapping[str, Standing] = {member.value: member for member in Standing}
_REASONS: Mapping[str | None, Reason | None] = {None: None} | {member.value: member for member in Reason}
_SAID: Mapping[str, Kind] = {member.value: member for member in Kind}
_ACTIONS: Mapping[str | None, Action | None] = {None: None} | {member.value: member for member in Action}
_GROUPS: Mapping[str | None, Group | None] = {None: None} | {member.value: member for member in Group}
_PARTIES: Mapping[str | None, Party | None] = {None: None} | {member.value: member for member in Party}
_PARTS: Mapping[str | None, Part | None] = {None: None} | {member.value: member for member in Part}
_STATES: Mapping[str, StateName] = {member.value: member for member in StateName}
_ENUMS: tuple[type[StrEnum], ...] = (EventKind, Standing, Reason, StateName, Cause, BounceType)
TEXTS: Mapping[str | None, str | None] = {None: None} | {
    member: member.value for of in _ENUMS for member in of
}


def event_of(row: Sequence[Any]) -> Event:
    """An event without address and evidence: all that a fold reads."""
    id, kind, at, reason, status, send, handed_over, standing, begins, outcome = row
    known = _REASONS[reason]
    return Event(id, _KINDS[kind], at, known, status, send, handed_over, STANDINGS[standing], begins, outcome)


def row_of_event(event: Event) -> tuple[Any, ...]:
    """What `event_of` reads but for the id."""
    return (
        TEXTS[event.kind],
        event.at,
        TEXTS[event.reason],
        event.status,
        event.send,
        event.handed_over,
        TEXTS[event.standing],
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
    reasons = {TEXTS[reason]: count for reason, count in state.reasons.items() if count}
    return (
        TEXTS[state.state],
        _text_of_causes(state.causes),
        state.since,
        state.until,
        state.hard,
        state.soft,
        state.block,
        json.dumps(reasons) if reasons else None,
        state.reactivations,
        int(state.unsubscribed),
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


# --- evidence: JSON. Values stand in the order of their fields, which are only ever appended: less than half
# the time of named ones, and three quarters of the room


REPORT = 4  # its place

Encode = Callable[[object], str]
"""Makes JSON of tuples, texts and numbers. May raise UnicodeEncodeError for what has no UTF-8."""

plain_json: Encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def body_of(event: Event, encode: Encode = plain_json) -> str | None:
    """What an event has beside the facts that a fold reads; None when that is nothing."""
    beside = (event.actor, event.note, event.defects)
    evidence = event.evidence
    if evidence is None:
        return plain_json(beside) if any(beside) else None
    arrival = evidence.arrival.hex() if evidence.arrival else None
    whole = (*beside, arrival, evidence.report, evidence.verdict, evidence.original)
    try:
        return encode(whole)
    except UnicodeEncodeError:  # octets that were no text: kept by JSON's escapes alone
        return plain_json(whole)


def with_body(event: Event, account: str, address: str, body: str | None) -> Event:
    """The whole event."""
    actor, note, defects, *told = json.loads(body) if body else ("", "", ())
    return event._replace(
        account=account,
        address=address,
        actor=actor,
        note=note,
        evidence=_evidence(*told) if told else None,
        defects=tuple(defects),
    )


def report_of(body: str) -> Sequence[Any] | None:
    """The row of the report in what `body_of` made; None of an act, which has no evidence."""
    whole: Sequence[Any] = json.loads(body)
    return whole[REPORT] if len(whole) > REPORT else None


def report_in(row: Sequence[Any]) -> Report:
    """The report of such a row."""
    return _report(*row)


def evidence_in(body: str) -> Evidence:
    """The evidence there, where a report is."""
    return _evidence(*json.loads(body)[3:])


def _evidence(
    arrival: str | None, report: Sequence[Any], verdict: Sequence[Any], original: Sequence[Any]
) -> Evidence:
    return Evidence(
        _report(*report),
        _verdict(*verdict),
        Original(*original),
        bytes.fromhex(arrival) if arrival else None,
    )


def _report(kind: str, recipient: str | None, named: str | None, action: str | None, *rest: Any) -> Report:
    return Report(_SAID[kind], recipient, named, _ACTIONS[action], *rest)


def _verdict(
    kind: str,
    reason: str | None,
    group: str | None,
    rule: str,
    matched: str,
    confidence: float,
    conflicts: Sequence[str],
    refused_by: str | None,
    part: str | None,
    *rest: Any,
) -> Verdict:
    return Verdict(
        _SAID[kind],
        _REASONS[reason],
        _GROUPS[group],
        rule,
        matched,
        confidence,
        tuple(conflicts),
        _PARTIES[refused_by],
        _PARTS[part],
        *rest,
    )
