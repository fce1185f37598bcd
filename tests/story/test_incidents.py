"""An outage of one provider: hundreds of living mailboxes are said not to exist, and nobody is stopped."""

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from smtplib import SMTP
from typing import Any

from story.server import RETOUR, Server
from story.test_platform import REPORT
from story.waiting import eventually

SETTINGS = """
[guard]
look_seconds = 1
"""


def names(numbers: range) -> list[str]:
    return [f"reader{number}@gmail.com" for number in numbers]


def refused(server: Server, recipients: Sequence[str]) -> None:
    """The bounce of a send to each, as a mail server writes it."""
    returns = [(server.return_address(recipient), recipient) for recipient in recipients]
    with SMTP("127.0.0.1", server.ports["smtp"]) as smtp:
        for to, recipient in returns:
            smtp.sendmail("<>", [to], REPORT.format(to=to, recipient=recipient))


def answers(server: Server, recipients: Sequence[str]) -> set[tuple[str, str]]:
    told = server.ask("POST", "/v1/check", {"addresses": recipients})["results"]
    return {(each["decision"], each["why"]) for each in told}


def incidents(server: Server) -> Any:
    return server.ask("GET", "/v1/incidents")["incidents"]


def command(server: Server, *arguments: str) -> str:
    api = f"http://127.0.0.1:{server.ports['api']}"
    run = subprocess.run(
        [*RETOUR, "incidents", *arguments, "--api", api, "--key", server.key], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_living_readers_are_held_through_an_outage_and_a_crash_and_let_go_by_support(tmp_path: Path) -> None:
    server = Server(tmp_path, SETTINGS)
    manager, staff = server.key, server.command("key", "add", "--role", "support")
    first, later = names(range(60)), names(range(60, 90))
    held = {("hold", "incident")}
    with server.running():
        eventually(lambda: "retour is ready" in server.story(), "the first look", server.story)
        refused(server, first)
        eventually(lambda: bool(incidents(server)), "the incident", server.story)
        eventually(lambda: answers(server, first) == held, "the hold of what came before", server.story)
        refused(server, later)
        eventually(lambda: answers(server, later) == held, "the hold of what comes", server.story)
        ledger = server.ask("GET", f"/v1/addresses/{later[0]}")["ledger"]
        assert [line["after"] for line in ledger] == ["held"]
        assert server.process is not None
        server.process.kill()
        assert server.dies() == -signal.SIGKILL
    with server.running():
        assert answers(server, [*first, *later]) == held
        refused(server, names(range(90, 93)))
        eventually(lambda: answers(server, names(range(90, 93))) == held, "the hold of others", server.story)
        (incident,) = incidents(server)
        assert (incident["provider"], incident["stage"]) == ("gmail", "open")
        assert f"{incident['id']}  gmail  open" in command(server, "list")
        server.key = staff
        command(server, "revert", incident["id"], "--reason", "the provider says so", "--account", "shop")
        server.key = manager
        everybody = names(range(93))
        eventually(lambda: answers(server, everybody) == {("send", "")}, "the release", server.story)
        (closed,) = incidents(server)
        assert (closed["stage"], closed["outcome"], closed["held"]) == ("closed", "revert", 93)
