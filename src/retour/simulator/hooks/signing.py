"""How a provider says who it is: signatures and secrets, made as its documents have them.

Written apart from what verifies them (`retour.inlets`), so that both would have to be wrong alike.
"""

import hmac
import json
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NoBase64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import md5, sha1
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from retour.instants import SECOND
from retour.instants import text as moment

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
)


class HookError(Exception):
    """A post that cannot be made; `code` is a key under [hook] in texts/simulator.en.toml."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class Signer:
    """What a post is signed with. Which of the fields count depends on the scheme."""

    key: str = field(default="", repr=False)
    header: str = "X-Retour-Key"  # its name, where the operator chooses it
    query: str = "key"
    url: str = ""  # the public one, as the provider was told it
    topic: str = TOPIC
    certificate: str = CERTIFICATE


@dataclass(frozen=True, slots=True)
class Request:
    """A post on its way."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""


Scheme = Callable[[Any, Signer, int], Request]
"""JSON values, what to sign with, and the time in seconds → the request."""

_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _path(said: Any, by: Signer, at: int) -> Request:
    """Nothing but the secret path of the URL."""
    return Request(_json(said), _JSON)


def _header(said: Any, by: Signer, at: int) -> Request:
    return Request(_json(said), _JSON | {by.header: _key(by)})


def _query(said: Any, by: Signer, at: int) -> Request:
    return Request(_json(said), _JSON, urlencode({by.query: _key(by)}))


def _basic(said: Any, by: Signer, at: int) -> Request:
    return Request(_json(said), _JSON | {"Authorization": f"Basic {_base64(_key(by).encode())}"})


def _bearer(said: Any, by: Signer, at: int) -> Request:
    return Request(_json(said), _JSON | {"Authorization": f"Bearer {_key(by)}"})


def _hmac(said: Any, by: Signer, at: int) -> Request:
    """MailerSend: hexadecimal HMAC-SHA256 of the body in `Signature`; others in a header of their choice."""
    body = _json(said)
    return Request(body, _JSON | {by.header: hmac.new(_key(by).encode(), body, "sha256").hexdigest()})


def _standard(said: Any, by: Signer, at: int) -> Request:
    """Standard Webhooks (Resend, Svix): HMAC-SHA256 over `id.timestamp.body`."""
    body, id = _json(said), f"msg_{uuid4().hex}"
    try:
        octets = b64decode(_key(by).removeprefix("whsec_"), validate=True)
    except NoBase64Error as error:
        raise HookError("no_base64") from error
    digest = hmac.digest(octets, f"{id}.{at}.".encode() + body, "sha256")
    headers = {"svix-id": id, "svix-timestamp": str(at), "svix-signature": f"v1,{_base64(digest)}"}
    return Request(body, _JSON | headers)


def _mailgun(said: Any, by: Signer, at: int) -> Request:
    """In the body; it covers time and token, not the event."""
    stamp, token = str(at), secrets.token_hex(25)
    signature = hmac.new(_key(by).encode(), (stamp + token).encode(), "sha256").hexdigest()
    signed = {"timestamp": stamp, "token": token, "signature": signature}
    return Request(_json({"signature": signed, "event-data": said}), _JSON)


def _mandrill(said: Any, by: Signer, at: int) -> Request:
    """HMAC-SHA1 over the public URL and the sorted pairs of the form."""
    if not by.url:
        raise HookError("no_public_url")
    fields = {"mandrill_events": _json(said).decode()}
    text = by.url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(_key(by).encode(), text.encode(), sha1).digest()
    return Request(urlencode(fields).encode(), _FORM | {"X-Mandrill-Signature": _base64(digest)})


def _unisender(said: Any, by: Signer, at: int) -> Request:
    """MD5 over the body with the key in the place of the digest."""
    before = b'{"auth":"%b","events_by_user":' + _json(said).replace(b"%", b"%%") + b"}"
    digest = md5(before % _key(by).encode(), usedforsecurity=False).hexdigest()
    return Request(before % digest.encode(), _JSON)


def _ecdsa(said: Any, by: Signer, at: int) -> Request:
    """SendGrid: ECDSA over P-256 of time and body."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    body, private = _json(said), _private(by)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise HookError("no_private_key", form="ECDSA P-256")
    signature = private.sign(str(at).encode() + body, ECDSA(SHA256()))
    name = "X-Twilio-Email-Event-Webhook-"
    return Request(body, _JSON | {f"{name}Signature": _base64(signature), f"{name}Timestamp": str(at)})


def _rsa(said: Any, by: Signer, at: int) -> Request:
    """Postal: RSA with SHA-1 over the body."""
    body = _json(said)
    return Request(body, _JSON | {"X-Postal-Signature": _by_rsa(body, by)})


_SIGNED_BY_SNS = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")


def _sns(said: Any, by: Signer, at: int) -> Request:
    """The envelope of SNS, signature version 1; for who verifies with a certificate of his own."""
    envelope = {
        "Type": "Notification",
        "MessageId": str(uuid4()),
        "TopicArn": by.topic,
        "Message": _json(said).decode(),
        "Timestamp": moment(at * SECOND),
        "SignatureVersion": "1",
        "SigningCertURL": by.certificate,
    }
    signed = "".join(f"{name}\n{envelope[name]}\n" for name in _SIGNED_BY_SNS)
    envelope["Signature"] = _by_rsa(signed.encode(), by)
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}
    return Request(_json(envelope), headers | {"x-amz-sns-topic-arn": by.topic})


SCHEMES: Mapping[str, Scheme] = {
    "path": _path,
    "header": _header,
    "query": _query,
    "basic": _basic,
    "bearer": _bearer,
    "hmac": _hmac,
    "standard": _standard,
    "mailgun": _mailgun,
    "mandrill": _mandrill,
    "unisender": _unisender,
    "ecdsa": _ecdsa,
    "rsa": _rsa,
    "sns": _sns,
}


def _by_rsa(octets: bytes, by: Signer) -> str:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA1

    private = _private(by)
    if not isinstance(private, RSAPrivateKey):
        raise HookError("no_private_key", form="RSA")
    return _base64(private.sign(octets, PKCS1v15(), SHA1()))  # noqa: S303 - what Postal and SNS v1 sign with


def _private(by: Signer) -> "PrivateKeyTypes":
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(_key(by).encode(), None)
    except (ValueError, TypeError) as error:
        raise HookError("no_private_key", form="PEM") from error


def _key(by: Signer) -> str:
    if not by.key:
        raise HookError("no_key")
    return by.key


def _json(said: Any) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode()
