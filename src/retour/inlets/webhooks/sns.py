"""Amazon SNS over HTTP, and the clone of it that Scaleway runs: RSA over named fields of the envelope.

"Verifying the signatures of Amazon SNS messages". The signature proves that SNS posts, not that it is about
us: any account of Amazon can point a topic here. So the topic must be among those the operator listed, and
the host of the certificate is the one that belongs to the region of that topic, whatever the envelope says.
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from retour.inlets.webhooks.post import Post, unbased
from retour.inlets.webhooks.scheme import (
    MISSING,
    WRONG,
    Finding,
    Genuine,
    Later,
    Refused,
    Subscription,
    Why,
)
from retour.inlets.webhooks.topics import Rule
from retour.instants import Instant

# Version 1 is what topics have where nobody chose; recommended is 2.
_HASHES: Mapping[str, HashAlgorithm] = {"1": SHA1(), "2": SHA256()}  # noqa: S303
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Mapping[str, Sequence[str]] = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_OPTIONAL = "Subject"  # stands there, and in what is signed, only where the message has one


class CertificateError(Exception):
    """The certificate cannot be had just now."""


class Certificates(Protocol):
    """Where the keys come from."""

    async def key(self, host: str, path: str, now: Instant) -> RSAPublicKey | None:
        """The key of the certificate there; None for one that is expired or none. Raises CertificateError."""


@dataclass(frozen=True, slots=True)
class Sns:
    """Topics that may post here, and the rule that says where their certificates are."""

    topics: Set[str]
    rule: Rule
    certificates: Certificates

    async def verify(self, post: Post, now: Instant) -> Finding:
        """By the envelope."""
        said = _envelope(post.body)
        if said is None or "Signature" not in said or said.get("Type") not in _SIGNED:
            return Refused(Why.RAW)
        signature, signed = unbased(said["Signature"].encode("utf-8", "replace")), _canonical(said)
        if not signature or signed is None:
            return MISSING
        algorithm = _HASHES.get(said.get("SignatureVersion", ""))
        if algorithm is None:
            return Refused(Why.VERSION)
        if said["TopicArn"] not in self.topics:
            return Refused(Why.TOPIC)
        place = self.rule.certificate(said["TopicArn"], said.get("SigningCertURL", ""))
        if place is None:
            return Refused(Why.CERTIFICATE)
        try:
            key = await self.certificates.key(*place, now)
        except CertificateError as error:
            return Later(str(error))
        if key is None:
            return Refused(Why.CERTIFICATE)
        return _found(said) if _verified(key, signature, signed, algorithm) else WRONG


def _envelope(body: bytes) -> Mapping[str, str] | None:
    """The texts of the envelope by name; None for anything but an object."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    return {name: value for name, value in said.items() if isinstance(value, str)}


def _canonical(said: Mapping[str, str]) -> bytes | None:
    """What is signed: the fields of its type with their names, a line each; None where one is missing."""
    names = [name for name in _SIGNED[said["Type"]] if name in said or name != _OPTIONAL]
    if not all(name in said for name in names):
        return None
    text = "".join(f"{name}\n{said[name]}\n" for name in names)
    return text.encode("utf-8", "surrogatepass")


def _verified(key: RSAPublicKey, signature: bytes, signed: bytes, algorithm: HashAlgorithm) -> bool:
    try:
        key.verify(signature, signed, PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def _found(said: Mapping[str, str]) -> Finding:
    """A notification is named by what is signed of it: a later try may be signed with another key."""
    if said["Type"] != "Notification":
        return Subscription(said["TopicArn"], said["Token"], said["Type"])
    message = sha256(said["Message"].encode("utf-8", "surrogatepass")).hexdigest()
    return Genuine(f"{said['TopicArn']} {said['MessageId']} {message}")
