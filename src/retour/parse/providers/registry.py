"""The providers whose posts can be read, by name, and the reading of one body."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from retour.parse.providers import (
    azure,
    brevo,
    generic,
    kumomta,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    powermta,
    resend,
    scaleway,
    sendgrid,
    ses,
    sparkpost,
    unisender,
)
from retour.parse.providers.bodies import EVENTS, TOO_MANY, values_of
from retour.parse.providers.told import Told

NO_EVENT: Final = "no_event"  # defect: JSON in which this provider's events do not stand

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
    "powermta": powermta.events,
    "generic": generic.events,
}

# What comes in another form than JSON, or in JSON that has to be read with care.
BODIES: Final = {"powermta": powermta.rows_of, "sendgrid": sendgrid.values}


class Body(NamedTuple):
    """All that one body tells, in its order, and what was wrong with it."""

    told: tuple[Told, ...] = ()
    defects: tuple[str, ...] = ()


def read_body(provider: str, raw: bytes, mapping: generic.Map | None = None) -> Body:
    """What the body of a provider's post tells. Never raises on any bytes.

    `provider` is one of READERS; `mapping` is for the generic one, JSON in our own words without it.
    """
    reader = READERS[provider] if mapping is None else partial(generic.events, mapping=mapping)
    values, defects = BODIES.get(provider, values_of)(raw)
    told: list[Told] = []
    for value in values:
        for each in reader(value):
            if len(told) == EVENTS:
                return Body(tuple(told), (*defects, TOO_MANY))
            told.append(each)
    if not told and not defects:
        defects = (NO_EVENT,)
    return Body(tuple(told), defects)
