"""Mandrill: base64 of HMAC-SHA1 over the exact URL of the webhook and its form fields, sorted by name.

"Authenticating webhook requests". The URL is the one that was entered at Mandrill, out of the settings: what
a proxy makes of Host and X-Forwarded-* is not asked.
"""

import hmac
from dataclasses import dataclass

from retour.inlets.webhooks.post import Post, unbased
from retour.inlets.webhooks.scheme import GENUINE, MISSING, WRONG, Finding, Keys, any_fits
from retour.instants import Instant
from retour.parse.providers.bodies import values_of

SIGNATURE = b"x-mandrill-signature"


@dataclass(frozen=True, slots=True)
class Mandrill:
    """The key of the webhook, or two while it is exchanged; its URL, or one for each secret path."""

    keys: Keys
    urls: Keys  # they hold the secret of the path

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the header."""
        text = post.header(SIGNATURE)
        signature = unbased(text) if text else None
        fields = _sorted(post.body)
        if not signature or fields is None:
            return MISSING
        signed = [url.octets + fields for url in self.urls]
        made = [hmac.digest(key.octets, text, "sha1") for key in self.keys for text in signed]
        return GENUINE if any_fits(made, signature) else WRONG


def _sorted(body: bytes) -> bytes | None:
    """Names and values of the form, one behind the other; None for what is no form."""
    values, defects = values_of(body)
    fields = values[0] if values and not defects else None
    if not isinstance(fields, dict):
        return None
    pairs = [(name, fields[name]) for name in sorted(fields)]
    if not all(isinstance(value, str) for _, value in pairs):
        return None  # a field that stands there twice: none of Mandrill's does
    return "".join(name + value for name, value in pairs).encode("utf-8", "replace")
