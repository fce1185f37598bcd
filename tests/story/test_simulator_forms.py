"""Each reason in each form, from the simulator into a running Retour: judged as what it plays.

Refusals within the session reach Retour through a real mail server: `test_servers_of_the_world`.
"""

import json
import signal
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retour.model import Reason
from retour.simulator import by_reason
from story.server import RETOUR, Server
from story.waiting import eventually, free_port, listening

MAIL = "From: news@shop.test\r\nSubject: hello\r\n\r\nhello\r\n"


class Played:
    """`retour simulator run` as a process, and a program that sends to it."""

    def __init__(self, server: Server, directory: Path) -> None:
        self.server = server
        self.port = free_port()
        self._log = directory / "simulator.log"
        hop = f"127.0.0.1:{server.ports['lmtp']}"
        options = ("--port", str(self.port), "--deliver-to", hop, "--lmtp", "--late", "0.2")
        with self._log.open("ab") as log:
            command = [*RETOUR, "simulator", "run", *options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        eventually(lambda: listening(self.port), "the simulator", self.story)

    def story(self) -> str:
        return f"{self._log.read_text(errors='replace')}\n{self.server.story()}"

    def end(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(120)

    def send(self, recipient: str) -> None:
        """One mail, as a program should: with the return address of its send."""
        sender = self.server.return_address(recipient)
        with smtplib.SMTP("127.0.0.1", self.port) as smtp:
            assert smtp.sendmail(sender, [recipient], MAIL) == {}

    def events(self, recipient: str, count: int) -> list[dict[str, Any]]:
        """What became of it, in order, once there is so much of it."""

        def known() -> list[dict[str, Any]] | None:
            life = self.server.life(recipient)
            events = life["events"] if life else []
            return sorted(events, key=lambda event: event["at"]) if len(events) >= count else None

        return eventually(known, f"{count} events of {recipient}", self.story)


@pytest.fixture(scope="module")
def played(ground: Path) -> Iterator[Played]:
    with Server(ground).running() as server:
        simulator = Played(server, ground)
        yield simulator
        assert simulator.end() == 0, simulator.story()


@pytest.mark.parametrize("reason", list(Reason))
def test_a_refusal_that_comes_later_is_judged_as_its_reason(played: Played, reason: Reason) -> None:
    recipient = f"dsn-{reason}@sim.test"
    played.send(recipient)
    (event,) = played.events(recipient, 1)
    assert (event["kind"], event["reason"], event["standing"]) == ("bounce", reason, "proven")


@pytest.mark.parametrize("reason", list(Reason))
def test_a_delay_and_then_a_failure_are_one_bounce(played: Played, reason: Reason) -> None:
    recipient = f"late-{reason}@sim.test"
    played.send(recipient)
    events = played.events(recipient, 2)
    waits = reason if by_reason()[reason].reply.startswith("4") else Reason.SERVER_UNREACHABLE
    assert {(event["kind"], event["reason"]) for event in events} == {("delay", waits), ("bounce", reason)}


@pytest.mark.parametrize(
    ("mailbox", "kind"), [("complaint", "complaint"), ("ooo", "autoreply"), ("challenge", "challenge")]
)
def test_what_is_no_bounce_is_none(played: Played, mailbox: str, kind: str) -> None:
    recipient = f"{mailbox}@sim.test"
    played.send(recipient)
    (event,) = played.events(recipient, 1)
    assert event["kind"] == kind


def test_the_list_names_what_was_played(played: Played) -> None:
    listed = subprocess.run(
        [*RETOUR, "simulator", "list", "--json", "--domain", "sim.test"], capture_output=True, text=True
    )
    addresses = {json.loads(line)["address"] for line in listed.stdout.splitlines()}
    assert addresses >= {f"{form}{reason}@sim.test" for form in ("", "dsn-", "late-") for reason in Reason}
