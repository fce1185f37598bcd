"""Postal: RSA (PKCS #1 v1.5) with SHA-1 over the raw body, under the key of the server.

The key is written down in the settings, never fetched from a server that a post names. Postal prints it as
the `p=` of its DKIM record; PEM is taken as well. SHA-1 signs here nothing that a stranger chose.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from retour.inlets.webhooks.post import Post, unbased
from retour.inlets.webhooks.scheme import GENUINE, MISSING, WRONG, Finding
from retour.instants import Instant

SIGNATURE = b"x-postal-signature"


@dataclass(frozen=True, slots=True)
class Rsa:
    """One public key, or two while it is exchanged."""

    keys: Sequence[RSAPublicKey]

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the header."""
        text = post.header(SIGNATURE)
        signature = unbased(text) if text else None
        if not signature:
            return MISSING
        return GENUINE if any(_signed(key, signature, post.body) for key in self.keys) else WRONG


def _signed(key: RSAPublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data, PKCS1v15(), SHA1())  # noqa: S303 - what Postal signs with
    except InvalidSignature:
        return False
    return True


def key(text: str) -> RSAPublicKey | None:
    """The key out of PEM or the base64 of a DKIM record; None when it is no RSA key."""
    try:
        if text.lstrip().startswith("-----BEGIN"):
            found = load_pem_public_key(text.encode())
        else:
            found = load_der_public_key(unbased("".join(text.split()).encode()) or b"")
    except ValueError:
        return None
    return found if isinstance(found, RSAPublicKey) else None
