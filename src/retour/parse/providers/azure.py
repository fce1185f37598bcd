"""Azure Communication Services: an array of Event Grid, as Microsoft's "email events" has it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Kind, Report
from retour.parse.providers.told import Told, an_object, line, name, objects, passing, report, within, zoned

_KINDS: Final = {
    "Bounced": Kind.BOUNCE,
    "Failed": Kind.BOUNCE,
    "FilteredSpam": Kind.BOUNCE,
    "Quarantined": Kind.BOUNCE,
    "Suppressed": Kind.SUPPRESSED,
    "Delivered": Kind.DELIVERED,
}
# QUIRK: Microsoft's schema and its examples spell the time in two ways (azure-bounced).
_TIMES: Final[tuple[str, ...]] = ("deliveryAttemptTimeStamp", "deliveryAttemptTimestamp")

_PASSING: Final = frozenset({"Expanded", "view", "click"})


def events(value: object) -> Iterator[Told]:
    """The events of a batch. The handshake of Event Grid tells nothing."""
    for said in objects(value):
        data, event = an_object(said, "data"), line(said.get("eventType") or said.get("type"))
        if event and "validationCode" not in data:
            yield Told(
                _report(said, data),
                name(said.get("id")),
                name(data.get("messageId")),
                passing=passing(data.get("status"), _PASSING)
                or passing(data.get("engagementType"), _PASSING),
                other_id=name(data.get("internetMessageId")),
            )


def _report(said: Mapping[str, Any], data: Mapping[str, Any]) -> Report:
    status = line(data.get("status"))
    kind = _KINDS.get(status, Kind.OTHER)
    times = (*(data.get(key) for key in _TIMES), said.get("eventTime"), said.get("time"))
    return report(
        "azure",
        kind,
        data.get("recipient"),
        within(data, "deliveryStatusDetails", "statusMessage"),
        told_class=status if kind is Kind.BOUNCE else "",
        host=within(data, "deliveryStatusDetails", "recipientMailServerHostName"),
        at=next(filter(None, map(zoned, times)), None),
    )
