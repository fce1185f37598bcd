"""Hostile mail over the real LMTP inlet: the process lives, answers, and keeps what it was given."""

import smtplib
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
    assert server.faults() == 0, server.story()


def whole(mail: bytes) -> tuple[int, bytes]:
    """Size and kept bytes of a mail as it goes over the wire; it ends with a line break there."""
    sent = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
    return len(sent), sent[:MIB]
