"""`kill -9` at every step of intake: no arrival is lost, and none counts twice (promises 1 and 2)."""

import signal
import smtplib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from story.dovecot import Dovecot
from story.killed import STEPS
from story.page import block
from story.postfix import Postfix
from story.server import Server
from story.waiting import eventually

REPORT = """\
From: MAILER-DAEMON@mx.test\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
Your message could not be delivered.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.test\r
\r
Final-Recipient: rfc822; {recipient}\r
Action: failed\r
Status: 5.2.2\r
Diagnostic-Code: smtp; 552 5.2.2 <{recipient}> Quota exceeded (mailbox for user is full)\r
\r
--b--\r
"""


class Mta:
    """A mail server with bounces in its queue: it tries each again until it hears 250."""

    def __init__(self, server: Server, recipients: list[str]) -> None:
        self._port = server.ports["lmtp"]
        self._mails = {server.return_address(recipient): recipient for recipient in recipients}
        self.queue = set(self._mails)

    def run_queue(self) -> None:
        """One try for each that is queued."""
        self.queue = {to for to in self.queue if not self._delivered(to)}

    def forget_every_250(self) -> None:
        """As if the answers had been lost on the way: everything is tried once more."""
        self.queue = set(self._mails)

    def _delivered(self, to: str) -> bool:
        report = REPORT.format(to=to, recipient=self._mails[to])
        try:
            lmtp = smtplib.LMTP("127.0.0.1", self._port)
        except OSError:
            return False
        try:
            lmtp.sendmail("", [to], report)
        except (OSError, smtplib.SMTPException):
            return False
        finally:
            lmtp.close()
        return True


def recipients(step: str) -> list[str]:
    return [f"{step.replace(' ', '.')}.{number}@mailbox.test" for number in range(3)]


@pytest.fixture(scope="module")
def server(ground: Path) -> Iterator[Server]:
    server = Server(ground)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mtas(server: Server) -> dict[str, Mta]:
    """A mail server for each step, with bounces of sends of its own."""
    with server.running():
        return {step: Mta(server, recipients(step)) for step in STEPS}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_is_lost_and_nothing_counts_twice(
    step: str, server: Server, mtas: dict[str, Mta]
) -> None:
    mta = mtas[step]
    server.start([sys.executable, "-m", "story.killed", step])
    mta.run_queue()
    assert died(server) == -signal.SIGKILL

    with server.running():
        # what was acknowledged is not sent again: it must be there
        eventually(lambda: run_again(mta), "every bounce to be acknowledged", server.story)
        lives = [comes(server, recipient) for recipient in recipients(step)]
        mta.forget_every_250()
        eventually(lambda: run_again(mta), "every bounce to be acknowledged again", server.story)
        eventually(lambda: server.waiting() == 0, "the inbox to be empty", server.story)

        assert [server.life(recipient) for recipient in recipients(step)] == lives
        for life in lives:
            assert (life["state"]["state"], life["state"]["soft"]) == ("bouncing", 1)
            assert [event["reason"] for event in life["events"]] == ["mailbox_full"]
            assert len(life["ledger"]) == 1


@pytest.mark.engine("postfix", "dovecot")
def test_postfix_keeps_the_bounce_that_retour_died_over(ground: Path, server: Server) -> None:
    config = block("relay_domains", server)
    config["relay_domains"] += ", mailbox.test"
    server.start([sys.executable, "-m", "story.killed", "before put"])
    with Dovecot(ground, {}) as dovecot:
        config["transport_maps"] += f", inline:{{ mailbox.test=lmtp:inet:127.0.0.1:{dovecot.port} }}"
        with Postfix(ground, "sender", config) as postfix:
            postfix.submit(server.return_address("nobody@mailbox.test"), ["nobody@mailbox.test"])
            assert died(server) == -signal.SIGKILL
            eventually(lambda: "status=deferred" in postfix.story(), "the bounce to wait", postfix.story)
            with server.running():
                postfix.flush()
                life = comes(server, "nobody@mailbox.test")
    assert [event["reason"] for event in life["events"]] == ["address_unknown"]


def died(server: Server) -> int:
    """The status with which the process ended."""
    assert server.process is not None
    eventually(lambda: server.process is not None and server.process.poll() is not None, "the death")
    return server.process.returncode


def run_again(mta: Mta) -> bool:
    mta.run_queue()
    return not mta.queue


def comes(server: Server, recipient: str) -> dict[str, Any]:
    """The life of a recipient, once there is a bounce in it."""

    def life() -> dict[str, Any] | None:
        known = server.life(recipient)
        return known if known and known["events"] else None

    return eventually(life, f"a bounce of {recipient}", server.story)
