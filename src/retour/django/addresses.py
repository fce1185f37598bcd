"""The recipients of Django's messages."""

import copy
from collections.abc import Container
from email.utils import parseaddr

from django.core.mail import EmailMessage


def addr_spec(text: str) -> str:
    """The address in "Ann <ann@b.example>"; what cannot be read is left, and answered as no address."""
    read = parseaddr(str(text))[1]
    return read if "@" in read else str(text).strip()


def of_message(message: EmailMessage) -> list[str]:
    """Every recipient once, as an address."""
    return list(dict.fromkeys(addr_spec(text) for text in message.recipients()))


def without(message: EmailMessage, refused: Container[str]) -> EmailMessage:
    """A copy without these recipients; the caller's own message stays as it is."""
    left = copy.copy(message)
    left.connection = None  # the wrapped backend sends it
    left.extra_headers = dict(message.extra_headers)
    for name in ("to", "cc", "bcc"):
        setattr(left, name, [text for text in getattr(message, name) if addr_spec(text) not in refused])
    return left
