"""A keyed digest of the body in a header: MailerSend, and any sender whose form an operator writes down.

MailerSend: `Signature` is the hexadecimal HMAC-SHA256 of the raw body under the signing secret.
"""

import hmac
import re
from dataclasses import dataclass

from retour.inlets.webhooks.post import Post, seconds, unbased
from retour.inlets.webhooks.scheme import GENUINE, MISSING, OLD, WRONG, Finding, Keys, any_fits, recent
from retour.instants import SECOND, Instant

WINDOW = 300 * SECOND  # where a time is signed: what Standard Webhooks allows

_PIECE = re.compile(r"(\{body\}|\{timestamp\})")


@dataclass(frozen=True, slots=True)
class Digest:
    """HMAC over a template of the body and, where it names one, the time in a header."""

    keys: Keys
    header: bytes  # in lower case
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: bytes = b""  # before the digest, as in "sha256="
    template: str = "{body}"
    timestamp: bytes = b""  # the header with the time

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the digest that the header holds."""
        given = self._given(post)
        at = post.header(self.timestamp) if self.timestamp else b""
        if given is None or at is None:
            return MISSING
        signed = b"".join(self._pieces(post.body, at))
        if not any_fits([hmac.digest(key.octets, signed, self.algorithm) for key in self.keys], given):
            return WRONG
        if self.timestamp and not recent(seconds(at), now, WINDOW):
            return OLD
        return GENUINE

    def _given(self, post: Post) -> bytes | None:
        value = post.header(self.header) or b""
        if not value.startswith(self.prefix):
            return None
        text = value[len(self.prefix) :]
        return (unhexed(text) if self.encoding == "hex" else unbased(text)) or None

    def _pieces(self, body: bytes, at: bytes) -> list[bytes]:
        named = {"{body}": body, "{timestamp}": at}
        return [named.get(piece, piece.encode()) for piece in _PIECE.split(self.template)]


def unhexed(text: bytes) -> bytes | None:
    """What stands in hexadecimal digits; None for anything else, also with spaces between."""
    try:
        return bytes.fromhex(text.decode("ascii")) if text.isalnum() else None
    except ValueError:
        return None
