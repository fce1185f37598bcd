"""Providers that post one event at a time."""

import json

from retour.model import Kind
from retour.simulator.hooks.happening import Happening, Json, without_empty

MAILGUN = {
    Kind.BOUNCE: "failed",
    Kind.DELAY: "failed",
    Kind.SUPPRESSED: "failed",
    Kind.DELIVERED: "delivered",
    Kind.COMPLAINT: "complained",
    Kind.UNSUBSCRIBE: "unsubscribed",
}


def mailgun(it: Happening) -> Json:
    """What stands under `event-data`."""
    said: Json = {
        "event": MAILGUN[it.kind],
        "id": it.event_id,
        "timestamp": it.seconds + 0.25,
        "recipient": it.recipient,
        "message": {"headers": {"message-id": it.message_id, "to": it.recipient}},
        "tags": list(it.tags),
        "user-variables": dict(it.metadata),
    }
    status: Json = {}
    if it.kind in (Kind.BOUNCE, Kind.DELAY):
        status = {"code": int(it.code), "enhanced-code": it.enhanced, "message": it.words, "attempt-no": 1}
        said |= {
            "severity": "temporary" if it.kind is Kind.DELAY else "permanent",
            "reason": it.among("bounce", "generic", "espblock"),
        }
    elif it.kind is Kind.SUPPRESSED:
        status = {"code": 605, "description": "Not delivering to previously bounced address"}
        said |= {"severity": "permanent", "reason": "suppress-bounce"}
    elif it.kind is Kind.DELIVERED:
        status = {"code": 250, "message": "OK"}
    return without_empty(said | {"delivery-status": status})


POSTMARK = {
    Kind.BOUNCE: "SoftBounce",
    Kind.SUPPRESSED: "ManuallyDeactivated",
    Kind.DELIVERED: "",
    Kind.COMPLAINT: "SpamComplaint",
    Kind.UNSUBSCRIBE: "Unsubscribe",
    Kind.AUTOREPLY: "AutoResponder",
    Kind.CHALLENGE: "ChallengeVerification",
}


def postmark(it: Happening) -> Json:
    """A record; its ids are numbers, made of ours."""
    common: Json = {
        "MessageID": it.message_id,
        "Tag": it.tags[0] if it.tags else "",
        "Metadata": dict(it.metadata),
    }
    if it.kind is Kind.DELIVERED:
        said: Json = {
            "RecordType": "Delivery",
            "Recipient": it.recipient,
            "DeliveredAt": it.iso,
            "Details": it.reply,
        }
        return without_empty(common | said)
    type_ = it.among("HardBounce", "SoftBounce", "Blocked") if it.kind is Kind.BOUNCE else POSTMARK[it.kind]
    said = {
        "RecordType": "SpamComplaint" if it.kind is Kind.COMPLAINT else "Bounce",
        "ID": int.from_bytes(it.event_id.encode()[-6:]),
        "Type": type_,
        "Email": it.recipient,
        "BouncedAt": it.iso,
        "Details": f"smtp;{it.reply}" if it.reply else "",
    }
    return without_empty(common | said)


BREVO = {
    Kind.BOUNCE: "soft_bounce",
    Kind.DELAY: "deferred",
    Kind.SUPPRESSED: "blocked",
    Kind.DELIVERED: "delivered",
    Kind.COMPLAINT: "spam",
    Kind.UNSUBSCRIBE: "unsubscribed",
}


def brevo(it: Happening) -> Json:
    """One flat object, without an id of its own."""
    return without_empty(
        {
            "event": "hard_bounce" if it.kind is Kind.BOUNCE and it.is_hard else BREVO[it.kind],
            "email": it.recipient,
            "id": 26224,
            "date": it.naive,
            "ts_epoch": it.seconds * 1000,
            "message-id": f"<{it.message_id}>",
            "reason": it.reply,
            "tags": list(it.tags),
            "X-Mailin-custom": json.dumps(dict(it.metadata)) if it.metadata else "",
        }
    )


RESEND = {
    Kind.BOUNCE: "email.bounced",
    Kind.DELAY: "email.delivery_delayed",
    Kind.SUPPRESSED: "email.suppressed",
    Kind.DELIVERED: "email.delivered",
    Kind.COMPLAINT: "email.complained",
}


def resend(it: Happening) -> Json:
    """One event; who failed is the only one it was sent to."""
    data = {
        "email_id": it.message_id,
        "created_at": it.iso,
        "from": "news@sender.example",
        "to": [it.recipient],
        "subject": "Hello",
        "tags": dict(it.metadata),
    }
    if it.kind in (Kind.BOUNCE, Kind.DELAY):
        type_ = it.among("Permanent", "Transient", "Transient")
        data |= {"bounce": {"type": type_, "subType": "General", "message": it.reply}}
    return {"type": RESEND[it.kind], "created_at": it.iso, "data": without_empty(data)}


MAILERSEND = {
    Kind.BOUNCE: "soft_bounced",
    Kind.DELAY: "deferred",
    Kind.DELIVERED: "delivered",
    Kind.COMPLAINT: "spam_complaint",
    Kind.UNSUBSCRIBE: "unsubscribed",
}


def mailersend(it: Happening) -> Json:
    """An activity."""
    name = "hard_bounced" if it.kind is Kind.BOUNCE and it.is_hard else MAILERSEND[it.kind]
    email = {
        "message": {"id": it.message_id},
        "recipient": {"email": it.recipient},
        "tags": list(it.tags),
    }
    data = {"object": "activity", "id": it.event_id, "type": name, "created_at": it.iso, "email": email}
    if it.kind in (Kind.BOUNCE, Kind.DELAY):
        data |= {"morph": {"object": "recipient_bounce", "reason": it.reply}}
    return {"type": f"activity.{name}", "created_at": it.iso, "data": data}


SCALEWAY = {
    Kind.BOUNCE: "email_dropped",
    Kind.DELAY: "email_deferred",
    Kind.SUPPRESSED: "email_blocklisted",
    Kind.DELIVERED: "email_delivered",
}


def scaleway(it: Happening) -> Json:
    """One flat event."""
    name = SCALEWAY[it.kind]
    if it.kind is Kind.BOUNCE:
        name = it.among("email_mailbox_not_found", "email_dropped", "email_spam")
    said = {
        "id": it.event_id,
        "type": name,
        "created_at": it.iso,
        "email_id": it.message_id,
        "email_to": it.recipient,
        "email_response_code": int(it.code) if it.reply else None,
        "email_response_message": it.reply,
    }
    return without_empty(said)
