"""Mailjet: one object a post, or a list of grouped events, as "Event API" documents them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Kind
from retour.parse.providers.told import Told, epoch, line, metadata, name, objects, passing, report, tags

_KINDS: Final = {
    "bounce": Kind.BOUNCE,
    "blocked": Kind.BOUNCE,
    "spam": Kind.COMPLAINT,
    "unsub": Kind.UNSUBSCRIBE,
    "sent": Kind.DELIVERED,
}
_ERRORS: Final = {  # "Error types": what is no bounce of this mail
    "preblocked": Kind.SUPPRESSED,  # it bounced for some customer of Mailjet before
    "duplicate in campaign": Kind.SUPPRESSED,
    "typofix": Kind.SUPPRESSED,  # a domain that Mailjet takes for mistyped: nothing was sent
    "greylisted": Kind.DELAY,
}

_PASSING: Final = frozenset({"open", "click"})


def events(value: object) -> Iterator[Told]:
    """The events of a post. `error` is Mailjet's class; `comment` and `smtp_reply` the server's words."""
    for said in objects(value):
        event = line(said.get("event"))
        if not event:
            continue
        kind, error = _KINDS.get(event, Kind.OTHER), line(said.get("error"))
        if kind is Kind.BOUNCE:
            kind = _ERRORS.get(error, Kind.BOUNCE)
        yield Told(
            report(
                "mailjet",
                kind,
                said.get("email"),
                said.get("comment") or _reply(said.get("smtp_reply")),
                told_class=_class(said, error) if kind in (Kind.BOUNCE, Kind.DELAY) else "",
                at=epoch(said.get("time")),
            ),
            None,
            name(said.get("MessageID")),
            tags(said.get("customcampaign")),
            metadata(said.get("Payload")),
            passing=passing(event, _PASSING),
            given=(line(said.get("CustomID")), line(said.get("Payload"))),
            other_id=name(said.get("Message_GUID")),
        )


def _class(said: Mapping[str, Any], error: str) -> str:
    if error or said.get("hard_bounce") is not True:
        return error
    return "hard_bounce"


def _reply(value: object) -> str:
    """The server's own words of "sent (250 2.0.0 OK ...)"."""
    said = line(value)
    return said[6:-1] if said.startswith("sent (") and said.endswith(")") else said
