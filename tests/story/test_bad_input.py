"""Hostile mail over the real LMTP inlet: the process lives, answers, and keeps what it was given."""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from story.server import Server
from story.waiting import eventually

MIB = 1024 * 1024
NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(5000)
)
HOSTILE = {
    "50 MB": b"Subject: large\r\n\r\n" + (b"x" * 998 + b"\r\n") * 50_000,
    "binary": bytes(range(256)) * 400,
    "nothing": b"",
    "5000 nested parts": NESTED,
    "header of 150 kB": b"Subject: " + b"y" * 150_000 + b"\r\n\r\nbody\r\n",
    "20000 headers": b"X-A: b\r\n" * 20_000 + b"\r\nbody\r\n",
    "unknown charset": b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\r\n",
    "truncated": b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Ty',
    "two @": b"X-Failed-Recipients: a@b@c.test\r\nSubject: failure\r\n\r\nno such user a@b@c.test\r\n",
    "controls in an address": b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
    b"Final-Recipient: rfc822; a%0d%0aRCPT@b.test\x00\x1b]0;x\r\nAction: failed\r\nStatus: 5.1.1\r\n",
}


@pytest.fixture(scope="module")
def server(ground: Path) -> Iterator[Server]:
    with Server(ground).running() as server:
        yield server


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_answered_kept_and_harmless(server: Server, name: str) -> None:
    recipient = f"{name.replace(' ', '.').replace('@', 'at')}@mailbox.test"
    before = server.process
    to = server.return_address(recipient)

    with smtplib.LMTP("127.0.0.1", server.ports["lmtp"], timeout=120) as lmtp:
        refused = lmtp.sendmail("", [to], HOSTILE[name])

    assert refused == {}
    eventually(lambda: server.waiting() == 0, "the mail to be judged", server.story)
    assert server.process is before
    assert server.process is not None
    assert server.process.poll() is None, server.story()
    assert server.arrivals(to) == [whole(HOSTILE[name])]
    assert server.peak_memory() < 256 * MIB  # the whole process; about 85 MiB when this was written
    assert server.faults() == 0, server.story()


def whole(mail: bytes) -> tuple[int, bytes]:
    """Size and kept bytes of a mail as it goes over the wire; it ends with a line break there."""
    sent = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
    return len(sent), sent[:MIB]


@pytest.mark.parametrize(
    "recipient",
    [
        "a@b@return.test",
        "a\x00b@return.test",
        "a\x0bb@return.test",
        "@return.test",
        "rt-@return.test",
        "x" * 3000,
    ],
    ids=["two @", "NUL", "vertical tab", "no local part", "empty token", "3 kB"],
)
@pytest.mark.parametrize("port", ["lmtp", "smtp"])
def test_a_hostile_recipient_is_refused_and_the_next_is_served(
    server: Server, port: str, recipient: str
) -> None:
    genuine = server.return_address("ann@mailbox.test")
    hello = b"LHLO stranger.test\r\n" if port == "lmtp" else b"EHLO stranger.test\r\n"
    with Dialogue(server.ports[port]) as dialogue:
        dialogue.say(hello)
        assert dialogue.say(b"MAIL FROM:<>\r\n").startswith("250")
        refusal = dialogue.say(b"RCPT TO:<" + recipient.encode() + b">\r\n")
        assert refusal[0] == "5", refusal
        assert dialogue.say(f"RCPT TO:<{genuine}>\r\n".encode()).startswith("250")
    assert server.faults() == 0, server.story()


class Dialogue:
    """A client that sends what it likes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\r\n")

    def __enter__(self) -> "Dialogue":
        self._reply()  # the greeting
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def say(self, line: bytes) -> str:
        """Send a line; the last line of the reply."""
        self._socket.sendall(line)
        return self._reply()

    def _reply(self) -> str:
        return next(line for line in self._lines if line[3:4] != "-")
