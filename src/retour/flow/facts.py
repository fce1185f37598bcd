"""What the reports of a mail become: events, each dated and filed under the address it is tied to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from retour.address import domain_of
from retour.flow.stated import GENERIC, Stated
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
from retour.parse.providers.ses import own_name
from retour.ports import Outcome, Passing, SecondName

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
    stated: Stated | None = None  # of a post or a log, with the id of its event; None: of a mail


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
    if mail.stated is not None and mail.reading.kind is Kind.DELIVERED:
        return _delivery(mail, tied)
    events: list[Event] = []
    times: Counter[bytes] = Counter()
    for report, verdict, tie in zip(mail.reading.reports, mail.verdicts, tied, strict=True):
        if tie is None:
            continue
        event = event_of(mail, report, verdict, tie, now)
        times[event.id] += 1
        if (
            times[event.id] > 1 and mail.stated is None
        ):  # two reports about one recipient in one mail: both are kept
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
        id=mail.stated.id if mail.stated else event_id(arrival.id, _told(mail, tie), _name_of(mail, report)),
        kind=EventKind(verdict.kind),
        at=at,
        reason=verdict.reason,
        status=report.status,
        send=send if send is not None else _as_send(mail, tie),
        handed_over=tie.send.handed_over if tie.send else None,
        standing=standing,
        account=tie.account,
        address=tie.address,
        actor=arrival.inlet,
        evidence=Evidence(report, verdict, mail.reading.original, arrival.id),
        defects=tuple(dict.fromkeys((*arrival.defects, *mail.reading.defects, *defects, *tie.defects))),
    )


def _told(mail: Read, tie: Tie) -> int | None:
    """The send, if the mail itself tells it. That another name is of it may be learned between two times that
    the mail is taken in: it is the same event."""
    known = tie.send is not None and (mail.claim.token or mail.claim.message_id == tie.send.message_id)
    return tie.send.id if tie.send and known else None


def second_names(read: Read, tied: Sequence[Tie | None]) -> list[SecondName]:
    """What a provider that we believe calls the message of a send besides.

    A mail teaches none, for anybody can write one; nor does a home-grown sender, whose ids may be anything.
    """
    tie = tied[0] if len(tied) == 1 else None
    if tie is None or tie.send is None or tie.standing is not Standing.PROVEN:
        return []
    if read.stated is None or read.arrival.form == GENERIC:
        return []
    account, address = tie.account, tie.address
    return [
        SecondName(name, tie.send.id, account, address, send_of_message(account, own_name(name), address))
        for name in read.claim.names
        if name != tie.send.message_id
    ]


def _delivery(read: Read, tied: Sequence[Tie | None]) -> list[Event]:
    """A delivery that is told by a source that tells of them all: no evidence of it is kept, for a store
    keeps no more of it than its time; none that proves nothing."""
    tie = tied[0]
    if tie is None or tie.standing is not Standing.PROVEN or read.stated is None:
        return []
    at, _ = occurred(read.reading.reports[0], tie.send, read.arrival.received_at)
    send = tie.send.id if tie.send else _as_send(read, tie)
    return [
        Event(
            read.stated.id,
            EventKind.DELIVERED,
            at,
            send=send,
            account=tie.account,
            address=tie.address,
            actor=read.arrival.inlet,
        )
    ]


def _as_send(mail: Read, tie: Tie) -> int | None:
    """What stands for the send of a message that nobody registered, so that its failure counts once.

    A delivery of a message without a name is the only one that is told of it.
    """
    if not tie.account:
        return None
    if mail.claim.message_id:
        return send_of_message(tie.account, own_name(mail.claim.message_id), tie.address)
    if mail.stated is not None and mail.reading.kind is Kind.DELIVERED:
        return send_of_message(tie.account, mail.stated.id.hex(), tie.address)
    return None


def passing_of(read: Read, tied: Sequence[Tie | None], events: Sequence[Event]) -> Passing | None:
    """What a delivery counts as: of one send once, whoever tells of it."""
    report, tie = read.reading.reports[0], tied[0]
    account = tie.account if tie else read.arrival.account
    if read.stated is None or not account:
        return None
    send = tie.send if tie else None
    event = events[0] if events else None
    named = event.send.to_bytes(16, signed=True)[::-1] if event and event.send else read.stated.id
    at = event.at if event else occurred(report, send, read.arrival.received_at)[0]
    campaign = (send.campaign if send else None) or read.stated.campaign
    address = tie.address if tie else report.recipient or ""
    return Passing(named, account, at, Kind.DELIVERED.value, domain_of(address), campaign)


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
    if mail.stated is not None:
        is_lost = None in tied and mail.reading.kind is not Kind.DELIVERED
        return Outcome.UNPARSED if is_lost else Outcome.JUDGED
    if not events:
        known_reply = mail.understood and mail.reading.kind in (Kind.AUTOREPLY, Kind.CHALLENGE)
        return Outcome.JUDGED if known_reply else Outcome.UNPARSED
    return Outcome.JUDGED if mail.understood and None not in tied else Outcome.UNPARSED
