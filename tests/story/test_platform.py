"""Two accounts of one owner: what one has found dead is stopped for the other, wherever it asks."""

import signal
import socket
import sys
from pathlib import Path
from smtplib import SMTP

import httpx
import pytest

from retour import Gate
from retour.model import Answer, Decision
from story.reports import report
from story.server import Server
from story.waiting import eventually, free_port

SETTINGS = """
[platform]
one_owner = true

[relay]
enabled = true
port = {relay}

[postfix.domains."second.test"]
account = "second"

[[postfix.socketmaps]]
port = {socketmap}
account = "second"
kind = "system"
"""
DEAD = "nobody@mailbox.test"


def refused(server: Server, recipient: str) -> None:
    """The bounce of a send of the first account, as a mail server writes it."""
    to = server.return_address(recipient)
    with SMTP("127.0.0.1", server.ports["smtp"]) as smtp:
        smtp.sendmail("<>", [to], report(to, recipient, f"550 5.1.1 <{recipient}>: no such user"))


def policy(server: Server, sender: str) -> str:
    asked = f"request=smtpd_access_policy\nprotocol_state=RCPT\nsender={sender}\nrecipient={DEAD}\n\n"
    with socket.create_connection(("127.0.0.1", server.ports["policy"]), 120) as line:
        line.sendall(asked.encode())
        with line.makefile("rb") as answer:
            return answer.readline().decode("ascii").strip()


def socketmap(server: Server) -> str:
    """The answer of the access table, without its netstring."""
    asked = f"access {DEAD}"
    with socket.create_connection(("127.0.0.1", server.ports["socketmap"]), 120) as line:
        line.sendall(f"{len(asked)}:{asked},".encode())
        with line.makefile("rb") as answer:
            length = b"".join(iter(lambda: answer.read(1), b":"))
            return answer.read(int(length)).decode("ascii")


def relay(server: Server, key: str) -> str:
    with SMTP("127.0.0.1", server.ports["relay"], timeout=120) as smtp:
        smtp.login("second", key)
        smtp.mail("news@second.test")
        code, words = smtp.rcpt(DEAD)
        return f"{code} {words.decode('ascii')}"


def test_what_one_account_found_dead_is_stopped_for_the_other_wherever_it_asks(tmp_path: Path) -> None:
    ports = {name: free_port() for name in ("relay", "socketmap")}
    server = Server(tmp_path, SETTINGS.format(**ports))
    server.ports |= ports
    server.command("account", "add", "second", "--return-domain", "return.second.test")
    first, server_key = server.key, server.command("key", "add", "--account", "second", "--role", "member")

    def says() -> tuple[str, str]:
        server.key = server_key
        try:
            told = server.ask("GET", f"/v1/check?address={DEAD}")
        finally:
            server.key = first
        return told["decision"], told["why"]

    with server.running():
        assert says() == ("send", "")
        assert policy(server, "news@second.test") == "action=DUNNO"
        assert socketmap(server) == "OK DUNNO"
        assert relay(server, server_key).startswith("250 ")
        refused(server, DEAD)
        assert server.bounced(DEAD)["state"]["cause"] == "hard"
        eventually(lambda: says() == ("stop", "platform"), "the stop for the other account", server.story)
        says_so = "Sending to this recipient is stopped (stopped on this platform) [retour:stopped]"
        assert policy(server, "news@second.test").startswith(f"action=550 5.7.1 {says_so}")
        assert socketmap(server).startswith(f"OK 550 5.7.1 {says_so}")
        assert relay(server, server_key).startswith(f"550 5.7.1 {says_so}")
        with Gate(server.directory / "data", account="second", every=0) as gate:
            assert gate.decision(DEAD) == Decision(Answer.STOP, "platform")
            (told,) = gate.decisions([DEAD], "system")
            assert told == Decision(Answer.STOP, "platform")
    with server.running():  # and after a restart
        assert says() == ("stop", "platform")
        staff = server.command("key", "add", "--role", "support")
        server.key = staff
        body = {"addresses": [DEAD], "reason": "the server was wrong"}
        server.ask("POST", "/v1/restores?account=shop", body)
        server.key = first
        eventually(lambda: says() == ("send", ""), "the end of the stop", server.story)


@pytest.mark.parametrize("step", ["after end", "before settled"])
def test_killed_between_the_decision_of_a_review_and_its_effect_the_stop_goes_at_the_next_start(
    tmp_path: Path, step: str
) -> None:
    server = Server(tmp_path, "[platform]\none_owner = true\n")
    server.command("account", "add", "second", "--return-domain", "return.second.test")
    second = server.command("key", "add", "--account", "second", "--role", "member")
    staff = server.command("key", "add", "--role", "support")
    first = server.key

    def says() -> str:
        why: str = server.ask("GET", f"/v1/check?address={DEAD}")["why"]
        return why

    with server.running():
        refused(server, DEAD)
        server.bounced(DEAD)
        server.key = second
        eventually(lambda: says() == "platform", "the stop for the other account", server.story)
        body = {"kind": "review", "addresses": [DEAD], "done": "she wrote to us from it"}
        id = server.ask("POST", "/v1/requests", body)["id"]
    server.start([sys.executable, "-m", "story.killed", step])
    with pytest.raises(httpx.TransportError):
        httpx.post(
            f"http://127.0.0.1:{server.ports['api']}/v1/requests/{id}/decision?account=second",
            json={"approved": True, "reason": "she answers"},
            headers={"Authorization": f"Bearer {staff}"},
            timeout=120,
        )
    assert server.dies() == -signal.SIGKILL
    with server.running():
        eventually(lambda: says() == "", "the end of the stop", server.story)
        server.key = first
        assert says() == "hard"  # its own verdict stays its own
