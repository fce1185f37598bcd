"""Scaleway Transactional Email: one flat event, as "Webhooks" has it; also in the envelope of Topics."""

from collections.abc import Iterator
from typing import Final

from retour.model import Kind
from retour.parse.providers.bodies import decoded
from retour.parse.providers.told import Told, an_object, line, message_id_in, name, passing, report, zoned

_KINDS: Final = {
    "email_dropped": Kind.BOUNCE,
    "email_mailbox_not_found": Kind.BOUNCE,
    "email_spam": Kind.BOUNCE,
    "email_deferred": Kind.DELAY,
    "email_blocklisted": Kind.SUPPRESSED,
    "email_delivered": Kind.DELIVERED,
}

_PASSING: Final = frozenset({"email_queued", "email_sent", "email_opened", "email_clicked"})


def events(value: object) -> Iterator[Told]:
    """The event of a post."""
    said = an_object(value)
    if isinstance(said.get("Message"), str):
        try:
            said = an_object(decoded(said["Message"]))
        except (ValueError, RecursionError):
            return
    event = line(said.get("type"))
    if event:
        kind = _KINDS.get(event, Kind.OTHER)
        yield Told(
            report(
                "scaleway",
                kind,
                said.get("email_to"),
                said.get("email_response_message"),
                told_class=event if kind is Kind.BOUNCE else "",
                code=said.get("email_response_code"),
                at=zoned(said.get("created_at")),
            ),
            name(said.get("id")),
            name(said.get("email_id")),
            passing=passing(event, _PASSING),
            other_id=message_id_in(said.get("email_headers")),
        )
