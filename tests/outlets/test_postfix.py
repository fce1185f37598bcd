"""The policy service over real sockets, spoken to as Postfix does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlets.conftest import KEYRING, Hand
from retour.flow.why import Stop
from retour.instants import DAY, MINUTE
from retour.lifecycle import Mode, Policy, preset
from retour.model import VALID, Cause, Decision, MailKind, State, StateName
from retour.outlets.postfix import LIMIT, NOWHERE, Origin, Origins, Refusal, listen
from retour.outlets.postfix import Policy as Service
from retour.ports import Change
from retour.return_address import make
from retour.snapshot import Table

DEAD, HELD, FREE = "dead@b.example", "held@b.example", "free@b.example"
SINCE = 20_000 * DAY
HARD = State(StateName.INVALID, frozenset({Cause.HARD}), since=SINCE)
COMPLAINED = State(StateName.INVALID, frozenset({Cause.COMPLAINT}), since=SINCE)
DUNNO = "action=DUNNO"
STOPPED = (
    "action=550 5.7.1 Sending to this recipient is stopped (mailbox full since 2024-10-04) "
    "[retour:stopped] https://more.example/why"
)


@dataclass
class Ledger:
    """What the service asks when it refuses; counts the questions."""

    stop: Stop = field(default_factory=lambda: Stop("mailbox full", SINCE))
    asked: list[str] = field(default_factory=list)

    def why(self, account: str, address: str, decision: Decision) -> Stop:
        self.asked.append(address)
        return self.stop


def table(policy: Policy | None = None) -> Table:
    made = Table(b"pepper")
    for account in ("demo", "other"):
        made.policy(account, policy or preset("default"))
    states = {DEAD: HARD, HELD: State(StateName.HELD, listed=1), "angry@b.example": COMPLAINED}
    made.apply([Change("demo", address, VALID, state, SINCE) for address, state in states.items()])
    return made


def service(ledger: Ledger, **more: object) -> Service:
    origins = Origins(
        KEYRING,
        {1: "demo", 2: "other"}.get,
        contexts={"news": Origin("demo"), "receipts": Origin("demo", MailKind.SYSTEM)},
        logins={"shop": Origin("demo")},
        domains={"shop.example": Origin("demo"), "typo.example": Origin("dmeo")},
        exists={"demo", "other"}.__contains__,
    )
    given: dict[str, object] = {"more_url": "https://more.example/why", "clock": Hand()} | more
    clock, snapshot = given.pop("clock"), given.pop("snapshot", None) or table()
    return Service(snapshot, origins, ledger.why, clock, **given)


def request(**attributes: str) -> bytes:
    """A request as Postfix 3.7 writes it, for mail of demo to a free address, with changes."""
    written: dict[str, str] = {
        "request": "smtpd_access_policy",
        "protocol_state": "RCPT",
        "protocol_name": "ESMTP",
        "client_address": "192.0.2.7",
        "helo_name": "mail.shop.example",
        "queue_id": "8045F2AB23",
        "instance": "123.456.7",
        "sender": "news@shop.example",
        "recipient": FREE,
        "recipient_count": "0",
        "size": "12345",
        "sasl_username": "",
        "policy_context": "",
    } | attributes
    return "".join(f"{name}={value}\n" for name, value in written.items()).encode() + b"\n"


@dataclass
class Line:
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, *requests: bytes) -> list[str]:
        self.writer.write(b"".join(requests))
        return [await self.answer() for _ in requests]

    async def answer(self) -> str:
        block = await self.reader.readuntil(b"\n\n")
        assert block.isascii()
        assert block.count(b"\n") == 2, "one line and an empty one"
        return block[:-2].decode("ascii")


def talk(
    policy: Service, dialogue: Callable[[Line], Awaitable[None]], listener: Origin = NOWHERE
) -> list[Exception]:
    """Run a dialogue over a real connection; returns the faults that the service told."""
    faults: list[Exception] = []

    async def run() -> None:
        port = await listen(policy, "127.0.0.1", 0, faults.append, listener)
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        try:
            await dialogue(Line(reader, writer))
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            await port.close()

    asyncio.run(run())
    return faults


def answers(*requests: bytes, policy: Service | None = None, listener: Origin = NOWHERE) -> list[str]:
    """The answers to some requests in one connection."""
    found: list[str] = []

    async def dialogue(line: Line) -> None:
        found.extend(await line.ask(*requests))

    assert talk(policy or service(Ledger()), dialogue, listener) == []
    return found


def test_a_stopped_recipient_is_refused_and_the_others_are_not() -> None:
    assert answers(request(), request(recipient=DEAD), request()) == [DUNNO, STOPPED, DUNNO]


def test_the_refusal_names_neither_address_nor_account() -> None:
    (answer,) = answers(request(recipient=DEAD))
    assert "dead" not in answer
    assert "demo" not in answer


def test_a_held_recipient_is_deferred() -> None:
    (answer,) = answers(request(recipient=HELD), policy=service(Ledger(Stop("incident at the provider"))))
    assert answer.startswith(
        "action=450 4.7.1 Sending to this recipient is held (incident at the provider) [retour:held]"
    )


def test_stops_are_deferred_by_setting() -> None:
    (answer,) = answers(request(recipient=DEAD), policy=service(Ledger(), defer_stops=True))
    assert answer.startswith("action=450 4.7.1 Sending to this recipient is stopped")
    assert "[retour:held]" in answer


def test_only_rcpt_is_judged() -> None:
    states = ("CONNECT", "EHLO", "HELO", "MAIL", "DATA", "END-OF-MESSAGE", "VRFY", "ETRN", "")
    assert set(answers(*(request(recipient=DEAD, protocol_state=state) for state in states))) == {DUNNO}


def signed(kind: MailKind, account: int = 1, domain: str = "demo.return.test") -> str:
    local = make(KEYRING, account, domain, 7, kind, SINCE)
    return f"{local}@{domain}"


@pytest.mark.parametrize(
    ("attributes", "listener", "stopped"),
    [
        ({"sender": "x@unknown.example"}, NOWHERE, False),
        ({"sender": ""}, NOWHERE, False),
        ({"sender": signed(MailKind.MAILING)}, NOWHERE, True),
        ({"sender": signed(MailKind.MAILING).upper()}, NOWHERE, True),
        ({"sender": signed(MailKind.MAILING, 9)}, NOWHERE, False),
        ({"sender": signed(MailKind.MAILING).replace("demo.", "forged.")}, NOWHERE, False),
        ({"sender": signed(MailKind.MAILING, 2), "policy_context": "news"}, NOWHERE, False),
        ({"sender": "x@unknown.example", "policy_context": "news"}, Origin("other"), True),
        ({"sender": "x@unknown.example"}, Origin("demo"), True),
        ({"sender": "x@unknown.example", "sasl_username": "shop"}, NOWHERE, True),
        ({"sender": "x@shop.example", "sasl_username": "shop"}, Origin("other"), False),
        ({"sender": "x@SHOP.example"}, NOWHERE, True),
    ],
)
def test_the_account_comes_from_the_first_that_knows_it(
    attributes: Mapping[str, str], listener: Origin, stopped: bool
) -> None:
    (answer,) = answers(request(**{"recipient": DEAD, **attributes}), listener=listener)
    assert answer == (STOPPED if stopped else DUNNO)


@pytest.mark.parametrize(
    ("attributes", "listener", "stopped"),
    [
        ({}, NOWHERE, True),  # unknown kind is mailing, the most careful
        ({"policy_context": "receipts"}, NOWHERE, False),
        ({}, Origin(None, MailKind.SYSTEM), False),
        ({"sender": signed(MailKind.SYSTEM)}, Origin("demo", MailKind.MAILING), False),
        ({"sender": signed(MailKind.MAILING), "policy_context": "receipts"}, NOWHERE, True),
    ],
)
def test_the_kind_comes_from_the_first_that_knows_it(
    attributes: Mapping[str, str], listener: Origin, stopped: bool
) -> None:
    """A complaint stops marketing only, under the default preset."""
    (answer,) = answers(request(**{"recipient": "angry@b.example", **attributes}), listener=listener)
    assert answer == (STOPPED if stopped else DUNNO)


def test_unknown_accounts_and_shadow_refusals_are_counted() -> None:
    observing = service(Ledger(), snapshot=table(Policy(mode=Mode.OBSERVE)))
    nobodys = [request(sender="x@unknown.example"), request(recipient=DEAD, sender="x@typo.example")]
    assert answers(request(recipient=DEAD), request(), *nobodys, policy=observing) == [DUNNO] * 4
    assert observing.counts == {"would_be_stop": 1, "send": 1, "unknown_account": 2}


def test_a_reason_is_read_once_a_minute() -> None:
    ledger, clock = Ledger(), Hand()
    policy = service(ledger, clock=clock)
    assert len(set(answers(*[request(recipient=DEAD)] * 5, policy=policy))) == 1
    assert ledger.asked == [DEAD]
    clock.instant += MINUTE
    answers(request(recipient=DEAD), policy=policy)
    assert ledger.asked == [DEAD, DEAD]


def test_hostile_words_stay_one_ascii_line() -> None:
    ledger = Ledger(Stop("full\r\naction=DISCARD\n\n\x1b]0;x\u2028é", SINCE))
    (answer,) = answers(request(recipient=DEAD), policy=service(ledger))
    assert answer.startswith("action=550 5.7.1 Sending to this recipient is stopped (full??action=DISCARD")
    assert "?" in answer


def test_a_recipient_beyond_ascii_is_looked_up() -> None:
    made = table()
    made.apply([Change("demo", "jürgen@b.example", VALID, HARD, SINCE)])
    odd = [request(recipient="x").replace(b"recipient=x", b"recipient=\xff\xfe@b.example")]
    assert answers(request(recipient="jürgen@b.example"), *odd, policy=service(Ledger(), snapshot=made)) == [
        STOPPED,
        DUNNO,
    ]


def test_what_is_no_request_is_passed_on_and_the_connection_lives() -> None:
    odd = (b"\n\n", b"nonsense\n\n", b"=\n\n", b"recipient=x\n\n", b"\x00\xff\n\n")
    assert answers(*odd, request(recipient=DEAD)) == [DUNNO] * len(odd) + [STOPPED]


def test_a_request_may_come_in_pieces() -> None:
    async def dialogue(line: Line) -> None:
        whole = request(recipient=DEAD) + request()
        for octet in whole:
            line.writer.write(bytes([octet]))
            await line.writer.drain()
        assert await line.answer() == STOPPED
        assert await line.answer() == DUNNO

    assert talk(service(Ledger()), dialogue) == []


@pytest.mark.parametrize("size", [LIMIT - 2, LIMIT, 10 * LIMIT])
def test_a_request_above_the_limit_ends_the_connection(size: int) -> None:
    async def dialogue(line: Line) -> None:
        line.writer.write(b"x" * (size - 2))
        if size < LIMIT:
            assert await line.ask(b"\n\n") == [DUNNO]
        else:
            line.writer.write(b"xx\n\n")
            with suppress(ConnectionError):  # what we still sent may be answered with a reset
                assert await line.reader.read() == b""

    assert talk(service(Ledger()), dialogue) == []


def test_a_fault_of_ours_leaves_the_choice_to_postfix() -> None:
    class Broken:
        def decision(self, *question: object) -> Decision:
            raise RuntimeError("no table")

    async def dialogue(line: Line) -> None:
        line.writer.write(request())
        assert await line.reader.read() == b""  # Postfix now does what default_action says

    (fault,) = talk(service(Ledger(), snapshot=Broken()), dialogue)
    assert str(fault) == "no table"


def test_closing_the_port_ends_its_connections() -> None:
    async def run() -> None:
        port = await listen(service(Ledger()), "127.0.0.1", 0, lambda error: None)
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        assert await Line(reader, writer).ask(request()) == [DUNNO]
        await port.close()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    asyncio.run(run())


def test_a_client_that_reads_no_answers_is_not_asked_for_more() -> None:
    count = 2_000_000  # more answers than the buffers of two sockets hold

    async def run() -> None:
        policy = service(Ledger())
        port = await listen(policy, "127.0.0.1", 0, lambda error: None)
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        writer.write(b"\n\n" * count)
        async with asyncio.timeout(60):
            while not any(connection.waits for connection in port.connections):
                await asyncio.sleep(0)
        assert policy.counts["not_rcpt"] < count
        assert await reader.readexactly(count * len(DUNNO + "\n\n")) == (DUNNO + "\n\n").encode() * count
        writer.close()
        await port.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "sent", [b"", b"request=smtpd_acc", request() + b"sender="], ids=["nothing", "half", "one and a half"]
)
def test_who_sends_no_whole_request_is_hung_up_on(sent: bytes) -> None:
    policy = service(Ledger())

    async def run() -> None:
        port = await listen(policy, "127.0.0.1", 0, lambda error: None, idle=0.05)
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        writer.write(sent)
        with suppress(ConnectionError):
            assert await reader.read() in (b"", (DUNNO + "\n\n").encode())
        assert port.connections == set()
        writer.close()
        await port.close()

    asyncio.run(run())
    assert policy.counts["idle"] == 1


def test_a_ledger_that_fails_leaves_the_stop_without_its_reason() -> None:
    def broken(*question: object) -> Stop:
        raise RuntimeError("no ledger")

    policy = Service(table(), service(Ledger()).origins, broken, Hand())

    async def dialogue(line: Line) -> None:
        assert await line.ask(request(), request(recipient=DEAD), request()) == [
            DUNNO,
            "action=550 5.7.1 Sending to this recipient is stopped (not deliverable) [retour:stopped]",
            DUNNO,
        ]

    (fault,) = talk(policy, dialogue)
    assert str(fault) == "no ledger"


pieces = st.sampled_from(
    [
        *(b"\n", b"=", b"@", b"\r", b"\x00", b"\xff", DEAD.encode()),
        *(b"request=smtpd_access_policy\n", b"protocol_state=RCPT\n", b"policy_context=news\n"),
        *(b"sender=x@shop.example\n", b"recipient="),
    ]
)


@given(st.lists(pieces | st.binary(max_size=20), max_size=30).map(b"".join))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_no_request_whatever_raises(raw: bytes) -> None:
    policy = service(Ledger())
    refusal = policy.decide(raw)
    assert refusal is None or isinstance(refusal, Refusal)
    assert sum(policy.counts.values()) == 1


@given(st.lists(pieces | st.binary(max_size=20), max_size=60).map(b"".join))
@settings(max_examples=25, deadline=None)
def test_after_any_bytes_a_good_request_is_still_answered(raw: bytes) -> None:
    async def dialogue(line: Line) -> None:
        line.writer.write(raw + b"\n\n" + request(recipient=DEAD) + request())
        while await line.answer() != STOPPED:
            pass
        assert await line.answer() == DUNNO

    assert talk(service(Ledger()), dialogue) == []
