"""Postal: one event a post, as its documentation has it in "Webhooks"."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Kind, Report
from retour.parse.providers.told import Told, an_object, epoch, line, name, passing, report, tags

_KINDS: Final = {
    "MessageDeliveryFailed": Kind.BOUNCE,
    "MessageBounced": Kind.BOUNCE,
    "MessageDelayed": Kind.DELAY,
    "MessageHeld": Kind.SUPPRESSED,
    "MessageSent": Kind.DELIVERED,
}

_PASSING: Final = frozenset(
    [
        *("MessageLinkClicked", "MessageLoaded"),
        *("DomainDNSError", "SendLimitApproaching", "SendLimitExceeded"),
    ]
)


def events(value: object) -> Iterator[Told]:
    """The event of a post. Events of domains and servers are about no recipient."""
    said = an_object(value)
    event, payload = line(said.get("event")), an_object(said, "payload")
    if event:
        message = an_object(payload, "original_message") or an_object(payload, "message")
        yield Told(
            _report(event, said, payload, message),
            name(said.get("uuid")),
            name(message.get("id")),
            tags(message.get("tag")),
            passing=passing(event, _PASSING),
            given=(line(message.get("from")),),
            other_id=name(message.get("message_id")),
        )


def _report(
    event: str, said: Mapping[str, Any], payload: Mapping[str, Any], message: Mapping[str, Any]
) -> Report:
    """A bounce that came back as a mail is told without its cause, whatever the event is called."""
    bounced = "bounce" in payload and "original_message" in payload
    kind = Kind.BOUNCE if bounced else _KINDS.get(event, Kind.OTHER)
    return report(
        "postal",
        kind,
        message.get("to"),
        "" if bounced else payload.get("output") or payload.get("details"),
        at=epoch(said.get("timestamp")),
    )
