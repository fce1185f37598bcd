"""The main log of a real Exim, followed by a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inlets.beside import Beside
from retour.simulator import Simulator, serve_simulator
from story.exim import Exim
from story.server import Server
from story.waiting import eventually

pytestmark = pytest.mark.engine("exim")

ROUTER = """\
simulator:
  driver = manualroute
  domains = simulator.test
  transport = simulator
  route_list = * 127.0.0.1
  self = send
  no_more
"""
TRANSPORT = """\
simulator:
  driver = smtp
  port = {port}
  allow_localhost
"""
LOG = """
[logs.exim]
format = "exim-log"
path = "{log}"

[logs.exim.senders]
"shop.test" = "shop"
"""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    beside = Beside()
    simulator = beside.run(serve_simulator("127.0.0.1", 0, None))
    yield simulator
    beside.run(simulator.close())
    beside.end()


@pytest.fixture(scope="module")
def exim(ground: Path, simulator: Simulator) -> Iterator[Exim]:
    with Exim(ground, "exim", routers=ROUTER, transports=TRANSPORT.format(port=simulator.port)) as exim:
        yield exim


@pytest.fixture(scope="module")
def server(ground: Path, exim: Exim) -> Iterator[Server]:
    with Server(ground, LOG.format(log=exim.directory / "log/mainlog")).running() as server:
        yield server


def kinds(server: Server, exim: Exim, mailbox: str) -> list[tuple[str, str]]:
    """Kind and reason of all that came of a mail to this mailbox."""
    life = server.bounced(f"{mailbox}@simulator.test", exim.story)
    assert {event["standing"] for event in life["events"]} == {"proven"}
    return [(event["kind"], event["reason"]) for event in life["events"]]


def test_a_refusal_and_a_delay_are_read_out_of_the_log(exim: Exim, server: Server) -> None:
    for mailbox in ("unknown", "busy"):
        exim.submit("news@shop.test", [f"{mailbox}@simulator.test"])
    assert kinds(server, exim, "unknown") == [("bounce", "address_unknown")]
    assert kinds(server, exim, "busy") == [("delay", "server_busy")]


def test_a_signed_return_address_ties_a_failure_to_its_send(exim: Exim, server: Server) -> None:
    address = "disabled@simulator.test"
    sent = server.ask("POST", "/v1/sends", {"recipient": address, "kind": "mailing"})
    exim.submit(sent["return_address"], [address])
    (event,) = server.bounced(address, exim.story)["events"]
    assert (event["reason"], event["standing"]) == ("mailbox_disabled", "proven")
    assert event["send"] == sent["send"]


def test_the_log_may_be_cycled_while_it_is_followed(exim: Exim, server: Server) -> None:
    log = exim.directory / "log/mainlog"
    exim.submit("news@shop.test", ["unknown+before@simulator.test"])
    eventually(lambda: b"unknown+before" in log.read_bytes(), "the failure in the log", exim.story)
    log.rename(log.with_name("mainlog.01"))  # as exicyclog does
    exim.submit("news@shop.test", ["unknown+after@simulator.test"])
    for mailbox in ("unknown+before", "unknown+after"):
        assert kinds(server, exim, mailbox) == [("bounce", "address_unknown")]
