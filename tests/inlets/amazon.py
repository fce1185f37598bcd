"""SNS as it is: an authority, a host that serves signing certificates, and envelopes signed by them."""

import json
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from retour.inlets.webhooks.fetch import Https

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
HOST = "sns.eu-west-1.amazonaws.com"
SCALEWAY_TOPIC = "arn:scw:sns:fr-par:project-4a9a8f0c-1f4e-4f55-9b3c-2f1f6f2f1f2f:bounces"
SCALEWAY_HOST = "sns.mnq.fr-par.scaleway.com"
PATH = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"

_FIELDS = {
    "Notification": ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
    "SubscriptionConfirmation": [
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    ],
}
_FIELDS["UnsubscribeConfirmation"] = _FIELDS["SubscriptionConfirmation"]


@dataclass
class Issued:
    """A key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def issued(name: str, by: Issued | None = None, days: tuple[int, int] = (-1, 30), bits: int = 2048) -> Issued:
    """A certificate for a host, valid between two days from now; of its own authority without `by`."""
    key = rsa.generate_private_key(65537, bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today + timedelta(days[0]))
        .not_valid_after(today + timedelta(days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    return Issued(key, built.sign(by.key if by else key, SHA256()))


@dataclass
class Amazon:
    """The host of the certificates, and what signs."""

    authority: Issued
    signer: Issued
    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)  # by path; those that begin with http are redirects
    asked: list[str] = field(default_factory=list)

    def https(self) -> Https:
        """Whom to trust, and every name leads here."""
        trusting = ssl.create_default_context(cadata=self.authority.pem.decode())
        return Https(lambda: trusting, lambda host: ("127.0.0.1", self.port))

    def envelope(self, message: str, **changed: str) -> dict[str, str]:
        """What SNS posts, signed; `Type`, `SignatureVersion`, `Subject` … may be others."""
        said = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": message,
            "Timestamp": "2026-05-02T00:54:06.655Z",
            "SignatureVersion": "1",
            "SigningCertURL": f"https://{HOST}{PATH}",
            **changed,
        }
        if said["Type"] != "Notification":
            said = {"Token": "2336412f37f", "SubscribeURL": "https://evil.example/", **said}
        return {**said, "Signature": self.sign(said)}

    def sign(self, said: dict[str, str]) -> str:
        names = [name for name in _FIELDS[said["Type"]] if name in said]
        text = "".join(f"{name}\n{said[name]}\n" for name in names).encode()
        algorithm = SHA256() if said["SignatureVersion"] == "2" else SHA1()
        return b64encode(self.signer.key.sign(text, PKCS1v15(), algorithm)).decode()

    def body(self, message: str, **changed: str) -> bytes:
        return json.dumps(self.envelope(message, **changed)).encode()


@contextmanager
def amazon(directory: Path) -> Iterator[Amazon]:
    """Amazon on loopback, over real TLS."""
    authority = issued("authority.test")
    signer = issued("sns.amazonaws.com", authority)
    made = Amazon(authority, signer, files={PATH: signer.pem, "/": b"<ConfirmSubscriptionResponse/>"})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(f"{self.headers['Host']}{self.path}")
            found = made.files.get(self.path.partition("?")[0])
            if found is None:
                self.send_error(404)
            elif found.startswith(b"http"):
                self.send_response(302)
                self.send_header("Location", found.decode())
                self.end_headers()
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(found)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # One host after the other is played: the name that a client asks for gets its certificate.
    names = (HOST, SCALEWAY_HOST)
    contexts = {name: _context(directory, issued(name, authority)) for name in names}
    context = _context(directory, issued("elsewhere.test", authority))
    context.sni_callback = lambda line, name, _: setattr(line, "context", contexts.get(name, context))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _context(directory: Path, host: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = directory / "host.pem"
    key = host.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(key + host.pem)
    context.load_cert_chain(file)
    return context
