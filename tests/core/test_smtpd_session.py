"""The server's dialogue, without a socket: what is obeyed, refused, kept, and where it ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retour.smtpd import Limits, Message, Phase, Reply, Session
from retour.smtpd.commands import Verb
from retour.smtpd.phases import MOVES, STEPS, Step
from retour.smtpd.replies import KEPT, NOT_DURABLE

UNKNOWN = Reply(550, "5.1.1", "No such address")
SMALL = Limits(message=2000, kept=100, command=200, recipients=3, errors=4)


def gate(address: str) -> str | Reply:
    """Everybody is welcome but those whose name begins with "no"."""
    return UNKNOWN if address.startswith("no") else f"ticket of {address}"


def started(lmtp: bool = False, limits: Limits = SMALL) -> Session[str]:
    session = Session(gate, "mx.example", lmtp, limits)
    session.receive(b"LHLO client\r\n" if lmtp else b"EHLO client\r\n")
    return session


def codes(said: bytes) -> list[str]:
    """Reply code and enhanced code of each whole reply."""
    assert said == b"" or said.endswith(b"\r\n")
    return [line[:9].decode().strip() for line in said.split(b"\r\n")[:-1] if line[3:4] == b" "]


def message_of(session: Session[str]) -> Message[str]:
    assert session.message is not None
    return session.message


ENVELOPE = b"MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n"


def test_a_message_walks_through() -> None:
    session = Session(gate, "mx.example")
    assert session.greeting() == b"220 mx.example ESMTP Retour\r\n"
    hello = session.receive(b"EHLO client.example\r\n").decode()
    for extension in ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", f"SIZE {64 << 20}"):
        assert f"{extension}\r\n" in hello
    said = session.receive(
        b"MAIL FROM:<> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb\r\n"
        b"RCPT TO:<a@b.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;x+3Dy@b.example\r\n"
        b"RCPT TO:<nobody@b.example>\r\n"
        b"DATA\r\n"
    )
    assert codes(said) == ["250 2.1.0", "250 2.1.5", "550 5.1.1", "354 Send"]
    assert session.receive(b"Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n") == b""  # QUIT waits for the answer
    message = message_of(session)
    assert (message.sender, message.envid, message.headers_only) == ("", "a+b", True)
    assert (message.content, message.size) == (b"Subject: x\r\n\r\n.dot\r\n", 20)
    (recipient,) = message.recipients
    assert recipient.address == "a@b.example"
    assert recipient.ticket == "ticket of a@b.example"
    assert recipient.original == "rfc822;x=y@b.example"
    assert recipient.notify == {"FAILURE", "DELAY"}
    assert codes(session.answer([KEPT])) == ["250 2.0.0", "221 2.0.0"]
    assert session.phase is Phase.CLOSED


def test_lmtp_replies_once_for_each_accepted_recipient() -> None:
    session = started(lmtp=True)
    session.receive(b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<no@b>\r\nRCPT TO:<c@b>\r\nDATA\r\nx\r\n.\r\n")
    assert [recipient.address for recipient in message_of(session).recipients] == ["a@b", "c@b"]
    assert codes(session.answer([KEPT, NOT_DURABLE])) == ["250 2.0.0", "451 4.3.0"]


def test_smtp_has_one_reply_and_it_is_the_worst() -> None:
    session = started()
    session.receive(b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@b>\r\nDATA\r\nx\r\n.\r\n")
    assert codes(session.answer([KEPT, NOT_DURABLE])) == ["451 4.3.0"]
    assert session.phase is Phase.READY


@pytest.mark.parametrize(
    "not_the_end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r\n.\r",
        b"\r\n.\rx\r\n",
        b"\r\r\n.\r\r\n",
        b"\r\n\n.\r\n",
    ],
)
def test_only_crlf_dot_crlf_ends_the_content(not_the_end: bytes) -> None:
    """CVE-2023-51764: what follows a looser end would be a smuggled message."""
    session = started()
    session.receive(ENVELOPE)
    smuggled = b"text" + not_the_end + b"MAIL FROM:<evil@e.example>\r\nRCPT TO:<a@b>\r\nDATA\r\n"
    assert session.receive(smuggled) == b""
    assert session.message is None
    session.receive(b"\r\n.\r\n")
    assert b"MAIL FROM:<evil@e.example>" in message_of(session).content


def test_a_lone_line_feed_starts_no_command() -> None:
    session = started()
    session.receive(b"MAIL FROM:<>\r\n")
    assert codes(session.receive(b"RCPT TO:<a@b\nRCPT TO:<c@d>\r\n")) == ["500 5.5.2"]
    assert session.phase is Phase.SENDER


@pytest.mark.parametrize(
    "path",
    [
        b"a@evil.test@good.test",
        b"victim@x\0y",
        b"a\rb@c.example",
        b"a b@c.example",
        b"@c.example",
        b"a@",
        b"a@b>c<d",
        b'"a@b.example',
        b'"a"b@c.example',
        b"a\x1b[2J@c.example",
        b"\xff@c.example",
        "a\u2028b@c.example".encode(),
        "a\x85b@c.example".encode(),
    ],
)
def test_what_two_programs_could_read_differently_is_refused(path: bytes) -> None:
    session = started()
    session.receive(b"MAIL FROM:<> SMTPUTF8\r\n")
    (code,) = codes(session.receive(b"RCPT TO:<" + path + b">\r\n"))
    assert code in ("501 5.1.3", "500 5.5.2")
    assert session.phase is Phase.SENDER


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (b"<a@b.example>", "a@b.example"),
        (b"<@relay.example,@x.example:a@b.example>", "a@b.example"),
        (b"<postmaster>", "postmaster"),
        (b'<"a>b @"@c.example>', '"a>b @"@c.example'),
        (b" <-oQ/tmp@x.example>", "-oQ/tmp@x.example"),
        ("<пример@b.example>".encode(), "пример@b.example"),
        (b"<" + b"x" * 100 + b"@b.example>", "x" * 100 + "@b.example"),  # sources.md: over 64 is real
    ],
)
def test_addresses_that_are_read(path: bytes, address: str) -> None:
    session = started()
    said = session.receive(b"MAIL FROM:<> SMTPUTF8\r\nRCPT TO:" + path + b"\r\nDATA\r\n.\r\n")
    assert codes(said)[1] == "250 2.1.5"
    assert message_of(session).recipients[0].address == address
    assert message_of(session).content == b""


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"MAIL FROM:<\xc3\xa4@b>", "553 5.6.7"),
        (b"MAIL FROM:<a@b> SIZE=2001", "552 5.3.4"),
        (b"MAIL FROM:<a@b> SIZE=2000", "250 2.1.0"),
        (b"MAIL FROM:<a@b> SIZE=x", "501 5.5.4"),
        (b"MAIL FROM:<a@b> SIZE=1 SIZE=1", "501 5.5.4"),
        (b"MAIL FROM:<a@b> SMTPUTF8=1", "501 5.5.4"),
        (b"MAIL FROM:<a@b> BODY=BINARYMIME", "501 5.5.4"),
        (b"MAIL FROM:<a@b> ENVID=x+0D+0ABcc:", "501 5.5.4"),
        (b"MAIL FROM:<a@b> AUTH=<>", "555 5.5.4"),
        (b"MAIL FROM:<a@b>SIZE=1", "501 5.1.7"),
        (b"MAIL FROM:a@b", "501 5.1.7"),
        (b"MAIL TO:<a@b>", "501 5.5.4"),
        (b"mail from:<a@b> size=1", "250 2.1.0"),
        (b"RCPT TO:<a@b>", "503 5.5.1"),
        (b"DATA", "503 5.5.1"),
        (b"VRFY a@b", "252 2.5.0"),
        (b"NOOP ignored", "250 2.0.0"),
        (b"STARTTLS", "502 5.5.1"),
        (b"XYZZY", "500 5.5.1"),
        (b"", "500 5.5.1"),
        (b"\xff\xfe", "500 5.5.1"),
        (b"MAIL FROM:<a@b>" + b" " * 200, "500 5.5.2"),
        (b"LHLO client", "500 5.5.1"),
        (b"EHLO", "501 5.5.4"),
    ],
)
def test_replies_to_single_commands(line: bytes, code: str) -> None:
    assert codes(started().receive(line + b"\r\n")) == [code]


def test_nothing_moves_before_hello_and_each_protocol_has_its_own() -> None:
    session = Session(gate, "mx.example", lmtp=True)
    assert codes(session.receive(b"MAIL FROM:<>\r\nEHLO x\r\nHELO x\r\nDATA\r\n")) == [
        "503 5.5.1",
        "500 5.5.1",
        "500 5.5.1",
        "503 5.5.1",
    ]
    assert session.phase is Phase.CONNECTED


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("verb", list(STEPS))
def test_an_illegal_command_is_told_and_moves_nothing(phase: Phase, verb: Verb) -> None:
    if phase in (Phase.CONTENT, Phase.DECIDING, Phase.CLOSED):
        assert not set(MOVES[phase]) & {step for step in Step if step not in (Step.END, Step.ANSWER)}
        return
    session = Session(gate, "mx.example", lmtp=verb == "LHLO")
    lines = [b"LHLO x" if verb == "LHLO" else b"EHLO x", b"MAIL FROM:<>", b"RCPT TO:<a@b>"]
    for line in lines[: list(Phase).index(phase)]:
        session.receive(line + b"\r\n")
    argument = {"MAIL": " FROM:<>", "RCPT": " TO:<a@b>", "EHLO": " x", "HELO": " x", "LHLO": " x"}
    said = session.receive(f"{verb}{argument.get(verb, '')}\r\n".encode())
    target = MOVES[phase].get(STEPS[verb])
    assert session.phase is (target or phase)
    assert (codes(said) == ["503 5.5.1"]) is (target is None)


def test_rset_and_hello_forget_the_envelope() -> None:
    for command in (b"RSET\r\n", b"EHLO again\r\n"):
        session = started()
        session.receive(b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\n" + command)
        assert session.phase is Phase.READY
        session.receive(b"MAIL FROM:<x@y>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n")
        assert [r.address for r in message_of(session).recipients] == ["c@d"]


def test_pipelined_data_behind_refused_recipients_is_no_error() -> None:
    session = started()
    for _ in range(50):
        said = session.receive(b"MAIL FROM:<>\r\nRCPT TO:<no@b>\r\nDATA\r\nRSET\r\n")
        assert codes(said) == ["250 2.1.0", "550 5.1.1", "503 5.5.1", "250 2.0.0"]


def test_too_many_errors_end_it_and_a_message_forgives_them() -> None:
    session = started()
    session.receive(b"X\r\n" * 3)
    session.receive(ENVELOPE + b".\r\n")
    session.answer([KEPT])
    assert codes(session.receive(b"X\r\n" * 9)) == ["500 5.5.1"] * 4 + ["421 4.7.0"]
    assert session.phase is Phase.CLOSED
    assert session.receive(b"NOOP\r\n") == b""


def test_recipients_have_a_limit() -> None:
    session = started()
    said = session.receive(b"MAIL FROM:<>\r\n" + b"RCPT TO:<a@b>\r\n" * 4)
    assert codes(said)[-2:] == ["250 2.1.5", "452 4.5.3"]


@pytest.mark.parametrize(("octets", "kept"), [(99, 99), (100, 100), (101, 100), (2000, 100)])
def test_long_content_is_kept_in_part_and_counted_whole(octets: int, kept: int) -> None:
    session = started()
    session.receive(ENVELOPE)
    session.receive(b"x" * (octets - 2) + b"\r\n.\r\n")
    message = message_of(session)
    assert (message.size, len(message.content)) == (octets, kept)


@pytest.mark.parametrize(("lmtp", "replies"), [(False, 1), (True, 2)])
def test_content_above_the_limit_is_read_to_its_end_and_refused(lmtp: bool, replies: int) -> None:
    session = started(lmtp)
    session.receive(b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
    said = session.receive(b"x" * 2000 + b"\r\n.\r\nNOOP\r\n")
    assert codes(said) == ["552 5.3.4"] * replies + ["250 2.0.0"]
    assert session.message is None


def test_an_endless_command_line_is_thrown_away_as_it_comes() -> None:
    session = started()
    for _ in range(1000):
        assert session.receive(b"A" * 1000) == b""
    assert len(session._buffer) <= SMALL.command
    assert codes(session.receive(b"\r\nNOOP\r\n")) == ["500 5.5.2", "250 2.0.0"]


def test_a_reply_cannot_be_split_by_its_words() -> None:
    hostile = Reply(550, "5.1.1", "no\r250 2.1.5 yes\x1b]0;x\x07 ünï " + "x" * 600 + "\nnext")
    lines = hostile.encode().split(b"\r\n")
    assert [line[:10] for line in lines] == [b"550-5.1.1 ", b"550 5.1.1 ", b""]
    assert all(len(line) <= 510 and line.isascii() for line in lines)
    assert b"\r" not in lines[0]
    assert b"\x1b" not in lines[0]


# --- any bytes, cut anywhere -----------------------------------------------------------------------------

_COMMANDS = (
    b"EHLO x\r\n",
    b"MAIL FROM:<>",
    b"RCPT TO:<a@b>",
    b"RCPT TO:<no@b>",
    b"DATA\r\n",
    b"RSET",
    b"QUIT\r\n",
)
_SCRAPS = (b"\r\n", b"\r", b"\n", b".", b"\r\n.\r\n", b"..", b"x" * 201, b"SIZE=1", b" ", b"\0", "ü".encode())
_FRAGMENTS = st.sampled_from((*_COMMANDS, *_SCRAPS))
_STREAM = st.lists(_FRAGMENTS | st.binary(max_size=12), max_size=60).map(b"".join)


def _talk(pieces: list[bytes]) -> tuple[bytes, list[tuple[bytes, int]]]:
    """All replies and messages of a dialogue in which the caller answers at once."""
    session = Session(gate, "mx.example", limits=SMALL)
    said, messages = bytearray(), []
    for piece in pieces:
        said += session.receive(piece)
        while session.message is not None:
            messages.append((session.message.content, session.message.size))
            said += session.answer([KEPT] * len(session.message.recipients))
    return bytes(said), messages


@settings(max_examples=300, deadline=None)
@given(_STREAM, st.data())
def test_any_bytes_in_any_pieces_never_raise_and_give_the_same_replies(
    stream: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole = _talk([stream])
    assert whole == _talk(pieces)
    assert whole == _talk([stream[i : i + 1] for i in range(len(stream))])
    assert codes(whole[0]) is not None


_LINES = st.lists(
    st.sampled_from([b"", b".", b"..", b".x", b"\n.", b"text", b"\r", b"\r.", b"\0"]), max_size=20
)


@settings(deadline=None)
@given(_LINES, st.integers(1, 9))
def test_content_comes_out_as_a_careful_client_sent_it(lines: list[bytes], width: int) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    wire = (
        ENVELOPE + b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in lines) + b".\r\n"
    )
    session = started(limits=Limits(message=2000, kept=2000))
    for start in range(0, len(wire), width):
        session.receive(wire[start : start + width])
    assert message_of(session).content == content
    assert message_of(session).size == len(content)


def test_a_flood_of_refused_recipients_is_ended_and_what_is_good_comes_again() -> None:
    session = started(limits=Limits(refused=3))
    assert codes(session.receive(b"MAIL FROM:<>\r\n" + b"RCPT TO:<no@b.example>\r\n" * 2)) == [
        "250 2.1.0",
        "550 5.1.1",
        "550 5.1.1",
    ]
    assert codes(
        session.receive(b"RSET\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<no@b.example>\r\n")
    ) == [
        "250 2.0.0",
        "250 2.1.0",
        "250 2.1.5",
        "421 4.7.0",
    ]
    assert session.phase is Phase.CLOSED
    assert session.receive(b"DATA\r\n") == b""
