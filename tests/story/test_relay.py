"""The relay in front of a real Postfix: what it hands on comes back as a bounce, and the next is refused."""

import smtplib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from story.dovecot import Dovecot
from story.page import block
from story.postfix import Postfix
from story.server import Server
from story.waiting import eventually, free_port, listening

pytestmark = pytest.mark.engine("postfix", "dovecot")
MAIL = "From: shop@shop.test\r\nSubject: {}\r\nMessage-ID: <{}@shop.test>\r\n\r\n.\r\nhello\r\n"


@dataclass(frozen=True)
class Walk:
    """A program → the relay → Postfix → Dovecot, and the bounce back to Retour."""

    retour: Server
    relay: int
    postfix: Postfix
    dovecot: Dovecot

    def send(self, recipient: str, subject: str, login: str = "shop") -> tuple[int, bytes]:
        """As a shop does that knows nothing of return addresses; the answer."""
        with smtplib.SMTP("127.0.0.1", self.relay, timeout=120) as smtp:
            smtp.login(login, self.retour.key)
            smtp.mail("shop@shop.test")
            code, words = smtp.rcpt(recipient)
            return smtp.data(MAIL.format(subject, subject)) if code == 250 else (code, words)

    def comes_to(self, address: str, state: str) -> dict[str, Any]:
        """The life of an address, once it has this state."""

        def life() -> dict[str, Any] | None:
            known = self.retour.life(address)
            return known if known and known["state"]["state"] == state else None

        return eventually(life, f"{address} to be {state}", self.story)

    def story(self) -> str:
        return f"{self.retour.story()}\n{self.postfix.story()}"


@pytest.fixture(scope="module")
def walk(ground: Path) -> Iterator[Walk]:
    relay, following = free_port(), free_port()
    settings = f"[relay]\nenabled = true\nport = {relay}\n[relay.next]\nport = {following}\n"
    server = Server(ground, settings)
    with Dovecot(ground, {"ann@mailbox.test": "10M"}) as dovecot, server.running():
        config = block("relay_domains", server)
        config["relay_domains"] += ", mailbox.test"
        config["transport_maps"] += f", inline:{{ mailbox.test=lmtp:inet:127.0.0.1:{dovecot.port} }}"
        refused = "{ refused@mailbox.test = 550 5.1.1 User unknown here }"
        config["smtpd_recipient_restrictions"] += f", check_recipient_access inline:{{ {refused} }}"
        with Postfix(ground, "next", config, port=following) as postfix:
            eventually(lambda: listening(relay), "the relay", server.story)
            yield Walk(server, relay, postfix, dovecot)


def test_a_mail_arrives_and_its_send_is_known(walk: Walk) -> None:
    code, words = walk.send("ann@mailbox.test", "arrives")
    assert code == 250
    assert b"queued as" in words, "the answer is that of Postfix"
    mail = walk.dovecot.receives("ann@mailbox.test", b"Subject: arrives", walk.story)
    assert mail


def test_a_bounce_of_a_relayed_mail_stops_the_address_for_the_next(walk: Walk) -> None:
    assert walk.send("nobody@mailbox.test", "first")[0] == 250

    life = walk.comes_to("nobody@mailbox.test", "invalid")

    (event,) = life["events"]
    assert (event["reason"], event["standing"]) == ("address_unknown", "proven")
    (send,) = life["sends"]
    assert (send["subject"], send["message_id"]) == ("first", "first@shop.test")
    code, words = walk.send("nobody@mailbox.test", "second")
    assert code == 550
    assert words.startswith(b"5.7.1 Sending to this recipient is stopped (address unknown since ")
    assert b"[retour:stopped]" in words
    assert 'retour_sends_avoided_total{account="shop"} 1.0' in walk.retour.metrics()
    with closing(sqlite3.connect(walk.retour.directory / "data/retour.sqlite3")) as db:
        rows = db.execute("SELECT domain, count FROM tallies WHERE kind = 'avoided'").fetchall()
    assert rows == [("mailbox.test", 1)]


def test_a_refusal_of_postfix_is_the_answer_and_a_bounce(walk: Walk) -> None:
    code, words = walk.send("refused@mailbox.test", "refused")

    assert (code, words[:6]) == (550, b"5.1.1 ")
    life = walk.comes_to("refused@mailbox.test", "invalid")
    (event,) = life["events"]
    assert (event["reason"], event["status"], event["standing"]) == ("address_unknown", "5.1.1", "proven")
    assert "User unknown here" in event["evidence"]["report"]["diagnostic"]
