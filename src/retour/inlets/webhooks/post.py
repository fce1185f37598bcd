"""One request as it came in. Nothing of it is believed, and nothing of it is parsed before it is verified."""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Post:
    """A POST with its whole body; header names are in lower case."""

    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    query: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """The value of a header that stands there exactly once and is not empty; None otherwise.

        Of two headers with one name a proxy may have checked the other one.
        """
        found = self.all(name)
        return found[0].strip() or None if len(found) == 1 else None

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]


def unbased(text: bytes) -> bytes | None:
    """What stands in base64 (RFC 4648 §4); None for what is none, or with anything in between."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def seconds(text: bytes) -> float | None:
    """A moment in seconds since 1970, in digits with or without a fraction; None for anything else."""
    whole, point, fraction = text.partition(b".")
    if not (0 < len(whole) <= 11 and whole.isdigit()) or (point and not (fraction.isdigit())):
        return None
    return float(text) if len(text) < 30 else None
