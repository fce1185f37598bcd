"""Idempotency keys, dry runs and rate limits, over the API."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlets.conftest import Installation
from retour.flow.desk import KEPT_FOR, Answer, Desk, Repeat
from retour.instants import DAY, SECOND
from retour.model import Reason
from retour.outlets.api.limits import Rate
from retour.stores import sqlite

KEY = {"Idempotency-Key": '"8e03978e-40d5"'}
SEND = {"recipient": "ann@b.example"}


def sends(retour: Installation, **more: Any) -> Any:
    return retour.ask("POST", "/v1/sends", json=SEND, headers=KEY, **more)


def test_a_repeated_write_is_done_once_and_answered_again(retour: Installation) -> None:
    first, second = sends(retour), sends(retour)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"]
    other = retour.ask("POST", "/v1/sends", json=SEND, headers={"Idempotency-Key": "another"})
    assert other.json()["send"] != first.json()["send"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/sends", {"recipient": "bob@b.example"}), ("/v1/sends?account=demo", SEND), ("/v1/restores", SEND)],
)
def test_a_key_stands_for_one_request(retour: Installation, path: str, body: Any) -> None:
    sends(retour)
    answer = retour.ask("POST", path, json=body, headers=KEY)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/repeat_differs")
    assert answer.json()["field"] == "Idempotency-Key"


def test_another_caller_with_the_same_key_is_another_request(retour: Installation) -> None:
    first = sends(retour)
    other = retour.ask("POST", "/v1/sends", "other-member", json=SEND, headers=KEY)
    assert other.status_code == 201
    assert other.json()["account"] == "other"
    assert "demo" not in other.text
    assert first.json()["send"] != other.json()["send"]


def test_a_refusal_is_not_kept(retour: Installation) -> None:
    body = {"addresses": ["ann@b.example"], "reason": ""}
    first = retour.ask("POST", "/v1/restores", "demo-support", json=body, headers=KEY)
    assert first.json()["type"] == "/problems/reason_missing"
    again = retour.ask("POST", "/v1/restores", "demo-support", json=body | {"reason": "17"}, headers=KEY)
    assert again.status_code == 201


def test_an_answer_with_a_secret_is_kept_nowhere(retour: Installation) -> None:
    first = retour.ask("POST", "/v1/keys", "demo-manager", json={}, headers=KEY)
    again = retour.ask("POST", "/v1/keys", "demo-manager", json={}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["type"] == "/problems/repeat_secret"
    held = b"".join(file.read_bytes() for file in Path(retour.directory_of_data.name).iterdir())
    assert held
    assert first.json()["key"].encode() not in held
    ids = [key["id"] for key in retour.ask("GET", "/v1/keys", "demo-manager").json()["keys"]]
    assert len(ids) == 4


def test_of_two_at_once_one_is_done(retour: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    add = retour.store.sends.add

    def slow(registered: Any) -> None:
        begun.set()
        assert go_on.wait(60)
        add(registered)

    monkeypatch.setattr(retour.store.sends, "add", slow)
    headers = KEY | {"Authorization": f"Bearer {retour.keys['demo-member']}"}

    async def both() -> tuple[Any, Any]:
        first = asyncio.create_task(retour.client.post("/v1/sends", json=SEND, headers=headers))
        await asyncio.to_thread(begun.wait, 60)
        second = await retour.client.post("/v1/sends", json=SEND, headers=headers)
        go_on.set()
        return await first, second

    first, second = retour.loop.run(both())
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["type"] == "/problems/repeat_running"
    assert second.headers["retry-after"] == "1"
    assert sends(retour).json() == first.json()


@pytest.mark.parametrize("key", ["", " ", '""', "a" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(retour: Installation, key: str) -> None:
    answer = retour.ask("POST", "/v1/sends", json=SEND, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


def test_without_an_api_key_nothing_is_remembered(retour: Installation) -> None:
    assert retour.ask("POST", "/v1/sends", None, json=SEND, headers=KEY).status_code == 401
    assert sends(retour).status_code == 201


def test_reads_need_no_key_and_take_none(retour: Installation) -> None:
    body = {"addresses": ["ann@b.example"]}
    assert retour.ask("POST", "/v1/check", json=body, headers=KEY).json()["results"][0]["decision"] == "send"
    retour.bounce("ann@b.example")
    assert retour.ask("POST", "/v1/check", json=body, headers=KEY).json()["results"][0]["decision"] == "stop"


def test_a_large_body_is_the_same_request_too(retour: Installation) -> None:
    body = {"sends": [{"recipient": f"a{n}@b.example"} for n in range(9000)]}
    first = retour.ask("POST", "/v1/sends", json=body, headers=KEY)
    again = retour.ask("POST", "/v1/sends", json=body, headers=KEY)
    assert first.status_code == 201
    assert len(first.content) > 1_000_000
    assert first.content == again.content


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = sqlite.open_desk(tmp_path / sqlite.DESK)
    yield opened
    opened.close()


def test_answers_outlive_the_process_and_go_after_two_days(tmp_path: Path) -> None:
    answer = Answer(201, (("content-type", "application/json"),), b"{}")
    desk = sqlite.open_desk(tmp_path / sqlite.DESK)
    assert desk.answers.begin("k", "done", b"r", 0) is Repeat.FRESH
    desk.answers.keep("k", "done", answer)
    assert desk.answers.begin("k", "cut", b"r", 0) is Repeat.FRESH
    assert desk.answers.begin("k", "cut", b"r", 0) is Repeat.RUNNING
    desk.close()
    desk = sqlite.open_desk(tmp_path / sqlite.DESK)
    assert desk.answers.begin("k", "done", b"r", DAY) == answer
    assert desk.answers.begin("k", "cut", b"r", DAY) is Repeat.FRESH  # nobody is at work on it any more
    assert desk.answers.begin("k", "done", b"r", KEPT_FOR + 1) is Repeat.FRESH
    desk.close()


def test_fifty_callers_of_one_key_and_one_begins(desk: Desk) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(desk.answers.begin("k", "one", b"r", 0)))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == ["fresh"] + ["running"] * 49


# --- dry runs ---------------------------------------------------------------------------------------------


def test_a_dry_restore_tells_and_does_nothing(retour: Installation) -> None:
    retour.bounce("ann@b.example")
    body = {"addresses": ["ann@b.example", "bob@b.example"], "reason": "17"}
    tried = retour.ask("POST", "/v1/restores?dry_run=true", "demo-support", json=body).json()
    assert (tried["changed"], tried["dry_run"]) == (1, True)
    assert retour.ask("GET", "/v1/addresses/ann@b.example").json()["state"]["state"] == "invalid"
    done = retour.ask("POST", "/v1/restores", "demo-support", json=body).json()
    assert (done["changed"], done["dry_run"]) == (1, False)


@pytest.mark.parametrize("body", [{"addresses": ["a"], "reason": "r"}, {"addresses": [], "reason": "r"}])
def test_a_dry_restore_is_refused_as_the_real_one(retour: Installation, body: Any) -> None:
    answers = [
        retour.ask("POST", f"/v1/restores{query}", "demo-support", json=body).json()
        for query in ("", "?dry_run=true")
    ]
    assert answers[0] == answers[1]
    assert answers[0]["status"] == 422
    member = retour.ask("POST", "/v1/restores?dry_run=true", "demo-member", json=body)
    assert member.status_code == 403


def test_a_dry_policy_tells_its_effect_and_changes_nothing(retour: Installation) -> None:
    retour.bounce("full@b.example", Reason.MAILBOX_FULL)
    retour.bounce("dead@b.example")
    retour.bounce("full@b.example", Reason.MAILBOX_FULL, account="other")
    body = {"settings": {"soft_threshold": 1, "min_days": 0}, "expected": 1}
    tried = retour.ask("PUT", "/v1/policy?dry_run=true", "demo-manager", json=body).json()
    assert tried["effect"] == {"looked_at": 2, "whole": True, "moves": {"bouncing invalid": 1}}
    assert (tried["version"], tried["dry_run"]) == (2, True)
    assert retour.ask("GET", "/v1/policy").json()["version"] == 1
    done = retour.ask("PUT", "/v1/policy", "demo-manager", json=body).json()
    retour.finish_rewriting()
    assert (done["version"], done["effect"], done["settings"]) == (2, None, tried["settings"])
    assert retour.ask("GET", "/v1/addresses/full@b.example").json()["state"]["state"] == "invalid"


@pytest.mark.parametrize(
    "body", [{"settings": {"colour": 1}, "expected": 1}, {"settings": {}, "expected": 7}]
)
def test_a_dry_policy_is_refused_as_the_real_one(retour: Installation, body: Any) -> None:
    answers = [
        retour.ask("PUT", f"/v1/policy{query}", "demo-manager", json=body).json()
        for query in ("", "?dry_run=true")
    ]
    assert answers[0] == answers[1]
    assert answers[0]["status"] in (409, 422)


@pytest.mark.parametrize("path", ["/v1/sends", "/v1/keys", "/v1/unparsed/retry"])
def test_a_dry_run_that_is_not_known_does_nothing(retour: Installation, path: str) -> None:
    keys = len(retour.store.accounts.keys())
    answer = retour.ask("POST", f"{path}?dry_run=true", "demo-support", json={"recipient": "a@b.example"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/dry_run_unknown")
    assert len(retour.store.accounts.keys()) == keys


# --- rate limits ------------------------------------------------------------------------------------------


@pytest.fixture
def limited() -> Iterator[Installation]:
    made = Installation(requests=Rate(0.5, 2), checks=Rate(100, 3))
    yield made
    made.close()


def test_a_key_that_asks_too_often_is_told_when_to_come_again(limited: Installation) -> None:
    answers = [limited.ask("GET", "/v1/policy") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit"] for answer in answers] == [
        '"requests";r=1;t=4',
        '"requests";r=0;t=4',
        '"requests";r=0;t=2',
    ]
    assert answers[2].headers["ratelimit-policy"] == '"requests";q=2;w=4'
    assert answers[2].headers["retry-after"] == "2"
    assert answers[2].json()["type"] == "/problems/rate_limited"
    assert "retry-after" not in answers[1].headers
    limited.clock.instant += 2 * SECOND
    assert limited.ask("GET", "/v1/policy").status_code == 200
    assert limited.ask("GET", "/v1/policy").status_code == 429


def test_each_key_has_its_own_bucket_and_checks_another(limited: Installation) -> None:
    for _ in range(3):
        limited.ask("GET", "/v1/policy")
    assert limited.ask("GET", "/v1/policy", "demo-manager").status_code == 200
    checks = [limited.ask("GET", "/v1/check?address=a@b.example") for _ in range(4)]
    assert [answer.status_code for answer in checks] == [200, 200, 200, 429]
    assert checks[0].headers["ratelimit"].startswith('"checks";r=2')
    assert checks[3].headers["retry-after"] == "1"


def test_a_write_with_an_idempotency_key_takes_one_token(limited: Installation) -> None:
    answers = [sends(limited) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[0].headers["ratelimit"].startswith('"requests";r=1')
    assert answers[1].headers["ratelimit"].startswith('"requests";r=0')


def test_without_limits_no_header_speaks_of_one(retour: Installation) -> None:
    answers = [retour.ask("GET", "/v1/policy") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("ratelimit" in answer.headers for answer in answers)


@pytest.mark.parametrize("slip", ["dry-run", "dryRun", "DRY_RUN", "dryrun"])
def test_a_slip_in_dry_run_does_nothing(retour: Installation, slip: str) -> None:
    body = {"addresses": ["ann@b.example"], "reason": "request 9"}
    answer = retour.ask("POST", f"/v1/stops?{slip}=true", "demo-support", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, slip)
    assert "dry_run" in answer.json()["detail"]
    assert retour.ask("GET", "/v1/check", params={"address": "ann@b.example"}).json()["decision"] == "send"
