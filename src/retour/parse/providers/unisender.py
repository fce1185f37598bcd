"""Unisender Go: events of several users in one post, or one event flat, as "Callback format" has it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.instants import Instant
from retour.model import Kind
from retour.parse.providers.told import Told, an_object, line, metadata, name, objects, passing, report, zoned

_KINDS: Final = {
    "hard_bounced": Kind.BOUNCE,
    "soft_bounced": Kind.BOUNCE,
    "spam": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBE,
    "delivered": Kind.DELIVERED,
}
_UNSENT: Final = frozenset({"err_unsubscribed", "err_blacklisted", "err_not_allowed"})  # on a list of its own

_PASSING: Final = frozenset({"sent", "opened", "clicked"})
_BLOCKS: Final = frozenset({"transactional_spam_block"})  # of a server, not of a recipient


def events(value: object) -> Iterator[Told]:
    """The events of a post. Spam blocks are about no recipient."""
    if "events_by_user" not in an_object(value):
        yield from _told(an_object(value))
    for user in objects(value, "events_by_user"):
        for event in objects(user, "events"):
            yield from _told({**an_object(event, "event_data"), "event_name": event.get("event_name")})


def _told(said: Mapping[str, Any]) -> Iterator[Told]:
    if not line(said.get("event_name")) and not line(said.get("status")):
        return
    status, about = line(said.get("status")), an_object(said, "delivery_info")
    kind, told_class = _KINDS.get(status, Kind.OTHER), line(about.get("delivery_status"))
    if kind is Kind.BOUNCE and told_class in _UNSENT:
        kind = Kind.SUPPRESSED
    yield Told(
        report(
            "unisender",
            kind,
            said.get("email"),
            about.get("destination_response"),
            told_class=(told_class or status) if kind is Kind.BOUNCE else "",
            at=_utc(said.get("event_time")),
        ),
        None,
        name(said.get("job_id")),
        (),
        metadata(said.get("metadata")),
        passing=passing(line(said.get("event_name")), _BLOCKS) or passing(status, _PASSING),
    )


def _utc(value: object) -> Instant | None:
    """QUIRK: the time is UTC and does not say so (unisender-batch)."""
    said = line(value)
    return zoned(said) or zoned(f"{said}Z" if said else "")
