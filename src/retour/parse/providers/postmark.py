"""Postmark: one object a post, told apart by `RecordType`, as its "Webhooks" reference documents them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Kind, Report
from retour.parse.providers.told import Told, an_object, line, metadata, name, passing, report, tags, zoned

_RECORDS: Final = {"Delivery": Kind.DELIVERED, "SpamComplaint": Kind.COMPLAINT}
_BOUNCES: Final = {  # "Bounce types"; what stands in none of these is a bounce
    "AutoResponder": Kind.AUTOREPLY,
    "AddressChange": Kind.AUTOREPLY,
    "ChallengeVerification": Kind.CHALLENGE,
    "Unsubscribe": Kind.UNSUBSCRIBE,
    "Subscribe": Kind.OTHER,
    "OpenRelayTest": Kind.OTHER,
    "VirusNotification": Kind.OTHER,
    "SpamComplaint": Kind.COMPLAINT,
    "ManuallyDeactivated": Kind.SUPPRESSED,
    "ManualSuppression": Kind.SUPPRESSED,
    "InboundError": Kind.OTHER,
    "SMTPApiError": Kind.OTHER,
    "TemplateRenderingFailed": Kind.OTHER,
}
_CHANGES: Final = {  # why Postmark has put the address on its list
    "HardBounce": Kind.BOUNCE,
    "SpamComplaint": Kind.COMPLAINT,
    "ManualSuppression": Kind.UNSUBSCRIBE,
}
_TIMES: Final[tuple[str, ...]] = ("BouncedAt", "DeliveredAt", "ChangedAt", "ReceivedAt")

_PASSING: Final = frozenset({"Open", "Click"})


def events(value: object) -> Iterator[Told]:
    """The event of a post."""
    said = an_object(value)
    if line(said.get("RecordType")) or "TypeCode" in said:
        yield Told(
            _report(said),
            name(said.get("ID")),
            name(said.get("MessageID")),
            tags(said.get("Tag")),
            metadata(said.get("Metadata")),
            passing=passing(line(said.get("RecordType")), _PASSING),
        )


def _report(said: Mapping[str, Any]) -> Report:
    record, told_class = (
        line(said.get("RecordType")) or "Bounce",
        line(said.get("Type") or said.get("SuppressionReason")),
    )
    kind = _RECORDS.get(record, Kind.OTHER)
    if record == "Bounce":
        kind = _BOUNCES.get(told_class, Kind.BOUNCE)
    elif record == "SubscriptionChange" and said.get("SuppressSending") is True:
        kind = _change(said)
    return report(
        "postmark",
        kind,
        said.get("Email") or said.get("Recipient"),
        said.get("Details"),
        told_class=told_class if kind is Kind.BOUNCE else "",
        at=next(filter(None, (zoned(said.get(each)) for each in _TIMES)), None),
    )


def _change(said: Mapping[str, Any]) -> Kind:
    """A list entry of the sender's own making is no choice of the recipient."""
    kind = _CHANGES.get(line(said.get("SuppressionReason")), Kind.SUPPRESSED)
    own = line(said.get("Origin")) not in ("Recipient", "")
    return Kind.SUPPRESSED if kind is Kind.UNSUBSCRIBE and own else kind
