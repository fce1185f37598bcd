"""What docs/exim.md promises, in a real Exim: refused, deferred, passed; Retour out of reach; bounces."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from story.exim import Exim, block
from story.mta import UNKNOWN, Mta
from story.server import Server
from story.test_postfix_tables import FREE, GONE, HELD, NEWS, hold
from story.waiting import eventually

pytestmark = pytest.mark.engine("exim")

QUOTED = '"gone=a b"@mailbox.test'


@pytest.fixture(scope="module")
def server(ground: Path) -> Iterator[Server]:
    made = Server(ground, '[postfix.domains."shop.test"]\naccount = "shop"\n')
    hold(made, HELD)
    with made.running() as server:
        mta = Mta(server, [GONE, QUOTED], UNKNOWN)
        assert mta.run_queue()
        server.bounced(GONE)
        eventually(lambda: server.waiting() == 0, "the second bounce", server.story)
        yield server


@pytest.fixture(scope="module")
def exim(ground: Path, server: Server) -> Iterator[Exim]:
    acl = block("acl, stopped recipients", server) + block("acl, return addresses", server)
    routers = block("routers", server) + block("routers, stopped recipients", server)
    transports = block("transports", server)
    with Exim(ground, "exim", acl=acl, routers=routers, transports=transports) as exim:
        yield exim


def test_a_stopped_recipient_is_refused_a_held_one_deferred_and_the_others_pass(exim: Exim) -> None:
    refusals = exim.submit(NEWS, [FREE, GONE, HELD])
    assert {address: code for address, (code, _) in refusals.items()} == {GONE: 550, HELD: 450}, exim.story()
    stopped, held = (
        refusals[name][1].decode().replace("\n5.7.1 ", " ").replace("\n4.7.1 ", " ") for name in (GONE, HELD)
    )
    assert stopped.startswith("5.7.1 Sending to this recipient is stopped (address unknown since ")
    assert stopped.endswith(" [retour:stopped]")
    assert held.startswith("4.7.1 Sending to this recipient is held (incident at the provider")


def test_account_and_kind_are_those_of_the_signed_return_address(exim: Exim, server: Server) -> None:
    assert exim.submit("somebody@elsewhere.test", [GONE]) == {}
    assert exim.submit(server.return_address(GONE), [GONE])[GONE][0] == 550


def test_a_quoted_local_part_is_asked_for_as_it_is_written(exim: Exim) -> None:
    assert exim.submit(NEWS, [QUOTED])[QUOTED][0] == 550, exim.story()


def test_capitals_are_asked_for_as_they_are_written(exim: Exim, server: Server) -> None:
    written, other = "Jane.Doe@mailbox.test", "jane.doe@mailbox.test"
    assert Mta(server, [written], UNKNOWN).run_queue()
    server.bounced(written)
    assert {address: code for address, (code, _) in exim.submit(NEWS, [written, other]).items()} == {
        written: 550
    }
    exim.sendmail(NEWS, [written, other])
    assert "[retour:stopped]" in _line(exim, f" ** {written} ")
    assert " => :blackhole: " in _line(exim, f"<{other}> R=rest")


def test_a_bounce_is_in_the_next_answer(exim: Exim, server: Server) -> None:
    recipient = "late@mailbox.test"
    assert exim.submit(NEWS, [recipient]) == {}
    assert Mta(server, [recipient], UNKNOWN).run_queue()
    server.bounced(recipient)
    assert exim.submit(NEWS, [recipient])[recipient][0] == 550


def test_mail_that_passes_no_smtp_comes_back_waits_or_goes(exim: Exim) -> None:
    exim.sendmail(NEWS, [GONE, HELD, FREE])
    assert "[retour:stopped]" in _line(exim, f" ** {GONE} ")
    assert "[retour:held]" in _line(exim, f" == {HELD} ")
    assert " => :blackhole: " in _line(exim, f"<{FREE}> R=rest")


def _line(exim: Exim, mark: str) -> str:
    found = [line for line in exim.story().splitlines() if mark in line]
    assert found, exim.story()
    return found[-1]


def test_bounces_come_in_over_lmtp_and_forged_addresses_fail_at_rcpt(exim: Exim, server: Server) -> None:
    genuine = server.return_address("bob@mailbox.test")
    forged = genuine[:20] + ("b" if genuine[20] == "a" else "a") + genuine[21:]
    (refused,) = exim.submit("", [genuine, forged]).items()
    assert (refused[0], refused[1][0]) == (forged, 550), exim.story()
    eventually(lambda: server.arrivals(genuine), "the mail to the genuine one", exim.story)


def _opened(text: str) -> str:
    """The block with the other choice of the page."""
    closed = "{451 4.3.0 Retour does not answer, try again later}"
    assert closed in text
    return text.replace(closed, "{DUNNO}")


@pytest.mark.parametrize(("choice", "code"), [("closed", 451), ("open", None)], ids=["closed", "open"])
def test_without_retour_exim_does_what_the_operator_chose(
    ground: Path, server: Server, choice: str, code: int | None
) -> None:
    acl = block("acl, stopped recipients", server).replace(f":{server.ports['policy']}", ":1")
    if choice == "open":
        acl = _opened(acl)
    with Exim(ground, choice, acl=acl) as exim:
        refusals = exim.submit(NEWS, [FREE])
    assert {address: reply[0] for address, reply in refusals.items()} == ({FREE: code} if code else {})


@contextmanager
def _silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize(("choice", "code"), [("closed", 451), ("open", None)], ids=["closed", "open"])
def test_a_retour_that_is_silent_is_one_that_does_not_answer(
    ground: Path, server: Server, choice: str, code: int | None
) -> None:
    with _silent() as port:
        acl = block("acl, stopped recipients", server).replace(f":{server.ports['policy']}", f":{port}")
        acl = acl.replace("{2s}", "{1s}")
        if choice == "open":
            acl = _opened(acl)
        with Exim(ground, f"silent-{choice}", acl=acl) as exim:
            refusals = exim.submit(NEWS, [FREE])
    assert {address: reply[0] for address, reply in refusals.items()} == ({FREE: code} if code else {})


@contextmanager
def _hanging_up(said: bytes) -> Iterator[int]:
    """A port that hears a question, begins an answer and hangs up, as a server does that is killed."""

    def answer() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # the end of the test
                return
            with client:
                client.recv(4096)
                client.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(("choice", "code"), [("closed", 451), ("open", None)], ids=["closed", "open"])
@pytest.mark.parametrize("said", [b"", b"action=DUN"], ids=["no word", "half an answer"])
def test_a_retour_that_hangs_up_is_one_that_does_not_answer(
    ground: Path, server: Server, said: bytes, choice: str, code: int | None
) -> None:
    """Exim itself takes the end of a connection for the end of an answer."""
    with _hanging_up(said) as port:
        acl, routers = (
            block(title, server).replace(f":{server.ports['policy']}", f":{port}")
            for title in ("acl, stopped recipients", "routers, stopped recipients")
        )
        if choice == "open":
            acl, routers = _opened(acl), _opened(routers)
        with Exim(ground, f"hung-up-{choice}-{len(said)}", acl=acl, routers=routers) as exim:
            refusals = exim.submit(NEWS, [FREE])
            exim.sendmail(NEWS, [FREE])
    assert {address: reply[0] for address, reply in refusals.items()} == ({FREE: code} if code else {})
    waits, goes = f" == {FREE} ", f"<{FREE}> R=rest"
    assert (waits if code else goes) in exim.story(), exim.story()
    assert (goes if code else waits) not in exim.story(), exim.story()
