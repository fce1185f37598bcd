"""Mailgun: one event a post under `event-data`, as its documentation has it in "Event Structure".

Forms of older days (one field a value, `event` bounced or dropped) are still posted by old webhooks.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Kind, Report
from retour.parse.providers.bodies import decoded
from retour.parse.providers.told import (
    Told,
    an_object,
    epoch,
    is_reply,
    line,
    metadata,
    name,
    passing,
    report,
    strings,
    tags,
    within,
)

_KINDS: Final = {
    "failed": Kind.BOUNCE,
    "bounced": Kind.BOUNCE,  # of forms
    "dropped": Kind.SUPPRESSED,  # of forms
    "delivered": Kind.DELIVERED,
    "complained": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBE,
}
_OWN: Final = frozenset(
    [
        "event",
        "recipient",
        "domain",
        "message-headers",
        "message-id",
        "timestamp",
        "token",
        "signature",
        "code",
        "error",
        "notification",
        "reason",
        "description",
        "body-plain",
        "body-html",
        "attachment-count",
        "campaign-id",
        "campaign-name",
        "mailing-list",
        "x-mailgun-sid",
        "x-mailgun-tag",
        "tag",
        "ip",
        "country",
        "region",
        "city",
        "user-agent",
        "device-type",
        "client-type",
        "client-name",
        "client-os",
        "url",
        "recipient-domain",
    ]
)

_PASSING: Final = frozenset({"accepted", "stored", "opened", "clicked"})


def events(value: object) -> Iterator[Told]:
    """The event of a post, or of a form."""
    said = an_object(value)
    data = an_object(said, "event-data")
    if data:
        status = an_object(data, "delivery-status")
        message_id = within(data, "message", "headers", "message-id")
        yield Told(
            _report(data, status),
            name(within(said, "signature", "token")) or name(data.get("id")),
            name(message_id),
            tags(data.get("tags")),
            metadata(data.get("user-variables")),
            passing=passing(line(data.get("event")), _PASSING),
            given=(line(within(data, "envelope", "sender")),),
        )
    elif "event" in said:
        yield _of_form(said)


def _report(data: Mapping[str, Any], status: Mapping[str, Any]) -> Report:
    event, why = line(data.get("event")), line(data.get("reason"))
    kind = _KINDS.get(event, Kind.OTHER)
    if kind is Kind.BOUNCE and data.get("severity") == "temporary":
        kind = Kind.DELAY
    elif kind is Kind.BOUNCE and why.startswith("suppress-"):
        kind = Kind.SUPPRESSED
    words = [line(status.get(key)) for key in ("message", "description")] + [
        line(within(data, "reject", "reason"))
    ]
    return report(
        "mailgun",
        kind,
        data.get("recipient") or within(data, "message", "headers", "to"),
        next(filter(None, words), ""),
        told_class=why if kind is Kind.BOUNCE else "",
        code=_code(status),
        status=status.get("enhanced-code") or status.get("bounce-code"),
        host=status.get("mx-host"),
        at=epoch(data.get("timestamp")),
    )


def _code(status: Mapping[str, Any]) -> str:
    """The reply code: `bounce-code` may be an enhanced one, `code` one of Mailgun's own (605)."""
    codes = [line(status.get(key)) for key in ("bounce-code", "code")]
    return next(filter(is_reply, codes), "")


def _of_form(said: Mapping[str, Any]) -> Told:
    kind = _KINDS.get(line(said.get("event")), Kind.OTHER)
    why = line(said.get("reason"))
    if kind is Kind.SUPPRESSED and why == "old":  # tried for hours, then given up
        kind = Kind.BOUNCE
    code = line(said.get("code"))
    listed = _headers(said.get("message-headers"))
    return Told(
        report(
            "mailgun",
            kind,
            said.get("recipient"),
            said.get("error") or said.get("description"),
            told_class=why if kind is Kind.BOUNCE else "",
            code=code,
            status=code if "." in code else None,
            at=epoch(said.get("timestamp")),
        ),
        name(said.get("token")),
        name(said.get("Message-Id") or said.get("message-id") or listed.get("message-id")),
        tags(said.get("X-Mailgun-Tag"), said.get("tag")),
        metadata({key: each for key, each in said.items() if key.lower() not in _OWN}),
        passing=passing(line(said.get("event")), _PASSING),
    )


def _headers(value: object) -> dict[str, object]:
    """The headers of the message: a JSON array of pairs in a field."""
    try:
        pairs = decoded(line(value) or "[]")
    except (ValueError, RecursionError):
        return {}
    listed = [pair for pair in strings(pairs) if isinstance(pair, list) and len(pair) == 2]
    return {line(pair[0]).lower(): pair[1] for pair in listed}
