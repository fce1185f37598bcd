"""A wave over bounces that a mail server sent, killed while it is applied and undone: whole or nothing."""

import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from story.mta import UNKNOWN, Mta
from story.server import Server
from story.waiting import eventually

PEOPLE = [f"p{number}@mailbox.test" for number in range(5)]
FILTER = {"reason": "mailbox_full", "domain": "mailbox.test"}


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def as_staff(server: Server, key: str, method: str, path: str, body: Any = None) -> Any:
    server.key, own = key, server.key
    try:
        return server.ask(method, f"{path}?account=shop", body)
    finally:
        server.key = own


def refused(server: Server, key: str, path: str, body: Any) -> str:
    """The kind of problem that a call runs into."""
    place = f"http://127.0.0.1:{server.ports['api']}{path}?account=shop"
    answer = httpx.post(place, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=120)
    assert answer.is_client_error, answer.text
    kind: str = answer.json()["type"]
    return kind


def answers(server: Server, people: list[str]) -> set[tuple[str, str]]:
    """What the check says, with its reason."""
    told = [server.ask("GET", f"/v1/check?address={address}") for address in people]
    return {(each["decision"], each["why"]) for each in told}


def states(server: Server) -> list[dict[str, Any]]:
    lives = [server.life(address) for address in PEOPLE]
    return [life["state"] for life in lives if life]


def ended(server: Server, key: str, job: str) -> Any:
    def found() -> Any:
        now = as_staff(server, key, "GET", f"/v1/jobs/{job}")
        assert now["state"] not in ("failed", "cancelled"), now
        return now if now["state"] == "done" else None

    return eventually(found, "the job", server.story)["result"]


def dying(server: Server, step: str, key: str, path: str, body: Any = None) -> str:
    """A job that is asked for, and takes the server with it."""
    server.start([sys.executable, "-m", "story.killed", step])
    job: str = as_staff(server, key, "POST", path, body)["id"]
    assert server.dies() == -signal.SIGKILL
    return job


def test_a_wave_that_is_killed_is_whole_afterwards_and_so_is_its_undoing(server: Server) -> None:
    one, two = (server.command("key", "add", "--role", "support") for _ in range(2))
    with server.running():
        mta = Mta(server, PEOPLE)
        eventually(mta.run_queue, "every bounce to be acknowledged", server.story)
        before = [server.bounced(address)["state"] for address in PEOPLE]
        assert {state["state"] for state in before} == {"bouncing"}
        body = {"act": "stop", "filter": FILTER, "reason": "a bought list"}
        preview = ended(server, one, as_staff(server, one, "POST", "/v1/waves", body)["id"])
        assert (preview["addresses"], preview["reasons"]) == (5, {"mailbox_full": 5})
        path = f"/v1/waves/{preview['wave']}"

    job = dying(server, "within record", two, f"{path}/apply", {"filter": FILTER, "count": 5})
    with server.running():
        ended(server, two, job)
        assert {(state["state"], state["cause"]) for state in states(server)} == {("invalid", "support")}
        assert as_staff(server, two, "GET", path)["stage"] == "applied"
        lines = server.ask("GET", "/v1/ledger")["lines"]
        assert [line["after"] for line in lines].count("applied") == 1
        assert len([line for line in lines if line["after"] == "invalid"]) == 5

    job = dying(server, "after record", two, f"{path}/undo")
    with server.running():
        ended(server, two, job)
        assert states(server) == before
        assert as_staff(server, two, "GET", path)["stage"] == "undone"


def test_what_a_server_stopped_is_given_back_by_a_query_and_taken_back(server: Server) -> None:
    """Rule 8: a restore by query, with preview, four eyes, one line for the wave, and undo."""
    one, two = (server.command("key", "add", "--role", "support") for _ in range(2))
    gone = {"reason": "address_unknown", "domain": "gone.test"}
    with server.running():
        people = [f"p{number}@gone.test" for number in range(3)]
        mta = Mta(server, people, UNKNOWN)
        eventually(mta.run_queue, "every bounce to be acknowledged", server.story)
        before = [server.bounced(address)["state"] for address in people]
        assert {state["state"] for state in before} == {"invalid"}
        body = {"act": "restore", "filter": gone, "reason": "their server was at fault"}
        asked = as_staff(server, one, "POST", "/v1/waves", body)
        preview = ended(server, one, asked["id"])
        assert (preview["addresses"], preview["reasons"]) == (3, {"address_unknown": 3})
        path, seen = f"/v1/waves/{preview['wave']}", {"filter": gone, "count": 3}
        assert answers(server, people) == {("stop", "hard")}
        assert refused(server, one, f"{path}/apply", seen) == "/problems/four_eyes"
        assert refused(server, server.key, f"{path}/apply", seen) == "/problems/role_too_low"
        assert answers(server, people) == {("stop", "hard")}
        ended(server, two, as_staff(server, two, "POST", f"{path}/apply", seen)["id"])
        assert answers(server, people) == {("send", "")}
        lines = server.ask("GET", "/v1/ledger")["lines"]
        assert [line["after"] for line in lines].count("applied") == 1
        assert len([line for line in lines if line["after"] == "valid"]) == 3
        ended(server, one, as_staff(server, one, "POST", f"{path}/undo")["id"])
        assert [life["state"] for address in people if (life := server.life(address))] == before
        assert answers(server, people) == {("stop", "hard")}


def test_what_a_server_said_is_found_counted_saved_and_made_a_list(server: Server) -> None:
    """E31, E32, E36, through the API of a running server."""
    with server.running():
        mta = Mta(server, PEOPLE)
        eventually(mta.run_queue, "every bounce to be acknowledged", server.story)
        for address in PEOPLE:
            server.bounced(address)
        made = server.ask("PUT", "/v1/segments/full", {"reason": "mailbox_full"})
        assert made["count"] == 5
        data = server.ask("GET", "/v1/data?segment=full")
        assert sorted(row["address"] for row in data["bounces"]) == PEOPLE
        saved = server.ask("POST", "/v1/contact-lists", {"name": "full", "from": {"segment": "full"}})

        def filled() -> bool:
            (found,) = server.ask("GET", "/v1/contact-lists")["lists"]
            return bool(found["contacts"] == 5)

        eventually(filled, "the list", server.story)
        found = server.ask("GET", f"/v1/contacts?list={saved['id']}")["contacts"]
        assert [each["address"] for each in found] == PEOPLE
