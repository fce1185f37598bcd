"""SparkPost: a batch of `{"msys": {<class of event>: {...}}}`, as its "Webhooks" documents them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from retour.model import Kind, Report
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
    "out_of_band": Kind.BOUNCE,
    "delay": Kind.DELAY,
    "delivery": Kind.DELIVERED,
    "spam_complaint": Kind.COMPLAINT,
    "list_unsubscribe": Kind.UNSUBSCRIBE,
    "link_unsubscribe": Kind.UNSUBSCRIBE,
}
_CLASSES: Final = {  # "Bounce classification codes": what is no bounce
    "25": Kind.OTHER,
    "60": Kind.AUTOREPLY,
    "80": Kind.OTHER,
    "90": Kind.UNSUBSCRIBE,
    "100": Kind.CHALLENGE,
}

_PASSING: Final = frozenset(
    [
        *("injection", "open", "initial_open", "click"),
        *("amp_open", "amp_initial_open", "amp_click"),
    ]
)


def events(value: object) -> Iterator[Told]:
    """The events of a batch; an empty `msys` is a ping and tells nothing."""
    for each in objects(value):
        for said in an_object(each, "msys").values():
            if isinstance(said, dict) and line(said.get("type")):
                yield Told(
                    _report(said),
                    name(said.get("event_id")),
                    name(said.get("transmission_id") or said.get("message_id")),
                    tags(said.get("campaign_id"), said.get("rcpt_tags")),
                    metadata(said.get("rcpt_meta")),
                    passing=passing(line(said.get("type")), _PASSING),
                    given=(line(said.get("msg_from")),),
                )


def _report(said: Mapping[str, Any]) -> Report:
    """A policy_rejection is `other`, unless its words name a suppression (rule suppressed.sparkpost)."""
    kind, number = _KINDS.get(line(said.get("type")), Kind.OTHER), line(said.get("bounce_class"))
    if kind is Kind.BOUNCE:
        kind = _CLASSES.get(number, Kind.BOUNCE)
    elif line(said.get("fbtype")) == "not-spam":  # RFC 5965 §7.3: the contrary of a complaint
        kind = Kind.OTHER
    return report(
        "sparkpost",
        kind,
        said.get("rcpt_to") or said.get("raw_rcpt_to"),
        said.get("raw_reason") or said.get("reason"),
        told_class=f"{number}." if number and kind in (Kind.BOUNCE, Kind.DELAY) else "",
        code=said.get("error_code"),
        at=epoch(said.get("timestamp")),
    )
