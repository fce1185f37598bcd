"""One failure that a post and somebody else tell a real `retour serve`: one bounce, in either order."""

import json
import smtplib
from collections.abc import Callable, Iterator
from itertools import count, permutations
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from inlets.senders import Sender, header, postal
from retour.clock import SystemClock
from retour.instants import SECOND, to_datetime
from story.reports import report
from story.server import Server
from story.waiting import eventually, free_port

PATH: Final = "path-0123456789-abcdefghij"
PORT: Final = free_port()
INLET: Final = "reports@shop.test"
SAID: Final = "550 5.1.1 no such user"
SENDERS: Final = {"postal": postal(), "azure": header("azure"), "ses": header("ses")}


def settings(log: Path) -> str:
    text = f'\n[logs.mx]\nformat = "postfix-log"\npath = "{log}"\n[logs.mx.senders]\n"shop.test" = "shop"\n'
    text += f'[inlets."{INLET}"]\naccount = "shop"\nproof = "open"\n'
    text += f'[webhooks]\nport = {PORT}\npublic_url = "https://hooks.example"\n'
    for name, sender in SENDERS.items():
        more = "".join(f"{key} = {json.dumps(value)}\n" for key, value in sender.settings.items())
        text += (
            f'[webhooks.sources.{name}]\nprovider = "{name}"\naccount = "shop"\n'
            f'paths = ["{PATH}"]\nkeys = ["{sender.key}"]\n{more}'
        )
    return text


class Told:
    """Who can tell of a failure, and a Retour that hears them all."""

    def __init__(self, ground: Path) -> None:
        self.log = ground / "mail.log"
        self.log.touch()
        self.queued = count()  # mails of the log
        self.server = Server(ground, settings(self.log))
        self.server.ports["webhooks"] = PORT

    def by_log(self, address: str, message_id: str) -> None:
        at, id = self._now(), f"4bQ1Z{next(self.queued):05d}"
        lines = (
            f"{at} mx postfix/cleanup[7]: {id}: message-id=<{message_id}>",
            f"{at} mx postfix/qmgr[7]: {id}: from=<news@shop.test>, size=900, nrcpt=1 (queue active)",
            f"{at} mx postfix/smtp[8]: {id}: to=<{address}>, relay=mx.b.test[192.0.2.1]:25, delay=1,"
            f" delays=1/0/0/0, dsn=5.1.1, status=bounced (host mx.b.test[192.0.2.1] said: {SAID}"
            " (in reply to RCPT TO command))",
            f"{at} mx postfix/qmgr[7]: {id}: removed",
        )
        with self.log.open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def by_mail(self, address: str, message_id: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.server.ports["smtp"], timeout=120) as client:
            mail = report(INLET, address, SAID, message_id=message_id)
            client.sendmail("", [INLET], mail.encode())

    def by_postal(self, address: str, message_id: str) -> None:
        message = {"id": 7, "to": address, "message_id": message_id}
        payload = {"message": message, "output": SAID}
        self._post("postal", {"event": "MessageDeliveryFailed", "uuid": f"u-{address}", "payload": payload})

    def by_azure(self, address: str, message_id: str) -> None:
        data = {
            "recipient": address,
            "messageId": f"a-{address}",
            "internetMessageId": f"<{message_id}>",
            "status": "Bounced",
            "deliveryStatusDetails": {"statusMessage": SAID},
        }
        self._post("azure", [{"id": f"a-{address}", "eventType": "EmailDeliveryReport", "data": data}])

    def by_ses(self, address: str, message_id: str) -> None:
        failed = [{"emailAddress": address, "status": "5.1.1", "diagnosticCode": f"smtp; {SAID}"}]
        said = {
            "eventType": "Bounce",
            "bounce": {"bounceType": "Permanent", "bouncedRecipients": failed, "timestamp": self._now()},
            "mail": {
                "messageId": f"0102-{address}",
                "headers": [{"name": "Message-ID", "value": f"<{message_id}>"}],
            },
        }
        self._post("ses", {"id": f"e-{address}", "detail-type": "Email Bounced", "detail": said})

    def _post(self, name: str, body: Any) -> None:
        sender: Sender = SENDERS[name]
        request = sender.sign(json.dumps(body).encode(), SystemClock().now() / SECOND)
        url = f"http://127.0.0.1:{PORT}/hooks/{name}/{PATH}"
        answer = httpx.post(url, content=request.body, headers=request.headers, timeout=120)
        assert answer.status_code == 200

    def _now(self) -> str:
        return to_datetime(SystemClock().now()).isoformat(timespec="seconds")


@pytest.fixture(scope="module")
def told(ground: Path) -> Iterator[Told]:
    made = Told(ground)
    with made.server.running():
        yield made


def heard(told: Told, address: str, number: int) -> dict[str, Any]:
    """The life of the address once so many have been heard."""

    def life() -> dict[str, Any] | None:
        known = told.server.life(address)
        return known if known and len(known["events"]) == number else None

    return eventually(life, f"{number} reports about {address}", told.server.story)


def tell(told: Told, order: tuple[str, ...], address: str, message_id: str) -> None:
    """One after the other: what the first tells is known before the next one speaks."""
    ways: dict[str, Callable[[str, str], None]] = {
        "log": told.by_log,
        "mail": told.by_mail,
        "postal": told.by_postal,
        "azure": told.by_azure,
        "ses": told.by_ses,
    }
    for number, way in enumerate(order, 1):
        ways[way](address, message_id)
        heard(told, address, number)


@pytest.mark.parametrize("post", ["postal", "azure"])
@pytest.mark.parametrize("order", list(permutations(["log", "mail", "post"])))
def test_nobody_registered_the_send(told: Told, order: tuple[str, ...], post: str) -> None:
    address = f"{'.'.join(order)}.{post}@b.test"
    tell(told, tuple(way if way != "post" else post for way in order), address, f"{address[:-7]}@shop.test")
    life = heard(told, address, 3)
    assert (life["state"]["state"], life["state"]["hard"]) == ("invalid", 1)
    assert len({event["send"] for event in life["events"]}) == 1


@pytest.mark.parametrize("order", list(permutations(["log", "mail", "ses"])))
def test_the_send_was_registered_by_its_message_id(told: Told, order: tuple[str, ...]) -> None:
    address = f"{'.'.join(order)}@known.test"
    message_id = f"{'.'.join(order)}@shop.test"
    draft = {"recipient": address, "kind": "mailing", "message_id": f"<{message_id}>"}
    sent = str(told.server.ask("POST", "/v1/sends", draft)["send"])
    tell(told, order, address, message_id)
    life = heard(told, address, 3)
    assert (life["state"]["hard"], {str(event["send"]) for event in life["events"]}) == (1, {sent})
