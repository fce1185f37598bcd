"""KumoMTA: records of its log, posted by a hook one by one or by lines, as "Log Record" has them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

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
    strings,
    within,
    zoned,
)

_KINDS: Final = {
    "Bounce": Kind.BOUNCE,
    "OOB": Kind.BOUNCE,  # a bounce mail that came later
    "Expiration": Kind.BOUNCE,
    "TransientFailure": Kind.DELAY,
    "Feedback": Kind.COMPLAINT,
    "Delivery": Kind.DELIVERED,
}

_PASSING: Final = frozenset(
    ["Reception", "Rejection", "XferIn", "XferOut", "AdminRebind", "DeferredInjectionRebind"]
)


def events(value: object) -> Iterator[Told]:
    """The records, each once a recipient. What was refused on its way in (Rejection) is no bounce: other."""
    for said in objects(value):
        kind = line(said.get("type"))
        if not kind or ("recipient" not in said and "response" not in said):
            continue
        if kind == "Feedback":
            yield from _complained(said)
            continue
        recipients = strings(said.get("recipient")) or [None]
        for number, recipient in enumerate(recipients):
            yield _told(_KINDS.get(kind, Kind.OTHER), said, recipient, number)


def _complained(said: Mapping[str, Any]) -> Iterator[Told]:
    """A feedback report came to a mailbox of ours, the `recipient`; whom it is about stands in the report."""
    about = an_object(said, "feedback_report")
    named = strings(about.get("original_rcpt_to")) or strings(
        within(about, "supplemental_trace", "recipient")
    )
    kind = Kind.COMPLAINT if line(about.get("feedback_type")) in ("abuse", "") else Kind.OTHER
    for number, recipient in enumerate(named or [None]):
        yield _told(kind, said, recipient, number)._replace(ambiguous=len(named) > 1)


def _told(kind: Kind, said: Mapping[str, Any], recipient: object, number: int) -> Told:
    """QUIRK: the 551 of an Expiration is KumoMTA's own, and says nothing of a user (kumomta-lines)."""
    answer = an_object(said, "response")
    told_class = line(said.get("bounce_classification"))
    if said.get("type") == "Expiration" and told_class in ("", "Uncategorized"):
        told_class = "expiration"
    parts = (said.get("id"), said.get("type"), said.get("num_attempts"), number or None)
    return Told(
        report(
            "kumomta",
            kind,
            recipient,
            answer.get("content"),
            told_class=told_class if kind in (Kind.BOUNCE, Kind.DELAY) else "",
            code=answer.get("code") if said.get("type") != "Expiration" else None,
            status=_status(an_object(answer, "enhanced_code")),
            host=within(said, "peer_address", "name"),
            at=zoned(said.get("event_time")) or epoch(said.get("timestamp")),
        ),
        name(":".join(filter(None, map(line, parts)))) if said.get("id") else None,
        _message_id(said),
        (),
        metadata(said.get("meta")),
        passing=passing(said.get("type"), _PASSING),
        given=(line(said.get("sender")),),
    )


def _message_id(said: Mapping[str, Any]) -> str | None:
    """The Message-ID where it is logged, as in the log itself: then both tell of one message."""
    for key, value in an_object(said, "headers").items():
        if key.lower() == "message-id":
            return name(next(iter(strings(value)), None)) or name(said.get("id"))
    return name(said.get("id"))


def _status(code: Mapping[str, Any]) -> str | None:
    digits = [line(code.get(part)) for part in ("class", "subject", "detail")]
    return ".".join(digits) if all(digit.isdecimal() for digit in digits) else None
