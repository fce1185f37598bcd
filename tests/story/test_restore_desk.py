"""The restore desk of a running server: the walk by command, and `kill -9` at each step of a decision."""

import json
import signal
import sys
from collections.abc import Iterator

import httpx
import pytest
from typer.testing import CliRunner

from outlets.receiver import Receiver, receiving, status
from retour.cli import app
from story import patient
from story.server import Server
from story.waiting import eventually

SETTINGS = '\n[notify]\nallow_networks = ["127.0.0.0/8"]\n'
STEPS = [
    *("before end", "within end", "after end"),
    *("before record", "within record", "after record"),
    *("before settled", "within settled", "after settled"),
]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        made.answer = status(204)
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("desk"), SETTINGS)
    with made.running():
        made.ask("POST", "/v1/webhooks", {"url": receiver.url(), "types": ["restore.decided"]})
    yield made
    made.stop()


def stopped(server: Server, *addresses: str) -> None:
    answer = patient.post(
        f"http://127.0.0.1:{server.ports['api']}/v1/suppressions/import?format=csv",
        content="".join(f"{address}\n" for address in addresses).encode(),
        headers={"Authorization": f"Bearer {server.key}"},
    )
    assert answer.json()["counts"]["import"] == len(addresses), answer.text


def said(server: Server, key: str, *arguments: str, exits: int = 0) -> str:
    where = {"RETOUR_URL": f"http://127.0.0.1:{server.ports['api']}", "RETOUR_KEY": key}
    result = CliRunner().invoke(app, ["requests", *arguments], env=where)
    assert result.exit_code == exits, result.output
    return result.output


def decided(receiver: Receiver, address: str) -> list[str]:
    """The ids under which the decision on this address was told."""
    told = ((json.loads(heard.body)["data"], heard.headers["webhook-id"]) for heard in receiver.heard)
    return [id for data, id in told if data["addresses"][0]["address"] == address]


def test_an_address_is_asked_for_looked_at_and_given_back_by_command(
    server: Server, receiver: Receiver
) -> None:
    with server.running():
        stopped(server, "ann@b.example", "bob@b.example")
        staff = server.command("key", "add", "--role", "support")
        member = server.command("key", "add", "--account", "shop", "--role", "member")
        asked = said(server, member, "ask", "ann@b.example", "--done", "she answers")
        id = asked.split()[1]
        assert "open" in said(server, staff, "list", "--status", "open")
        assert "  offen  " in said(server, staff, "list", "--lang", "de")
        assert "Freigabe: offen" in said(server, member, "show", id, "--lang", "de")
        assert "403" in said(server, member, "decide", id, "--approve", "--reason", "x", exits=2)
        case = said(server, staff, "show", id, "--cases", "--account", "shop", "--lang", "de")
        assert "Rat: Nachfragen" in case
        assert "importierten Liste" in case
        assert "ann@b.example: gestoppt" in case
        assert ", Ursache importierte Liste" in case
        told = said(server, staff, "decide", id, "--approve", "--reason", "she does", "--account", "shop")
        assert told == f"Request {id} is approved.\n"
        assert "reason: she does" in said(server, member, "show", id)
        assert "409" in said(
            server, staff, "decide", id, "--refuse", "--reason", "no", "--account", "shop", exits=2
        )
        assert server.ask("GET", "/v1/check?address=ann@b.example")["decision"] == "send"
        eventually(lambda: decided(receiver, "ann@b.example"), "the notice", server.story)
        domain = said(server, member, "ask", "@b.example", "--done", "all of them answer").split()[1]
        assert said(server, member, "withdraw", domain) == f"Request {domain} is withdrawn.\n"
        assert said(server, member, "list", "--status", "open") == "no requests\n"


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_a_decision_takes_effect_once(
    step: str, server: Server, receiver: Receiver
) -> None:
    address = f"{step.replace(' ', '.')}@mailbox.test"
    with server.running():
        stopped(server, address)
        staff = server.command("key", "add", "--role", "support")
        id = server.ask("POST", "/v1/requests", {"addresses": [address], "done": "mended"})["id"]
    server.start([sys.executable, "-m", "story.killed", step])

    def decide() -> httpx.Response:
        return httpx.post(
            f"http://127.0.0.1:{server.ports['api']}/v1/requests/{id}/decision?account=shop",
            json={"approved": True, "reason": "it answers"},
            headers={"Authorization": f"Bearer {staff}"},
            timeout=120,
        )

    with pytest.raises(httpx.TransportError):
        decide()
    assert server.dies() == -signal.SIGKILL
    with server.running():
        again = decide()  # whoever had no answer says it once more
        assert again.status_code in (200, 409), again.text

        def free() -> bool:
            return server.ask("GET", f"/v1/check?address={address}")["decision"] == "send"

        eventually(free, "the restore", server.story)
        eventually(lambda: decided(receiver, address), "the notice", server.story)
        life = server.life(address)
        assert life is not None
        assert [event["kind"] for event in life["events"]] == ["import", "restore_requested", "restore"]
        assert [line["after"] for line in life["ledger"]] == ["invalid", "valid"]
        assert server.ask("GET", f"/v1/requests/{id}")["status"] == "approved"
    assert len(set(decided(receiver, address))) == 1
