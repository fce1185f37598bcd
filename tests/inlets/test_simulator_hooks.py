"""Posts that the simulator makes: each is read as what it says, for every provider, event and reason."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from retour.cli import app
from retour.flow.judge import judged
from retour.model import Kind, Reading, Reason
from retour.parse.providers import PROVIDERS as READ
from retour.parse.providers.registry import read_body
from retour.simulator.hooks import PROVIDERS, HookError, Request, Signer, happened, made
from retour.texts import LANGUAGES, catalogue

AT = 1_790_000_000_250_000
ANN = "ann@b.example"
WHSEC = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def _pem(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


ECDSA_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
KEYS = {"ecdsa": _pem(ECDSA_KEY), "rsa": _pem(RSA_KEY), "sns": _pem(RSA_KEY), "standard": WHSEC}
URL = "https://hooks.example/hooks/shop/x"


def post(
    provider: str, kind: Kind = Kind.BOUNCE, reason: Reason = Reason.ADDRESS_UNKNOWN, scheme: str = ""
) -> Request:
    it = happened(
        kind,
        ANN,
        AT,
        reason,
        event_id="e-0123456789",
        message_id="m-1",
        tags=("news",),
        metadata={"envId": "7"},
    )
    key = KEYS.get(scheme or PROVIDERS[provider].schemes[0], "user:secret")
    return made(provider, it, Signer(key, url=URL), scheme)


def read(provider: str, body: bytes) -> list[tuple[Kind, Reason | None, str | None]]:
    told = read_body(provider, body).told
    found = judged(Reading(Kind.OTHER, tuple(each.report for each in told), mta=provider))
    return [
        (verdict.kind, verdict.reason, each.report.recipient)
        for verdict, each in zip(found.verdicts, told, strict=True)
    ]


def test_every_provider_that_can_be_read_can_be_played() -> None:
    assert set(PROVIDERS) == set(READ)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_read_out_of_the_post_of_every_provider(provider: str, reason: Reason) -> None:
    assert read(provider, post(provider, reason=reason).body) == [(Kind.BOUNCE, reason, ANN)]


EVENTS = [
    (provider, kind)
    for provider, known in PROVIDERS.items()
    for kind in known.kinds
    if kind not in (Kind.BOUNCE, Kind.OTHER)
]


@pytest.mark.parametrize(("provider", "kind"), EVENTS)
def test_every_other_event_is_read_as_what_it_is(provider: str, kind: Kind) -> None:
    ((read_kind, reason, recipient),) = read(provider, post(provider, kind, Reason.MAILBOX_FULL).body)
    assert (read_kind, recipient) == (kind, ANN)
    assert (reason is Reason.MAILBOX_FULL) is (kind is Kind.DELAY)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_post_bears_its_time_and_what_was_given_along(provider: str) -> None:
    (told,) = read_body(provider, post(provider).body).told
    assert told.report.at is not None
    assert 0 <= AT - told.report.at <= 1_000_000
    said = f"{told.message_id} {told.event_id} {told.tags} {dict(told.metadata)}"
    assert any(mark in said for mark in ("m-1", "e-0123456789", "news", "'7'"))


def test_what_is_not_yet_final_is_not_told_as_a_delay_of_something_final() -> None:
    assert read("sparkpost", post("sparkpost", Kind.DELAY).body) == [
        (Kind.DELAY, Reason.SERVER_UNREACHABLE, ANN)
    ]


# --- signatures: each made again by hand --------------------------------------------------------------------


def test_secrets_in_headers_and_queries() -> None:
    pair = base64.b64encode(b"user:secret").decode()
    assert post("postmark").headers["Authorization"] == f"Basic {pair}"
    assert post("brevo").headers["Authorization"] == "Bearer user:secret"
    assert post("ses").headers["X-Retour-Key"] == "user:secret"
    assert post("azure", scheme="query").query == "key=user%3Asecret"
    assert set(post("postmark", scheme="path").headers) == {"Content-Type"}


def test_sendgrid_signs_time_and_body() -> None:
    request = post("sendgrid")
    stamp = request.headers["X-Twilio-Email-Event-Webhook-Timestamp"]
    assert stamp == str(AT // 1_000_000)
    signature = base64.b64decode(request.headers["X-Twilio-Email-Event-Webhook-Signature"])
    ECDSA_KEY.public_key().verify(signature, stamp.encode() + request.body, ec.ECDSA(SHA256()))


def test_postal_signs_the_body() -> None:
    request = post("postal")
    signature = base64.b64decode(request.headers["X-Postal-Signature"])
    RSA_KEY.public_key().verify(signature, request.body, PKCS1v15(), SHA1())
    with pytest.raises(InvalidSignature):
        RSA_KEY.public_key().verify(signature, request.body + b" ", PKCS1v15(), SHA1())


@pytest.mark.parametrize("provider", ["ses", "scaleway"])
def test_sns_signs_the_named_fields(provider: str) -> None:
    request = post(provider, scheme="sns")
    said = json.loads(request.body)
    names = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{said[name]}\n" for name in names)
    RSA_KEY.public_key().verify(base64.b64decode(said["Signature"]), text.encode(), PKCS1v15(), SHA1())
    assert read(provider, request.body) == [(Kind.BOUNCE, Reason.ADDRESS_UNKNOWN, ANN)]


def test_mailgun_signs_time_and_token() -> None:
    said = json.loads(post("mailgun").body)["signature"]
    text = said["timestamp"] + said["token"]
    assert said["signature"] == hmac.new(b"user:secret", text.encode(), hashlib.sha256).hexdigest()


def test_mandrill_signs_url_and_fields() -> None:
    request = post("mandrill")
    ((field,),) = parse_qs(request.body.decode()).values()
    digest = hmac.new(b"user:secret", f"{URL}mandrill_events{field}".encode(), hashlib.sha1).digest()
    assert request.headers["X-Mandrill-Signature"] == base64.b64encode(digest).decode()


def test_standard_webhooks_sign_id_time_and_body() -> None:
    request = post("resend")
    text = f"{request.headers['svix-id']}.{request.headers['svix-timestamp']}.".encode() + request.body
    digest = hmac.new(b"0123456789abcdef01234567", text, hashlib.sha256).digest()
    assert request.headers["svix-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_mailersend_signs_the_body() -> None:
    request = post("mailersend")
    assert request.headers["Signature"] == hmac.new(b"user:secret", request.body, hashlib.sha256).hexdigest()


def test_unisender_puts_the_digest_in_the_place_of_the_key() -> None:
    body = post("unisender").body
    digest = json.loads(body)["auth"]
    assert hashlib.md5(body.replace(digest.encode(), b"user:secret")).hexdigest() == digest


@pytest.mark.parametrize(
    ("provider", "kind", "key", "scheme", "code"),
    [
        ("sendmale", Kind.BOUNCE, "k", "", "no_provider"),
        ("azure", Kind.COMPLAINT, "k", "", "no_such_event"),
        ("azure", Kind.BOUNCE, "k", "sns", "no_scheme"),
        ("azure", Kind.BOUNCE, "", "", "no_key"),
        ("resend", Kind.BOUNCE, "whsec_!", "", "no_base64"),
        ("sendgrid", Kind.BOUNCE, "k", "", "no_private_key"),
        ("sendgrid", Kind.BOUNCE, KEYS["rsa"], "", "no_private_key"),
        ("postal", Kind.BOUNCE, KEYS["ecdsa"], "", "no_private_key"),
        ("mandrill", Kind.BOUNCE, "k", "", "no_public_url"),
    ],
)
def test_what_cannot_be_made_is_said_in_two_languages(
    provider: str, kind: Kind, key: str, scheme: str, code: str
) -> None:
    with pytest.raises(HookError) as error:
        made(provider, happened(kind, ANN, AT), Signer(key), scheme)
    assert error.value.code == code
    said = {catalogue(f"simulator.{lang}")(f"hook.{code}", **error.value.details) for lang in LANGUAGES}
    assert len(said) == 2


# --- the command --------------------------------------------------------------------------------------------


def retour(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulator", *arguments])


def test_the_list_has_every_reason_in_every_form() -> None:
    listed = [
        json.loads(line) for line in retour("list", "--json", "--domain", "sim.test").stdout.splitlines()
    ]
    found = {(each["reason"], each["form"]) for each in listed if each["kind"] == "bounce"}
    assert found >= {(reason.value, form) for reason in Reason for form in ("session", "report", "late")}
    assert len({each["address"] for each in listed}) == len(listed)
    assert all(each["address"].endswith("@sim.test") for each in listed)
    assert {"delay", "complaint", "autoreply", "challenge"} <= {each["kind"] for each in listed}


def test_the_list_is_told_in_two_languages() -> None:
    english, german = (retour("list", "--lang", lang).stdout for lang in ("en", "de"))
    assert "There is no such mailbox." in english
    assert "Dieses Postfach gibt es nicht." in german
    assert all(provider in german for provider in PROVIDERS)


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, str | None, bytes]]]]:
    """A real server that wants a key."""
    taken: list[tuple[str, str | None, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, self.headers["X-Retour-Key"], body))
            self.send_response(200 if self.headers["X-Retour-Key"] == "right" else 401)
            self.end_headers()
            self.wfile.write(b"who are you\x1b?")

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hooks", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_post_is_sent_and_its_answer_is_the_exit_status(
    receiver: tuple[str, list[tuple[str, str | None, bytes]]],
) -> None:
    url, taken = receiver
    about = ("post", "--provider", "ses", "--recipient", ANN, "--reason", "mailbox_full", "--url", url)
    assert retour(*about, "--key", "right").exit_code == 0
    refused = retour(*about, "--key", "wrong")
    assert refused.exit_code == 1
    assert "401" in refused.stdout
    assert "\x1b" not in refused.stdout
    assert [(path, key) for path, key, _ in taken] == [("/hooks", "right"), ("/hooks", "wrong")]
    assert read("ses", taken[0][2]) == [(Kind.BOUNCE, Reason.MAILBOX_FULL, ANN)]


def test_a_post_is_printed_with_its_headers_or_alone(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(KEYS["ecdsa"])
    about = ("post", "--provider", "sendgrid", "--recipient", ANN, "--key-file", str(key), "--tag", "news")
    head, _, body = retour(*about, "--metadata", "order=7").stdout.partition("\n\n")
    assert "X-Twilio-Email-Event-Webhook-Signature: " in head
    (event,) = json.loads(body)
    assert (event["order"], event["category"]) == ("7", ["news"])
    assert json.loads(retour(*about, "--body").stdout)[0]["email"] == ANN


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--reason", "fool"), "there is no such reason"),
        (("--kind", "click"), "there is no such event"),
        (("--metadata", "order"), "is no key=value"),
        (("--key-file", "/nowhere"), "/nowhere"),
        (("--url", "ftp://x"), "is no URL"),
        (("--url", "http://127.0.0.1:1/"), "cannot be reached"),
        (("--provider", "sendmale"), "there is no such provider"),
    ],
)
def test_what_is_wrong_with_a_post_is_said(more: tuple[str, ...], told: str) -> None:
    run = retour("post", "--provider", "ses", "--recipient", ANN, "--key", "k", *more)
    assert run.exit_code == 2
    assert told in run.stderr
