"""What bounced, as a marketer looks at it and puts it right, through the API of a running server."""

import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from story import patient
from story.mta import FULL, UNKNOWN, Mta
from story.server import RETOUR, Server
from story.waiting import eventually

DEAD, FULL_ONE, LATE = "dead@mailbox.test", "full@mailbox.test", "late@mailbox.test"
EXPIRED = "450 4.4.7 Delivery time expired"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def bounced(server: Server) -> None:
    """Three contacts, each refused in another way; the policy does not list 4.4.7."""
    body = {"settings": {"preset": "emarsys"}, "expected": 1}
    server.ask("PUT", "/v1/policy", body)
    for address, reply in ((DEAD, UNKNOWN), (FULL_ONE, FULL), (LATE, EXPIRED)):
        server.ask("POST", "/v1/contacts", {"contacts": [{"address": address, "name": "Dee"}]})
        mta = Mta(server, [address], reply)
        eventually(mta.run_queue, "the bounce to be acknowledged", server.story)
        server.bounced(address)


def listed(server: Server, **asked: str) -> list[tuple[str, str]]:
    query = str(httpx.QueryParams(asked))
    rows = server.ask("GET", f"/v1/bounces?{query}")["bounces"]
    return sorted((row["address"], row["state"]["mark"]) for row in rows)


def ended(server: Server, job: str) -> Any:
    def found() -> Any:
        now = server.ask("GET", f"/v1/jobs/{job}")
        assert now["state"] not in ("failed", "cancelled"), now
        return now if now["state"] == "done" else None

    return eventually(found, "the job", server.story)["result"]


def test_the_overview_lists_filters_and_marks_and_an_address_has_its_details(server: Server) -> None:
    """E26-E30, E31-E32, E34-E35."""
    with server.running():
        bounced(server)
        assert listed(server) == [(DEAD, "x"), (FULL_ONE, "?")]
        assert listed(server, status="invalid") == [(DEAD, "x")]
        assert listed(server, status="valid") == [(FULL_ONE, "?")]
        assert listed(server, type="hard") == [(DEAD, "x")]
        assert listed(server, type="soft", status="invalid") == []
        assert listed(server, type="block") == []
        data = server.ask("GET", "/v1/data?code=4.4.7")
        assert [row["address"] for row in data["bounces"]] == [LATE]

        life = server.life(DEAD)
        assert life is not None
        (event,) = life["events"]
        report = event["evidence"]["report"]
        assert (event["reason"], report["diagnostic"]) == ("address_unknown", UNKNOWN)
        assert event["evidence"]["verdict"]["refused_by"] == "recipient"
        (send,) = life["sends"]
        assert (send["id"], send["recipient"], send["subject"]) == (event["send"], DEAD, None)
        body = {"recipient": DEAD, "sender": "news@shop.example", "subject": "Spring"}
        server.ask("POST", "/v1/sends", body)
        sends = (server.life(DEAD) or life)["sends"]
        assert ("news@shop.example", "Spring") in {(each["sender"], each["subject"]) for each in sends}


def test_a_contact_is_deleted_and_the_ledger_holds_together(server: Server, tmp_path: Path) -> None:
    """E33, N13: gone; a list that comes again does not have it mailed; the exported chain is whole."""
    with server.running():
        bounced(server)
        deleted = server.ask("DELETE", f"/v1/contacts/{DEAD}")
        assert ended(server, deleted["id"]) == {"kept_stopped": True}
        assert listed(server) == [(FULL_ONE, "?")]
        found = server.ask("GET", "/v1/contacts")["contacts"]
        assert sorted(each["address"] for each in found) == [FULL_ONE, LATE]
        again = server.ask("POST", "/v1/contacts", {"contacts": [{"address": DEAD}]})
        assert (again["new"], again["stopped"]) == (1, 1)
        assert server.ask("GET", f"/v1/check?address={DEAD}")["decision"] == "stop"

        url = f"http://127.0.0.1:{server.ports['api']}/v1/ledger/export?format=jsonl"
        ledger = patient.get(url, headers={"Authorization": f"Bearer {server.key}"}).raise_for_status()
        assert "dead@" not in ledger.text
        assert '"erased, stopped"' in ledger.text
    (tmp_path / "ledger.jsonl").write_bytes(ledger.content)
    command = [*RETOUR, "ledger", "verify", str(tmp_path / "ledger.jsonl")]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    broken = ledger.text.replace('"before": "valid"', '"before": "held"', 1)
    assert broken != ledger.text
    (tmp_path / "ledger.jsonl").write_text(broken)
    assert subprocess.run(command, capture_output=True).returncode != 0


def test_what_is_shown_is_saved_as_a_list_and_exported(server: Server) -> None:
    """E36: from the filters of the Overview."""
    with server.running():
        bounced(server)
        shown = {"name": "Stopped", "from": {"bounces": {"status": "invalid"}}}
        saved = server.ask("POST", "/v1/contact-lists", shown)
        ended(server, saved["job"]["id"])
        found = server.ask("GET", f"/v1/contacts?list={saved['id']}")["contacts"]
        assert [each["address"] for each in found] == [DEAD]
        url = f"http://127.0.0.1:{server.ports['api']}/v1/data/export?reason=address_unknown"
        export = patient.get(url, headers={"Authorization": f"Bearer {server.key}"}).raise_for_status()
        assert export.text.count(DEAD) >= 1
        assert FULL_ONE not in export.text
