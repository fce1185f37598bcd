"""The signature of Standard Webhooks (specification 1.0.0): HMAC-SHA256 over id, time and body.

The secrets are made from the key file: none is kept, and none can be read out of a database.
"""

import hmac
from base64 import b64encode
from hashlib import sha256

from retour.instants import SECOND, Instant

PREFIX = "whsec_"


def secret_of(pepper: bytes, hook: str, number: int) -> bytes:
    """The secret of a hook; another number is another secret."""
    return hmac.digest(pepper, f"webhook {hook} {number}".encode(), "sha256")


def shown(secret: bytes) -> str:
    """A secret as receivers are given it."""
    return PREFIX + b64encode(secret).decode("ascii")


def signed(id: str, at: Instant, body: bytes, secrets: tuple[bytes, ...]) -> dict[str, str]:
    """The headers of a message; with two secrets it has two signatures, and either will do."""
    told = f"{id}.{at // SECOND}.".encode() + body
    signatures = (b64encode(hmac.digest(secret, told, sha256)).decode("ascii") for secret in secrets)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at // SECOND),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
