"""What an incident writes: the events of its addresses, and the line for itself in the ledger (rule 12).

Ids follow from the incident and the address: what is written twice changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from retour.flow.outage import Counted, Judged, judged, rated_as, ratio, since
from retour.identity import told_id
from retour.instants import Instant
from retour.lifecycle.incidents import incidents
from retour.model import Event, EventKind
from retour.ports import Record
from retour.ports.incidents import GuardMark, Incident, IncidentStage, Suspect
from retour.ports.records import GUARD, INCIDENT

_LINES = {
    IncidentStage.OPEN: ("", "open"),
    IncidentStage.CLOSING: ("open", "closed"),
    IncidentStage.CLOSED: ("open", "closed"),
    IncidentStage.REOPENING: ("closed", "open"),
}


def line(incident: Incident, now: Instant) -> tuple[bytes, Record]:
    """The line for an incident that came to its stage, with its id."""
    before, after = _LINES[incident.stage]
    act = told_id("incident", incident.id, after, str(incident.turn))
    return act, Record(0, now, incident.account, "", incident.by, before, after, INCIDENT, act, 0)


def opening(incident: Incident, address: str) -> Event:
    """The event that holds the hard bounces of an address, from the beginning of the incident on."""
    return Event(
        told_id("incident", incident.id, "open", incident.account, address),
        EventKind.INCIDENT_OPEN,
        incident.opened_at,
        begins=since(incident),
        outcome=incident.id,
        account=incident.account,
        address=address,
        actor=GUARD,
    )


def closing(incident: Incident, address: str, note: str) -> Event:
    """The event that ends it."""
    return Event(
        told_id("incident", incident.id, f"close {incident.turn}", incident.account, address),
        EventKind.INCIDENT_CLOSE,
        incident.closed_at or 0,
        outcome=incident.outcome,
        account=incident.account,
        address=address,
        actor=incident.by,
        note=note,
    )


def parting(account: str, address: str, events: Iterable[Event], by: str, now: Instant) -> Event | None:
    """The event that ends every hold of an address that is to be erased; None where none is open.

    Nobody could end it afterwards: incidents know addresses, and of this one a keyed hash is left at most.
    """
    events = [event for event in events if event.kind in (EventKind.INCIDENT_OPEN, EventKind.INCIDENT_CLOSE)]
    known = incidents(events)
    if not known or known[-1].closes is not None:
        return None
    at = max(now, *(event.at + 1 for event in events))
    id = told_id("incident", "erased", account, address, str(at))
    return Event(
        id,
        EventKind.INCIDENT_CLOSE,
        at,
        begins=at,  # as no end of an incident has it: it goes on for all others
        outcome="revert",
        account=account,
        address=address,
        actor=by,
    )


def ended(incident: Incident, now: Instant) -> Incident:
    """As it stands when all its addresses are let go, or held again."""
    if incident.stage is IncidentStage.CLOSING:
        return replace(incident, stage=IncidentStage.CLOSED)
    return replace(incident, stage=IncidentStage.OPEN, outcome="", seen_at=now)


def hour_of(
    family: str, suspects: Sequence[Suspect], account: str, mark: GuardMark, attempts: Mapping[str, int]
) -> Counted:
    """What happened at a family since the mark."""
    provider = rated_as(family)
    hard = len({each.address for each in suspects})
    if provider is None:
        return Counted(hard, None)
    place = f"{account} {provider}"
    tried = attempts.get(place, 0) - mark.attempts.get(place, 0)
    return Counted(hard, max(tried, hard) if place in attempts else None)


def against(hour: Counted, incident: Incident) -> Judged:
    """An hour against the norm that an incident was opened by."""
    found = judged(hour, Counted(0, None))
    value = hour.hard if incident.rate is None else (found.rate or 0.0)
    return Judged(found.rate, incident.norm, ratio(value, incident.norm))
