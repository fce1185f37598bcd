"""One SMTP reply, however it was quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.model import Kind
from retour.parse import parse_reply


@pytest.mark.parametrize(
    ("line", "reply", "status", "remote", "diagnostic"),
    [
        ("550 5.1.1 User unknown", "550", "5.1.1", None, "550 5.1.1 User unknown"),
        ("smtp; 550 5.1.1 User unknown", "550", "5.1.1", None, "550 5.1.1 User unknown"),
        (
            r"550-5.1.1 The address does not exist.\n550-5.1.1 Try another\n550 5.1.1 one",
            "550",
            "5.1.1",
            None,
            "550-5.1.1 The address does not exist. Try another one",
        ),
        ("550-no\n550 way", "550", None, None, "550-no way"),
        (
            "host mx.dest.test[192.0.2.1] said: 552 5.2.2 full (in reply to RCPT TO command)",
            "552",
            "5.2.2",
            "mx.dest.test",
            "552 5.2.2 full",
        ),
        (
            "SMTP error from remote mail server after RCPT TO:<a@dest.test>: "
            "host mx.dest.test [192.0.2.1]: 550 no",
            "550",
            None,
            "mx.dest.test",
            "550 no",
        ),
        (
            "connect to mx.dest.test[192.0.2.1]:25: Connection refused",
            None,
            None,
            "mx.dest.test",
            "connect to mx.dest.test[192.0.2.1]:25: Connection refused",
        ),
        (
            "Remote Server at mx.dest.test (192.0.2.1) returned '550 5.4.1 Access denied'",
            "550",
            "5.4.1",
            "mx.dest.test",
            "550 5.4.1 Access denied",
        ),
        (
            "192.0.2.1 does not like recipient. Remote host said: 550 no such user Giving up on 192.0.2.1.",
            "550",
            None,
            "192.0.2.1",
            "550 no such user",
        ),
        ("mailbox unavailable", None, None, None, "mailbox unavailable"),
        ("", None, None, None, None),
    ],
)
def test_a_reply(
    line: str, reply: str | None, status: str | None, remote: str | None, diagnostic: str | None
) -> None:
    report = parse_reply(line)
    assert report.kind == Kind.BOUNCE
    assert (report.reply_code, report.status) == (reply, status)
    assert (report.remote_mta, report.diagnostic) == (remote, diagnostic)


def test_a_recipient_before_the_words_is_read() -> None:
    report = parse_reply("<ann@dest.test>: host mx.dest.test[192.0.2.1] said: 550 no")
    assert (report.recipient, report.diagnostic) == ("ann@dest.test", "550 no")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("450 4.2.2 mailbox full", Kind.BOUNCE),
        ("451 4.3.0 busy; message will be retried for 2 days", Kind.DELAY),
        ("550 5.7.1 Sending to this recipient is stopped [retour:stopped]", Kind.SUPPRESSED),
        ("450 4.7.1 Sending to this recipient is held [retour:held]", Kind.SUPPRESSED),
    ],
)
def test_the_kind_of_a_reply(line: str, kind: Kind) -> None:
    assert parse_reply(line).kind == kind


@given(st.text())
def test_any_text_is_a_reply(line: str) -> None:
    report = parse_reply(line)
    assert len(report.text) <= 4096
    assert "\n" not in report.text


@pytest.mark.parametrize("piece", ["550 ", "host ", "<", "(", "\\n", "5.1.", "<a@b>: ", "550-"])
def test_a_megabyte_is_cut(piece: str) -> None:
    assert len(parse_reply(piece * (1_000_000 // len(piece))).text) <= 4096
