"""What others are told of: each record of the ledger, each act and each unparsed arrival as a notice."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from retour.instants import Instant, text
from retour.model import Arrival, Event, EventKind, StateName
from retour.ports import Record, RestoreRequest

STOPPED, HELD, RESTORED = "address.stopped", "address.held", "address.restored"
COMPLAINED, UNSUBSCRIBED = "address.complained", "address.unsubscribed"
UNPARSED, OPENED, CLOSED = "arrival.unparsed", "incident.opened", "incident.closed"
DECIDED = "restore.decided"
TEST = "webhook.test"
TYPES = (STOPPED, HELD, RESTORED, COMPLAINED, UNSUBSCRIBED, UNPARSED, OPENED, CLOSED, DECIDED)

_ACTS: Mapping[EventKind, str] = {
    EventKind.COMPLAINT: COMPLAINED,
    EventKind.UNSUBSCRIBE: UNSUBSCRIBED,
    EventKind.INCIDENT_OPEN: OPENED,
    EventKind.INCIDENT_CLOSE: CLOSED,
}
_FREE = (StateName.VALID, StateName.BOUNCING)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened in an account. `source` names it: what is found twice is told once."""

    type: str
    account: str
    source: str
    at: Instant
    data: Mapping[str, Any]

    def id(self, target: str) -> str:
        """The id under which a target is told, however often it is tried."""
        return f"msg_{sha256(f'{self.source} {target}'.encode()).hexdigest()[:32]}"

    def body(self) -> str:
        """The payload, as Standard Webhooks recommends it."""
        told = {"type": self.type, "timestamp": text(self.at), "data": {"account": self.account, **self.data}}
        return json.dumps(told, ensure_ascii=True)


def of_record(record: Record) -> Notice | None:
    """What a record of the ledger means to others; None: nothing (a cause more, a counter)."""
    before, after = StateName(record.before), StateName(record.after)
    if before is after:
        return None
    if after is StateName.INVALID:
        type_ = STOPPED
    elif after is StateName.HELD:
        type_ = HELD
    elif before in _FREE:
        return None
    else:
        type_ = RESTORED
    data = {
        "address": record.address,
        "state": record.after,
        "before": record.before,
        "cause": record.cause,
        "since": text(record.at),
        "actor": record.actor,
        "record": record.number,
    }
    return Notice(type_, record.account, f"record {record.number}", record.at, data)


def of_act(number: int, event: Event) -> Notice | None:
    """What an act means to others; an incident is told once an account, though it stands at each address.

    None where one address leaves an incident that goes on: whoever is erased (`incident_acts.parting`).
    """
    type_ = _ACTS[event.kind]
    if type_ in (OPENED, CLOSED):
        is_end = type_ == CLOSED
        if is_end and event.begins is not None:
            return None
        data: dict[str, Any] = {
            "begins": event.begins and text(event.begins),
            "outcome": event.outcome if is_end else None,
            "incident": None if is_end else event.outcome,
        }
        source = f"{event.kind} {event.account} {event.begins} {event.outcome} {event.at}"
        return Notice(type_, event.account, source, event.at, data)
    data = {"address": event.address, "at": text(event.at), "event": event.id.hex()}
    return Notice(type_, event.account, f"event {number}", event.at, data)


def of_unparsed(arrival: Arrival) -> Notice | None:
    """An arrival that nobody understood; None for one of no account."""
    if not arrival.account:
        return None
    data = {"arrival": arrival.id.hex(), "inlet": arrival.inlet, "size": arrival.size}
    return Notice(UNPARSED, arrival.account, f"arrival {arrival.id.hex()}", arrival.received_at, data)


def of_request(request: RestoreRequest) -> Notice:
    """What support said of a request."""
    ending = request.ending
    assert ending is not None, "only what was decided is told"
    assert ending.ruling is not None, "only what was decided is told"
    told = {address: request.ruling_on(address) for address in (*request.addresses, *ending.apart)}
    data = {
        "request": request.id,
        "kind": request.kind.value,
        "status": request.status.value,
        "domain": request.domain,
        "reason": ending.ruling.reason,
        "addresses": [
            {"address": address, "approved": ruling.approved, "reason": ruling.reason}
            for address, ruling in told.items()
            if ruling is not None
        ],
    }
    return Notice(DECIDED, request.account, f"request {request.id}", ending.at, data)
