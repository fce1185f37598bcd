"""What the servers of the world say, as a real Postfix reports it: the simulator's table, read back.

Postfix wraps, quotes and expires in its own way; each mailbox is still read as its table says.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inlets.beside import Beside
from retour.simulator import serve_simulator, table
from story.page import block
from story.postfix import Postfix
from story.server import Server

pytestmark = pytest.mark.engine("postfix")

REFUSING = {
    name: answer.reason for name, answer in table().items() if answer.reason and answer.report is None
}
GIVE_UP_AT_ONCE = {"maximal_queue_lifetime": "0"}  # postconf(5): returned when the first attempt fails


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    loop = Beside()
    yield loop
    loop.end()


@pytest.fixture(scope="module")
def server(ground: Path) -> Iterator[Server]:
    plain = f'[inlets."bounces@{Server.domain}"]\naccount = "shop"\nproof = "send"\n'
    with Server(ground, plain).running() as server:
        yield server


@pytest.fixture(scope="module")
def postfix(ground: Path, server: Server, beside: Beside) -> Iterator[Postfix]:
    simulator = beside.run(serve_simulator("127.0.0.1", 0, ("127.0.0.1", server.ports["lmtp"], True)))
    config = block("relay_domains", server) | GIVE_UP_AT_ONCE
    config["relay_domains"] += ", simulator.test"
    config["transport_maps"] += f", inline:{{ simulator.test=smtp:[127.0.0.1]:{simulator.port} }}"
    with Postfix(ground, "sender", config) as postfix:
        yield postfix
    beside.run(simulator.close())


def test_the_simulator_refuses_in_many_ways() -> None:
    assert len(REFUSING) >= 10


@pytest.mark.parametrize(("mailbox", "reason"), REFUSING.items(), ids=list(REFUSING))
def test_a_refusal_is_read_out_of_the_report_of_postfix(
    server: Server, postfix: Postfix, mailbox: str, reason: str
) -> None:
    recipient = f"{mailbox}@simulator.test"

    postfix.submit(server.return_address(recipient), [recipient])

    assert [event["reason"] for event in server.bounced(recipient, postfix.story)["events"]] == [reason]


def test_an_address_beyond_ascii_comes_back_as_an_international_report(
    server: Server, postfix: Postfix
) -> None:
    recipient = "unknown+jürgen@simulator.test"

    postfix.submit(server.return_address(recipient), [recipient])
    (event,) = server.bounced(recipient, postfix.story)["events"]

    assert event["reason"] == "address_unknown"
    assert event["evidence"]["report"]["recipient"] == recipient  # RFC 6533 §3: utf-8; in Final-Recipient


def test_the_envid_ties_a_report_that_came_to_a_plain_address(server: Server, postfix: Postfix) -> None:
    recipient = "disabled+envid@simulator.test"
    token = server.return_address(recipient)

    postfix.submit(f"bounces@{server.domain}", [recipient], envid=token.partition("@")[0])
    (event,) = server.bounced(recipient, postfix.story)["events"]

    assert (event["reason"], event["standing"]) == ("mailbox_disabled", "proven")
