"""Amazon SES and what is like it: one event, in the envelope of EventBridge or (signed) of SNS."""

from retour.model import Kind, Reason
from retour.simulator.hooks.happening import Happening, Json, without_empty

_SOFT = {
    Reason.MAILBOX_FULL: "MailboxFull",
    Reason.MESSAGE_TOO_LARGE: "MessageTooLarge",
    Reason.CONTENT_REJECTED: "ContentRejected",
    Reason.SPAM_REJECTED: "ContentRejected",
    Reason.VIRUS_REJECTED: "AttachmentRejected",
}
_DETAILS = {
    Kind.BOUNCE: "Email Bounced",
    Kind.SUPPRESSED: "Email Bounced",
    Kind.DELAY: "Email Delivery Delayed",
    Kind.COMPLAINT: "Email Complaint Received",
    Kind.DELIVERED: "Email Delivered",
    Kind.UNSUBSCRIBE: "Email Subscribed",
}
KINDS = tuple(_DETAILS)


def event(it: Happening) -> Json:
    """The event itself, as event publishing has it."""
    name, about = _about(it)
    mail = {
        "timestamp": it.iso,
        "messageId": it.message_id,
        "source": "news@sender.example",
        "destination": [it.recipient],
        "tags": {key: [value] for key, value in it.metadata.items()},
        "headers": [{"name": "X-Tag", "value": tag} for tag in it.tags],
        "headersTruncated": False,
    }
    return {"eventType": name, "mail": mail, name[:1].lower() + name[1:]: about}


def bridged(it: Happening) -> Json:
    """In the envelope of EventBridge, as an API destination posts it."""
    return {
        "version": "0",
        "id": it.event_id,
        "detail-type": _DETAILS[it.kind],
        "source": "aws.ses",
        "account": "123456789012",
        "time": it.iso,
        "region": "eu-west-1",
        "resources": [],
        "detail": event(it),
    }


def _about(it: Happening) -> tuple[str, Json]:
    match it.kind:
        case Kind.BOUNCE:
            return "Bounce", _bounce(it, *_class(it))
        case Kind.SUPPRESSED:
            return "Bounce", _bounce(it, "Permanent", "OnAccountSuppressionList")
        case Kind.DELAY:
            return "DeliveryDelay", {
                "delayType": "TransientCommunicationFailure",
                "timestamp": it.iso,
                "delayedRecipients": [_refused(it)],
            }
        case Kind.COMPLAINT:
            complained = [{"emailAddress": it.recipient}]
            return "Complaint", {
                "complainedRecipients": complained,
                "timestamp": it.iso,
                "feedbackId": it.event_id,
                "complaintFeedbackType": "abuse",
            }
        case Kind.DELIVERED:
            return "Delivery", {"timestamp": it.iso, "recipients": [it.recipient], "smtpResponse": it.reply}
    return "Subscription", {
        "contactList": "news",
        "timestamp": it.iso,
        "source": "UnsubscribeHeader",
        "newTopicPreferences": {"unsubscribeAll": True},
    }


def _class(it: Happening) -> tuple[str, str]:
    if it.reason is Reason.UNDETERMINED:
        return "Undetermined", "Undetermined"
    if it.is_hard:
        return "Permanent", "General"
    return "Transient", _SOFT.get(it.reason, "General") if it.reason else "General"


def _bounce(it: Happening, type_: str, sub_type: str) -> Json:
    return {
        "bounceType": type_,
        "bounceSubType": sub_type,
        "bouncedRecipients": [_refused(it) | {"action": "failed"}],
        "timestamp": it.iso,
        "feedbackId": it.event_id,
        "reportingMTA": "dns; a8-1.smtp-out.amazonses.com",
    }


def _refused(it: Happening) -> Json:
    told = {"emailAddress": it.recipient}
    if not it.reply:
        return told
    return without_empty(told | {"status": it.enhanced, "diagnosticCode": f"smtp; {it.reply}"})
