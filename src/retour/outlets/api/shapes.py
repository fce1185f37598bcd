"""How the values of Retour look as JSON: times as ISO 8601 in UTC, ids as hex or decimal text.

Ids of sends are text, because they have 63 bits and a JavaScript number has 53.
"""

from pydantic import BaseModel, Field

from retour.instants import Instant, text
from retour.lifecycle import Policy, decide
from retour.model import (
    Decision,
    Event,
    Evidence,
    MailKind,
    Report,
    Send,
    State,
    StateName,
    Verdict,
)
from retour.ports import BouncedAddress, Life, Record

MARKS = {StateName.BOUNCING: "?", StateName.INVALID: "x"}


class DecisionShape(BaseModel):
    """The answer to "may I send?" and its reason."""

    decision: str = Field(examples=["stop"])
    why: str = Field(examples=["hard"])
    until: str | None = None
    would_be: str | None = None


class StateShape(BaseModel):
    """The state of an address in an account, with its counters."""

    state: str = Field(examples=["invalid"])
    mark: str = Field(description="x: deactivated, ?: bounced but not deactivated, empty otherwise")
    cause: str | None = Field(None, examples=["hard"])
    causes: list[str]
    since: str | None = Field(None, examples=["2026-05-03T09:00:00Z"])
    until: str | None = None
    hard: int
    soft: int
    block: int
    reasons: dict[str, int]
    reactivations: int
    unsubscribed: bool


class ReportShape(BaseModel):
    """What a report claimed. Everything in it was written by others: show it as text, never as HTML."""

    recipient: str | None
    original_recipient: str | None
    action: str | None
    status: str | None
    reply_code: str | None
    diagnostic: str | None
    remote_mta: str | None
    mta: str | None
    text: str


class VerdictShape(BaseModel):
    """Our reading of the report, with the rule and the words it matched."""

    kind: str
    reason: str | None
    group: str | None
    rule: str
    matched: str
    confidence: float
    conflicts: list[str]
    refused_by: str | None
    part: str | None
    blocklist: str | None
    url: str | None


class EvidenceShape(BaseModel):
    """What an event was judged on."""

    report: ReportShape
    verdict: VerdictShape
    arrival: str | None = Field(description="id of the raw mail, kept for the retention time")


class EventShape(BaseModel):
    """A dated fact about the address."""

    id: str
    kind: str = Field(examples=["bounce"])
    at: str
    reason: str | None = Field(examples=["address_unknown"])
    status: str | None = Field(examples=["5.1.1"])
    standing: str = Field(description="unproven and expired events are kept and change nothing")
    send: str | None
    actor: str
    note: str
    defects: list[str]
    evidence: EvidenceShape | None


class SendShape(BaseModel):
    """A message of ours to the address."""

    id: str
    kind: str
    recipient: str
    handed_over: str
    campaign: str | None
    sender: str | None
    subject: str | None
    message_id: str | None
    delivered_at: str | None


class RecordShape(BaseModel):
    """A line of the decision ledger: what changed the state, when and by whom."""

    number: int
    at: str
    actor: str
    before: str
    after: str
    cause: str | None
    event: str | None
    policy: int


class AddressShape(BaseModel):
    """Everything known of one address in one account."""

    account: str
    address: str
    state: StateShape
    decisions: dict[str, DecisionShape] = Field(description="by mail kind: mailing, automation, system")
    events: list[EventShape] = Field(description="by time of occurrence")
    sends: list[SendShape]
    ledger: list[RecordShape]


class BounceShape(BaseModel):
    """A row of the Overview: a bounced address with its latest listed bounce."""

    address: str
    status: str = Field(description="valid: bounced, not deactivated; invalid: deactivated")
    state: StateShape
    type: str | None = Field(examples=["soft"])
    bounce: EventShape
    send: SendShape | None


class BouncePage(BaseModel):
    """A page of the Overview, latest bounce first."""

    account: str
    bounces: list[BounceShape]
    next: str | None = Field(description="cursor for ?after= of the next page; null on the last page")


def time(instant: Instant | None) -> str | None:
    """ISO 8601, or null."""
    return None if instant is None else text(instant)


def decision_shape(decision: Decision) -> DecisionShape:
    """A decision as JSON."""
    return DecisionShape(
        decision=decision.answer,
        why=decision.why,
        until=time(decision.until),
        would_be=decision.would_be,
    )


def state_shape(state: State) -> StateShape:
    """A state as JSON."""
    return StateShape(
        state=state.state,
        mark=MARKS.get(state.state, ""),
        cause=state.cause,
        causes=sorted(state.causes),
        since=time(state.since),
        until=time(state.until),
        hard=state.hard,
        soft=state.soft,
        block=state.block,
        reasons={reason.value: count for reason, count in state.reasons.items()},
        reactivations=state.reactivations,
        unsubscribed=state.unsubscribed,
    )


def event_shape(event: Event) -> EventShape:
    """An event as JSON."""
    return EventShape(
        id=event.id.hex(),
        kind=event.kind,
        at=text(event.at),
        reason=event.reason,
        status=event.status,
        standing=event.standing,
        send=None if event.send is None else str(event.send),
        actor=event.actor,
        note=event.note,
        defects=list(event.defects),
        evidence=None if event.evidence is None else _evidence_shape(event.evidence),
    )


def _evidence_shape(evidence: Evidence) -> EvidenceShape:
    return EvidenceShape(
        report=_report_shape(evidence.report),
        verdict=_verdict_shape(evidence.verdict),
        arrival=None if evidence.arrival is None else evidence.arrival.hex(),
    )


def _report_shape(report: Report) -> ReportShape:
    return ReportShape(
        recipient=report.recipient,
        original_recipient=report.original_recipient,
        action=report.action,
        status=report.status,
        reply_code=report.reply_code,
        diagnostic=report.diagnostic,
        remote_mta=report.remote_mta,
        mta=report.mta,
        text=report.text,
    )


def _verdict_shape(verdict: Verdict) -> VerdictShape:
    return VerdictShape(
        kind=verdict.kind,
        reason=verdict.reason,
        group=verdict.group,
        rule=verdict.rule,
        matched=verdict.matched,
        confidence=verdict.confidence,
        conflicts=list(verdict.conflicts),
        refused_by=verdict.refused_by,
        part=verdict.part,
        blocklist=verdict.blocklist,
        url=verdict.url,
    )


def send_shape(send: Send) -> SendShape:
    """A send as JSON."""
    return SendShape(
        id=str(send.id),
        kind=send.kind,
        recipient=send.recipient,
        handed_over=text(send.handed_over),
        campaign=send.campaign,
        sender=send.sender,
        subject=send.subject,
        message_id=send.message_id,
        delivered_at=time(send.delivered_at),
    )


def _record_shape(record: Record) -> RecordShape:
    return RecordShape(
        number=record.number,
        at=text(record.at),
        actor=record.actor,
        before=record.before,
        after=record.after,
        cause=record.cause,
        event=None if record.event is None else record.event.hex(),
        policy=record.policy,
    )


def address_shape(account: str, life: Life, policy: Policy) -> AddressShape:
    """Everything known of an address as JSON, with the decision for each mail kind under this policy."""
    return AddressShape(
        account=account,
        address=life.address,
        state=state_shape(life.state),
        decisions={
            kind.value: decision_shape(decide(life.state, policy, kind, life.address)) for kind in MailKind
        },
        events=[event_shape(event) for event in life.events],
        sends=[send_shape(send) for send in life.sends],
        ledger=[_record_shape(record) for record in life.records],
    )


def bounce_shape(row: BouncedAddress) -> BounceShape:
    """A row of the Overview as JSON."""
    return BounceShape(
        address=row.address,
        status="invalid" if row.state.state is StateName.INVALID else "valid",
        state=state_shape(row.state),
        type=row.type,
        bounce=event_shape(row.event),
        send=None if row.send is None else send_shape(row.send),
    )
