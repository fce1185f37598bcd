"""GET and POST /v1/check."""

import asyncio
import threading
from typing import Any

import pytest
from httpx import Response

from outlets.conftest import Installation
from retour.model import Answer, Decision, Reason

ADDRESS = "nobody@b.example"


def test_an_address_never_seen_may_be_sent_to(retour: Installation) -> None:
    answer = retour.ask("GET", "/v1/check", params={"address": ADDRESS})
    assert answer.status_code == 200
    assert answer.json() == {
        "address": ADDRESS,
        "decision": "send",
        "why": "",
        "until": None,
        "would_be": None,
        "account": "demo",
        "kind": "mailing",
    }


def test_a_dead_address_is_stopped_however_its_domain_is_written(retour: Installation) -> None:
    retour.bounce(ADDRESS)
    answer = retour.ask("GET", "/v1/check", params={"address": "nobody@B.Example", "kind": "system"}).json()
    assert (answer["decision"], answer["why"], answer["kind"]) == ("stop", "hard", "system")


def test_a_mailbox_is_stopped_in_every_spelling_and_its_page_shows_what_stops_it(
    retour: Installation,
) -> None:
    retour.bounce("EVE@yahoo.de")
    for written in ("EVE@yahoo.de", "eve@Yahoo.de", "Eve@yahoo.de"):
        answer = retour.ask("GET", "/v1/check", params={"address": written}).json()
        assert (answer["decision"], answer["why"]) == ("stop", "hard"), written
        told = retour.ask("GET", f"/v1/addresses/{written}").json()
        assert (told["address"], told["state"]["state"]) == ("EVE@yahoo.de", "invalid"), written
    # Of other domains nobody has said that capitals mean nothing.
    assert retour.ask("GET", "/v1/addresses/eve@yahoo.se").status_code == 404


def test_a_mailbox_is_given_back_in_every_spelling_that_bounced(retour: Installation) -> None:
    written = ("EVE@yahoo.de", "eve@yahoo.de", "Eve@yahoo.de")
    for address in written[:2]:
        retour.bounce(address)
    body = {"account": "demo", "addresses": ["Eve@yahoo.de"], "reason": "the mailbox was moved"}
    for asked in ({"dry_run": "true"}, {}):
        told = retour.ask("POST", "/v1/restores", "staff", json=body, params=asked).json()
        assert (set(told["addresses"]), told["changed"]) == (set(written), 2)
    for address in written:
        answer = retour.ask("GET", "/v1/check", params={"address": address}).json()
        assert answer["decision"] == "send", address


def test_the_page_of_a_spelling_that_is_fine_shows_the_one_that_stops_it(retour: Installation) -> None:
    retour.bounce("eve@yahoo.de", reason=Reason.MAILBOX_FULL)
    retour.bounce("EVE@yahoo.de")
    told = retour.ask("GET", "/v1/addresses/eve@yahoo.de").json()
    assert (told["address"], told["state"]["state"]) == ("EVE@yahoo.de", "invalid")


def test_a_plus_that_was_not_encoded_is_still_a_plus(retour: Installation) -> None:
    retour.bounce("ann+x@b.example")
    for written in ("ann+x@b.example", "ann%2Bx@b.example"):
        answer = retour.ask("GET", f"/v1/check?address={written}").json()
        assert (answer["address"], answer["why"]) == ("ann+x@b.example", "hard")


def test_many_are_answered_in_their_order(retour: Installation) -> None:
    retour.bounce(ADDRESS)
    addresses = ["ann@b.example", ADDRESS, "no address"]
    answer = retour.ask("POST", "/v1/check", json={"addresses": addresses, "kind": "automation"})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["address"] for result in results] == addresses
    assert [(result["decision"], result["why"]) for result in results] == [
        ("send", ""),
        ("stop", "hard"),
        ("stop", "no_address"),
    ]


def test_ten_thousand_are_taken_and_one_more_is_not(retour: Installation) -> None:
    addresses = [f"{number}@b.example" for number in range(10_000)]
    answer = retour.ask("POST", "/v1/check", json={"addresses": addresses})
    assert len(answer.json()["results"]) == 10_000
    refused = retour.ask("POST", "/v1/check", json={"addresses": [*addresses, "one@b.example"]})
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/too_many"
    assert "10001" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (b"", 400, "body"),
        (b"{", 400, "body"),
        (b"\xff\xfe", 400, "body"),
        (b'{"addresses": ["\xff@b.example"]}', 400, "body"),
        (b'{"addresses": ["\\ud800@b.example"]}', 400, "body"),
        (b"[" * 100_000, 422, None),
        (b'{"addresses": ' + b"[" * 100_000, 422, "addresses[0]"),
        (b"[]", 422, None),
        (b"{}", 422, None),
        (b'{"addresses": "a@b.example"}', 422, "addresses"),
        (b'{"addresses": [1]}', 422, "addresses[0]"),
        (b'{"addresses": [], "kind": "letter"}', 422, "kind"),
        (b'{"addresses": [], "colour": 1}', 422, None),
        (b'{"addresses": ["' + b"x" * 1_000_000 + b'"]}', 413, "body"),
    ],
)
def test_a_bad_body_is_refused_with_place_and_remedy(
    retour: Installation, content: bytes, status: int, field: str | None
) -> None:
    answer = retour.ask("POST", "/v1/check", content=content)
    problem: dict[str, Any] = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["field"] == field
    assert problem["detail"]
    assert problem["remedy"]


def test_a_missing_address_and_an_unknown_kind_are_named(retour: Installation) -> None:
    assert retour.ask("GET", "/v1/check").json()["field"] == "address"
    params = {"address": ADDRESS, "kind": "letter"}
    assert retour.ask("GET", "/v1/check", params=params).json()["field"] == "kind"


def test_a_staff_key_names_the_account(retour: Installation) -> None:
    retour.bounce(ADDRESS, account="other")
    asked = {"address": ADDRESS}
    assert retour.ask("GET", "/v1/check", "staff", params=asked).status_code == 400
    other = retour.ask("GET", "/v1/check", "staff", params=asked | {"account": "other"}).json()
    assert (other["account"], other["decision"]) == ("other", "stop")
    nobody = retour.ask("GET", "/v1/check", "staff", params=asked | {"account": "nobody"})
    assert nobody.status_code == 404


def test_an_account_asks_for_itself_only(retour: Installation) -> None:
    retour.bounce(ADDRESS, account="other")
    assert retour.ask("GET", "/v1/check", params={"address": ADDRESS}).json()["decision"] == "send"
    params = {"address": ADDRESS, "account": "other"}
    assert retour.ask("GET", "/v1/check", params=params).status_code == 404


def test_while_states_are_rewritten_the_answer_is_already_the_new_policys(retour: Installation) -> None:
    retour.bounce(ADDRESS)
    settings = {"settings": {"mode": "observe"}, "expected": 1}
    assert retour.ask("PUT", "/v1/policy", "demo-manager", json=settings).status_code == 200
    assert retour.rewriter.busy()
    before = retour.ask("GET", "/v1/check", params={"address": ADDRESS}).json()
    retour.finish_rewriting()
    assert not retour.rewriter.busy()
    after = retour.ask("GET", "/v1/check", params={"address": ADDRESS}).json()
    assert before == after
    assert (after["decision"], after["would_be"], after["why"]) == ("send", "stop", "hard")


def test_a_large_check_while_states_are_rewritten_keeps_nobody_waiting(retour: Installation) -> None:
    begun, others_were_answered = threading.Event(), threading.Event()

    def ask(*question: object) -> Decision:
        begun.set()
        assert others_were_answered.wait(120), "the event loop stood still"
        return Decision(Answer.SEND)

    async def meanwhile() -> Response:
        headers = {"Authorization": f"Bearer {retour.keys['demo-member']}"}
        body = {"addresses": [ADDRESS, ADDRESS]}
        check = asyncio.create_task(retour.client.post("/v1/check", json=body, headers=headers))
        await asyncio.to_thread(begun.wait)
        assert (await retour.client.get("/healthz")).status_code == 200
        others_were_answered.set()
        return await check

    retour.table.rewriting("demo", ask)
    assert retour.loop.run(meanwhile()).status_code == 200
