"""One delivery fifty times at once at a real `retour serve`: it counts once, and everybody hears 200."""

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from inlets.amazon import SCALEWAY_HOST, SCALEWAY_TOPIC, TOPIC, Amazon, amazon
from inlets.entra import AUDIENCE, OURS, TENANT, key_set, token
from inlets.senders import Request, sendgrid
from retour.clock import SystemClock
from retour.instants import SECOND, to_datetime
from story.server import Server
from story.waiting import eventually, free_port

PATH: Final = "path-0123456789-abcdefghij"
PORT: Final = free_port()
SAID: Final = "550 5.1.1 no such user"
GRID: Final = sendgrid()
CERTIFICATE: Final = "/fr-par/sns.pem"


def seconds() -> float:
    return SystemClock().now() / SECOND


def now() -> str:
    return to_datetime(SystemClock().now()).isoformat(timespec="milliseconds")


def of_sendgrid(sns: Amazon, names: list[str]) -> Request:
    """Signed anew each time: another delivery of the same events."""
    batch = [
        {
            "event": "bounce",
            "type": "bounce",
            "email": name,
            "status": "5.1.1",
            "reason": SAID,
            "sg_event_id": name,
        }
        for name in names
    ]
    return GRID.sign(json.dumps(batch).encode(), seconds())


def of_ses(sns: Amazon, names: list[str], version: str = "1") -> Request:
    failed = [{"emailAddress": name, "status": "5.1.1", "diagnosticCode": f"smtp; {SAID}"} for name in names]
    about = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": failed}
    said = {"notificationType": "Bounce", "bounce": about, "mail": {"messageId": "0102-burst"}}
    return Request(sns.body(json.dumps(said), Timestamp=now(), SignatureVersion=version))


def of_scaleway(sns: Amazon, names: list[str]) -> Request:
    (name,) = names
    said = {
        "id": "scw-1",
        "type": "email_mailbox_not_found",
        "email_id": "scw-m",
        "email_to": name,
        "email_response_code": 550,
        "email_response_message": SAID[4:],
    }
    place = f"https://{SCALEWAY_HOST}{CERTIFICATE}"
    body = sns.body(json.dumps(said), TopicArn=SCALEWAY_TOPIC, SigningCertURL=place, Timestamp=now())
    return Request(body, {"Content-Type": "text/plain; charset=UTF-8"})


def of_azure(sns: Amazon, names: list[str]) -> Request:
    batch = [
        {
            "id": name,
            "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
            "data": {
                "recipient": name,
                "messageId": name,
                "status": "Bounced",
                "deliveryStatusDetails": {"statusMessage": SAID},
            },
        }
        for name in names
    ]
    return Request(json.dumps(batch).encode(), {"Authorization": f"Bearer {token(seconds())}"})


@dataclass
class Burst:
    """Whose delivery it is: the settings of the source, what is posted, to how many addresses."""

    settings: dict[str, Any]
    request: Callable[[Amazon, list[str]], Request]
    addresses: int = 5  # in all fewer than make an outage (lifecycle rule 12)


BURSTS: Final = {
    "sendgrid": Burst({"keys": [GRID.key]}, of_sendgrid, addresses=20),
    "ses": Burst({"topics": [TOPIC]}, of_ses),
    "scaleway": Burst({"topics": [SCALEWAY_TOPIC]}, of_scaleway, addresses=1),
    "azure": Burst({"scheme": "entra", "tenant": TENANT, "audience": AUDIENCE}, of_azure),
}


@pytest.fixture(scope="module")
def sns(ground: Path) -> Iterator[Amazon]:
    with amazon(ground) as made:
        made.files[CERTIFICATE] = made.signer.pem
        yield made


@pytest.fixture(scope="module")
def server(ground: Path, sns: Amazon) -> Iterator[Server]:
    (ground / "keys.json").write_bytes(key_set(one=OURS))
    (ground / "authority.pem").write_bytes(sns.authority.pem)
    text = f'\n[webhooks]\nport = {PORT}\npublic_url = "https://hooks.example"\n'
    for name, burst in BURSTS.items():
        text += f'[webhooks.sources.{name}]\nprovider = "{name}"\naccount = "shop"\npaths = ["{PATH}"]\n'
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in burst.settings.items())
        text += f'jwks = "{ground / "keys.json"}"\n' if name == "azure" else ""
    made = Server(ground, text)
    made.ports["webhooks"] = PORT
    made.start([sys.executable, "-m", "story.led", str(ground / "authority.pem"), str(sns.port)])
    yield made
    made.stop()


def post(name: str, request: Request) -> int:
    url = f"http://127.0.0.1:{PORT}/hooks/{name}/{PATH}"
    return httpx.post(url, content=request.body, headers=request.headers, timeout=120).status_code


@pytest.mark.parametrize("provider", BURSTS)
def test_a_batch_that_comes_fifty_times_at_once_counts_once(
    server: Server, sns: Amazon, provider: str
) -> None:
    burst = BURSTS[provider]
    names = [f"batch.{number}@{provider}.test" for number in range(burst.addresses)]
    request = burst.request(sns, names)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: post(provider, request), range(50)))
    assert answers == [200] * 50
    lives = [server.bounced(name) for name in names]
    assert post(provider, burst.request(sns, names)) == 200  # the same events, signed at another time
    eventually(lambda: server.waiting() == 0, "the inbox to be empty", server.story)
    assert [server.life(name) for name in names] == lives
    for life in lives:
        assert (life["state"]["state"], life["state"]["hard"]) == ("invalid", 1)
        assert [event["reason"] for event in life["events"]] == ["address_unknown"]


def test_one_notification_under_both_versions_of_the_signature_counts_once(
    server: Server, sns: Amazon
) -> None:
    """SNS signs with another version once the topic is changed, also what it tries again."""
    names = ["either@version.test"]
    requests = [of_ses(sns, names, version) for version in ("1", "2") * 25]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda each: post("ses", each), requests)) == [200] * 50
    life = server.bounced(names[0])
    eventually(lambda: server.waiting() == 0, "the inbox to be empty", server.story)
    assert (server.life(names[0]), life["state"]["hard"], len(life["events"])) == (life, 1, 1)
    assert len(set(sns.asked)) == len(sns.asked)  # each certificate was fetched once, in all bursts
