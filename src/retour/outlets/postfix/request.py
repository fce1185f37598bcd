"""A policy request as Postfix writes it: `name=value` lines (SMTPD_POLICY_README)."""

import re
from collections.abc import Mapping

Attributes = Mapping[bytes, bytes]


def attributes_of(request: bytes) -> dict[bytes, bytes]:
    """The attributes of a request. Lines without "=" are passed over; of two of a name the last counts."""
    return {
        name: value
        for name, equals, value in (line.partition(b"=") for line in request.split(b"\n"))
        if equals
    }


def text(attributes: Attributes, name: bytes) -> str:
    """One attribute as text; "" when there is none.

    Postfix hands on addresses in UTF-8 as they are (RFC 6531 §3.3); other octets make no address.
    """
    return attributes.get(name, b"").decode("utf-8", "surrogateescape")


def in_quotes(recipient: str) -> str:
    """A recipient that is no address as it stands, with its local part in quotes (RFC 5321 §4.1.2).

    QUIRK: Postfix asks the policy service and `transport_maps` for "a b"@c.example without the quotes.
    """
    local, at, domain = recipient.rpartition("@")
    content = re.sub(r'(["\\])', r"\\\1", local)
    return f'"{content}"{at}{domain}'
