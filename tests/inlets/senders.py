"""Every provider as a sender: what it writes into a request, made the way its documents say.

Written apart from what verifies, so that both would have to be wrong alike.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

URL = "https://hooks.example/hooks/shop/"


@dataclass
class Request:
    """A post on its way."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""


Sign = Callable[[bytes, float], Request]
"""A body and the time in seconds → the request."""


@dataclass
class Sender:
    """One provider under one key."""

    provider: str
    key: str  # as the settings want it
    sign: Sign
    settings: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b'[{"event":"bounce","email":"ann@b.example"}]'
    covers_body: bool = True  # whether the signature does
    window: float = 0  # seconds, where a time is signed


def sent(text: bytes) -> str:
    return base64.b64encode(text).decode()


def password() -> str:
    return secrets.token_urlsafe(16)


def basic(provider: str) -> Sender:
    pair = f"user:{password()}"
    headers = {"Authorization": f"Basic {sent(pair.encode())}"}
    return Sender(
        provider,
        pair,
        lambda body, at: Request(body, headers),
        {"scheme": "basic"},
        b'{"RecordType":"Bounce","Type":"HardBounce","Email":"ann@b.example"}',
        covers_body=False,
    )


def bearer(provider: str) -> Sender:
    key = password()
    headers = {"Authorization": f"Bearer {key}"}
    return Sender(
        provider,
        key,
        lambda body, at: Request(body, headers),
        {"scheme": "bearer"},
        covers_body=False,
    )


def oauth() -> Sender:
    """SparkPost with a token that it was given."""
    key, end = f"sparky:{password()}", str(4_000_000_000)
    made = hmac.new(key.encode(), f"retour webhook token\n{end}".encode(), hashlib.sha256).hexdigest()
    headers = {"Authorization": f"Bearer {end}.{made}"}
    settings = {"scheme": "oauth2"}
    return Sender("sparkpost", key, lambda body, at: Request(body, headers), settings, covers_body=False)


def header(provider: str) -> Sender:
    key = password()
    settings = {"scheme": "header", "header": "X-Retour-Key"}
    return Sender(
        provider, key, lambda body, at: Request(body, {"X-Retour-Key": key}), settings, covers_body=False
    )


def query(provider: str) -> Sender:
    key = password()
    settings = {"scheme": "query", "query": "code"}
    return Sender(
        provider, key, lambda body, at: Request(body, query=f"?code={key}"), settings, covers_body=False
    )


def sendgrid() -> Sender:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(body: bytes, at: float) -> Request:
        stamp = str(int(at))
        signature = private.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
        name = "X-Twilio-Email-Event-Webhook-"
        return Request(body, {f"{name}Signature": sent(signature), f"{name}Timestamp": stamp})

    return Sender("sendgrid", sent(public), sign, window=25 * 3600)


def _mailgun(at: float, key: str) -> dict[str, str]:
    stamp, token = str(int(at)), secrets.token_hex(25)
    signature = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    return {"timestamp": stamp, "token": token, "signature": signature}


def mailgun() -> Sender:
    key = password()

    def sign(body: bytes, at: float) -> Request:
        data = json.loads(body)
        return Request(json.dumps({"signature": _mailgun(at, key), "event-data": data}).encode())

    body = b'{"event":"failed","recipient":"ann@b.example"}'
    return Sender("mailgun", key, sign, body=body, covers_body=False, window=25 * 3600)


def mailgun_form() -> Sender:
    key = password()

    def sign(body: bytes, at: float) -> Request:
        return Request(urlencode({**json.loads(body), **_mailgun(at, key)}).encode())

    body = b'{"event":"bounced","recipient":"ann@b.example"}'
    return Sender("mailgun", key, sign, body=body, covers_body=False, window=25 * 3600)


def mandrill(url: str = URL) -> Sender:
    key = password()

    def sign(body: bytes, at: float) -> Request:
        fields = {"mandrill_events": body.decode(), "a": "first by name"}
        signed = url + "".join(name + fields[name] for name in sorted(fields))
        digest = hmac.new(key.encode(), signed.encode(), hashlib.sha1).digest()
        return Request(urlencode(fields).encode(), {"X-Mandrill-Signature": sent(digest)})

    return Sender("mandrill", key, sign, body=b'[{"event":"hard_bounce"}]')


def standard(family: str = "svix", provider: str = "resend", extra: str = "") -> Sender:
    octets = secrets.token_bytes(24)

    def sign(body: bytes, at: float) -> Request:
        id, stamp = f"msg_{secrets.token_hex(8)}", str(int(at))
        digest = hmac.new(octets, f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signatures = f"{extra}v1,{sent(digest)}"
        return Request(
            body,
            {f"{family}-id": id, f"{family}-timestamp": stamp, f"{family}-signature": signatures},
        )

    return Sender(provider, f"whsec_{sent(octets)}", sign, {"scheme": "standard"}, window=300)


def postal() -> Sender:
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(body: bytes, at: float) -> Request:
        return Request(body, {"X-Postal-Signature": sent(private.sign(body, PKCS1v15(), SHA1()))})

    return Sender("postal", sent(public), sign)


def mailersend() -> Sender:
    key = password()

    def sign(body: bytes, at: float) -> Request:
        return Request(body, {"Signature": hmac.new(key.encode(), body, hashlib.sha256).hexdigest()})

    return Sender("mailersend", key, sign)


def unisender() -> Sender:
    key = password()

    def sign(body: bytes, at: float) -> Request:
        before = b'{"auth":"%s","events_by_user":' + body + b"}"
        digest = hashlib.md5(before % key.encode()).hexdigest()
        return Request(before % digest.encode())

    return Sender("unisender", key, sign)


def digest(provider: str = "generic") -> Sender:
    key = password()
    settings = {
        "scheme": "hmac",
        "header": "X-Signature",
        "algorithm": "sha512",
        "encoding": "base64",
        "prefix": "sha512=",
        "template": "v0:{timestamp}:{body}",
        "timestamp": "X-Time",
    }

    def sign(body: bytes, at: float) -> Request:
        stamp = str(int(at))
        made = hmac.new(key.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha512).digest()
        return Request(body, {"X-Signature": f"sha512={sent(made)}", "X-Time": stamp})

    return Sender(provider, key, sign, settings, window=300)


SENDERS: dict[str, Callable[[], Sender]] = {
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "mailgun, form": mailgun_form,
    "mandrill": mandrill,
    "resend": standard,
    "resend, webhook-": lambda: standard("webhook"),
    "resend, several signatures": lambda: standard(extra="v1a,AAAA v1,AAAA v9,x nonsense "),
    "postal": postal,
    "mailersend": mailersend,
    "unisender": unisender,
    "azure, header": lambda: header("azure"),
    "azure, query": lambda: query("azure"),
    "postmark": lambda: basic("postmark"),
    "brevo": lambda: bearer("brevo"),
    "brevo, basic": lambda: basic("brevo"),
    "mailjet": lambda: basic("mailjet"),
    "mailtrap": lambda: basic("mailtrap"),
    "sparkpost": lambda: basic("sparkpost"),
    "sparkpost, oauth2": oauth,
    "kumomta": lambda: bearer("kumomta"),
    "kumomta, hmac": lambda: digest("kumomta"),
    "powermta": lambda: bearer("powermta"),
    "EventBridge": lambda: header("ses"),
    "generic, bearer": lambda: bearer("generic"),
    "generic, basic": lambda: basic("generic"),
    "generic, hmac": digest,
    "generic, standard": lambda: standard("webhook", "generic"),
}
