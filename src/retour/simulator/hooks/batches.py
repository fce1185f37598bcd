"""Providers that post lists of events: SendGrid, SparkPost, Mandrill, Mailjet, Mailtrap, Unisender, Azure."""

import json

from retour.model import Kind
from retour.simulator.hooks.happening import Happening, Json, without_empty

SENDGRID = {
    Kind.BOUNCE: "bounce",
    Kind.DELAY: "deferred",
    Kind.SUPPRESSED: "dropped",
    Kind.DELIVERED: "delivered",
    Kind.COMPLAINT: "spamreport",
    Kind.UNSUBSCRIBE: "unsubscribe",
}


def sendgrid(it: Happening) -> list[Json]:
    """Custom arguments stand flat among the fields."""
    said = {
        "email": it.recipient,
        "timestamp": it.seconds,
        "event": SENDGRID[it.kind],
        "sg_event_id": it.event_id,
        "sg_message_id": f"{it.message_id}.filterdrecv",
        "smtp-id": f"<{it.message_id}>",
        "category": list(it.tags),
    }
    match it.kind:
        case Kind.BOUNCE:
            said |= {
                "type": it.among("bounce", "bounce", "blocked"),
                "status": it.enhanced,
                "reason": it.reply,
            }
        case Kind.DELAY | Kind.DELIVERED:
            said |= {"response": it.reply}
        case Kind.SUPPRESSED:
            said |= {"reason": "Bounced Address"}
    return [{**it.metadata, **without_empty(said)}]


SPARKPOST = {
    Kind.BOUNCE: "bounce",
    Kind.DELAY: "delay",
    Kind.SUPPRESSED: "policy_rejection",
    Kind.DELIVERED: "delivery",
    Kind.COMPLAINT: "spam_complaint",
    Kind.UNSUBSCRIBE: "list_unsubscribe",
    Kind.AUTOREPLY: "out_of_band",
    Kind.CHALLENGE: "out_of_band",
}
_CLASSES = {Kind.AUTOREPLY: "60", Kind.CHALLENGE: "100"}


def sparkpost(it: Happening) -> list[Json]:
    """Each event under the class of its kind."""
    group = {Kind.UNSUBSCRIBE: "unsubscribe_event", Kind.DELIVERED: "message_event"}
    said = {
        "type": SPARKPOST[it.kind],
        "event_id": it.event_id,
        "message_id": it.message_id,
        "transmission_id": it.message_id,
        "rcpt_to": it.recipient,
        "timestamp": str(it.seconds),
        "rcpt_meta": dict(it.metadata),
        "campaign_id": it.tags[0] if it.tags else "",
        "rcpt_tags": list(it.tags),
    }
    if it.kind in (Kind.BOUNCE, Kind.DELAY):
        said |= {
            "bounce_class": it.among("10", "20", "50"),
            "error_code": it.code,
            "raw_reason": it.reply,
            "reason": it.reply,
        }
    elif it.kind in _CLASSES:
        said |= {"bounce_class": _CLASSES[it.kind]}
    elif it.kind is Kind.SUPPRESSED:
        said |= {
            "error_code": "554",
            "raw_reason": "554 5.7.1 recipient address suppressed due to customer policy",
        }
    return [{"msys": {group.get(it.kind, "message_event"): without_empty(said)}}]


MANDRILL = {
    Kind.BOUNCE: "soft_bounce",
    Kind.DELAY: "deferral",
    Kind.SUPPRESSED: "reject",
    Kind.DELIVERED: "delivered",
    Kind.COMPLAINT: "spam",
    Kind.UNSUBSCRIBE: "unsub",
}


def mandrill(it: Happening) -> list[Json]:
    """What stands in the form field `mandrill_events`."""
    name = "hard_bounce" if it.kind is Kind.BOUNCE and it.is_hard else MANDRILL[it.kind]
    message = {
        "ts": it.seconds,
        "_id": it.message_id,
        "email": it.recipient,
        "state": "bounced" if it.is_hard else "sent",
        "tags": list(it.tags),
        "metadata": dict(it.metadata),
        "diag": f"smtp;{it.reply}" if it.reply else "",
        "bounce_description": it.among("bad_mailbox", "general", "general") if it.kind is Kind.BOUNCE else "",
    }
    return [{"event": name, "_id": it.message_id, "ts": it.seconds, "msg": without_empty(message)}]


MAILJET = {
    Kind.BOUNCE: "bounce",
    Kind.SUPPRESSED: "blocked",
    Kind.DELIVERED: "sent",
    Kind.COMPLAINT: "spam",
    Kind.UNSUBSCRIBE: "unsub",
}


def mailjet(it: Happening) -> list[Json]:
    """Grouped events; ids are numbers, larger than those of JavaScript."""
    said = {
        "event": MAILJET[it.kind],
        "time": it.seconds,
        "MessageID": 576_460_752_303_423_488 + int(it.seconds),
        "Message_GUID": it.message_id,
        "email": it.recipient,
        "customcampaign": it.tags[0] if it.tags else "",
        "Payload": json.dumps(dict(it.metadata)) if it.metadata else "",
    }
    if it.kind is Kind.BOUNCE:
        said |= {
            "blocked": False,
            "hard_bounce": it.is_hard,
            "error_related_to": it.among("recipient", "mailbox", "content"),
            "error": it.among("user unknown", "", "content blocked"),
            "comment": it.reply,
        }
    elif it.kind is Kind.SUPPRESSED:
        said |= {"error_related_to": "mailjet", "error": "preblocked"}
    elif it.kind is Kind.DELIVERED:
        said |= {"smtp_reply": f"sent ({it.reply})"}
    return [without_empty(said)]


MAILTRAP = {
    Kind.BOUNCE: "soft bounce",
    Kind.SUPPRESSED: "reject",
    Kind.DELIVERED: "delivery",
    Kind.COMPLAINT: "spam",
    Kind.UNSUBSCRIBE: "unsubscribe",
}


def mailtrap(it: Happening) -> Json:
    """A batch under `events`."""
    said = {
        "event": "bounce" if it.kind is Kind.BOUNCE and it.is_hard else MAILTRAP[it.kind],
        "message_id": it.message_id,
        "email": it.recipient,
        "event_id": it.event_id,
        "timestamp": it.seconds,
        "category": it.tags[0] if it.tags else "",
        "custom_variables": dict(it.metadata),
    }
    if it.kind is Kind.BOUNCE:
        category = it.among("badmailbox", "other", "spam")
        said |= {"bounce_category": category, "response_code": int(it.code), "response": it.reply}
    elif it.kind is Kind.SUPPRESSED:
        said |= {"reason": "Recipient in suppression list"}
    return {"events": [without_empty(said)]}


UNISENDER = {
    Kind.BOUNCE: "soft_bounced",
    Kind.SUPPRESSED: "soft_bounced",
    Kind.DELIVERED: "delivered",
    Kind.COMPLAINT: "spam",
    Kind.UNSUBSCRIBE: "unsubscribed",
}


def unisender(it: Happening) -> list[Json]:
    """What stands under `events_by_user`."""
    about: Json = {}
    if it.kind is Kind.BOUNCE:
        status = it.among("err_user_unknown", "err_delivery_failed", "err_spam_rejected")
        about = {"delivery_status": status, "destination_response": it.reply}
    elif it.kind is Kind.SUPPRESSED:
        about = {"delivery_status": "err_blacklisted"}
    data = {
        "job_id": it.message_id,
        "metadata": dict(it.metadata),
        "email": it.recipient,
        "status": "hard_bounced" if it.kind is Kind.BOUNCE and it.is_hard else UNISENDER[it.kind],
        "event_time": it.naive,
        "delivery_info": about,
    }
    events = [{"event_name": "transactional_email_status", "event_data": without_empty(data)}]
    return [{"user_id": 456, "events": events}]


AZURE = {
    Kind.BOUNCE: "Failed",
    Kind.SUPPRESSED: "Suppressed",
    Kind.DELIVERED: "Delivered",
}


def azure(it: Happening) -> list[Json]:
    """An array of Event Grid."""
    status = it.among("Bounced", "Failed", "FilteredSpam") if it.kind is Kind.BOUNCE else AZURE[it.kind]
    data = {
        "sender": "news@sender.example",
        "recipient": it.recipient,
        "messageId": it.message_id,
        "status": status,
        "deliveryStatusDetails": {"statusMessage": it.reply} if it.reply else {},
        "deliveryAttemptTimeStamp": it.iso,
    }
    return [
        {
            "id": it.event_id,
            "topic": "/subscriptions/0/resourceGroups/mail",
            "subject": f"sender/news@sender.example/message/{it.message_id}",
            "data": without_empty(data),
            "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
            "dataVersion": "1.0",
            "metadataVersion": "1",
            "eventTime": it.iso,
        }
    ]
