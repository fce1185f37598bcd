"""The posts of every provider, from the simulator into a running Retour that verifies them."""

import base64
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from retour.model import Kind, Reason
from retour.simulator.hooks import PROVIDERS, Request, Signer, happened, made
from story.server import RETOUR, Server
from story.waiting import free_port

SECRET = "path-0123456789-abcdefghij"
PUBLIC = "https://hooks.example"
PAIRS = {"ecdsa": ec.generate_private_key(ec.SECP256R1()), "rsa": rsa.generate_private_key(65537, 2048)}
PLAIN = {"standard": "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()}


def signing(provider: str) -> tuple[str, str]:
    """What the simulator signs with, and what Retour is told to believe."""
    scheme = PROVIDERS[provider].schemes[0]
    pair = PAIRS.get(scheme)
    if pair is None:
        key = PLAIN.get(scheme, f"user:secret-of-{provider}")
        return key, key
    private = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = pair.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return private, base64.b64encode(public).decode()


def source(provider: str) -> str:
    """The settings of one source."""
    scheme = PROVIDERS[provider].schemes[0]
    lines = [f"[webhooks.sources.{provider}]", f'provider = "{provider}"', 'account = "shop"']
    lines += [f'paths = ["{SECRET}"]', f'keys = ["{signing(provider)[1]}"]']
    if scheme == "header":
        lines += ['scheme = "header"', 'header = "X-Retour-Key"']
    return "\n".join([*lines, ""])


class Hooks:
    """Retour with a source for each provider, and a program that posts to it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{server.ports['webhooks']}", timeout=120)

    def post(self, provider: str, request: Request) -> int:
        place = f"/hooks/{provider}/{SECRET}"
        answer = self._client.post(place, content=request.body, headers=dict(request.headers))
        return answer.status_code

    def close(self) -> None:
        self._client.close()


def request(provider: str, kind: Kind, reason: Reason, key: str = "") -> Request:
    it = happened(kind, recipient(provider, kind, reason), time.time_ns() // 1000, reason)
    signer = Signer(key or signing(provider)[0], url=f"{PUBLIC}/hooks/{provider}/{SECRET}")
    return made(provider, it, signer)


def recipient(provider: str, kind: Kind, reason: Reason) -> str:
    return f"{provider}.{kind}.{reason}@mailbox.test"


@pytest.fixture(scope="module")
def hooks(ground: Path) -> Iterator[Hooks]:
    port = free_port()
    settings = f'[webhooks]\nport = {port}\npublic_url = "{PUBLIC}"\n' + "".join(map(source, PROVIDERS))
    settings += "[guard]\nenabled = false\n"  # so many hard bounces at one domain are an outage
    server = Server(ground, settings)
    server.ports["webhooks"] = port
    with server.running():
        made = Hooks(server)
        yield made
        made.close()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_reason_is_judged_as_itself(hooks: Hooks, provider: str) -> None:
    for reason in Reason:
        assert hooks.post(provider, request(provider, Kind.BOUNCE, reason)) == 200, hooks.server.story()
    found = {}
    for reason in Reason:
        (event,) = hooks.server.bounced(recipient(provider, Kind.BOUNCE, reason))["events"]
        assert (event["kind"], event["standing"]) == ("bounce", "proven")
        found[reason] = event["reason"]
    assert found == {reason: reason.value for reason in Reason}


NO_EVENT = (Kind.BOUNCE, Kind.DELIVERED, Kind.OTHER)  # a delivery is only counted, where nobody bounced
EVENTS = [(name, kind) for name, known in PROVIDERS.items() for kind in known.kinds if kind not in NO_EVENT]


@pytest.mark.parametrize(("provider", "kind"), EVENTS)
def test_every_other_event_is_taken_as_what_it_is(hooks: Hooks, provider: str, kind: Kind) -> None:
    assert hooks.post(provider, request(provider, kind, Reason.MAILBOX_FULL)) == 200
    (event,) = hooks.server.bounced(recipient(provider, kind, Reason.MAILBOX_FULL))["events"]
    assert event["kind"] == kind


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_post_under_another_key_is_refused(hooks: Hooks, provider: str) -> None:
    scheme = PROVIDERS[provider].schemes[0]
    wrong = {
        "ecdsa": ec.generate_private_key(ec.SECP256R1()),
        "rsa": rsa.generate_private_key(65537, 2048),
    }.get(scheme)
    key = "user:wrong" if scheme != "standard" else "whsec_" + base64.b64encode(b"x" * 24).decode()
    if wrong is not None:
        key = wrong.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert hooks.post(provider, request(provider, Kind.BOUNCE, Reason.REFUSED, key)) == 401


def test_the_command_posts_what_is_believed(hooks: Hooks) -> None:
    url = f"http://127.0.0.1:{hooks.server.ports['webhooks']}/hooks/mailgun/{SECRET}"
    about = ["--provider", "mailgun", "--recipient", "by.hand@mailbox.test", "--reason", "mailbox_disabled"]
    command = [*RETOUR, "simulator", "post", *about, "--key", signing("mailgun")[0], "--url", url]
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.returncode, "200" in run.stdout) == (0, True), run.stderr
    (event,) = hooks.server.bounced("by.hand@mailbox.test")["events"]
    assert event["reason"] == "mailbox_disabled"
