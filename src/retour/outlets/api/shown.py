"""Values as the shapes of the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from fastapi import Request

from retour.flow.corrections import in_words
from retour.flow.days import day_in, zone
from retour.flow.engagement import Shown, against
from retour.flow.outage import covering
from retour.flow.redact import redacted
from retour.flow.status import MARKS, Day, Known, status
from retour.flow.why import forgotten, telling, untried
from retour.instants import Instant, text
from retour.lifecycle import Policy, PolicyVersion, decide, judged
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
from retour.outlets.api.access import is_support
from retour.outlets.api.problems import language_of
from retour.outlets.api.services import services
from retour.outlets.api.shapes import (
    AddressShape,
    BounceShape,
    CorrectionShape,
    DecisionShape,
    EngagementShape,
    EventShape,
    EvidenceShape,
    ExplanationShape,
    LivedEventShape,
    RecordShape,
    ReportShape,
    SendShape,
    StateShape,
    VerdictShape,
)
from retour.ports import BouncedAddress, Correction, Key, Latest, Life, Record
from retour.ports.incidents import Incident


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads an answer: in which language and zone, and whether as support, who sees others' addresses."""

    language: str
    day: Day
    support: bool
    incidents: Sequence[Incident] = ()  # that stand, of all accounts


def reader_of(request: Request, key: Key) -> Reader:
    """Whoever asked. A zone that is not known here is UTC."""
    language = language_of(request)
    where = zone(request.headers.get("time-zone", "UTC")) or UTC
    standing = services(request).store.incidents.standing()
    return Reader(language, day_in(language, where), is_support(key), standing)


def explanation_shape(known: Known, reader: Reader) -> ExplanationShape:
    """The status of an address for whoever reads it."""
    told = status(known, reader.language, reader.day)
    return ExplanationShape(label=told.label, words=told.words, who=told.who)


def _family(account: str, address: str, state: State, reader: Reader) -> str | None:
    """What the incident that holds an address is about; None where none does."""
    if state.state is not StateName.HELD or not state.listed:
        return None
    found = covering(reader.incidents, account, address)
    return None if found is None else found.family


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
        mark=MARKS[state.state],
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


def event_shape(event: Event, *, to_support: bool) -> EventShape:
    """An event as JSON; support alone sees the addresses of others."""
    return EventShape(
        id=event.id.hex(),
        kind=event.kind,
        at=text(event.at),
        reason=event.reason,
        status=event.status,
        standing=event.standing,
        send=None if event.send is None or event.send < 0 else str(event.send),
        actor=event.actor,
        note=event.note,
        defects=list(event.defects),
        evidence=None
        if event.evidence is None
        else _evidence_shape(event.evidence if to_support else _redacted(event.evidence, event.address)),
    )


def _redacted(evidence: Evidence, address: str) -> Evidence:
    """Evidence without the addresses of others (security.md §5)."""

    def told(text: str | None) -> str | None:
        return text and redacted(text, address)

    report, verdict = evidence.report, evidence.verdict
    return evidence._replace(
        report=report._replace(
            recipient=told(report.recipient),
            original_recipient=told(report.original_recipient),
            diagnostic=told(report.diagnostic),
            text=redacted(report.text, address),
        ),
        verdict=verdict._replace(
            matched=redacted(verdict.matched, address),
            conflicts=tuple(redacted(conflict, address) for conflict in verdict.conflicts),
            url=told(verdict.url),
        ),
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


def record_shape(record: Record) -> RecordShape:
    """A line of the ledger as JSON."""
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


def engagement_shape(sign: Shown) -> EngagementShape:
    """A sign of life as JSON."""
    return EngagementShape(kind=sign.kind, at=text(sign.at), after_bounce=sign.after_bounce)


def correction_shape(correction: Correction, now: Instant, language: str) -> CorrectionShape:
    """A correction as JSON."""
    return CorrectionShape(
        id=correction.id.hex(),
        old=correction.old,
        new=correction.new,
        at=text(correction.at),
        actor=correction.actor,
        reason=correction.reason,
        stand=correction.stand(now),
        told=in_words(correction, now, language),
        expires=time(correction.expires),
        confirmed=time(correction.confirmed),
        withdrawn=time(correction.withdrawn),
    )


def linked(request: Request, account: str, address: str) -> list[CorrectionShape]:
    """The corrections from and to a normalised address, for whoever asked."""
    known, language = services(request), language_of(request)
    found = known.store.corrections.of(account, address)
    return [correction_shape(each, known.clock.now(), language) for each in found]


def address_shape(
    account: str,
    life: Life,
    policies: Sequence[PolicyVersion],
    latest: Latest,
    corrections: Sequence[CorrectionShape],
    reader: Reader,
    platform_since: Instant | None = None,
) -> AddressShape:
    """Everything known of an address as JSON, with the decision for each mail kind under the policy of now.

    `latest` are its signs of life; `platform_since` is when the whole platform stopped it.
    """
    policy, bounce = policies[-1].policy, telling(life.events, life.state)
    family = _family(account, life.address, life.state, reader)
    known = Known(
        life.address,
        life.state,
        policy,
        bounce,
        incident=family,
        restored=untried(life),
        forgotten=forgotten(life),
    )
    return AddressShape(
        account=account,
        address=life.address,
        explanation=explanation_shape(known, reader),
        state=state_shape(life.state),
        decisions={
            kind.value: decision_shape(decide(life.state, policy, kind, life.address)) for kind in MailKind
        },
        events=_events(life, policies, reader.support),
        sends=[send_shape(send) for send in life.sends],
        ledger=[record_shape(record) for record in life.records],
        engagements=[engagement_shape(sign) for sign in against(latest, life.events)],
        corrections=list(corrections),
        platform_since=time(platform_since),
        erased=life.erased,
    )


def _events(life: Life, policies: Sequence[PolicyVersion], to_support: bool) -> list[LivedEventShape]:
    """The events of a life, each with what it counts as; all are judged in one go."""
    deliveries = [(send.id, send.delivered_at) for send in life.sends if send.delivered_at is not None]
    bounces = judged(life.events, policies, life.events[-1].at, deliveries) if life.events else {}
    return [
        LivedEventShape(
            **dict(event_shape(event, to_support=to_support)),
            type=bounces[event.id].type if event.id in bounces else None,
        )
        for event in life.events
    ]


def bounce_shape(row: BouncedAddress, policy: Policy, reader: Reader) -> BounceShape:
    """A row of the Overview as JSON, explained under this policy."""
    family = _family(row.event.account, row.address, row.state, reader)
    return BounceShape(
        address=row.address,
        explanation=explanation_shape(
            Known(row.address, row.state, policy, row.event, row.type, family), reader
        ),
        status="invalid" if row.state.state is StateName.INVALID else "valid",
        state=state_shape(row.state),
        type=row.type,
        bounce=event_shape(row.event, to_support=reader.support),
        send=None if row.send is None else send_shape(row.send),
    )
