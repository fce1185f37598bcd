"""The providers whose posts can be read, by name, and the reading of one body."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from retour.parse.providers import (
    azure,
    brevo,
    kumomta,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    scaleway,
    sendgrid,
    ses,
    sparkpost,
    unisender,
)
from retour.parse.providers.bodies import values_of
from retour.parse.providers.told import EVENTS, Told

TOO_MANY = "too_many_events"  # defect: the rest of the body was left alone
NO_EVENT = "no_event"  # defect: JSON in which this provider's events do not stand

READERS: Mapping[str, Callable[[Any], Iterator[Told]]] = {
    "ses": ses.events,
    "sendgrid": sendgrid.events,
    "mailgun": mailgun.events,
    "postmark": postmark.events,
    "brevo": brevo.events,
    "mailjet": mailjet.events,
    "sparkpost": sparkpost.events,
    "mandrill": mandrill.events,
    "resend": resend.events,
    "postal": postal.events,
    "mailersend": mailersend.events,
    "mailtrap": mailtrap.events,
    "unisender": unisender.events,
    "scaleway": scaleway.events,
    "azure": azure.events,
    "kumomta": kumomta.events,
}


class Body(NamedTuple):
    """All that one body tells, in its order, and what was wrong with it."""

    told: tuple[Told, ...] = ()
    defects: tuple[str, ...] = ()


def read_body(provider: str, raw: bytes) -> Body:
    """What the body of a provider's post tells. Never raises on any bytes; `provider` is one of READERS."""
    values, defects = values_of(raw)
    told: list[Told] = []
    for value in values:
        for each in READERS[provider](value):
            if len(told) == EVENTS:
                return Body(tuple(told), (*defects, TOO_MANY))
            told.append(each)
    if not told and not defects:
        defects = (NO_EVENT,)
    return Body(tuple(told), defects)
