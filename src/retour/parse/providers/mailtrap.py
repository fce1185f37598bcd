"""Mailtrap: a batch under `events`, as "Webhooks" of its sending documents them."""

from collections.abc import Iterator
from typing import Final

from retour.model import Kind
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
    "bounce": Kind.BOUNCE,
    "soft bounce": Kind.BOUNCE,
    "reject": Kind.SUPPRESSED,
    "spam": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "delivery": Kind.DELIVERED,
}

_PASSING: Final = frozenset({"open", "click"})


def events(value: object) -> Iterator[Told]:
    """The events of a batch, or the one that stands alone."""
    for said in objects(an_object(value).get("events", value)):
        event = line(said.get("event"))
        if event:
            kind = _KINDS.get(event, Kind.OTHER)
            yield Told(
                report(
                    "mailtrap",
                    kind,
                    said.get("email"),
                    said.get("response") or said.get("reason"),
                    told_class=_class(event, said.get("bounce_category")) if kind is Kind.BOUNCE else "",
                    code=said.get("response_code"),
                    at=epoch(said.get("timestamp")),
                ),
                name(said.get("event_id")),
                name(said.get("message_id")),
                tags(said.get("category")),
                metadata(said.get("custom_variables")),
                passing=passing(event, _PASSING),
            )


def _class(event: str, category: object) -> str:
    return f"{event.replace(' ', '-')} {line(category)}".strip()
