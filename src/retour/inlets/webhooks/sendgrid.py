"""SendGrid: ECDSA P-256 with SHA-256 over timestamp and raw body, under a public key of the account.

"Event Webhook Security Features". The signature is DER in base64; the key that the settings page shows is
a SubjectPublicKeyInfo in base64.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from retour.inlets.webhooks.post import Post, seconds, unbased
from retour.inlets.webhooks.scheme import GENUINE, MISSING, OLD, WRONG, Finding, recent
from retour.instants import HOUR, Instant

SIGNATURE = b"x-twilio-email-event-webhook-signature"
TIMESTAMP = b"x-twilio-email-event-webhook-timestamp"
WINDOW = 25 * HOUR  # it tries again for a day, perhaps with the time of the first try
# The hash is made apart: the library lets other threads run at each step of its own, and a thread that
# commits then holds up the one that verifies, three times a post.
_ALGORITHM = ec.ECDSA(Prehashed(SHA256()))


@dataclass(frozen=True, slots=True)
class Ecdsa:
    """One public key, or two while it is exchanged."""

    keys: Sequence[ec.EllipticCurvePublicKey]

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the two headers."""
        text, timestamp = post.header(SIGNATURE), post.header(TIMESTAMP)
        signature = unbased(text) if text else None
        if not signature or not timestamp:
            return MISSING
        digest = sha256(timestamp)
        digest.update(post.body)
        if not any(_signed(key, signature, digest.digest()) for key in self.keys):
            return WRONG
        return GENUINE if recent(seconds(timestamp), now, WINDOW) else OLD


def _signed(key: ec.EllipticCurvePublicKey, signature: bytes, digest: bytes) -> bool:
    try:
        key.verify(signature, digest, _ALGORITHM)
    except InvalidSignature:
        return False
    return True


def key(text: str) -> ec.EllipticCurvePublicKey | None:
    """The key as SendGrid shows it; None when it is no key of this kind."""
    try:
        found = load_der_public_key(unbased(text.encode()) or b"")
    except ValueError:
        return None
    return found if isinstance(found, ec.EllipticCurvePublicKey) else None
