"""Mailgun: the signature stands in the body and covers a time and a random token, not the event.

Whoever sees one post could write another under its token. So a token is believed with one body only: the
arrival is named after the token, and the inbox, which keeps the names of all arrivals, remembers them.
"Securing webhooks"; forms of older days have the three values as fields.
"""

import hmac
from dataclasses import dataclass
from typing import Any

from retour.inlets.webhooks.digest import unhexed
from retour.inlets.webhooks.post import Post, seconds
from retour.inlets.webhooks.scheme import MISSING, OLD, WRONG, Finding, Genuine, Keys, any_fits, recent
from retour.instants import HOUR, Instant
from retour.parse.providers.bodies import values_of

WINDOW = 25 * HOUR  # it tries again for eight hours; no token is older than that
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Mailgun:
    """The signing key of the account, or two while it is exchanged."""

    keys: Keys

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the signature in the body."""
        told = _told(post.body)
        if told is None:
            return MISSING
        timestamp, token, signature = told
        made = [hmac.digest(key.octets, timestamp + token, "sha256") for key in self.keys]
        if not any_fits(made, signature):
            return WRONG
        if not recent(seconds(timestamp), now, WINDOW):
            return OLD
        return Genuine(f"token {token.decode('ascii')}", once=True)


def _told(body: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Time, token and signature; None where one is missing, twice there, or no text of ASCII."""
    values, _ = values_of(body)
    said: Any = values[0] if values and isinstance(values[0], dict) else {}
    signed = said.get("signature")
    fields: dict[str, Any] = signed if isinstance(signed, dict) else said
    timestamp, token, text = (_ascii(fields.get(name)) for name in ("timestamp", "token", "signature"))
    signature = unhexed(text)
    return (timestamp, token, signature) if timestamp and token and signature else None


def _ascii(value: object) -> bytes:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**11 else ""
    if not isinstance(value, str) or not value.isascii() or len(value) > _LONGEST:
        return b""
    return value.encode()
