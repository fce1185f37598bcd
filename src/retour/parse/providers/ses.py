"""Amazon SES: notifications and events, by SNS, SQS or EventBridge, also when SNS mails them to somebody.

Shapes: `notificationType` (or `eventType`) with an object of the same name beside it, as Amazon's developer
guide documents them in "Contents of Amazon SES notifications" and "Examples of event data that Amazon SES
publishes"; in the envelope of SNS `Message` is that object as a string, in EventBridge's it is `detail`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Action, Kind, Report
from retour.parse.bounds import RECIPIENTS
from retour.parse.notice import Notice
from retour.parse.providers.bodies import EVENTS
from retour.parse.providers.told import (
    Told,
    an_object,
    line,
    message_id_in,
    metadata,
    name,
    objects,
    passing,
    report,
    strings,
    tags,
    within,
    zoned,
)

_UNSENT: Final[tuple[str, ...]] = ("suppress", "unsubscribedrecipient")  # in sub-types: nothing was sent
# Registered feedback types (RFC 5965 §7.3) that are no complaint of a reader, "not-spam" least of all.
_NO_COMPLAINT: Final[tuple[str, ...]] = ("not-spam", "fraud", "virus", "auth-failure", "other")
_ACTIONS: Final = {action.value: action for action in Action}
_PASSING: Final = frozenset({"Send", "Open", "Click", "AmazonSnsSubscriptionSucceeded"})
_OTHERS: Final = {"Rendering Failure": "failure"}  # where the object is not named like its event
_DETAIL_TYPES: Final = {  # of EventBridge, where the detail itself does not say what it is
    "Email Bounced": "Bounce",
    "Email Complaint Received": "Complaint",
    "Email Delivered": "Delivery",
    "Email Delivery Delayed": "DeliveryDelay",
    "Email Rejected": "Reject",
    "Email Rendering Failed": "Rendering Failure",
    "Email Subscribed": "Subscription",
    "Email Sent": "Send",
    "Email Opened": "Open",
    "Email Clicked": "Click",
}
_ENVELOPES: Final = 3  # bodies of SQS within each other that are opened


def read_mailed_notification(notice: Notice) -> tuple[Kind, tuple[Report, ...]] | None:
    """The notification that stands in a mail of SNS; None when there is none."""
    if "{" not in notice.low:  # asked first: one character is looked for ten times as fast as words
        return None
    if "notificationtype" not in notice.low and "eventtype" not in notice.low:
        return None
    # QUIRK: Sendmail breaks lines of more than 990 octets with "!" (RFC 5321 §4.5.3.1.6; 51-ses-mailed).
    return read_notification(_object_in(notice.words.replace("!\n ", "")))


def read_notification(said: Mapping[str, Any]) -> tuple[Kind, tuple[Report, ...]] | None:
    """Kind and reports of one notification; None for what is no notification of a delivery."""
    told = [each.report for each in events(said)][:RECIPIENTS]
    if not told or told[0].kind is Kind.OTHER:
        return None
    return told[0].kind, tuple(told)


def events(value: object) -> Iterator[Told]:
    """What a post of SNS, a message of SQS or an event of EventBridge tells."""
    for inner, depth in _messages(value):
        yield from _told(*_opened(inner, depth))


def _messages(value: object) -> Iterator[tuple[object, int]]:
    """What stands in a batch: `Messages` of SQS, `Records` of a function that SNS or SQS has called.

    An envelope of SNS is never one: its signature covers `Message`, and no list that somebody put beside it.
    """
    for key in () if _is_enveloped(value) else ("Messages", "Records"):
        listed = within(value, key)
        if isinstance(listed, list):
            yield from ((an_object(each, "Sns") or each, 0) for each in listed[:EVENTS])
            return
    yield value, 0


def _told(said: Mapping[str, Any], envelope_id: str | None, sent: object) -> Iterator[Told]:
    """What was received by a rule for mail coming in (`Received`) is none of ours: it tells nothing."""
    event = line(said.get("notificationType") or said.get("eventType"))
    if not event or event == "Received":
        return
    about = an_object(said, _OTHERS.get(event, event[:1].lower() + event[1:]))
    mail = an_object(said, "mail")
    at = zoned(about.get("timestamp")) or zoned(mail.get("timestamp")) or zoned(sent)
    marks = {key: ", ".join(tags(each)) for key, each in an_object(mail, "tags").items()}
    reports = list(_reports(event, about, mail))
    for told in reports:
        yield Told(
            told._replace(at=at),
            envelope_id or name(about.get("feedbackId")),
            name(mail.get("messageId")),
            tags(_headers(mail, "x-tag")),
            metadata({**marks, **metadata(next(iter(_headers(mail, "x-metadata")), None))}),
            told.kind is Kind.COMPLAINT and len(reports) > 1,
            passing(event, _PASSING),
            (line(mail.get("source")),),
            message_id_in(mail.get("headers")) or name(within(mail, "commonHeaders", "messageId")),
        )


def own_name(message_id: str) -> str:
    """Amazon's name of a message, also out of the Message-ID that it writes into it ("Message-ID header"):
    in its region's domain. Reports as mail have the one, its events the other."""
    local, _, domain = message_id.rpartition("@")
    return local if f".{domain}".endswith(".amazonses.com") and local else message_id


def _headers(mail: Mapping[str, Any], wanted: str) -> list[object]:
    """The values of one header of ours in the message, as Amazon repeats them."""
    return [
        each.get("value") for each in objects(mail, "headers") if line(each.get("name")).lower() == wanted
    ]


def _opened(value: object, depth: int) -> tuple[Mapping[str, Any], str | None, object]:
    """The notification in its envelope, with the envelope's id and time: of SNS, of EventBridge, or None."""
    said = an_object(value)
    if _is_enveloped(said):  # first of all: what else stands there is not signed
        return _object_in(said["Message"]), name(said.get("MessageId")), said.get("Timestamp")
    body = said.get("Body", said.get("body"))
    if isinstance(body, str) and depth < _ENVELOPES:  # of SQS, which has an id of its own for each delivery
        return _opened(_object_in(body), depth + 1)
    if isinstance(said.get("detail"), dict):
        return _named(said["detail"], line(said.get("detail-type"))), name(said.get("id")), said.get("time")
    return said, None, None


def _is_enveloped(value: object) -> bool:
    """Whether SNS wrote it: the notification is a string in `Message`."""
    return isinstance(an_object(value).get("Message"), str)


def _named(detail: Mapping[str, Any], told: str) -> Mapping[str, Any]:
    """The detail of an event of EventBridge; one about the account has no name and is about no recipient."""
    if "eventType" in detail or not told:
        return detail
    return {**detail, "eventType": _DETAIL_TYPES.get(told, told)}


def _reports(event: str, about: Mapping[str, Any], mail: Mapping[str, Any]) -> Iterator[Report]:
    match event:
        case "Bounce":
            yield from _bounced(about)
        case "Complaint":
            # Amazon names all whom it may have been: they are candidates.
            kind = _complained(about)
            for each in objects(about, "complainedRecipients"):
                yield report("ses", kind, each.get("emailAddress"))
        case "DeliveryDelay":
            told_class = line(about.get("delayType"))
            for each in objects(about, "delayedRecipients"):
                yield _refused(Kind.DELAY, each, told_class)
        case "Delivery":
            for address in strings(about.get("recipients")):
                yield report("ses", Kind.DELIVERED, address, about.get("smtpResponse"))
        case "Subscription":
            out = within(about, "newTopicPreferences", "unsubscribeAll") is True
            yield report("ses", Kind.UNSUBSCRIBE if out else Kind.OTHER, _only(mail))
        case _:
            yield report("ses", Kind.OTHER, _only(mail), about.get("reason") or about.get("errorMessage"))


def unsent(sub_type: str) -> bool:
    """Whether Amazon had the address on a list and sent nothing, by the sub-type of an event."""
    return any(word in sub_type.lower() for word in _UNSENT)


def _complained(about: Mapping[str, Any]) -> Kind:
    if unsent(line(about.get("complaintSubType"))):
        return Kind.SUPPRESSED
    return Kind.OTHER if line(about.get("complaintFeedbackType")) in _NO_COMPLAINT else Kind.COMPLAINT


def _bounced(about: Mapping[str, Any]) -> Iterator[Report]:
    sub_type = line(about.get("bounceSubType"))
    kind = Kind.SUPPRESSED if unsent(sub_type) else Kind.BOUNCE
    told_class = f"{line(about.get('bounceType'))} {sub_type}".strip()
    refused = [_refused(kind, each, told_class) for each in objects(about, "bouncedRecipients")]
    yield from refused or [report("ses", kind, None, told_class=told_class)]


def _refused(kind: Kind, each: Mapping[str, Any], told_class: str) -> Report:
    return report(
        "ses",
        kind,
        each.get("emailAddress"),
        each.get("diagnosticCode"),
        told_class=told_class,
        status=each.get("status"),
        action=_ACTIONS.get(line(each.get("action"))),
    )


def _only(mail: Mapping[str, Any]) -> object:
    """`destination` lists everybody: it names the recipient only where it names one."""
    listed = strings(mail.get("destination"))
    return listed[0] if len(listed) == 1 else None


def _object_in(text: str) -> dict[str, Any]:
    """The first JSON object of a text; empty when there is none, or one too deep to be meant well."""
    try:
        found, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
