"""The bounce inlet over real sockets: who is let in, what an arrival holds, when 250 is said."""

import asyncio
import smtplib
import socket
import tracemalloc
from base64 import b32encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from random import Random

import pytest

from inlets.beside import Beside
from retour.inlets.smtp import BounceInlet, Source, start_smtp
from retour.instants import DAY
from retour.model import Arrival, MailKind, Proof
from retour.return_address import Keyring, make
from retour.smtpd import Limits, Listener
from retour.smtpd.limits import KIB, MIB
from story.waiting import eventually

DOMAIN = "return.example"
NOW = 20_000 * DAY
RING = Keyring(1, {1: b"k" * 32})
TOKEN = make(RING, 7, DOMAIN, 42, MailKind.MAILING, NOW)
GENUINE = f"{TOKEN}@{DOMAIN}"
MAIL = b"Subject: Undelivered\r\n\r\nNo such user\r\n"


@dataclass
class Shelf:
    """Where arrivals go; as durable as a test needs."""

    arrivals: list[Arrival] = field(default_factory=list)
    broken: bool = False

    async def accept(self, arrivals: Sequence[Arrival]) -> None:
        if self.broken:
            raise OSError("disk full")
        self.arrivals += arrivals


@dataclass
class Port:
    """A running inlet with what it kept."""

    inlet: BounceInlet
    listener: Listener[Source]
    shelf: Shelf
    lmtp: bool

    def client(self) -> smtplib.SMTP:
        kind = smtplib.LMTP if self.lmtp else smtplib.SMTP
        session = kind("127.0.0.1", self.listener.port, timeout=120)
        session.ehlo()
        return session

    def raw(self) -> socket.socket:
        """A connection without a careful client, past its hello."""
        connection = socket.create_connection(("127.0.0.1", self.listener.port), timeout=120)
        hello = b"LHLO" if self.lmtp else b"EHLO"
        connection.sendall(hello + b" client\r\n")
        read_until(connection, b"250 DSN\r\n")
        return connection


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """What the server says, up to these bytes or to its end."""
    said = b""
    while end not in said:
        piece = connection.recv(65536)
        if not piece:
            break
        said += piece
    return said


Opened = Callable[..., Port]


@pytest.fixture
def opened(beside: Beside) -> Iterator[Opened]:
    ports: list[Port] = []

    def open_port(lmtp: bool = False, limits: Limits | None = None, shelf: Shelf | None = None) -> Port:
        kept = shelf or Shelf()
        inlet = BounceInlet(
            "lmtp" if lmtp else "smtp",
            lambda: RING,
            lambda domain: domain == DOMAIN,
            kept.accept,
            lambda: NOW,
            {"Bounces@old.example": Source("old", Proof.OPEN, "acme")},
        )
        listener = beside.run(
            start_smtp("127.0.0.1", 0, inlet, lmtp=lmtp, hostname="mx.retour.example", limits=limits)
        )
        ports.append(Port(inlet, listener, kept, lmtp))
        return ports[-1]

    yield open_port
    for port in ports:
        beside.run(port.listener.close())


@pytest.fixture(params=[False, True], ids=["smtp", "lmtp"])
def port(opened: Opened, request: pytest.FixtureRequest) -> Port:
    return opened(lmtp=request.param)


# --- who is let in ---------------------------------------------------------------------------------------

FORGED = TOKEN[:-1] + ("a" if TOKEN[-1] != "a" else "b")


@pytest.mark.parametrize(
    ("rcpt", "code", "enhanced"),
    [
        (GENUINE, 250, b"2.1.5"),
        (GENUINE.upper(), 250, b"2.1.5"),
        (f"{make(RING, 7, DOMAIN, 42, MailKind.SYSTEM, NOW - 90 * DAY)}@{DOMAIN}", 250, b"2.1.5"),  # expired
        (f"{FORGED}@{DOMAIN}", 550, b"5.1.1"),
        (f"{TOKEN}@other.example", 550, b"5.1.1"),  # genuine, but of another domain
        (TOKEN, 550, b"5.1.1"),
        ("bounces@old.example", 250, b"2.1.5"),
        ("BOUNCES@OLD.EXAMPLE", 250, b"2.1.5"),
        ("somebody@old.example", 550, b"5.1.1"),
        ("postmaster", 250, b"2.1.5"),
        (f"PostMaster@{DOMAIN}", 250, b"2.1.5"),
        ("postmaster@old.example", 250, b"2.1.5"),
        ("postmaster@elsewhere.example", 550, b"5.7.1"),
        (f"ann@{DOMAIN}", 550, b"5.1.1"),
        ("ann@elsewhere.example", 550, b"5.7.1"),
        ("rt-@return.example", 550, b"5.1.1"),
        ("a@b@return.example", 501, b"5.1.3"),
    ],
)
def test_it_decides_at_rcpt(port: Port, rcpt: str, code: int, enhanced: bytes) -> None:
    with port.client() as session:
        session.mail("")
        session.putcmd("RCPT", f"TO:<{rcpt}>")
        said, words = session.getreply()
    assert (said, words[:5]) == (code, enhanced)
    assert port.inlet.refused == (1 if code == 550 else 0)


def test_each_refusal_is_counted_by_its_cause(port: Port) -> None:
    with port.client() as session:
        session.mail("")
        for rcpt in (f"{FORGED}@{DOMAIN}", f"ann@{DOMAIN}", "a@elsewhere.example", "b@elsewhere.example"):
            session.rcpt(rcpt)
    assert (port.inlet.forged, port.inlet.unknown, port.inlet.foreign) == (1, 1, 2)


def test_ten_thousand_forged_tokens_cost_no_memory_and_never_come_to_data(opened: Opened) -> None:
    port = opened(limits=Limits(refused=20_000))
    with port.raw() as connection:
        connection.sendall(b"MAIL FROM:<>\r\n")
        read_until(connection, b"\r\n")
        forged = [f"RCPT TO:<{token}@{DOMAIN}>\r\n" for token in _forged(15_000)]
        tracemalloc.start()
        # The first fill the bounded table of account keys, and whatever else is made once.
        refused = _refused(connection, forged[:5_000])
        before = tracemalloc.take_snapshot()
        refused += _refused(connection, forged[5_000:])
        after = tracemalloc.take_snapshot()
        tracemalloc.stop()
        connection.sendall(b"DATA\r\n")
        assert read_until(connection, b"\r\n").startswith(b"503 5.5.1")
    assert refused == port.inlet.forged == 15_000
    grown = sum(
        difference.size_diff
        for difference in after.compare_to(before, "filename")
        if difference.traceback[0].filename != __file__
    )
    assert grown < 256 * KIB  # 10,000 kept lines would be a megabyte
    assert port.shelf.arrivals == []


def _forged(count: int) -> list[str]:
    """Local parts with the shape of tokens: version and key are right, the rest is chance."""
    chance = Random(7)
    return [f"rt-{b32encode(bytes([0x10, 1]) + chance.randbytes(23)).decode().lower()}" for _ in range(count)]


def _refused(connection: socket.socket, lines: Sequence[str]) -> int:
    """How many of these commands are answered with 550 5.1.1, a hundred at a time."""
    refused = 0
    for start in range(0, len(lines), 100):
        connection.sendall("".join(lines[start : start + 100]).encode())
        said = b""
        while said.count(b"\r\n") < 100:
            said += connection.recv(65536)
        refused += said.count(b"550 5.1.1 ")
    return refused


# --- what an arrival holds -------------------------------------------------------------------------------


def test_an_arrival_holds_envelope_content_and_the_terms_of_its_recipient(port: Port) -> None:
    with port.client() as session:
        for rcpt in (GENUINE, "bounces@old.example", "postmaster"):
            session.sendmail("", [rcpt], MAIL)
    token, old, postmaster = port.shelf.arrivals
    name = "lmtp" if port.lmtp else "smtp"
    assert (token.raw, token.size, token.mail_from, token.rcpt_to) == (MAIL, len(MAIL), "", GENUINE)
    assert (token.inlet, token.proof, token.account, token.received_at) == (name, Proof.TOKEN, None, NOW)
    assert (old.inlet, old.proof, old.account) == ("old", Proof.OPEN, "acme")
    assert (postmaster.inlet, postmaster.proof) == (name, Proof.TOKEN)
    assert len({len(each.id) for each in port.shelf.arrivals} | {16}) == 1
    assert port.inlet.accepted == 3


def test_redelivery_has_the_same_id_and_another_mail_has_not(port: Port) -> None:
    with port.client() as session:
        for sender, mail in (("", MAIL), ("relay@x.example", MAIL), ("", MAIL + b"more\r\n")):
            session.sendmail(sender, [GENUINE], mail)
    first, again, other = (arrival.id for arrival in port.shelf.arrivals)
    assert first == again != other


def test_a_recipient_named_twice_is_one_arrival_with_two_lmtp_replies(opened: Opened) -> None:
    port = opened(lmtp=True)
    with port.raw() as connection:
        envelope = b"MAIL FROM:<>\r\n" + f"RCPT TO:<{GENUINE}>\r\n".encode() * 2 + b"DATA\r\n"
        connection.sendall(envelope)
        read_until(connection, b"354 ")
        connection.sendall(MAIL + b".\r\nQUIT\r\n")
        said = read_until(connection, b"221 ")
    assert said.count(b"250 2.0.0") == 2
    assert len(port.shelf.arrivals) == 1


def test_lmtp_answers_each_accepted_recipient(opened: Opened) -> None:
    port = opened(lmtp=True)
    with port.raw() as connection:
        rcpts = "".join(f"RCPT TO:<{rcpt}>\r\n" for rcpt in (GENUINE, f"no@{DOMAIN}", "postmaster"))
        connection.sendall(b"MAIL FROM:<>\r\n" + rcpts.encode() + b"DATA\r\n" + MAIL + b".\r\nQUIT\r\n")
        codes = [line[:9] for line in read_until(connection, b"221 ").split(b"\r\n") if line]
    assert codes[:5] == [b"250 2.1.0", b"250 2.1.5", b"550 5.1.1", b"250 2.1.5", b"354 Send "]
    assert codes[5:] == [b"250 2.0.0", b"250 2.0.0", b"221 2.0.0"]


def test_smtputf8_reaches_us_as_it_was_written(port: Port) -> None:
    sender, mail = "дарья@пример.example", "Subject: Ünzustellbar\r\n\r\nпример\r\n".encode()
    with port.client() as session:
        session.sendmail(sender, ["postmaster@RETURN.example"], mail, ["SMTPUTF8", "BODY=8BITMIME"])
    (arrival,) = port.shelf.arrivals
    assert (arrival.mail_from, arrival.raw) == (sender, mail)


# --- 250 means durable -----------------------------------------------------------------------------------


def test_what_could_not_be_stored_is_not_acknowledged(port: Port) -> None:
    port.shelf.broken = True
    with port.client() as session:
        session.mail("")
        session.rcpt(GENUINE)
        code, words = session.data(MAIL)
        assert (code, words[:5]) == (451, b"4.3.0")
        port.shelf.broken = False
        session.sendmail("", [GENUINE], MAIL)  # the same connection goes on
    assert (port.inlet.failed, port.inlet.accepted) == (1, 1)


def test_closing_lets_a_message_in_hand_be_decided(beside: Beside, opened: Opened) -> None:
    class Slow(Shelf):
        async def accept(self, arrivals: Sequence[Arrival]) -> None:
            deciding.set()
            await may_end.wait()
            await super().accept(arrivals)

    async def events() -> tuple[asyncio.Event, asyncio.Event]:
        return asyncio.Event(), asyncio.Event()

    deciding, may_end = beside.run(events())
    port = opened(shelf=Slow())
    with port.raw() as idle, port.raw() as busy:
        busy.sendall(f"MAIL FROM:<>\r\nRCPT TO:<{GENUINE}>\r\nDATA\r\n".encode())
        read_until(busy, b"354 ")
        busy.sendall(MAIL + b".\r\n")
        beside.run(deciding.wait())
        closing = asyncio.run_coroutine_threadsafe(port.listener.close(), beside.loop)
        assert read_until(idle, b"421 4.3.2").startswith(b"421 4.3.2")
        beside.loop.call_soon_threadsafe(may_end.set)
        said = read_until(busy, b"421 ")
        closing.result(timeout=120)
    assert b"250 2.0.0" in said
    assert len(port.shelf.arrivals) == 1


# --- hostile and clumsy clients --------------------------------------------------------------------------


def reply_to(port: Port, content: bytes) -> bytes:
    """The reply to a message with this content, put on the wire as it is."""
    with port.raw() as connection:
        connection.sendall(f"MAIL FROM:<>\r\nRCPT TO:<{GENUINE}>\r\nDATA\r\n".encode())
        read_until(connection, b"354 Send the message, end it with <CR><LF>.<CR><LF>\r\n")
        connection.sendall(content + b"\r\n.\r\n")
        return read_until(connection, b"\r\n")


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(5000))
STRANGE = {
    "empty": b"",
    "binary": bytes(range(256)) * 64,
    "truncated": b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Ty",
    "nested parts": NESTED,
    "long header": b"To: " + b"a" * 150_000 + b"\r\n\r\n",
    "long line": b"x" * 900_000,
    "unknown charset": b"Content-Type: text/plain; charset=x-klingon\r\n\r\n\xf8\xe5",
    "smuggling": b"text\n.\nMAIL FROM:<e@evil.example>\r\nRCPT TO:<postmaster>\nDATA\n\r.\r",
}


@pytest.mark.parametrize("name", STRANGE)
def test_whatever_the_content_is_it_is_kept(port: Port, name: str) -> None:
    assert reply_to(port, STRANGE[name]).startswith(b"250 2.0.0")
    (arrival,) = port.shelf.arrivals
    assert (arrival.raw, arrival.rcpt_to) == (STRANGE[name] + b"\r\n", GENUINE)
    assert arrival.defects == ()


def test_fifty_megabytes_are_read_to_their_end_and_kept_in_part(port: Port) -> None:
    huge = (b"x" * 1022 + b"\r\n") * (50 * KIB)
    assert reply_to(port, huge[:-2]).startswith(b"250 2.0.0")
    (arrival,) = port.shelf.arrivals
    assert (arrival.size, arrival.raw) == (len(huge), huge[:MIB])
    assert arrival.defects == ("truncated",)


def test_above_the_limit_is_refused_and_nothing_kept(opened: Opened) -> None:
    port = opened(limits=Limits(message=2 * MIB))
    assert reply_to(port, b"x" * 3 * MIB).startswith(b"552 5.3.4")
    with port.client() as session, pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        session.sendmail("", [GENUINE], b"x" * 3 * MIB)  # declared with SIZE
    assert refusal.value.smtp_code == 552
    assert port.shelf.arrivals == []


def test_a_client_that_hangs_up_in_the_message_leaves_nothing(beside: Beside, port: Port) -> None:
    with port.raw() as connection:
        connection.sendall(f"MAIL FROM:<>\r\nRCPT TO:<{GENUINE}>\r\nDATA\r\n".encode())
        read_until(connection, b"354 ")
        connection.sendall(MAIL)
    with port.client() as session:
        session.sendmail("", ["postmaster"], MAIL)
    assert [arrival.rcpt_to for arrival in port.shelf.arrivals] == ["postmaster"]


def test_a_silent_client_is_told_and_left(opened: Opened) -> None:
    port = opened(limits=Limits(idle=0.05))
    with socket.create_connection(("127.0.0.1", port.listener.port), timeout=120) as connection:
        said = read_until(connection, b"at its end")
    assert [line[:9] for line in said.split(b"\r\n")] == [b"220 mx.re", b"421 4.4.2", b""]


def test_one_connection_too_many_is_told_to_come_back(opened: Opened) -> None:
    port = opened(limits=Limits(connections=2))
    with port.raw(), port.raw(), socket.create_connection(("127.0.0.1", port.listener.port)) as third:
        assert read_until(third, b"\r\n").startswith(b"421 4.3.2")


def test_a_stranger_has_some_of_the_connections_and_no_more(opened: Opened) -> None:
    port = opened(limits=Limits(of_stranger=2, at_home=()))
    with port.raw(), port.raw() as second:
        with socket.create_connection(("127.0.0.1", port.listener.port)) as third:
            assert read_until(third, b"\r\n").startswith(b"421 4.3.2")
        place, elsewhere = ("127.0.0.1", port.listener.port), ("127.0.0.2", 0)
        with socket.create_connection(place, source_address=elsewhere) as other:
            assert read_until(other, b"\r\n").startswith(b"220 ")
        second.sendall(b"QUIT\r\n")
        assert read_until(second, b"at its end").startswith(b"221 ")  # hung up

    def again() -> bool:
        with socket.create_connection(("127.0.0.1", port.listener.port)) as connection:
            return read_until(connection, b"\r\n").startswith(b"220 ")

    eventually(again, "a connection that is free again")


def test_on_this_machine_nobody_is_a_stranger(opened: Opened) -> None:
    port = opened(limits=Limits(of_stranger=1))
    with port.raw(), port.raw(), port.raw():
        assert port.listener.connections == 3


def test_only_listed_clients_are_talked_to(beside: Beside) -> None:
    shelf = Shelf()
    inlet = BounceInlet("smtp", lambda: RING, lambda domain: True, shelf.accept, lambda: NOW)
    nobody = [ip_network("192.0.2.0/24")]
    listener = beside.run(
        start_smtp("127.0.0.1", 0, inlet, lmtp=False, hostname="mx.example", clients=nobody)
    )
    with socket.create_connection(("127.0.0.1", listener.port)) as connection:
        assert read_until(connection, b"\r\n").startswith(b"554 5.7.1")
    beside.run(listener.close())


def test_a_gate_that_breaks_costs_its_connection_and_no_other(beside: Beside) -> None:
    def broken() -> Keyring:
        raise RuntimeError("no keys")

    inlet = BounceInlet("smtp", broken, lambda domain: True, Shelf().accept, lambda: NOW)
    listener = beside.run(start_smtp("127.0.0.1", 0, inlet, lmtp=False, hostname="mx.example"))
    for _ in range(2):
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=120) as session:
            session.ehlo()
            session.mail("")
            assert session.rcpt(GENUINE)[0] == 421
    beside.run(listener.close())


def test_twenty_clients_at_once(beside: Beside, port: Port) -> None:
    def send(number: int) -> None:
        with port.client() as session:
            for mail in range(5):
                session.sendmail("", [GENUINE], MAIL + f"{number} {mail}\r\n".encode())

    with ThreadPoolExecutor(20) as clients:
        list(clients.map(send, range(20)))
    assert len({arrival.id for arrival in port.shelf.arrivals}) == port.inlet.accepted == 100


def test_a_client_that_never_reads_is_cut_off(
    beside: Beside, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ended(listener: Listener[Source]) -> None:
        await asyncio.gather(*(talk.task for talk in listener._talks))

    monkeypatch.setattr("retour.smtpd.listener._LINGER", 0.05)
    port = opened(limits=Limits(idle=0.5))
    with port.raw() as connection:
        connection.setblocking(False)
        with suppress(BlockingIOError, ConnectionError):
            while True:
                connection.send(b"NOOP\r\n" * 10_000)  # until the replies fill every buffer on the way
        beside.run(ended(port.listener))
        assert port.listener.connections == 0
