"""MailerSend: one event a post, as "Webhooks" documents the activities."""

from collections.abc import Iterator
from typing import Final

from retour.model import Kind
from retour.parse.providers.told import (
    Told,
    an_object,
    line,
    message_id_in,
    name,
    passing,
    report,
    tags,
    within,
    zoned,
)

_KINDS: Final = {
    "hard_bounced": Kind.BOUNCE,
    "soft_bounced": Kind.BOUNCE,
    "deferred": Kind.DELAY,
    "spam_complaint": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBE,
    "delivered": Kind.DELIVERED,
}

_PASSING: Final = frozenset({"queued", "sent", "opened", "opened_unique", "clicked", "clicked_unique"})


def events(value: object) -> Iterator[Told]:
    """The event of a post. `morph.reason` is what the server said, `readable_reason` MailerSend's words."""
    said = an_object(value)
    data = an_object(said, "data")
    event = line(data.get("type")) or line(said.get("type")).removeprefix("activity.")
    if event:
        kind, morph = _KINDS.get(event, Kind.OTHER), an_object(data, "morph")
        yield Told(
            report(
                "mailersend",
                kind,
                within(data, "email", "recipient", "email"),
                morph.get("reason") or morph.get("readable_reason"),
                told_class=event if kind is Kind.BOUNCE else "",
                at=zoned(data.get("created_at") or said.get("created_at")),
            ),
            name(data.get("id")),
            name(within(data, "email", "message", "id")),
            tags(within(data, "email", "tags")),
            passing=passing(event, _PASSING),
            other_id=message_id_in(within(data, "email", "headers")),
        )
