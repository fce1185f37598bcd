"""Brevo (once Sendinblue): one object a post, or a batch, as "Transactional webhooks" documents them."""

from collections.abc import Iterator
from typing import Final

from retour.instants import SECOND
from retour.model import Kind
from retour.parse.providers.told import Told, epoch, line, metadata, name, objects, passing, report, tags

_KINDS: Final = {
    "hard_bounce": Kind.BOUNCE,
    "soft_bounce": Kind.BOUNCE,
    "invalid_email": Kind.BOUNCE,
    "blocked": Kind.SUPPRESSED,
    "deferred": Kind.DELAY,
    "spam": Kind.COMPLAINT,
    "complaint": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "unsubscribed": Kind.UNSUBSCRIBE,
    "delivered": Kind.DELIVERED,
}
_MILLISECOND: Final = SECOND // 1000
_MILLISECONDS: Final = 100_000_000_000  # a count above it is none of seconds before the year 5138

_PASSING: Final = frozenset(
    ["request", "sent", "opened", "unique_opened", "click", "clicked", "proxy_open", "unique_proxy_open"]
)


def events(value: object) -> Iterator[Told]:
    """The events of a post. `ts` and `date` are of the account's own zone: only `ts_epoch` is read."""
    for said in objects(value):
        event = line(said.get("event"))
        if not event:
            continue
        kind = _KINDS.get(event, Kind.OTHER)
        yield Told(
            report(
                "brevo",
                kind,
                said.get("email"),
                said.get("reason"),
                told_class=event if kind is Kind.BOUNCE else "",
                at=epoch(said.get("ts_epoch"), _unit(said.get("ts_epoch"))),
            ),
            None,  # `id` is that of the webhook, not of the event
            name(said.get("message-id")),
            tags(said.get("tags") or said.get("tag")),
            metadata(said.get("X-Mailin-custom")),
            passing=passing(event, _PASSING),
            given=(line(said.get("X-Mailin-custom")),),
        )


def _unit(value: object) -> int:
    """QUIRK: documented as ms, `ts_epoch` stands in seconds in Brevo's example (brevo-seconds)."""
    counted = line(value)
    return _MILLISECOND if counted.isdecimal() and int(counted) > _MILLISECONDS else SECOND
