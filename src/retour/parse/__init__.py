"""Arrival → reports: what one mail says about which recipients, before anybody believes it.

`parse` reads a mail, `parse_reply` one server's words. Neither raises on any input.
"""

from retour.mime import scan
from retour.model import NULL_SENDER_ALONE, Kind, Reading, Report
from retour.parse.absence import is_read_receipt
from retour.parse.automatic import (
    is_aggregate_report,
    is_automatic_reply,
    is_challenge,
    is_from_nobody_alone,
    is_unsubscribe,
)
from retour.parse.bounds import TEXT
from retour.parse.delivery import read_delivery_status, read_pasted_status
from retour.parse.dialects.lists import read_turned_down
from retour.parse.dialects.refusal import read_refusal
from retour.parse.enclosed import enclosed
from retour.parse.feedback import read_feedback
from retour.parse.kinds import is_delay, is_delivered, is_notice, is_server_log
from retour.parse.mailbox import one_address
from retour.parse.notice import Notice
from retour.parse.original import message_id, read_original
from retour.parse.prose import read_prose
from retour.parse.providers.ses import read_mailed_notification
from retour.parse.reply import parse_reply
from retour.parse.software import software_of
from retour.parse.unmarked import is_unmarked_bounce, read_unmarked

__all__ = ["parse", "parse_reply"]


def parse(raw: bytes) -> Reading:
    """All that can be read out of one mail: kind, reports per recipient, the original, named defects.

    Any bytes are accepted. A mail that is none of ours to act on has kind other and no reports.
    """
    notice = Notice(scan(raw))
    mta = software_of(notice)
    kind, reports = read_reports(notice, mta)
    if kind is Kind.OTHER and not reports:
        passed_on = enclosed(notice)
        if passed_on:
            return read_enclosed(passed_on, notice)
    return Reading(
        kind,
        reports,
        read_original(notice),
        message_id(notice.mail.head),
        mta,
        tuple(notice.mail.defects),
        notice.words[:TEXT],
    )


def read_enclosed(notice: Notice, outer: Notice) -> Reading:
    """What a report says that another mail encloses."""
    mta = software_of(notice)
    kind, reports = read_reports(notice, mta)
    defects = (*outer.mail.defects, *notice.mail.defects)
    return Reading(
        kind,
        reports,
        read_original(notice),
        message_id(outer.mail.head),
        mta,
        tuple(dict.fromkeys(defects)),
        notice.words[:TEXT],
    )


def read_reports(notice: Notice, mta: str | None) -> tuple[Kind, tuple[Report, ...]]:
    """Reports of delivery come first: they carry Auto-Submitted as well (RFC 3834 §3.1.7)."""
    complaint = read_feedback(notice)
    if complaint:
        return complaint
    reports = read_delivery_status(notice, mta)
    if reports:
        return strongest(reports), reports
    if notice.receipt is not None:
        refused = read_refusal(notice, mta)
        return (Kind.BOUNCE if refused else Kind.OTHER), refused
    if is_server_log(notice):
        return Kind.OTHER, ()
    mailed = read_mailed_notification(notice)
    if mailed:
        return mailed
    if is_delivered(notice):
        return Kind.DELIVERED, read_prose(notice, Kind.DELIVERED, mta)
    if is_notice(notice):
        kind = Kind.DELAY if is_delay(notice) else Kind.BOUNCE
        reports = read_pasted_status(notice, mta) or read_prose(notice, kind, mta)
        return strongest(reports), reports
    turned_down = read_turned_down(notice, mta)
    if turned_down:
        return Kind.BOUNCE, turned_down
    if is_unsubscribe(notice):
        return Kind.UNSUBSCRIBE, (Report(Kind.UNSUBSCRIBE, one_address(notice.mail.head.text(b"from"))),)
    if is_challenge(notice):
        return Kind.CHALLENGE, ()
    if is_read_receipt(notice) or is_aggregate_report(notice):
        return Kind.OTHER, ()
    if is_unmarked_bounce(notice):
        return Kind.BOUNCE, read_unmarked(notice, mta)
    if is_automatic_reply(notice):
        return Kind.AUTOREPLY, ()
    if is_from_nobody_alone(notice):
        notice.mail.defects.append(NULL_SENDER_ALONE)
        return Kind.AUTOREPLY, ()
    return Kind.OTHER, ()


def strongest(reports: tuple[Report, ...]) -> Kind:
    """The kind of a mail with several reports: one bounce makes it a bounce."""
    if len(reports) == 1:
        return reports[0].kind
    kinds = [report.kind for report in reports]
    order = (Kind.BOUNCE, Kind.SUPPRESSED, Kind.DELAY, Kind.DELIVERED, Kind.OTHER)
    return next(kind for kind in order if kind in kinds)
