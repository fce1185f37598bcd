"""An outage of one provider: hundreds of living mailboxes are said not to exist, and nobody is stopped."""

import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from smtplib import SMTP
from typing import Any

from story.reports import report
from story.server import RETOUR, Server
from story.waiting import eventually

SETTINGS = """
[guard]
look_seconds = 1
"""


def names(numbers: range) -> list[str]:
    return [f"reader{number}@gmail.com" for number in numbers]


def unknown(to: str, recipient: str) -> str:
    return report(to, recipient, f"550 5.1.1 <{recipient}>: no such user")


def refused(server: Server, recipients: Sequence[str]) -> None:
    """The bounce of a send to each, as a mail server writes it."""
    returns = [(server.return_address(recipient), recipient) for recipient in recipients]
    with SMTP("127.0.0.1", server.ports["smtp"]) as smtp:
        for to, recipient in returns:
            smtp.sendmail("<>", [to], unknown(to, recipient))


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


def down(to: str, recipient: str) -> str:
    said = (
        f"Host or domain name not found. Name service error for name={recipient.partition('@')[2]} type=MX:"
    )
    return report(
        to, recipient, f"{said}\r\n    Host not found, try again", said_by="X-Postfix", status="4.4.3"
    )


def unreachable(server: Server, recipients: Sequence[str], told: Callable[[str, str], str]) -> None:
    """What our own mail server says of mail to each, after a send of it."""
    body = {"sends": [{"recipient": recipient, "kind": "mailing"} for recipient in recipients]}
    sends = server.ask("POST", "/v1/sends", body)["sends"]
    with SMTP("127.0.0.1", server.ports["smtp"]) as smtp:
        for send, recipient in zip(sends, recipients, strict=True):
            to = send["return_address"]
            smtp.sendmail("<>", [to], told(to, recipient))


def test_a_policy_that_stops_at_once_stops_nobody_while_our_own_dns_is_down(tmp_path: Path) -> None:
    """A thousand addresses at as many domains, one of them dead: it stops by its next bounce."""
    server = Server(tmp_path, SETTINGS)
    manager, staff = server.key, server.command("key", "add", "--role", "support")
    everybody = [f"reader@firm{number}.example" for number in range(1000)]
    dead, held = everybody[500], {("hold", "incident")}
    with server.running():
        eventually(lambda: "retour is ready" in server.story(), "the first look", server.story)
        server.ask("PUT", "/v1/policy", {"settings": {"preset": "kwiga"}, "expected": 1})
        unreachable(server, everybody[:300], down)
        eventually(lambda: bool(incidents(server)), "the incident", server.story)
        unreachable(server, everybody[300:], down)
        unreachable(server, [dead], unknown)
        eventually(lambda: server.waiting() == 0, "the last to be judged", server.story)
        eventually(lambda: answers(server, everybody) == held, "the hold of all", server.story)
        (incident,) = incidents(server)
        server.key = staff
        command(server, "revert", incident["id"], "--reason", "our resolver was down", "--account", "shop")
        server.key = manager
        eventually(lambda: answers(server, everybody) == {("send", "")}, "the release", server.story)
        unreachable(server, [dead], unknown)
        eventually(lambda: answers(server, [dead]) == {("stop", "hard")}, "the end of one", server.story)
        assert answers(server, [each for each in everybody if each != dead]) == {("send", "")}
