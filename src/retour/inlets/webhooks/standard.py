"""Standard Webhooks, as Resend and all others post that send through Svix.

The header `webhook-signature` (or `svix-signature`) lists signatures, split by spaces, each with its version:
`v1` is base64 of HMAC-SHA256 over `id.timestamp.body`. Versions that we do not know (v1a is asymmetric) are
skipped. A key is base64, mostly with `whsec_` before it.
"""

import hmac
from dataclasses import dataclass

from retour.inlets.webhooks.post import Post, seconds, unbased
from retour.inlets.webhooks.scheme import MISSING, OLD, WRONG, Finding, Genuine, Key, Keys, any_fits, recent
from retour.instants import SECOND, Instant

WINDOW = 300 * SECOND  # Standard Webhooks: five minutes, either way
_SIGNATURES = 20
_FAMILIES = ((b"webhook-id", b"webhook-timestamp", b"webhook-signature"),
             (b"svix-id", b"svix-timestamp", b"svix-signature"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standard:
    """Any one valid signature is enough: the sender lists one for each of its keys."""

    keys: Keys

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the three headers, of one family."""
        told = next(filter(None, (_told(post, family) for family in _FAMILIES)), None)
        if told is None:
            return MISSING
        id, timestamp, listed = told
        signed = b"%b.%b.%b" % (id, timestamp, post.body)
        made = [hmac.digest(key.octets, signed, "sha256") for key in self.keys]
        given = _signatures(listed)
        if not given:
            return MISSING
        if not any(any_fits(made, each) for each in given):
            return WRONG
        return Genuine() if recent(seconds(timestamp), now, WINDOW) else OLD


def _told(post: Post, family: tuple[bytes, bytes, bytes]) -> tuple[bytes, bytes, bytes] | None:
    id, timestamp, listed = (post.header(name) for name in family)
    return (id, timestamp, listed) if id and timestamp and listed else None


def _signatures(listed: bytes) -> list[bytes]:
    split = (each.partition(b",") for each in listed.split(b" ")[:_SIGNATURES])
    return [known for version, _, text in split if version == b"v1" and (known := unbased(text))]


def key(text: str) -> Key | None:
    """The key in a secret as the sender shows it; None when it is not one."""
    octets = unbased(text.removeprefix("whsec_").encode())
    return Key(octets) if octets else None
