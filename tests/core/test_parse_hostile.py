"""Whatever arrives is read without an error, the same in both line endings, and within bounds."""

import base64
import io
import sys
import zipfile
from types import FrameType

import pytest
from bench.bombs import BOMBS
from hypothesis import given
from hypothesis import strategies as st

from retour.flow.judge import judge
from retour.model import Kind, Reading
from retour.parse import parse
from retour.parse.dialects import session

REPORT = (
    b"From: MAILER-DAEMON@out.test\nContent-Type: multipart/report; boundary=b\n\n"
    b"--b\n\nThis is the mail system.\n--b\nContent-Type: message/delivery-status\n\n"
    b"Reporting-MTA: dns; out.test\n\n%s\n--b--\n"
)
NOTICE = b"From: MAILER-DAEMON@out.test\nSubject: Undelivered Mail\n\nCould not be delivered:\n\n%s"
LINES = st.sampled_from(
    [
        b"From: MAILER-DAEMON@out.test",
        b"Subject: Undeliverable",
        b"X-Failed-Recipients: ann@dest.test",
        b"Content-Type: multipart/report; boundary=b",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/feedback-report",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/html",
        b"--b",
        b"",
        b"",
        b"Final-Recipient: rfc822; ann@dest.test",
        b"Original-Recipient: utf-8; \\x{F6}@dest.test",
        b"Action: failed",
        b"Action: delayed",
        b"Status: 5.1.1",
        b"Diagnostic-Code: smtp; 550 5.1.1 no",
        b"<ann@dest.test>: host mx[192.0.2.1] said: 550 5.1.1 no",
        b"   ----- Transcript of session follows -----",
        b">>> RCPT To:<ann@dest.test>",
        b"<<< 550 no",
        b"--- Below this line is a copy of the message.",
        b"Message-ID: <a@b>",
        b"\xff\xfe",
    ]
)
MAILS = st.one_of(st.binary(max_size=3000), st.lists(LINES, max_size=40).map(b"\n".join))


def assert_sound(reading: Reading) -> None:
    """What holds for every reading, whatever was read."""
    assert len(reading.reports) <= 100
    assert len(reading.text) <= 16 * 1024
    assert reading.kind != Kind.BOUNCE or reading.reports
    for report in reading.reports:
        assert len(report.text) <= 4096
        for address in (report.recipient, report.original_recipient):
            assert address is None or not set(address) & set("\r\n\0<>")
        assert report.diagnostic is None or "\n" not in report.diagnostic


@given(MAILS)
def test_any_bytes_are_read(raw: bytes) -> None:
    assert_sound(parse(raw))


@given(MAILS.filter(lambda raw: b"\r" not in raw))
def test_line_endings_make_no_difference(raw: bytes) -> None:
    assert parse(raw) == parse(raw.replace(b"\n", b"\r\n"))


@given(MAILS, st.data())
def test_what_was_cut_is_read(raw: bytes, data: st.DataObject) -> None:
    assert_sound(parse(raw[: data.draw(st.integers(0, len(raw)))]))


@pytest.mark.parametrize(
    "address",
    [
        b"a@evil.test@good.test",
        b"ann\0@dest.test",
        b"ann@dest.test\0y",
        b"ann@dest.test\rBcc: victim@dest.test",
        b"<ann@dest.test",
        b"ann@",
        b"@dest.test",
        b"a" * 400 + b"@dest.test",
        b"ann bob@dest.test",
    ],
)
def test_what_is_no_single_address_is_refused_by_name(address: bytes) -> None:
    reading = parse(REPORT % (b"Final-Recipient: rfc822; " + address + b"\nAction: failed\nStatus: 5.1.1\n"))
    assert reading.kind == Kind.BOUNCE
    [report] = reading.reports
    assert report.recipient in (None, "ann@dest.test")
    assert report.recipient is not None or "bad_address" in reading.defects
    assert report.status == "5.1.1"


def test_more_recipients_than_we_read_are_a_defect() -> None:
    group = b"Final-Recipient: rfc822; a%d@dest.test\nAction: failed\nStatus: 5.1.1\n"
    reading = parse(REPORT % b"\n".join(group % number for number in range(150)))
    assert len(reading.reports) == 100
    assert reading.reports[99].recipient == "a99@dest.test"
    assert "too_many_recipients" in reading.defects


@pytest.mark.parametrize(
    "body",
    [
        b"<" * 1_000_000,
        b"@" * 1_000_000,
        b"a@" * 500_000,
        b"a@b.c\n" * 200_000,
        b"<a@b.c>: x\n\n" * 90_000,
        b"5.1." * 250_000,
        b"550-" * 250_000,
        b"\t\n" * 500_000,
        b"-" * 1_000_000,
        b"--\n" * 300_000,
        b"From: x\nTo: y\n\n" * 70_000,
        b"host a" * 170_000,
        b"following a b c " * 60_000,
        b"Transcript of session\n" + b">>> RCPT To:<x@y.z>\n" * 50_000,
    ],
    ids=lambda body: body[:12].decode(),
)
def test_a_megabyte_of_anything_is_a_bounce_of_nobody_in_particular(body: bytes) -> None:
    reading = parse(NOTICE % body)
    assert reading.kind == Kind.BOUNCE
    assert_sound(reading)


def test_fifty_megabytes_are_read_at_their_beginning() -> None:
    reading = parse(NOTICE % (b"<ann@dest.test>: 550 5.1.1 no\n\n" + b"x\n" * 25_000_000))
    assert reading.defects == ("truncated",)
    assert reading.reports[0].recipient == "ann@dest.test"


def test_an_empty_arrival_says_nothing() -> None:
    assert parse(b"") == Reading(Kind.OTHER, defects=("no_headers",))


STEPS = 400_000  # calls of functions for one mail, whatever it is; an ordinary bounce takes about 300


def steps(raw: bytes) -> int:
    """How many functions, ours and those of Python, are called to judge a mail."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        judged = judge(raw)
    finally:
        sys.setprofile(None)
    assert_sound(judged.reading)
    return count


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_a_bounded_number_of_steps(name: str) -> None:
    judge(NOTICE % "<ann@dest.test>: 550 5.1.1 \u00fc".encode())  # tables are built, patterns compiled
    half, whole = steps(BOMBS[name](0.5)), steps(BOMBS[name](1))
    assert whole <= STEPS
    assert whole <= 2.5 * half + 1000


def test_reports_beyond_those_that_are_read_are_a_defect() -> None:
    reading = parse(BOMBS["50 reports"](1))
    assert "too_complex" in reading.defects


@pytest.mark.parametrize(
    ("second", "told"),
    [("550 5.1.1 no such user", ["550 5.1.1 no such user"]), ("250 2.1.5 Ok", []), ("", ["450 4.2.0 wait"])],
)
def test_a_recipient_asked_for_twice_is_told_once_by_the_last_answer(second: str, told: list[str]) -> None:
    asked = "--> RCPT TO:<{}>\n<-- {}\n".format
    other = "550 5.2.1 disabled"
    words = asked("ann@dest.test", "450 4.2.0 wait") + asked("bob@dest.test", other)
    said = session.refused_in(words + asked("Ann@dest.test", second))
    assert [answer for who, answer in said if who.lower() == "ann@dest.test"] == told
    assert ("bob@dest.test", other) in said


def test_a_dialogue_that_names_no_address_is_about_nobody() -> None:
    said = b"Sent >>> RCPT TO: <ann\0b@dest.test>\nReceived <<< 550 5.1.1 <ann@dest.test>... user unknown\n"
    reading = parse(
        b"From: MAILER-DAEMON@out.test\nSubject: Undelivered Mail\n\nCould not be delivered.\n\n" + said
    )
    assert [report.recipient for report in reading.reports] == [None]
    assert "bad_address" in reading.defects


def test_what_is_packed_within_a_report_is_never_unpacked() -> None:
    failed = b"Final-Recipient: rfc822; ann@dest.test\nAction: failed\nStatus: 5.1.1"
    plain, packed = REPORT % failed, io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("notice.eml", NOTICE % b"<bea@dest.test>: 550 5.1.1 no\n" + b"\0" * 10_000_000)
    head = b"\n--b\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
    mail = plain.replace(b"\n--b--\n", head + base64.encodebytes(packed.getvalue()) + b"--b--\n")
    assert [report.recipient for report in parse(mail).reports] == ["ann@dest.test"]
    assert parse(mail).reports == parse(plain).reports
    assert steps(mail) < 2 * steps(plain) + 10_000
