"""Lookup tables by socketmap over real sockets, spoken to as Postfix does; netstrings in any pieces."""

import asyncio
import stat
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlets.conftest import KEYRING, Hand
from outlets.test_postfix import DEAD, FREE, HARD, HELD, SINCE, Ledger, service, signed, table
from retour.flow.why import Stop
from retour.lifecycle import Mode
from retour.lifecycle import Policy as Rules
from retour.model import VALID, Decision, MailKind
from retour.outlets.postfix import (
    MOST,
    SOCKETMAP_LIMIT,
    Maps,
    Origin,
    Policy,
    Stopped,
    connection,
    serve,
    socketmap,
)
from retour.outlets.postfix.netstring import NoNetstringError, cut, netstring
from retour.ports import Change
from retour.return_address import verify

OURS = Origin("demo")
WHY = "Sending to this recipient is stopped (mailbox full since 2024-10-04) [retour:stopped]"
STOPPED = f"OK 550 5.7.1 {WHY} https://more.example/why"
DUNNO, NOT_FOUND = "OK DUNNO", "NOTFOUND "


def genuine(recipient: str) -> bool:
    return verify(KEYRING, *recipient.rpartition("@")[::2]) is not None


def maps(
    policy: Policy | None = None,
    origin: Origin = OURS,
    stopped: Stopped = Stopped.DISCARD,
    faults: list[Exception] | None = None,
) -> tuple[Maps, Policy]:
    chosen = policy or service(Ledger())
    told = [] if faults is None else faults
    return Maps(chosen, genuine, Counter(), told.append, origin, stopped), chosen


@dataclass
class Line:
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> str:
        length = int((await self.reader.readuntil(b":"))[:-1])
        content = await self.reader.readexactly(length)
        assert await self.reader.readexactly(1) == b","
        assert content.isascii()
        return content.decode("ascii")


def talk(made: tuple[Maps, Policy], dialogue: Callable[[Line], Awaitable[None]]) -> list[Exception]:
    """Run a dialogue over a real connection; returns the faults that were told."""
    faults: list[Exception] = []

    async def run() -> None:
        listener = await serve(made[0], made[1].counts, ("127.0.0.1", 0), faults.append)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        try:
            await dialogue(Line(reader, writer))
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            await listener.close()

    asyncio.run(run())
    return faults


def answers(*requests: str, made: tuple[Maps, Policy] | None = None) -> list[str]:
    """The answers to some requests that come in one piece."""
    found: list[str] = []

    async def dialogue(line: Line) -> None:
        line.writer.write(b"".join(netstring(request.encode()) for request in requests))
        found.extend([await line.answer() for _ in requests])

    assert talk(made or maps(), dialogue) == []
    return found


def test_a_stopped_recipient_is_refused_and_the_others_are_not() -> None:
    asked = [f"access {FREE}", f"access {DEAD}", f"access {FREE}"]
    assert answers(*asked) == [DUNNO, STOPPED, DUNNO]


def test_a_held_recipient_is_deferred_in_every_map() -> None:
    held = "4.7.1 Sending to this recipient is held (incident at the provider) [retour:held]"
    made = maps(service(Ledger(Stop("incident at the provider")), more_url=""))
    assert answers(f"access {HELD}", f"transport {HELD}", made=made) == [f"OK 450 {held}", f"OK retry:{held}"]


@pytest.mark.parametrize(
    ("stopped", "said"), [(Stopped.DISCARD, "discard:"), (Stopped.ERROR, "error:5.7.1 ")]
)
def test_transport_drops_or_refuses_a_stopped_recipient(stopped: Stopped, said: str) -> None:
    made = maps(stopped=stopped)
    assert answers(f"transport {FREE}", f"transport {DEAD}", made=made) == [
        NOT_FOUND,
        f"OK {said}{WHY} https://more.example/why",
    ]


def test_a_stop_that_is_deferred_by_setting_is_not_dropped() -> None:
    made = maps(service(Ledger(), defer_stops=True))
    (answer,) = answers(f"transport {DEAD}", made=made)
    assert answer.startswith("OK retry:4.7.1 Sending to this recipient is stopped")


@pytest.mark.parametrize("key", ["b.example", ".b.example", "ann@", "@b.example", "dead", "*", "", "@", " "])
def test_parts_of_an_address_are_not_found(key: str) -> None:
    assert answers(f"access {key}", f"transport {key}", f"return {key}") == [NOT_FOUND] * 3


def test_a_genuine_return_address_is_found_and_a_forged_one_is_not() -> None:
    good = signed(MailKind.MAILING)
    forged = good[:20] + ("b" if good[20] == "a" else "a") + good[21:]
    elsewhere = good.replace("@demo.", "@other.")
    asked = [f"return {address}" for address in (good, good.upper(), forged, elsewhere, DEAD)]
    assert answers(*asked) == ["OK return", "OK return", NOT_FOUND, NOT_FOUND, NOT_FOUND]


@pytest.mark.parametrize(
    ("name", "origin", "answer"),
    [
        ("access", Origin(), NOT_FOUND),
        ("access.news", Origin(), STOPPED),
        ("access.news", Origin("other"), STOPPED),
        ("access.nobody", OURS, STOPPED),
        ("access", Origin("dmeo"), NOT_FOUND),
    ],
    ids=["nobody's", "by context", "context before socket", "unknown context", "no such account"],
)
def test_the_account_comes_from_the_context_or_the_socket(name: str, origin: Origin, answer: str) -> None:
    assert answers(f"{name} {DEAD}", made=maps(origin=origin)) == [answer]


def test_the_kind_comes_with_it() -> None:
    """A complaint stops marketing only, under the default preset."""
    asked = ["access.news angry@b.example", "access.receipts angry@b.example"]
    assert [answer[:6] for answer in answers(*asked)] == ["OK 550", DUNNO[:6]]


def test_what_would_have_been_stopped_is_not_while_it_is_observed() -> None:
    policy = service(Ledger(), snapshot=table(Rules(mode=Mode.OBSERVE)))
    assert answers(f"access {DEAD}", f"transport {DEAD}", made=maps(policy)) == [DUNNO, NOT_FOUND]
    assert policy.avoided == {}


def test_what_was_stopped_is_counted_by_account_and_what_was_held_is_not() -> None:
    made = maps()
    answers(f"access {DEAD}", f"transport {DEAD}", f"access {FREE}", f"access {HELD}", made=made)
    assert made[1].avoided == {"demo": 2}


def test_a_map_that_is_not_there_is_named() -> None:
    (answer,) = answers("transprot\u00e9 x@b.example")
    assert answer == 'PERM there is no map "transprot?" here; there are access, transport and return'


def test_a_recipient_beyond_ascii_is_looked_up_and_odd_octets_are_not_found() -> None:
    known = table()
    known.apply([Change("demo", "jürgen@b.example", VALID, HARD, SINCE)])
    made = maps(service(Ledger(), snapshot=known))

    async def dialogue(line: Line) -> None:
        line.writer.write(netstring("access jürgen@b.example".encode()) + netstring(b"access \xff\xfe@b"))
        line.writer.write(netstring(b"access.\xff ann@b.example"))
        assert await line.answer() == STOPPED
        assert await line.answer() == DUNNO
        assert await line.answer() == DUNNO

    assert talk(made, dialogue) == []


def test_a_fault_of_ours_is_temporary() -> None:
    class Broken:
        def decision(self, *question: object) -> Decision:
            raise RuntimeError("no table")

    async def dialogue(line: Line) -> None:
        line.writer.write(netstring(b"access x@b.example"))
        assert (await line.answer()).startswith("TEMP ")
        assert await line.reader.read() == b""

    (fault,) = talk(maps(service(Ledger(), snapshot=Broken())), dialogue)
    assert str(fault) == "no table"


def test_a_stop_stands_where_the_ledger_fails_to_tell_its_reason() -> None:
    def broken(*question: object) -> Stop:
        raise RuntimeError("no ledger")

    faults: list[Exception] = []
    policy = Policy(table(), service(Ledger()).origins, broken, Hand())
    found = answers(f"access {DEAD}", f"access {FREE}", made=maps(policy, faults=faults))
    assert found == [
        "OK 550 5.7.1 Sending to this recipient is stopped (not deliverable) [retour:stopped]",
        DUNNO,
    ]
    assert [str(fault) for fault in faults] == ["no ledger"]


def test_a_ledger_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socketmap, "PATIENCE", 0.01)
    waiting, faults = threading.Event(), list[Exception]()

    def silent(*question: object) -> Stop:
        waiting.wait(120)
        return Stop("too late")

    policy = Policy(table(), service(Ledger()).origins, silent, Hand())

    async def dialogue(line: Line) -> None:
        line.writer.write(netstring(f"transport {DEAD}".encode()))
        assert await line.answer() == (
            "OK discard:Sending to this recipient is stopped (not deliverable) [retour:stopped]"
        )
        waiting.set()

    assert talk(maps(policy, faults=faults), dialogue) == []
    assert [type(fault) for fault in faults] == [TimeoutError]


def test_hostile_words_stay_one_netstring_of_ascii() -> None:
    ledger = Ledger(Stop("full\r\n,7:OK DUNNO,\x00\x1b]0;x\u2028é", SINCE))
    (answer, after) = answers(f"access {DEAD}", f"access {FREE}", made=maps(service(ledger)))
    assert answer.startswith("OK 550 5.7.1 Sending to this recipient is stopped (full??,7:OK DUNNO,??]0;x??")
    assert after == DUNNO


@pytest.mark.parametrize(
    "sent",
    [b"4097:", b"99999999", b"+3:abc,", b"03:abc,", b" 3:abc,", b":,", b"3:abcd", b"get x@b.example\n"],
)
def test_what_is_no_netstring_or_too_long_ends_the_connection(sent: bytes) -> None:
    made = maps()

    async def dialogue(line: Line) -> None:
        line.writer.write(netstring(f"access {FREE}".encode()) + sent)
        assert await line.answer() == DUNNO, "what came before is answered"
        assert await line.reader.read() == b""

    assert talk(made, dialogue) == []
    assert made[1].counts["too_long"] == 1


def test_the_longest_request_is_answered() -> None:
    assert answers("access " + "x" * (SOCKETMAP_LIMIT - 7 - 10) + "@b.example") == [DUNNO]


def test_one_connection_too_many_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST >= 1000
    monkeypatch.setattr(connection, "MOST", 1)
    made = maps()

    async def dialogue(line: Line) -> None:
        line.writer.write(netstring(f"access {FREE}".encode()))
        assert await line.answer() == DUNNO
        port = line.writer.get_extra_info("peername")[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()

    assert talk(made, dialogue) == []
    assert made[1].counts["crowded"] == 1


def test_a_unix_socket_has_its_rights_replaces_an_old_one_and_leaves_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        path = tmp_path / "maps"
        left, policy = maps()
        forgotten = await serve(left, policy.counts, path, lambda error: None)
        listener = await serve(left, policy.counts, path, lambda error: None, mode=0o600)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(netstring(f"access {DEAD}".encode()))
        assert await Line(reader, writer).answer() == STOPPED
        writer.close()
        await listener.close()
        assert not path.exists()
        await forgotten.close()
        path.write_text("a file of somebody's")
        with pytest.raises(OSError, match="in use"):
            await serve(left, policy.counts, path, lambda error: None)

    asyncio.run(run())


# --- netstrings ---------------------------------------------------------------------------------------------

contents = st.lists(st.binary(max_size=60), max_size=8)


@given(contents, st.data())
@settings(max_examples=300)
def test_netstrings_are_read_in_whatever_pieces_they_come(
    wanted: Sequence[bytes], data: st.DataObject
) -> None:
    stream = b"".join(map(netstring, wanted))
    places = st.lists(st.integers(0, len(stream)), max_size=10).map(sorted)
    cuts = [0, *data.draw(places), len(stream)]
    buffer, found = bytearray(), []
    for begin, end in pairwise(cuts):
        buffer += stream[begin:end]
        while (content := cut(buffer, 60)) is not None:
            found.append(content)
    assert found == list(wanted)
    assert buffer == b""


pieces = st.sampled_from(
    [b"0", b"1", b"12", b":", b",", b"access ", b"transport ", b"return ", DEAD.encode()]
)


@given(st.lists(pieces | st.binary(max_size=8), max_size=40).map(b"".join))
@settings(max_examples=400)
def test_any_octets_are_netstrings_or_refused_and_never_grow(raw: bytes) -> None:
    buffer = bytearray(raw)
    taken = 0
    try:
        while (content := cut(buffer, 100)) is not None:
            assert len(content) <= 100
            taken += 1
    except NoNetstringError:
        return
    assert len(buffer) <= 100 + 5, "what waits is shorter than one netstring"
    assert taken <= len(raw) / 3


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_no_request_whatever_raises(raw: bytes) -> None:
    answer = maps()[0].answer(raw)
    assert isinstance(answer, bytes)
    assert cut(bytearray(answer), 1000) is not None
