"""Mail servers that post what became of a mail: Postal, KumoMTA, PowerMTA, and JSON in our own words."""

from retour.model import Kind
from retour.simulator.hooks.happening import Happening, Json, without_empty

POSTAL = {
    Kind.BOUNCE: "MessageDeliveryFailed",
    Kind.DELAY: "MessageDelayed",
    Kind.SUPPRESSED: "MessageHeld",
    Kind.DELIVERED: "MessageSent",
}
_STATUS = {Kind.BOUNCE: "HardFail", Kind.DELAY: "SoftFail", Kind.SUPPRESSED: "Held", Kind.DELIVERED: "Sent"}


def postal(it: Happening) -> Json:
    """One event with what the server said as `output`."""
    message = {"id": it.seconds, "to": it.recipient, "message_id": it.message_id}
    message |= {"tag": it.tags[0] if it.tags else ""}
    payload = {
        "status": _STATUS[it.kind],
        "details": "Recipient is on the suppression list" if it.kind is Kind.SUPPRESSED else "",
        "output": it.reply,
        "message": without_empty(message),
        "timestamp": it.seconds,
    }
    return {
        "event": POSTAL[it.kind],
        "timestamp": it.seconds,
        "payload": without_empty(payload),
        "uuid": it.event_id,
    }


KUMOMTA = {
    Kind.BOUNCE: "Bounce",
    Kind.DELAY: "TransientFailure",
    Kind.DELIVERED: "Delivery",
    Kind.COMPLAINT: "Feedback",
}


def kumomta(it: Happening) -> Json:
    """A record of its log, as a log hook posts it."""
    said = {
        "type": KUMOMTA[it.kind],
        "id": it.message_id,
        "sender": "news@sender.example",
        "recipient": it.recipient,
        "num_attempts": 0,
        "timestamp": it.seconds,
        "event_time": it.iso,
        "meta": dict(it.metadata),
    }
    if it.kind is Kind.COMPLAINT:
        said |= {
            "recipient": "feedback@sender.example",
            "feedback_report": {"feedback_type": "abuse", "original_rcpt_to": [it.recipient]},
        }
    elif it.reply:
        class_, subject, detail = map(int, it.enhanced.split("."))
        enhanced = {"class": class_, "subject": subject, "detail": detail}
        said |= {"response": {"code": int(it.code), "enhanced_code": enhanced, "content": it.words}}
    return without_empty(said)


POWERMTA = {Kind.BOUNCE: "b", Kind.DELAY: "t", Kind.DELIVERED: "d", Kind.COMPLAINT: "f"}
_ACTIONS = {Kind.BOUNCE: "failed", Kind.DELAY: "delayed", Kind.DELIVERED: "relayed"}


def powermta(it: Happening) -> Json:
    """A row of its accounting file, as an object."""
    said = {
        "type": POWERMTA[it.kind],
        "timeLogged": it.iso,
        "orig": "news@sender.example",
        "rcpt": it.recipient,
        "dsnAction": _ACTIONS.get(it.kind, ""),
        "dsnStatus": f"{it.enhanced} ({it.words})" if it.reply else "",
        "dsnDiag": f"smtp;{it.reply}" if it.reply else "",
        "bounceCat": it.among("bad-mailbox", "other", "policy-related") if it.kind is Kind.BOUNCE else "",
        "feedbackType": "abuse" if it.kind is Kind.COMPLAINT else "",
        "header_Message-Id": f"<{it.message_id}>",
        "jobId": it.tags[0] if it.tags else "",
        "envId": it.metadata.get("envId", ""),
    }
    return without_empty(said)


def generic(it: Happening) -> Json:
    """In Retour's own words, which a mapping may rename."""
    said = {
        "kind": it.kind.value,
        "recipient": it.recipient,
        "time": it.iso,
        "event_id": it.event_id,
        "message_id": it.message_id,
        "diagnostic": it.reply,
        "tags": list(it.tags),
        "metadata": dict(it.metadata),
    }
    return without_empty(said)
