"""Posts of a provider at a real `retour serve`: to a stopped address, over kill -9, over a full disk."""

import json
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from inlets.senders import Request, Sender, basic, mailgun, sendgrid
from retour.clock import SystemClock
from retour.instants import SECOND
from story import patient
from story.killed import STEPS
from story.server import Server
from story.waiting import eventually, free_port

PATH = "path-0123456789-abcdefghij"
PORT = free_port()


def settings(**senders: Sender) -> str:
    text = f'\n[webhooks]\nport = {PORT}\npublic_url = "https://hooks.example"\nunsubscribe = true\n'
    for name, sender in senders.items():
        text += f"""
[webhooks.sources.{name}]
provider = "{sender.provider}"
account = "shop"
paths = ["{PATH}"]
keys = ["{sender.key}"]
"""
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in sender.settings.items())
    return text


GRID, GUN, BREVO = sendgrid(), mailgun(), basic("brevo")


@pytest.fixture(scope="module")
def server(ground: Path) -> Iterator[Server]:
    server = Server(ground, settings(grid=GRID, gun=GUN, brevo=BREVO))
    server.ports["webhooks"] = PORT
    yield server
    server.stop()


def post(name: str, request: Request) -> int:
    url = f"http://127.0.0.1:{PORT}/hooks/{name}/{PATH}"
    return httpx.post(url, content=request.body, headers=request.headers, timeout=120).status_code


def signed(sender: Sender, *addresses: str) -> Request:
    """A batch of hard bounces, one for each address."""
    now = SystemClock().now() / SECOND
    batch = [
        {
            "event": "bounce",
            "type": "bounce",
            "email": address,
            "timestamp": int(now),
            "status": "5.1.1",
            "reason": "550 5.1.1 no such user",
            "sg_event_id": f"event-of-{address}",
        }
        for address in addresses
    ]
    return sender.sign(json.dumps(batch).encode(), now)


def bounced(server: Server, address: str) -> dict[str, Any]:
    """The life of an address, once it has bounced."""
    return eventually(lambda: server.life(address), f"{address} to be known", server.story)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_no_post_is_lost_and_none_counts_twice(step: str, server: Server) -> None:
    name = f"{step.replace(' ', '.')}@killed.test"
    request = signed(GRID, name)
    server.start([sys.executable, "-m", "story.killed", step])
    said = acknowledged(request)
    assert server.dies() == -signal.SIGKILL
    with server.running():
        if said == 200:  # then it is ours, whatever happened since
            bounced(server, name)
        assert post("grid", request) == 200  # SendGrid tries again when it heard nothing
        life = bounced(server, name)
        eventually(lambda: server.waiting() == 0, "the inbox to be empty", server.story)
        assert server.life(name) == life
    assert [event["reason"] for event in life["events"]] == ["address_unknown"]
    assert life["state"]["hard"] == 1


def acknowledged(request: Request) -> int | None:
    """The answer; None where the connection broke before there was one."""
    try:
        return post("grid", request)
    except httpx.HTTPError:
        return None


def test_a_full_disk_is_answered_as_each_provider_needs_it_and_passes(server: Server) -> None:
    """No file of the server may grow for a while: SQLite hears the same as of a full disk."""
    with server.running():
        assert server.process is not None
        request, brevo = signed(GRID, "full@disk.test"), BREVO.sign(b'{"event":"request"}', 0)
        free, most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1, most))
        assert (post("grid", request), post("brevo", brevo)) == (503, 429)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (free, most))
        assert (post("grid", request), post("brevo", brevo)) == (200, 200)
        bounced(server, "full@disk.test")


def test_what_is_too_large_hears_so_and_the_server_lives(server: Server) -> None:
    large = b"[" + b" " * (5 * 1024 * 1024) + b"]"
    with server.running():
        now = SystemClock().now() / SECOND
        assert post("grid", GRID.sign(large, now)) == 413
        assert post("brevo", BREVO.sign(large, now)) == 429
        assert post("grid", signed(GRID, "after@large.test")) == 200
        bounced(server, "after@large.test")


def test_no_secret_stands_in_the_log(server: Server) -> None:
    with server.running():
        for request in (Request(b"x"), Request(b"x", {"Authorization": f"Basic {BREVO.key}"})):
            assert post("brevo", request) == 401
        patient.get(f"http://127.0.0.1:{PORT}/hooks/grid/{PATH}?code={GUN.key}")
    told = server.story()
    assert "retour is ready" in told
    for secret in (PATH, GRID.key, GUN.key, BREVO.key, BREVO.key.partition(":")[2]):
        assert secret not in told


def test_an_event_of_mailgun_reaches_its_address(server: Server) -> None:
    now = SystemClock().now() / SECOND
    data = {
        "event": "failed",
        "severity": "permanent",
        "recipient": "gun@b.test",
        "timestamp": now,
        "id": "x1",
        "delivery-status": {"code": 550, "message": "550 5.1.1 no such user"},
    }
    with server.running():
        assert post("gun", GUN.sign(json.dumps(data).encode(), now)) == 200
        assert [event["reason"] for event in bounced(server, "gun@b.test")["events"]] == ["address_unknown"]


def test_a_reader_unsubscribes_by_the_url_of_a_send(server: Server) -> None:
    with server.running():
        sent = server.ask("POST", "/v1/sends", {"recipient": "reader@b.test", "kind": "mailing"})
        url = sent["list_unsubscribe"].replace("https://hooks.example", f"http://127.0.0.1:{PORT}")
        assert patient.get(url).status_code == 200
        asked = "/v1/check?address=reader@b.test&kind=mailing"
        assert server.ask("GET", asked)["decision"] == "send"
        assert patient.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert server.ask("GET", asked)["decision"] == "stop"
        assert server.ask("GET", asked.replace("mailing", "system"))["decision"] == "send"
