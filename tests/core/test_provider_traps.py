"""What is easily misread in the posts of providers (sources.md §2.1), a line for each."""

import json
from typing import Any

import pytest

from retour.flow.notices import Notice
from retour.flow.webhooks import explained_body
from retour.lifecycle import preset

FULL = "552 5.2.2 mailbox full"
UNKNOWN = "550 5.1.1 user unknown"


def explained(provider: str, body: object) -> dict[str, Any]:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return dict(explained_body("body", provider, raw, preset("default")))


def ses(event: str, about: dict[str, Any], **mail: Any) -> dict[str, Any]:
    place = {"Rendering Failure": "failure"}.get(event, event[:1].lower() + event[1:])
    return {"eventType": event, place: about, "mail": {"messageId": "m-1", **mail}}


def bounced(kind: str, sub: str, **recipient: str) -> dict[str, Any]:
    each = {"emailAddress": "a@b.example", **recipient}
    return {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [each]}


def kumo(kind: str, **fields: Any) -> dict[str, Any]:
    given = {
        "type": kind,
        "id": "i1",
        "num_attempts": 2,
        "recipient": "a@b.example",
        "event_time": "2026-03-01T09:00:00Z",
    }
    return {**given, **fields}


SNS = {"Type": "Notification", "MessageId": "sns-1", "Timestamp": "2026-03-01T09:00:00.000Z"}
BOUNCE = ses("Bounce", bounced("Permanent", "General", diagnosticCode=f"smtp; {UNKNOWN}"))
IN_SNS = {**SNS, "Message": json.dumps(BOUNCE)}
CANDIDATES = [{"emailAddress": "a@b.example"}, {"emailAddress": "c@d.example"}]
SPARK = {"type": "bounce", "rcpt_to": "a@b.example", "event_id": "7", "timestamp": "1772355600"}


def spark(**fields: Any) -> list[dict[str, Any]]:
    return [{"msys": {"message_event": {**SPARK, **fields}}}]


def azure(status: str, words: str = "") -> list[dict[str, Any]]:
    data = {"status": status, "recipient": "a@b.example", "deliveryStatusDetails": {"statusMessage": words}}
    return [{"id": "1", "eventType": "Microsoft.Communication.EmailDeliveryReportReceived", "data": data}]


# provider, body, what is told of each recipient
TRAPS: list[tuple[str, object, list[dict[str, Any]]]] = [
    ("ses", ses("Bounce", bounced("Permanent", "NoEmail")), [{"reason": "address_unknown", "type": "hard"}]),
    ("ses", ses("Bounce", bounced("Permanent", "General")), [{"reason": "refused", "type": "hard"}]),
    ("ses", {**BOUNCE, "notificationType": "Bounce", "eventType": None}, [{"reason": "address_unknown"}]),
    ("ses", ses("Bounce", bounced("Permanent", "Suppressed")), [{"kind": "suppressed", "reason": None}]),
    ("ses", ses("Bounce", bounced("Permanent", "OnAccountSuppressionList")), [{"kind": "suppressed"}]),
    # It may be an out-of-office reply: nothing is known without a code.
    ("ses", ses("Bounce", bounced("Transient", "General")), [{"reason": "undetermined", "group": "unknown"}]),
    ("ses", ses("Bounce", bounced("Undetermined", "Undetermined")), [{"reason": "undetermined"}]),
    ("ses", ses("Bounce", bounced("Transient", "MailboxFull")), [{"reason": "mailbox_full", "type": "soft"}]),
    ("ses", ses("Bounce", bounced("Transient", "ContentRejected")), [{"type": "block"}]),
    ("ses", ses("Bounce", bounced("Transient", "AttachmentRejected")), [{"type": "block"}]),
    (
        "ses",
        ses(
            "Bounce",
            bounced("Transient", "General", status="5.4.4", diagnosticCode="smtp; 550 5.4.4 Host not found"),
        ),
        [
            {
                "reason": "domain_unknown",
                "conflicts": [
                    "status 5.4.4 says server_unreachable",
                    '"ses class Transient General" says undetermined',
                ],
            }
        ],
    ),
    # `destination` lists everybody.
    ("ses", ses("Bounce", {"bounceType": "Permanent"}, destination=["x@y.example"]), [{"recipient": None}]),
    (
        "ses",
        ses("Open", {}, destination=["x@y.example", "z@y.example"]),
        [{"kind": "other", "recipient": None}],
    ),
    (
        "ses",
        ses("Complaint", {"complainedRecipients": CANDIDATES}),
        [
            {"kind": "complaint", "recipient": "a@b.example", "ambiguous": True},
            {"kind": "complaint", "recipient": "c@d.example", "ambiguous": True},
        ],
    ),
    (
        "ses",
        ses("Complaint", {"complainedRecipients": CANDIDATES[:1]}),
        [{"kind": "complaint", "ambiguous": False}],
    ),
    (
        "ses",
        ses(
            "Complaint",
            {"complaintSubType": "OnAccountSuppressionList", "complainedRecipients": CANDIDATES[:1]},
        ),
        [{"kind": "suppressed"}],
    ),
    ("ses", ses("Reject", {"reason": "Bad content"}, destination=["a@b.example"]), [{"kind": "other"}]),
    ("ses", ses("Rendering Failure", {"errorMessage": "no x"}), [{"kind": "other"}]),
    (
        "ses",
        ses("Delivery", {"recipients": ["a@b.example"], "smtpResponse": "250 ok"}),
        [{"kind": "delivered"}],
    ),
    ("ses", ses("Received", {}, destination=["a@b.example"]), []),
    ("ses", IN_SNS, [{"event_id": "sns-1", "message_id": "m-1", "time": "2026-03-01T09:00:00Z"}]),
    ("ses", {"MessageId": "sqs-9", "Body": json.dumps(IN_SNS)}, [{"event_id": "sns-1"}]),
    (
        "ses",
        {"Messages": [{"Body": json.dumps(IN_SNS)}, {"Body": json.dumps(BOUNCE)}]},
        [{}, {"event_id": None}],
    ),
    ("ses", {"Records": [{"Sns": IN_SNS}, {"body": json.dumps(IN_SNS)}]}, [{"event_id": "sns-1"}] * 2),
    (
        "ses",
        {"id": "eb-1", "detail-type": "Email Bounced", "detail": BOUNCE},
        [{"event_id": "eb-1", "kind": "bounce"}],
    ),
    ("ses", {"id": "eb-2", "detail-type": "Sending Status Disabled", "detail": {}}, [{"kind": "other"}]),
    ("ses", {**SNS, "Message": "Successfully validated SNS topic for Amazon SES event publishing."}, []),
    # SendGrid: custom arguments stand flat among the fields.
    (
        "sendgrid",
        [
            {
                "event": "bounce",
                "type": "bounce",
                "email": "a@b.example",
                "reason": FULL,
                "category": "x",
                "kind": "spamreport",
            }
        ],
        [
            {
                "kind": "bounce",
                "reason": "mailbox_full",
                "type": "soft",
                "tags": ["x"],
                "metadata": {"kind": "spamreport"},
                "conflicts": ['"sendgrid class bounce" says refused'],
            }
        ],
    ),
    # A custom argument that is called as a field: the key stands twice, in whatever order.
    (
        "sendgrid",
        '[{"event": "bounce", "email": "a@b.example", "reason": "unknown user",'
        ' "event": "webinar", "email": "vip"}]',
        [{"kind": "bounce", "recipient": "a@b.example", "reason": "address_unknown"}],
    ),
    (
        "sendgrid",
        '[{"event": "webinar", "email": "vip",'
        ' "event": "bounce", "email": "a@b.example", "reason": "unknown user"}]',
        [{"kind": "bounce", "recipient": "a@b.example", "reason": "address_unknown"}],
    ),
    (
        "sendgrid",
        '[{"event": "bounce", "email": "a@b.example", "event": "spamreport", "email": "c@d.example"}]',
        [{"kind": "other", "recipient": None}],
    ),
    (
        "sendgrid",
        '[{"event": "bounce", "email": "a@b.example", "event": "bounce", "email": "a@b.example"}]',
        [{"kind": "bounce", "recipient": "a@b.example"}],
    ),
    ("sendgrid", '[{"event": "bounce", "email": "a@b.example", "event": null}]', [{"kind": "bounce"}]),
    (
        "sendgrid",
        '{"event": "open", "email": "a@b.example", "sg_event_id": "1", "sg_event_id": "2"}',
        [{"event_id": "1"}],
    ),
    ("sendgrid", [{"event": "open", "email": "a@b.example", "category": ["x", "y"]}], [{"tags": ["x", "y"]}]),
    ("sendgrid", [{"event": "bounce", "type": "blocked", "email": "a@b.example"}], [{"type": "block"}]),
    ("sendgrid", [{"event": "dropped", "email": "a@b.example", "reason": UNKNOWN}], [{"kind": "suppressed"}]),
    ("sendgrid", [{"event": "group_resubscribe", "email": "a@b.example"}], [{"kind": "other"}]),
    (
        "sendgrid",
        [{"event": "account_status_change", "type": "bounce"}],
        [{"kind": "other", "recipient": None}],
    ),
    # Mailgun
    (
        "mailgun",
        {
            "signature": {"token": "t1"},
            "event-data": {"event": "failed", "severity": "temporary", "id": "i", "recipient": "a@b.example"},
        },
        [{"kind": "delay", "event_id": "t1"}],
    ),
    (
        "mailgun",
        {
            "event-data": {
                "event": "failed",
                "severity": "permanent",
                "reason": "suppress-complaint",
                "recipient": "a@b.example",
            }
        },
        [{"kind": "suppressed"}],
    ),
    (
        "mailgun",
        {
            "event-data": {
                "event": "failed",
                "severity": "permanent",
                "recipient": "a@b.example",
                "timestamp": 1772355600.5,
                "delivery-status": {"code": 552, "message": "5.2.2 mailbox full"},
                "message": {"headers": {"message-id": "1@x"}},
                "user-variables": {"k": "v"},
            }
        },
        [
            {
                "reason": "mailbox_full",
                "type": "soft",
                "time": "2026-03-01T09:00:00.500000Z",
                "message_id": "1@x",
            }
        ],
    ),
    # Postmark
    (
        "postmark",
        {
            "RecordType": "Bounce",
            "Type": "HardBounce",
            "ID": 7,
            "Email": "a@b.example",
            "BouncedAt": "2026-03-01T09:00:00.1234567Z",
            "Details": FULL,
        },
        [
            {
                "reason": "mailbox_full",
                "event_id": "7",
                "time": "2026-03-01T09:00:00.123456Z",
                "conflicts": ['"postmark class HardBounce" says refused'],
            }
        ],
    ),
    (
        "postmark",
        {"RecordType": "Bounce", "Type": "SoftBounce", "Email": "a@b.example", "Details": UNKNOWN},
        [{"type": "hard", "conflicts": ['"postmark class SoftBounce" says undetermined']}],
    ),
    (
        "postmark",
        {"RecordType": "Bounce", "Type": "ChallengeVerification", "Email": "a@b.example"},
        [{"kind": "challenge"}],
    ),
    (
        "postmark",
        {"RecordType": "Bounce", "Type": "AddressChange", "Email": "a@b.example"},
        [{"kind": "autoreply"}],
    ),
    (
        "postmark",
        {"RecordType": "Bounce", "Type": "Unknown", "Email": "a@b.example"},
        [{"reason": "undetermined"}],
    ),
    (
        "postmark",
        {"RecordType": "Bounce", "Type": "ManuallyDeactivated", "Email": "a@b.example"},
        [{"kind": "suppressed"}],
    ),
    (
        "postmark",
        {"RecordType": "SubscriptionChange", "SuppressSending": False, "Recipient": "a@b.example"},
        [{"kind": "other"}],
    ),
    (
        "postmark",
        {
            "RecordType": "SubscriptionChange",
            "SuppressSending": True,
            "SuppressionReason": "ManualSuppression",
            "Origin": "Recipient",
            "Recipient": "a@b.example",
        },
        [{"kind": "unsubscribe"}],
    ),
    ("postmark", {"RecordType": "SubscriptionChange"}, [{"kind": "other", "recipient": None}]),
    # Brevo: only ts_epoch is UTC, in milliseconds.
    (
        "brevo",
        {
            "event": "hard_bounce",
            "email": "a@b.example",
            "ts": 1,
            "date": "2026-03-01 12:00:00",
            "ts_epoch": 1772355600123,
            "reason": FULL,
        },
        [{"reason": "mailbox_full", "time": "2026-03-01T09:00:00.123000Z", "event_id": None}],
    ),
    ("brevo", {"event": "invalid_email", "email": "a@b"}, [{"reason": "address_invalid"}]),
    ("brevo", {"event": "error", "email": "a@b.example"}, [{"kind": "other"}]),
    ("brevo", {"event": "blocked", "email": "a@b.example"}, [{"kind": "suppressed"}]),
    # Mailjet: a number that JavaScript cannot hold.
    (
        "mailjet",
        [
            {
                "event": "bounce",
                "email": "a@b.example",
                "error": "user unknown",
                "MessageID": 19421777835146490,
                "Payload": '{"k": 1}',
            }
        ],
        [{"message_id": "19421777835146490", "reason": "address_unknown", "metadata": {"k": 1}}],
    ),
    ("mailjet", {"event": "bounce", "email": "a@b.example", "error": "greylisted"}, [{"kind": "delay"}]),
    (
        "mailjet",
        {"event": "blocked", "email": "a@b.example", "error": "preblocked"},
        [{"kind": "suppressed"}],
    ),
    (
        "mailjet",
        {"event": "bounce", "email": "a@b.example", "error": "quota exceeded", "hard_bounce": True},
        [{"type": "soft"}],
    ),
    (
        "mailjet",
        {"event": "bounce", "email": "a@b.example", "hard_bounce": True, "error": ""},
        [{"type": "hard"}],
    ),
    # SparkPost
    ("sparkpost", [{"msys": {}}], []),
    (
        "sparkpost",
        [{"msys": {"message_event": {**SPARK, "bounce_class": "10", "raw_reason": FULL}}}],
        [{"type": "soft", "reason": "mailbox_full"}],
    ),
    ("sparkpost", [{"msys": {"message_event": {**SPARK, "bounce_class": "60"}}}], [{"kind": "autoreply"}]),
    ("sparkpost", [{"msys": {"message_event": {**SPARK, "bounce_class": "100"}}}], [{"kind": "challenge"}]),
    ("sparkpost", [{"msys": {"message_event": {**SPARK, "bounce_class": "25"}}}], [{"kind": "other"}]),
    (
        "sparkpost",
        [{"msys": {"message_event": {**SPARK, "bounce_class": "1"}}}],
        [{"reason": "undetermined"}],
    ),
    (
        "sparkpost",
        [{"msys": {"message_event": {**SPARK, "type": "out_of_band", "rcpt_to": None}}}],
        [{"kind": "bounce", "recipient": None}],
    ),
    (
        "sparkpost",
        [{"msys": {"gen_event": {**SPARK, "type": "generation_rejection"}}}],
        [{"kind": "other", "time": "2026-03-01T09:00:00Z"}],
    ),
    # Mandrill
    (
        "mandrill",
        [{"type": "blacklist", "action": "add", "reject": {"email": "a@b.example"}}],
        [{"kind": "other"}],
    ),
    (
        "mandrill",
        [
            {
                "event": "hard_bounce",
                "_id": "x",
                "ts": 1772355600,
                "msg": {"email": "a@b.example", "bounce_description": "bad_mailbox", "diag": f"smtp;{FULL}"},
            }
        ],
        [
            {
                "reason": "mailbox_full",
                "event_id": "x:hard_bounce:1772355600",
                "conflicts": ['"mandrill class bad_mailbox" says address_unknown'],
            }
        ],
    ),
    (
        "mandrill",
        [{"event": "hard_bounce", "msg": {"email": "a@b.example", "bounce_description": "general"}}],
        [{"reason": "refused"}],
    ),
    # Resend does not say which of several recipients it was.
    (
        "resend",
        {
            "type": "email.bounced",
            "data": {
                "to": ["a@b.example", "c@d.example"],
                "bounce": {"type": "Permanent", "subType": "General", "message": ""},
            },
        },
        [{"recipient": None, "ambiguous": True}],
    ),
    (
        "resend",
        {"type": "email.failed", "data": {"to": ["a@b.example"]}},
        [{"kind": "other", "ambiguous": False}],
    ),
    (
        "resend",
        {
            "type": "email.bounced",
            "data": {"to": ["a@b.example"], "bounce": {"type": "Transient", "subType": "MailboxFull"}},
        },
        [{"reason": "mailbox_full"}],
    ),
    # Postal
    (
        "postal",
        {
            "event": "MessageBounced",
            "uuid": "u",
            "payload": {"original_message": {"to": "a@b.example"}, "bounce": {"to": "r@p.example"}},
        },
        [{"recipient": "a@b.example", "reason": "undetermined"}],
    ),
    (
        "postal",
        {"event": "MessageHeld", "payload": {"message": {"to": "a@b.example"}}},
        [{"kind": "suppressed"}],
    ),
    # KumoMTA
    (
        "kumomta",
        kumo("Delivery", recipient=["a@b.example", "c@d.example"]),
        [{"event_id": "i1:Delivery:2"}, {"event_id": "i1:Delivery:2:1"}],
    ),
    (
        "kumomta",
        kumo("Rejection", response={"code": 550, "content": UNKNOWN}),
        [{"kind": "other", "reason": None}],
    ),
    ("kumomta", kumo("AdminBounce", response={"code": 551, "content": "gone"}), [{"kind": "other"}]),
    (
        "kumomta",
        kumo("TransientFailure", response={"code": 452, "content": "4.2.2 full"}),
        [{"kind": "delay"}],
    ),
    (
        "kumomta",
        kumo("Expiration", response={"code": 551, "content": "Next delivery time would be at ..."}),
        [{"reason": "delivery_expired", "type": "soft"}],
    ),
    (
        "kumomta",
        kumo("OOB", recipient="rfc822;a@b.example", response={"code": 550, "content": UNKNOWN}),
        [{"recipient": "a@b.example", "type": "hard"}],
    ),
    (
        "kumomta",
        kumo(
            "Feedback",
            recipient="fbl@shop.example",
            feedback_report={"feedback_type": "abuse", "original_rcpt_to": ["a@b.example"]},
        ),
        [{"kind": "complaint", "recipient": "a@b.example", "ambiguous": False}],
    ),
    (
        "kumomta",
        kumo("Feedback", feedback_report={"feedback_type": "abuse"}),
        [{"kind": "complaint", "recipient": None}],
    ),
    ("kumomta", kumo("Feedback", feedback_report={"feedback_type": "not-spam"}), [{"kind": "other"}]),
    (
        "kumomta",
        f"{json.dumps(kumo('Delivery'))}\n{json.dumps(kumo('Bounce'))}\n",
        [{"kind": "delivered"}, {"kind": "bounce"}],
    ),
    # PowerMTA
    ("powermta", "rcpt,type\na@b.example,f\na@b.example,r\n", [{"kind": "complaint"}]),
    (
        "powermta",
        'dsnDiag,rcpt,type,dsnAction\n"smtp;550 5.1.1 user\nunknown",a@b.example,rs,failed\n',
        [{"kind": "bounce", "reason": "address_unknown"}],
    ),
    ("powermta", [{"type": "b", "rcpt": "a@b.example", "bounceCat": "spam-related"}], [{"type": "block"}]),
    # Azure spells the time in two ways.
    (
        "azure",
        [
            {
                "id": "1",
                "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
                "data": {
                    "status": "Bounced",
                    "recipient": "a@b.example",
                    key: "2026-03-01T09:00:00.1234567+00:00",
                    "deliveryStatusDetails": {"statusMessage": FULL},
                },
            }
            for key in ("deliveryAttemptTimeStamp", "deliveryAttemptTimestamp")
        ],
        [{"time": "2026-03-01T09:00:00.123456Z", "reason": "mailbox_full"}] * 2,
    ),
    ("azure", [{"id": "1", "eventType": "x", "data": {"validationCode": "7"}}], []),
    (
        "azure",
        [{"id": "1", "eventType": "x", "data": {"status": "Failed", "recipient": "a@b.example"}}],
        [{"reason": "undetermined"}],
    ),
    (
        "azure",
        [{"id": "1", "eventType": "x", "data": {"status": "Quarantined", "recipient": "a@b.example"}}],
        [{"type": "block"}],
    ),
    # Scaleway, MailerSend, Mailtrap
    (
        "scaleway",
        {
            "type": "email_dropped",
            "email_to": "a@b.example",
            "email_response_code": 552,
            "email_response_message": "5.2.2 full",
        },
        [{"type": "soft", "reply_code": "552"}],
    ),
    ("scaleway", {"type": "email_spam", "email_to": "a@b.example"}, [{"type": "block"}]),
    ("scaleway", {"type": "blocklist_created"}, [{"kind": "other"}]),
    (
        "mailersend",
        {
            "type": "activity.hard_bounced",
            "data": {
                "id": "1",
                "type": "hard_bounced",
                "email": {"recipient": {"email": "a@b.example"}},
                "morph": {"reason": FULL},
            },
        },
        [{"reason": "mailbox_full", "event_id": "1"}],
    ),
    (
        "mailtrap",
        {
            "events": [
                {"event": "suspension", "email": "a@b.example"},
                {"event": "reject", "email": "a@b.example"},
            ]
        },
        [{"kind": "other"}, {"kind": "suppressed"}],
    ),
    (
        "mailtrap",
        {
            "events": [
                {"event": "bounce", "email": "a@b.example", "response_code": 552, "response": "5.2.2 full"}
            ]
        },
        [{"type": "soft"}],
    ),
    # Unisender Go: UTC that does not say so.
    (
        "unisender",
        {
            "events_by_user": [
                {
                    "events": [
                        {
                            "event_name": "transactional_email_status",
                            "event_data": {
                                "status": "hard_bounced",
                                "email": "a@b.example",
                                "event_time": "2026-03-01 09:00:00",
                                "delivery_info": {
                                    "delivery_status": "err_user_unknown",
                                    "destination_response": FULL,
                                },
                            },
                        }
                    ]
                }
            ]
        },
        [
            {
                "time": "2026-03-01T09:00:00Z",
                "reason": "mailbox_full",
                "conflicts": ['"unisender class err_user_unknown" says address_unknown'],
            }
        ],
    ),
    # EventBridge names the event outside of its detail.
    (
        "ses",
        {
            "detail-type": "Email Bounced",
            "id": "eb",
            "detail": {key: BOUNCE[key] for key in ("bounce", "mail")},
        },
        [{"kind": "bounce", "event_id": "eb", "reason": "address_unknown"}],
    ),
    # What the reader calls no spam is the contrary of a complaint (RFC 5965 §7.3).
    (
        "ses",
        ses("Complaint", {"complainedRecipients": CANDIDATES[:1], "complaintFeedbackType": "not-spam"}),
        [{"kind": "other", "recipient": "a@b.example"}],
    ),
    ("sparkpost", spark(type="spam_complaint", fbtype="not-spam"), [{"kind": "other"}]),
    ("sparkpost", spark(type="spam_complaint", fbtype="abuse"), [{"kind": "complaint"}]),
    # Amazon sends nothing to whom it keeps on a list, under whatever name it does so.
    (
        "ses",
        ses("Bounce", bounced("Permanent", "UnsubscribedRecipient", status="5.1.1")),
        [{"kind": "suppressed", "reason": None}],
    ),
    # Mailgun's codes: an enhanced one, the server's, one of its own.
    (
        "mailgun",
        {
            "event-data": {
                "event": "failed",
                "severity": "permanent",
                "recipient": "a@b.example",
                "delivery-status": {"code": 550, "bounce-code": "5.1.1", "message": "5.1.1 gone"},
            }
        },
        [{"reply_code": "550", "status": "5.1.1", "diagnostic": "550 5.1.1 gone"}],
    ),
    # A reply that has its code is not given the provider's as well.
    (
        "sparkpost",
        spark(error_code="554", raw_reason=UNKNOWN),
        [{"reply_code": "550", "diagnostic": UNKNOWN}],
    ),
    # Words that no rule knows are Resend's own, not the server's: its class decides.
    (
        "resend",
        {
            "type": "email.bounced",
            "data": {
                "to": ["a@b.example"],
                "bounce": {"type": "Permanent", "subType": "General", "message": "It did not say why."},
            },
        },
        [{"reason": "refused", "type": "hard", "rule": "class.refused"}],
    ),
    # What a server said in a code does not fall to the class.
    ("brevo", {"event": "hard_bounce", "email": "a@b.example", "reason": "550 so"}, [{"type": "soft"}]),
    ("azure", azure("Bounced"), [{"reason": "refused", "type": "hard"}]),
    ("azure", azure("Bounced", FULL), [{"reason": "mailbox_full", "type": "soft"}]),
    (
        "mailtrap",
        {"events": [{"event": "bounce", "email": "a@b.example", "bounce_category": "badmailbox"}]},
        [{"reason": "address_unknown", "type": "hard"}],
    ),
    (
        "mailtrap",
        {"events": [{"event": "soft bounce", "email": "a@b.example", "bounce_category": "other"}]},
        [{"reason": "undetermined", "type": "soft"}],
    ),
    # The name by which the log of the same server tells of the message.
    (
        "kumomta",
        kumo("Bounce", headers={"Message-Id": "<m1@shop.example>"}),
        [{"message_id": "m1@shop.example"}],
    ),
    ("kumomta", kumo("Bounce", headers={"Subject": "x"}), [{"message_id": "i1"}]),
]


@pytest.mark.parametrize(
    ("provider", "body", "told"), TRAPS, ids=[f"{n}-{each[0]}" for n, each in enumerate(TRAPS)]
)
def test_a_trap_is_not_walked_into(provider: str, body: object, told: list[dict[str, Any]]) -> None:
    found = explained(provider, body)
    shown = [{key: report[key] for key in want} for report, want in zip(found["reports"], told, strict=True)]
    assert shown == told
    assert bool(found["defects"]) is (not told)


def test_a_notice_of_ours_that_is_posted_to_us_is_no_event() -> None:
    """Two instances, or one, that are pointed at each other."""
    facts = {"address": "ann@b.example", "state": "invalid", "cause": "hard", "reason": "address_unknown"}
    notice = Notice("address.stopped", "shop", "event 7", 0, facts)
    found = explained("generic", notice.body())
    assert (found["kind"], found["reports"], found["defects"]) == ("other", [], ["no_event"])
