"""Resend: one event a post in the form of Standard Webhooks, as "Event Types" documents them.

The id of an event is in the header `svix-id`, not in the body.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Kind, Report
from retour.parse.providers.ses import unsent
from retour.parse.providers.told import (
    Told,
    an_object,
    line,
    message_id_in,
    metadata,
    name,
    objects,
    passing,
    report,
    strings,
    tags,
    zoned,
)

_KINDS: Final = {
    "email.bounced": Kind.BOUNCE,
    "email.delivery_delayed": Kind.DELAY,
    "email.complained": Kind.COMPLAINT,
    "email.suppressed": Kind.SUPPRESSED,
    "email.delivered": Kind.DELIVERED,
}

_PASSING: Final = frozenset({"email.sent", "email.scheduled", "email.opened", "email.clicked"})


def events(value: object) -> Iterator[Told]:
    """The event of a post."""
    said = an_object(value)
    if not line(said.get("type")):
        return
    data = an_object(said, "data")
    given = data.get("tags")
    if isinstance(given, list):  # an older form: [{"name": ..., "value": ...}]
        given = {line(each.get("name")): each.get("value") for each in objects(given)}
    yield Told(
        _report(said, data),
        None,
        name(data.get("email_id")),
        tags(),
        metadata(given),
        len(strings(data.get("to"))) > 1,
        passing(line(said.get("type")), _PASSING) or _about_no_mail(said),
        other_id=message_id_in(data.get("headers")) or name(data.get("message_id")),
    )


def _about_no_mail(said: Mapping[str, Any]) -> str:
    return "other" if line(said.get("type")).startswith(("contact.", "domain.")) else ""


def _report(said: Mapping[str, Any], data: Mapping[str, Any]) -> Report:
    kind, about = _KINDS.get(line(said.get("type")), Kind.OTHER), an_object(data, "bounce")
    sub_type = line(about.get("subType"))
    if kind is Kind.BOUNCE and unsent(sub_type):  # Resend sends by Amazon SES
        kind = Kind.SUPPRESSED
    sent_to = strings(data.get("to"))
    return report(
        "resend",
        kind,
        sent_to[0] if len(sent_to) == 1 else None,  # of several it does not say which one failed
        about.get("message") or an_object(data, "failed").get("reason"),
        told_class=f"{line(about.get('type'))} {sub_type}".strip() if kind is Kind.BOUNCE else "",
        at=zoned(said.get("created_at")),
    )
