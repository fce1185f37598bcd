"""`kill -9` at every step of intake: no arrival is lost, and none counts twice (promises 1 and 2)."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from story.dovecot import Dovecot
from story.killed import STEPS
from story.mta import Mta
from story.page import block
from story.postfix import Postfix
from story.server import Server
from story.waiting import eventually


def recipients(step: str) -> list[str]:
    return [f"{step.replace(' ', '.')}.{number}@mailbox.test" for number in range(3)]


@pytest.fixture(scope="module")
def server(ground: Path) -> Iterator[Server]:
    server = Server(ground)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mtas(server: Server) -> dict[str, Mta]:
    """A mail server for each step, with bounces of sends of its own."""
    with server.running():
        return {step: Mta(server, recipients(step)) for step in STEPS}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_is_lost_and_nothing_counts_twice(
    step: str, server: Server, mtas: dict[str, Mta]
) -> None:
    mta = mtas[step]
    server.start([sys.executable, "-m", "story.killed", step])
    mta.run_queue()
    assert server.dies() == -signal.SIGKILL

    with server.running():
        # what was acknowledged is not sent again: it must be there
        eventually(mta.run_queue, "every bounce to be acknowledged", server.story)
        lives = [server.bounced(recipient) for recipient in recipients(step)]
        mta.forget_every_250()
        eventually(mta.run_queue, "every bounce to be acknowledged again", server.story)
        eventually(lambda: server.waiting() == 0, "the inbox to be empty", server.story)

        assert [server.life(recipient) for recipient in recipients(step)] == lives
        for life in lives:
            assert (life["state"]["state"], life["state"]["soft"]) == ("bouncing", 1)
            assert [event["reason"] for event in life["events"]] == ["mailbox_full"]
            assert len(life["ledger"]) == 1


@pytest.mark.engine("postfix", "dovecot")
def test_postfix_keeps_the_bounce_that_retour_died_over(ground: Path, server: Server) -> None:
    config = block("relay_domains", server)
    config["relay_domains"] += ", mailbox.test"
    server.start([sys.executable, "-m", "story.killed", "before put"])
    with Dovecot(ground, {}) as dovecot:
        config["transport_maps"] += f", inline:{{ mailbox.test=lmtp:inet:127.0.0.1:{dovecot.port} }}"
        with Postfix(ground, "sender", config) as postfix:
            postfix.submit(server.return_address("nobody@mailbox.test"), ["nobody@mailbox.test"])
            assert server.dies() == -signal.SIGKILL
            eventually(lambda: "status=deferred" in postfix.story(), "the bounce to wait", postfix.story)
            with server.running():
                postfix.flush()
                life = server.bounced("nobody@mailbox.test")
    assert [event["reason"] for event in life["events"]] == ["address_unknown"]
