"""Mandrill (Mailchimp Transactional): the form field `mandrill_events`, as "Webhook format" documents it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Kind, Report
from retour.parse.providers.bodies import decoded
from retour.parse.providers.told import (
    Told,
    an_object,
    epoch,
    line,
    metadata,
    name,
    objects,
    passing,
    report,
    tags,
)

_KINDS: Final = {
    "hard_bounce": Kind.BOUNCE,
    "soft_bounce": Kind.BOUNCE,
    "deferral": Kind.DELAY,
    "spam": Kind.COMPLAINT,
    "unsub": Kind.UNSUBSCRIBE,
    "reject": Kind.SUPPRESSED,
    "delivered": Kind.DELIVERED,
}

_PASSING: Final = frozenset({"send", "open", "click"})


def events(value: object) -> Iterator[Told]:
    """The events of a form, or of the array that stands in its field."""
    field = an_object(value).get("mandrill_events")
    if isinstance(field, str):
        try:
            value = decoded(field)
        except (ValueError, RecursionError):
            return
    for said in objects(value):
        if line(said.get("event") or said.get("type")):
            message = an_object(said, "msg")
            yield Told(
                _report(said, message),
                _event_id(said),
                name(message.get("_id") or said.get("_id")),
                tags(message.get("tags")),
                metadata(message.get("metadata")),
                passing=passing(line(said.get("event")), _PASSING),
            )


def _report(said: Mapping[str, Any], message: Mapping[str, Any]) -> Report:
    """Changes of Mandrill's own lists have no message; they name an address under `reject`."""
    kind = _KINDS.get(line(said.get("event")), Kind.OTHER)
    steps = [line(each.get("diag")) for each in objects(message, "smtp_events")]
    told_class = line(message.get("bounce_description")).removeprefix("general") or line(said.get("event"))
    return report(
        "mandrill",
        kind,
        message.get("email") or an_object(said, "reject").get("email"),
        message.get("diag") or next(filter(None, reversed(steps)), ""),
        told_class=told_class if kind in (Kind.BOUNCE, Kind.DELAY) else "",
        at=epoch(said.get("ts")),
    )


def _event_id(said: Mapping[str, Any]) -> str | None:
    """Mandrill gives events none: its message's id, what happened and when are one event."""
    parts = [line(said.get(key)) for key in ("_id", "event", "ts")]
    return name(":".join(parts)) if all(parts) else None
