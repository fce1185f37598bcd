"""The whole walk from a mailbox: bounces lie on a real Dovecot, and `retour serve` visits it."""

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from story.dovecot import PASSWORD, Dovecot
from story.reports import report
from story.server import Server
from story.waiting import eventually

pytestmark = pytest.mark.engine("dovecot")

USERS = ("imap", "pop3", "move", "delete", "put", "box")
_SETTINGS = """
log_level = "debug"

[mailboxes.imap]
kind = "imap"
host = "127.0.0.1"
port = {imaps}
user = "imap@mailbox.test"
password = "{password}"
ca_file = "{certificate}"
unparsed = "Retour.Unparsed"

[mailboxes.starttls]
kind = "imap"
host = "127.0.0.1"
port = {imap}
tls = "starttls"
user = "move@mailbox.test"
password_file = "{file}"
ca_file = "{certificate}"

[mailboxes.put]
kind = "imap"
host = "localhost"
port = {imap}
tls = "none"
user = "put@mailbox.test"
password = "{password}"

[mailboxes.pop]
kind = "pop3"
host = "127.0.0.1"
port = {pop3s}
user = "delete@mailbox.test"
password = "{password}"
ca_file = "{certificate}"
delete = true
poll = 0.2

[mailboxes.box]
kind = "maildir"
path = "{box}"
poll = 0.2

[mailboxes.wrong]
kind = "pop3"
host = "127.0.0.1"
port = {pop3s}
user = "pop3@mailbox.test"
password = "no password of anybody ü"
ca_file = "{certificate}"
"""


@pytest.fixture(scope="module")
def dovecot(ground: Path) -> Iterator[Dovecot]:
    with Dovecot(ground, {f"{user}@mailbox.test": "10M" for user in USERS}, pickup=True) as dovecot:
        yield dovecot


def maildir_of(dovecot: Dovecot) -> Path:
    """A mailbox of Dovecot's that Retour reads in place, as its own."""
    return dovecot.directory / "mail/box@mailbox.test"


@pytest.fixture(scope="module")
def server(ground: Path, dovecot: Dovecot) -> Iterator[Server]:
    file = ground / "password"
    file.write_text(f"{PASSWORD}\n", "utf-8")
    settings = _SETTINGS.format(
        **dovecot.ports,
        password=PASSWORD,
        certificate=dovecot.certificate,
        file=file,
        box=maildir_of(dovecot),
    )
    general, sections = settings.split("\n\n", 1)
    server = Server(ground, "\n" + sections)
    server.config.write_text(general + "\n" + server.config.read_text())
    yield server
    server.stop()


def bounce(server: Server, recipient: str) -> bytes:
    """A report as our own mail server leaves it in a mailbox: with the return address on top."""
    to = server.return_address(recipient)
    return f"X-Original-To: {to}\r\n{report(to, recipient, '550 5.1.1 User unknown')}".encode()


def metric(server: Server, name: str, mailbox: str) -> float:
    found = re.search(rf'^{name}{{mailbox="{mailbox}"}} (\S+)$', server.metrics(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_a_bounce_that_is_delivered_to_a_mailbox_stops_its_address(server: Server, dovecot: Dovecot) -> None:
    with server.running():
        eventually(
            lambda: metric(server, "retour_mailbox_last_success_seconds", "imap"), "a visit", server.story
        )
        dovecot.deliver("imap@mailbox.test", bounce(server, "ann@b.test"))
        dovecot.deliver(
            "imap@mailbox.test",
            b"Subject: please call me\r\nFrom: bob@b.test\r\n\r\nThanks!\r\n",
            "bob@b.test",
        )
        life = server.bounced("ann@b.test")
        eventually(
            lambda: dovecot.folders("imap@mailbox.test") == {"Retour": 1, "Retour.Unparsed": 1},
            "the moves",
            server.story,
        )
        assert [(event["reason"], event["standing"]) for event in life["events"]] == [
            ("address_unknown", "proven")
        ]
        assert life["state"]["state"] == "invalid"
        assert life["events"][0]["actor"] == "mailboxes.imap"
        assert metric(server, "retour_mailbox_fetched_total", "imap") == 2
        assert metric(server, "retour_mailbox_failing", "imap") == 0
        assert server.faults() == 0


def test_a_wrong_password_is_told_in_the_log_and_no_password_is(server: Server, dovecot: Dovecot) -> None:
    with server.running():
        eventually(lambda: metric(server, "retour_mailbox_failing", "wrong"), "the refusal", server.story)
    told = server.story()
    assert "the server refused user and password: check user and password" in told
    for secret in (PASSWORD, "no password of anybody"):
        assert secret not in told
        assert secret.encode("unicode_escape").decode() not in told
    assert '"event": "retour is ending"' in told


STEPS = {
    "before move": "move",
    "after move": "move",
    "within put": "put",
    "after put": "put",
    "before delete": "delete",
    "after delete": "delete",
    "before put_away": "box",
    "after put_away": "box",
}


def recipients(step: str) -> list[str]:
    return [f"{step.replace(' ', '.')}.{number}@b.test" for number in range(3)]


@pytest.fixture(scope="module")
def bounces(server: Server) -> dict[str, list[bytes]]:
    """Bounces of sends of its own for each step."""
    with server.running():
        return {step: [bounce(server, recipient) for recipient in recipients(step)] for step in STEPS}


@pytest.mark.parametrize(("step", "user"), STEPS.items())
def test_killed_between_commit_and_move_nothing_is_lost_or_counts_twice(
    server: Server, dovecot: Dovecot, bounces: dict[str, list[bytes]], step: str, user: str
) -> None:
    mailbox = f"{user}@mailbox.test"
    before = dovecot.folders(mailbox).get("Retour", 0)
    for mail in bounces[step]:
        dovecot.deliver(mailbox, mail)
    server.start([sys.executable, "-m", "story.killed", step])
    assert server.dies() == -signal.SIGKILL

    with server.running():
        lives = [server.bounced(recipient) for recipient in recipients(step)]
        gone = {} if user == "delete" else {"Retour": before + 3}
        eventually(lambda: dovecot.folders(mailbox) == gone, "the end of it", server.story)
        eventually(lambda: server.waiting() == 0, "the inbox to be empty", server.story)
        for life in lives:
            assert [event["reason"] for event in life["events"]] == ["address_unknown"]
            assert life["state"]["hard"] == 1
            assert len(life["ledger"]) == 1
        assert server.faults() == 0
