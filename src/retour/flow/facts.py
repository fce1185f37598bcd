"""What the reports of a mail become: events, each dated and filed under the address it is tied to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from retour.flow.tie import Claim, Tie
from retour.identity import event_id, send_of_message
from retour.instants import DAY, MINUTE, Instant
from retour.model import (
    READ_BY_RULE,
    Arrival,
    Event,
    EventKind,
    Evidence,
    Kind,
    Reading,
    Report,
    Send,
    Standing,
    Verdict,
)
from retour.ports import Outcome

HORIZON = 400 * DAY  # lifecycle rule 15
UNKNOWN_SEND = 30 * DAY  # how far back a source's time is believed where no hand-over is known
AHEAD = 5 * MINUTE  # how far a source's clock may be before ours


@dataclass(frozen=True, slots=True)
class Read:
    """An arrival that was read: what it says, and what it claims to be about."""

    arrival: Arrival
    reading: Reading
    verdicts: Sequence[Verdict]
    claim: Claim
    understood: bool = True  # False: of no kind that we know, and about nobody
    id: bytes | None = None  # of the event that a post or a log states; None: the mail's makes it


def with_reports(
    arrival: Arrival, reading: Reading, verdicts: Sequence[Verdict]
) -> tuple[Reading, Sequence[Verdict]]:
    """A mail that is understood but has no recipients of its own makes one report about its token's send.

    An automatic reply, a challenge, a receipt, a complaint with its recipient cut out. A bounce that names
    nobody was not understood, and stays without reports.
    """
    if reading.reports or reading.kind in (Kind.BOUNCE, Kind.DELAY):
        return reading, verdicts
    sender = arrival.mail_from if reading.kind in (Kind.AUTOREPLY, Kind.CHALLENGE) else None
    report = Report(reading.kind, recipient=sender or None, text=reading.text[:4096], mta=reading.mta)
    verdict = Verdict(reading.kind, None, None, rule="none", matched="", confidence=0.0)
    return reading._replace(reports=(report,)), (verdict,)


def events_of(mail: Read, tied: Sequence[Tie | None], now: Instant) -> list[Event]:
    """The events of a mail; a report that is tied to nothing makes none."""
    events: list[Event] = []
    times: Counter[bytes] = Counter()
    for report, verdict, tie in zip(mail.reading.reports, mail.verdicts, tied, strict=True):
        if tie is None:
            continue
        if mail.id is not None and _passes(report.kind, tie):
            continue
        event = event_of(mail, report, verdict, tie, now)
        times[event.id] += 1
        if times[event.id] > 1:  # two reports about one recipient in one mail: both are kept
            again = event_id(event.id, times[event.id], _name_of(mail, report))
            event = event._replace(id=again)
        events.append(event)
    return events


def event_of(mail: Read, report: Report, verdict: Verdict, tie: Tie, now: Instant) -> Event:
    """The dated fact that a report makes about the address it is tied to."""
    arrival = mail.arrival
    at, defects = occurred(report, tie.send, arrival.received_at)
    standing = tie.standing
    if standing is Standing.PROVEN and at < now - HORIZON:
        standing = Standing.EXPIRED
    send = tie.send.id if tie.send else None
    return Event(
        id=mail.id or event_id(arrival.id, send, _name_of(mail, report)),
        kind=EventKind(verdict.kind),
        at=at,
        reason=verdict.reason,
        status=report.status,
        send=send if send is not None else _as_send(mail.claim, tie),
        handed_over=tie.send.handed_over if tie.send else None,
        standing=standing,
        account=tie.account,
        address=tie.address,
        actor=arrival.inlet,
        evidence=Evidence(report, verdict, mail.reading.original, arrival.id),
        defects=tuple(dict.fromkeys((*arrival.defects, *mail.reading.defects, *defects, *tie.defects))),
    )


def _passes(kind: Kind, tie: Tie) -> bool:
    """What says nothing of the address, told by a source that tells of every mail: no event of it is kept."""
    return kind is Kind.OTHER or (kind is Kind.DELIVERED and tie.send is None)


def _as_send(claim: Claim, tie: Tie) -> int | None:
    """What stands for the send of a message that nobody registered, so that its failure counts once."""
    if not claim.message_id or not tie.account:
        return None
    return send_of_message(tie.account, claim.message_id, tie.address)


def _name_of(mail: Read, report: Report) -> str:
    """Whom a report names, for the id of its event.

    What a rule made of a mail that was unparsed is another fact than that it came, which is an event already.
    """
    return report.recipient or (READ_BY_RULE if READ_BY_RULE in mail.reading.defects else "")


def occurred(report: Report, send: Send | None, received_at: Instant) -> tuple[Instant, tuple[str, ...]]:
    """Time of occurrence (lifecycle.md): the source's where it can be true, else the arrival's."""
    earliest = send.handed_over if send else received_at - UNKNOWN_SEND
    if report.at is not None and earliest <= report.at <= received_at + AHEAD:
        return report.at, ()
    return received_at, ("time_doubted",)


def outcome_of(mail: Read, events: Sequence[Event], tied: Sequence[Tie | None]) -> Outcome:
    """Unparsed: nothing was read, or a report is about nobody we could name, or it is mail we do not know.

    The last waits with its bytes where it has an event too: it may be a bounce in words that no rule knows.
    """
    if mail.id is not None:
        kept = mail.reading.kind not in (Kind.OTHER, Kind.DELIVERED)
        return Outcome.UNPARSED if kept and None in tied else Outcome.JUDGED
    if not events:
        known_reply = mail.reading.kind in (Kind.AUTOREPLY, Kind.CHALLENGE)
        return Outcome.JUDGED if known_reply else Outcome.UNPARSED
    return Outcome.JUDGED if mail.understood and None not in tied else Outcome.UNPARSED
