"""The dialogue of a submission, without a socket: passwords, TLS, content in pieces."""

from base64 import b64encode
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.smtpd import Limits, Phase, Recipient, Reply, Submission
from retour.smtpd.commands import MailCommand
from retour.smtpd.content import Content, Passing
from retour.smtpd.replies import AUTHENTICATED, BAD_CREDENTIALS, GO_AHEAD, NOT_DURABLE, OK
from retour.smtpd.submission import Awaits

PLAIN = b64encode(b"\0shop\0secret")
STOPPED = Reply(550, "5.7.1", "Stopped")


def gate(address: str, mail: MailCommand, accepted: Sequence[Recipient[str]]) -> str | Reply | None:
    """Those that begin with "ask" take a while."""
    return None if address.startswith("ask") else f"{mail.sender} to {address} after {len(accepted)}"


def greeted(may_prove: bool = True, tls: bool = False) -> Submission[str]:
    session = Submission(gate, "mx.example", Limits(message=100, command=200), may_prove=may_prove, tls=tls)
    session.receive(b"EHLO client\r\n")
    return session


def proved() -> Submission[str]:
    session = greeted()
    session.receive(b"AUTH PLAIN " + PLAIN + b"\r\n")
    session.proven(AUTHENTICATED)
    return session


def codes(said: bytes) -> list[str]:
    return [line[:9].decode().strip() for line in said.split(b"\r\n")[:-1] if line[3:4] == b" "]


def told(session: Submission[str]) -> tuple[str, str]:
    assert session.awaits is Awaits.PROOF
    assert session.credentials is not None
    assert "secret" not in repr(session.credentials)
    return session.credentials.login, session.credentials.password


def test_plain_with_its_answer_at_once() -> None:
    session = greeted()
    assert session.receive(b"auth plain " + PLAIN + b"\r\nNOOP\r\n") == b"", (
        "nothing is read until it is proven"
    )
    assert told(session) == ("shop", "secret")
    assert codes(session.proven(AUTHENTICATED)) == ["235 2.7.0", "250 2.0.0"]


def test_plain_with_its_answer_after_the_challenge() -> None:
    session = greeted()
    assert session.receive(b"AUTH PLAIN\r\n") == b"334 \r\n"
    session.receive(PLAIN + b"\r\n")
    assert told(session) == ("shop", "secret")


def test_login_asks_for_name_and_password() -> None:
    session = greeted()
    assert session.receive(b"AUTH LOGIN\r\n") == b"334 VXNlcm5hbWU6\r\n"
    assert session.receive(b64encode(b"shop") + b"\r\n") == b"334 UGFzc3dvcmQ6\r\n"
    session.receive(b64encode(b"secret") + b"\r\n")
    assert told(session) == ("shop", "secret")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"AUTH\r\n", "504 5.5.4"),
        (b"AUTH CRAM-MD5\r\n", "504 5.5.4"),
        (b"AUTH PLAIN *\r\n", "501 5.7.0"),
        (b"AUTH PLAIN ====\r\n", "501 5.5.2"),
        (b"AUTH PLAIN " + b64encode(b"shop secret") + b"\r\n", "501 5.5.2"),
        (b"AUTH PLAIN " + b64encode(b"other\0shop\0secret") + b"\r\n", "501 5.5.2"),
        (b"AUTH PLAIN " + b64encode(b"\0shop\0se\0cret") + b"\r\n", "501 5.5.2"),
        (b"AUTH PLAIN " + b64encode(b"\0sh\xffop\0secret") + b"\r\n", "501 5.5.2"),
        (b"AUTH PLAIN =\r\n", "501 5.5.2"),
        (b"MAIL FROM:<a@b>\r\n", "530 5.7.0"),
    ],
)
def test_what_proves_nothing(said: bytes, code: str) -> None:
    session = greeted()
    assert codes(session.receive(said)) == [code]
    assert session.awaits is None
    assert not session.proved
    assert codes(session.receive(b"NOOP\r\n")) == ["250 2.0.0"], "it is no answer to a challenge any more"


def test_a_guesser_is_hung_up_on() -> None:
    session = greeted()
    said = b""
    for _ in range(3):
        session.receive(b"AUTH PLAIN " + PLAIN + b"\r\n")
        said = session.proven(BAD_CREDENTIALS)
    assert codes(said) == ["535 5.7.8", "421 4.7.0"]
    assert session.phase is Phase.CLOSED


def test_no_password_is_taken_in_clear() -> None:
    session = greeted(may_prove=False, tls=True)
    hello = session.receive(b"EHLO x\r\n")
    assert b"STARTTLS" in hello
    assert b"AUTH" not in hello
    assert codes(session.receive(b"AUTH PLAIN " + PLAIN + b"\r\n")) == ["538 5.7.1"], "5.7.11, cut"
    assert session.credentials is None


def test_everything_is_forgotten_under_tls() -> None:
    session = greeted(may_prove=False, tls=True)
    assert codes(session.receive(b"STARTTLS\r\n")) == ["220 2.0.0"]
    assert session.awaits is Awaits.TLS
    session.secured()
    assert codes(session.receive(b"MAIL FROM:<a@b>\r\n")) == ["503 5.5.1"]
    hello = session.receive(b"EHLO x\r\n")
    assert b"AUTH PLAIN LOGIN" in hello
    assert b"STARTTLS" not in hello
    assert codes(session.receive(b"STARTTLS\r\n")) == ["502 5.5.1"]


def test_what_stands_behind_starttls_is_not_believed() -> None:
    session = greeted(may_prove=False, tls=True)
    said = session.receive(b"STARTTLS\r\nEHLO evil\r\nAUTH PLAIN " + PLAIN + b"\r\n")
    assert codes(said) == ["554 5.5.1"]
    assert session.awaits is None


def test_recipients_that_take_a_while_are_waited_for() -> None:
    session = proved()
    said = session.receive(
        b"MAIL FROM:<a@b> AUTH=<>\r\nRCPT TO:<x@y>\r\nRCPT TO:<ask1@y>\r\nRCPT TO:<ask2@y>\r\nDATA\r\n"
    )
    assert codes(said) == ["250 2.1.0", "250 2.1.5"]
    assert session.awaits is Awaits.RECIPIENT
    assert session.asked is not None
    assert session.asked.recipient == "ask1@y"
    assert codes(session.judged(STOPPED)) == ["550 5.7.1"]
    assert codes(session.judged("welcome")) == ["250 2.1.5"]
    assert session.awaits is Awaits.OPENING
    mail, recipients = session.envelope
    assert mail.sender == "a@b"
    assert [recipient.ticket for recipient in recipients] == ["a@b to x@y after 0", "welcome"]


def test_data_that_is_refused_forgets_the_envelope() -> None:
    session = proved()
    session.receive(b"MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\n")
    assert codes(session.opened(NOT_DURABLE)) == ["451 4.3.0"]
    assert codes(session.receive(b"DATA\r\nRCPT TO:<x@y>\r\nMAIL FROM:<a@b>\r\n")) == [
        "503 5.5.1",
        "503 5.5.1",
        "250 2.1.0",
    ]


def opened() -> Submission[str]:
    session = proved()
    session.receive(b"MAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\n")
    assert codes(session.opened(GO_AHEAD)) == ["354 Send"]
    return session


def test_content_passes_as_it_is_on_the_wire() -> None:
    session = opened()
    assert session.receive(b"Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n") == b""
    assert session.taken() == b"Subject: x\r\n\r\n..dot\r\n"
    assert session.awaits is Awaits.VERDICT
    assert codes(session.answered(OK)) == ["250 2.0.0", "221 2.0.0"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a\nb\r\n.\r\n", "554 5.6.0"),
        (b"a\rb\r\n.\r\n", "554 5.6.0"),
        (b"x" * 101 + b"\r\n.\r\n", "552 5.3.4"),
    ],
)
def test_content_at_fault_is_refused_whatever_became_of_it(content: bytes, code: str) -> None:
    session = opened()
    session.receive(content)
    assert session.fault is not None
    assert codes(session.answered(OK)) == [code]


PIECES = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"..", b"a", b"\r\n.", b" "]), max_size=30)


@given(PIECES, st.data())
def test_passing_finds_the_same_end_as_keeping_wherever_it_is_cut(
    pieces: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(pieces) + b"\r\n.\r\nrest"
    kept, passing = Content(1000), Passing()
    rest_of_kept = kept.feed(whole)
    passed, rest = b"", None
    while whole and rest is None:
        cut = data.draw(st.integers(1, len(whole)))
        rest, whole = passing.feed(whole[:cut]), whole[cut:]
        piece = passing.take()
        assert not (passed.endswith(b"\r") and piece.startswith(b"\n")), "no CR LF is torn"
        passed += piece
    assert rest is not None
    assert rest + whole == rest_of_kept
    assert b"\r\n.\r\n" not in b"\r\n" + passed, "nothing that is passed on ends a message"
    again = Content(1000)
    again.feed(passed + b".\r\n")
    assert again.kept == kept.kept, "the next server reads what we would have read"
    assert passing.bare is any(sign in passed.replace(b"\r\n", b"") for sign in (b"\r", b"\n"))
