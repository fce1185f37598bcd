"""SendGrid: a JSON array of events, as its "Event Webhook Reference" documents them.

Custom arguments stand flat among the fields of an event and can shadow them: no kind is read from them.
"""

from collections.abc import Iterator
from typing import Final

from retour.model import Kind
from retour.parse.providers.told import Told, epoch, line, metadata, name, objects, passing, report, tags

_KINDS: Final = {
    "bounce": Kind.BOUNCE,
    "blocked": Kind.BOUNCE,
    "deferred": Kind.DELAY,
    "dropped": Kind.SUPPRESSED,
    "delivered": Kind.DELIVERED,
    "spamreport": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "group_unsubscribe": Kind.UNSUBSCRIBE,
}
_OWN: Final = frozenset(
    [
        "email",
        "timestamp",
        "event",
        "smtp-id",
        "useragent",
        "ip",
        "sg_event_id",
        "sg_message_id",
        "reason",
        "status",
        "response",
        "tls",
        "url",
        "url_offset",
        "category",
        "newsletter",
        "asm_group_id",
        "type",
        "attempt",
        "bounce_classification",
        "sg_machine_open",
        "sg_content_type",
        "sg_template_id",
        "sg_template_name",
        "marketing_campaign_id",
        "marketing_campaign_name",
        "marketing_campaign_version",
        "marketing_campaign_split_id",
        "singlesend_id",
        "singlesend_name",
        "template_id",
        "phase_id",
        "send_at",
        "pool",
        "cert_err",
        "domain",
        "from",
    ]
)

_PASSING: Final = frozenset({"processed", "open", "click", "account_status_change"})


def events(value: object) -> Iterator[Told]:
    """The events of a batch, or the one that stands alone."""
    for said in objects(value):
        event = line(said.get("event"))
        if not event and "sg_event_id" not in said:
            continue
        told_class = f"{line(said.get('type'))} {line(said.get('bounce_classification'))}".strip()
        kind = _KINDS.get(event, Kind.OTHER)
        yield Told(
            report(
                "sendgrid",
                kind,
                said.get("email"),
                said.get("response")
                if kind is Kind.DELIVERED
                else said.get("reason") or said.get("response"),
                told_class=told_class if kind is Kind.BOUNCE else "",
                status=said.get("status"),
                at=epoch(said.get("timestamp")),
            ),
            name(said.get("sg_event_id")),
            name(said.get("smtp-id") or said.get("sg_message_id")),
            tags(said.get("category")),
            metadata({key: each for key, each in said.items() if key not in _OWN}),
            passing=passing(event, _PASSING),
        )
