"""SendGrid: a JSON array of events, as its "Event Webhook Reference" documents them.

Custom arguments stand flat among the fields of an event and can shadow them: no kind is read from them. One
that is called as a field is makes the key stand twice, and nobody promises which of the two comes first.
"""

from collections.abc import Iterator
from typing import Any, Final

from retour.model import Kind
from retour.parse.mailbox import one_address
from retour.parse.providers.bodies import Pairs, values_of
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
_WORDS: Final = _KINDS.keys() | _PASSING | {"group_resubscribe"}
_DOUBLED: Final = "doubled"  # no word of SendGrid's: the kind is not known


def values(raw: bytes) -> tuple[list[Any], tuple[str, ...]]:
    """The values of a body, and its defects. Where a key stands twice, only what is certain is read."""
    return values_of(raw, _made)


def _made(pairs: Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        found = dict(reversed(pairs))
        if len({str(each) for key, each in pairs if key == "event"}) > 1:
            words = {each for key, each in pairs if key == "event" and isinstance(each, str)} & _WORDS
            found["event"] = words.pop() if len(words) == 1 else _DOUBLED
        if len({str(each) for key, each in pairs if key == "email"}) > 1:
            named = {one_address(line(each)) for key, each in pairs if key == "email"} - {None}
            found["email"] = named.pop() if len(named) == 1 else None
    return found


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
            other_id=name(line(said.get("sg_message_id")).partition(".")[0]),  # what its API answers
        )
