"""Azure Event Grid with Microsoft Entra: a JWT of the operator's own tenant stands in Authorization.

"Secure webhook delivery with Microsoft Entra ID in Azure Event Grid". RS256 alone (RFC 7518 §3.3), by keys of
the place that the settings name; issuer, audience, application and time are held to them (RFC 8725 §3). The
token does not cover the body, so it holds on TLS only.
"""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from retour.inlets.webhooks.credentials import authorization
from retour.inlets.webhooks.post import Post
from retour.inlets.webhooks.scheme import GENUINE, MISSING, OLD, WRONG, Finding, Later
from retour.instants import MINUTE, SECOND, Instant

EVENT_GRID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"  # Event Grid's own application, the same in every tenant
SKEW = 5 * MINUTE
_LONGEST = 8 * 1024  # octets of a token
_BITS = 2048
_MOST_KEYS = 50


class KeysError(Exception):
    """The keys cannot be had just now."""


class SigningKeys(Protocol):
    """Where the keys of the tenant come from."""

    async def key(self, id: str, now: Instant) -> RSAPublicKey | None:
        """The key of this id; None where the tenant has none of it. Raises KeysError."""


@dataclass(frozen=True, slots=True)
class Entra:
    """Who may post: an application of one tenant, with a token for one audience."""

    tenant: str
    audience: str
    application: str
    keys: SigningKeys

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the header Authorization."""
        token = authorization(post, b"bearer")
        if not token or len(token) > _LONGEST:
            return MISSING
        signed, _, signature = token.rpartition(b".")
        head, _, claims = signed.partition(b".")
        told, said, proof = _object(head), _object(claims), _unbased(signature)
        if told is None or said is None or not proof:
            return MISSING
        if told.get("alg") != "RS256" or not isinstance(told.get("kid"), str) or "crit" in told:
            return WRONG
        try:
            key = await self.keys.key(told["kid"], now)
        except KeysError as error:
            return Later(str(error))
        if key is None or not _signed(key, proof, signed) or not self._is_ours(said):
            return WRONG
        return GENUINE if _is_now(said, now) else OLD

    def _is_ours(self, said: Mapping[str, Any]) -> bool:
        """Version 1.0 and 2.0 tokens name issuer and application differently ("Access token claims")."""
        issuers = (
            f"https://sts.windows.net/{self.tenant}/",
            f"https://login.microsoftonline.com/{self.tenant}/v2.0",
        )
        return (
            said.get("iss") in issuers
            and said.get("tid") == self.tenant
            and said.get("aud") == self.audience
            and said.get("azp" if said.get("ver") == "2.0" else "appid") == self.application
        )


def read_keys(octets: bytes) -> Mapping[str, RSAPublicKey] | None:
    """The RSA keys of a JWK set by their ids (RFC 7517 §5, RFC 7518 §6.3); None for what is no such set."""
    try:
        listed = json.loads(octets)["keys"][:_MOST_KEYS]
        return {each["kid"]: key for each in listed if (key := _key(each)) is not None}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None


def _key(told: Any) -> RSAPublicKey | None:
    if (
        not isinstance(told, dict)
        or told.get("kty") != "RSA"
        or told.get("use", "sig") != "sig"
        or not isinstance(told["kid"], str)
    ):
        return None
    modulus, exponent = _unbased(told["n"].encode()), _unbased(told["e"].encode())
    if not modulus or not exponent:
        return None
    key = RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus)).public_key()
    return key if key.key_size >= _BITS else None


def _signed(key: RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _is_now(said: Mapping[str, Any], now: Instant) -> bool:
    begins, ends = said.get("nbf", 0), said.get("exp")
    if not isinstance(begins, int) or not isinstance(ends, int):
        return False
    return begins * SECOND - SKEW <= now < ends * SECOND + SKEW


def _object(text: bytes) -> Mapping[str, Any] | None:
    try:
        said = json.loads(_unbased(text) or b"")
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _unbased(text: bytes) -> bytes | None:
    """Base64url without its padding (RFC 7515 §2)."""
    if not text or text.strip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"):
        return None
    try:
        return urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return None
