"""The restore desk over the API (K25-K28, E24-E25)."""

from typing import Any

from outlets.conftest import Installation
from retour.instants import DAY, HOUR, SECOND
from retour.model import Reason, Role

ANN, BOB = "ann@b.example", "bob@b.example"


def asked(retour: Installation, *addresses: str, key: str = "demo-member", **more: Any) -> dict[str, Any]:
    body = {"addresses": list(addresses), "done": "the mailbox was emptied", **more}
    answer = retour.ask("POST", "/v1/requests", key, json=body)
    assert answer.status_code == 201, answer.text
    retour.clock.instant += SECOND
    made: dict[str, Any] = answer.json()
    return made


def problem(answer: Any) -> tuple[int, str, str]:
    told = answer.json()
    assert told["remedy"]
    return answer.status_code, told["type"].rpartition("/")[2], told["field"]


def decision(retour: Installation, address: str) -> str:
    told: str = retour.ask("GET", "/v1/check", params={"address": address}).json()["decision"]
    return told


def test_an_account_asks_support_looks_and_decides_and_all_of_it_is_kept(retour: Installation) -> None:
    for address in (ANN, BOB):
        retour.clock.instant += SECOND
        retour.bounce(address, Reason.MAILBOX_FULL if address == ANN else Reason.ADDRESS_UNKNOWN)
    policy = {"settings": {"preset": "kwiga"}, "expected": 1}
    retour.ask("PUT", "/v1/policy", "demo-manager", json=policy)
    retour.finish_rewriting()
    retour.clock.instant += 20 * DAY
    assert (decision(retour, ANN), decision(retour, BOB)) == ("stop", "stop")
    made = asked(retour, ANN, BOB)
    assert (made["status"], made["addresses"], made["done"]) == (
        "open",
        [ANN, BOB],
        "the mailbox was emptied",
    )

    (queued,) = retour.ask("GET", "/v1/requests", "staff", params={"status": "open"}).json()["requests"]
    assert (queued["id"], queued["account"]) == (made["id"], "demo")
    place, whose = f"/v1/requests/{made['id']}", {"account": "demo"}
    page = retour.ask("GET", f"{place}/cases", "staff", params=whose).json()
    advices = {case["address"]["address"]: case["advice"] for case in page["cases"]}
    assert advices[ANN]["verdict"] == "approve"
    assert "mostly 14 are enough" in advices[ANN]["reasons"][0]["told"]
    assert advices[BOB]["verdict"] == "ask_back"
    german = retour.ask("GET", f"{place}/cases", "staff", params=whose, headers={"Accept-Language": "de"})
    assert german.json()["cases"][0]["advice"]["told"] == "Freigeben"
    events = page["cases"][0]["address"]["events"]
    assert [event["kind"] for event in events] == ["bounce", "restore_requested"]

    said = {
        "approved": True,
        "reason": "there is room again",
        "addresses": {BOB: {"approved": False, "reason": "no such mailbox"}},
    }
    decided = retour.ask("POST", f"{place}/decision", "staff", params=whose, json=said)
    assert decided.status_code == 200, decided.text
    assert decided.json()["status"] == "mixed"
    assert (decision(retour, ANN), decision(retour, BOB)) == ("send", "stop")

    told = retour.ask("GET", place).json()  # by the account itself
    assert (told["status"], told["reason"]) == ("mixed", "there is room again")
    rulings = {each["address"]: (each["approved"], each["reason"]) for each in told["rulings"]}
    assert rulings == {ANN: (True, "there is room again"), BOB: (False, "no such mailbox")}
    life = retour.ask("GET", f"/v1/addresses/{ANN}").json()
    assert [event["kind"] for event in life["events"]] == ["bounce", "restore_requested", "restore"]
    last = life["ledger"][-1]
    assert (last["before"], last["after"], last["actor"]) == ("invalid", "valid", "key staff")
    assert life["events"][-1]["note"] == f"request {made['id']}: there is room again"
    life = retour.ask("GET", f"/v1/addresses/{BOB}").json()
    assert life["events"][-1]["kind"] == "restore_refused"
    (notice,) = retour.notices
    assert (notice.type, notice.account, notice.data["status"]) == ("restore.decided", "demo", "mixed")


def test_the_second_decision_is_told_of_the_first(retour: Installation) -> None:
    retour.bounce(ANN)
    retour.clock.instant += HOUR
    place = f"/v1/requests/{asked(retour, ANN)['id']}/decision?account=demo"
    first = retour.ask("POST", place, "staff", json={"approved": False, "reason": "ask again in a week"})
    second = retour.ask("POST", place, "admin", json={"approved": True, "reason": "it is fine"})
    assert first.status_code == 200
    assert problem(second) == (409, "request_ended", "id")
    assert "key staff" in second.json()["detail"]
    assert decision(retour, ANN) == "stop"


def test_what_was_asked_refused_and_withdrawn_stands_in_the_ledger(retour: Installation) -> None:
    """A refusal moves no address, and a request for a domain names none: each has lines of its own."""
    retour.bounce(ANN)
    retour.clock.instant += HOUR
    whole = retour.ask(
        "POST", "/v1/requests", json={"domain": "b.example", "done": "the server is back"}
    ).json()
    said = {"approved": False, "reason": "it is not"}
    retour.ask("POST", f"/v1/requests/{whole['id']}/decision?account=demo", "staff", json=said)
    retour.clock.instant += SECOND
    one = asked(retour, ANN)
    retour.ask("DELETE", f"/v1/requests/{one['id']}")
    told = retour.ask("GET", "/v1/ledger", params={"cause": "request"}).json()["lines"]
    assert [(line["before"], line["after"], line["actor"], line["address"]) for line in told] == [
        ("requested", f"withdrawn {one['id']}", "key demo-member", ""),
        ("", f"requested {one['id']}", "key demo-member", ""),
        ("requested", f"refused {whole['id']}", "key staff", ""),
        ("", f"requested {whole['id']}", "key demo-member", ""),
    ]
    other = retour.ask("GET", "/v1/ledger", "other-member", params={"cause": "request"})
    assert other.json()["lines"] == []


def test_a_request_is_withdrawn_by_who_asked_or_by_a_manager(retour: Installation) -> None:
    retour.bounce(ANN)
    retour.make_key("demo-second", "demo", Role.MEMBER)
    made = asked(retour, ANN)
    place = f"/v1/requests/{made['id']}"
    assert problem(retour.ask("DELETE", place, "demo-second")) == (403, "role_too_low", "id")
    assert problem(retour.ask("POST", "/v1/requests", json={"addresses": [ANN], "done": "x"})) == (
        409,
        "request_open",
        "addresses",
    )
    assert retour.ask("DELETE", place).json()["status"] == "withdrawn"
    assert problem(retour.ask("DELETE", place)) == (409, "request_ended", "id")
    again = asked(retour, ANN)
    assert retour.ask("DELETE", f"/v1/requests/{again['id']}", "demo-manager").json()["status"] == "withdrawn"
    assert retour.notices == []  # who withdraws knows it
    late = retour.ask("POST", f"{place}/decision", "demo-support", json={"approved": True, "reason": "x"})
    assert problem(late)[1] == "request_ended"


def test_bad_input_names_the_field_and_the_remedy(retour: Installation) -> None:
    retour.bounce(ANN)
    for body, told in (
        ({"addresses": [ANN], "done": " "}, (422, "done_missing", "done")),
        ({"addresses": [ANN]}, (422, "invalid", "done")),
        ({"done": "x"}, (422, "restore_target", "addresses")),
        ({"addresses": [ANN], "domain": "b.example", "done": "x"}, (422, "restore_target", "addresses")),
        ({"addresses": [f"{n}@b.example" for n in range(11)], "done": "x"}, (422, "too_many", "addresses")),
        ({"addresses": ["a@@b"], "done": "x"}, (422, "address_malformed", "addresses")),
        ({"addresses": ["free@b.example"], "done": "x"}, (422, "request_moot", "addresses")),
        ({"domain": "free.example", "done": "x"}, (422, "request_moot", "domain")),
        ({"addresses": [ANN], "kind": "review", "done": "x"}, (422, "review_moot", "addresses")),
        ({"addresses": [ANN], "kind": "wave", "done": "x"}, (422, "invalid", "kind")),
    ):
        assert problem(retour.ask("POST", "/v1/requests", json=body)) == told, body
    assert problem(retour.ask("GET", "/v1/requests/none")) == (404, "request_unknown", "id")
    assert problem(retour.ask("GET", "/v1/requests", params={"address": "none"}))[1] == "address_malformed"
    place = f"/v1/requests/{asked(retour, ANN)['id']}"
    strange = {"approved": True, "reason": "x", "addresses": {BOB: {"approved": True, "reason": "x"}}}
    assert (
        problem(retour.ask("POST", f"{place}/decision", "demo-support", json=strange))[1] == "ruling_strange"
    )
    mute = {"approved": True, "reason": " "}
    assert problem(retour.ask("POST", f"{place}/decision", "demo-support", json=mute))[1] == "reason_missing"
    retour.ask("DELETE", place)
    place = f"/v1/requests/{asked(retour, domain='b.example')['id']}"
    wrong = retour.ask("GET", f"{place}/cases", "demo-support", params={"after": "nonsense"})
    assert problem(wrong) == (422, "invalid", "after")


def test_a_body_that_is_no_object_is_refused_in_the_readers_language(retour: Installation) -> None:
    german = retour.ask("POST", "/v1/requests", json=[], headers={"Accept-Language": "de"})
    assert german.status_code == 422
    assert german.json()["detail"] == "body: ist kein Objekt aus Feldern und Werten"


def test_another_account_neither_sees_nor_meets_a_request(retour: Installation) -> None:
    retour.bounce(ANN)
    retour.bounce(ANN, account="other")
    made = asked(retour, ANN)
    place = f"/v1/requests/{made['id']}"
    for method, path in (("GET", place), ("DELETE", place), ("GET", f"{place}/cases")):
        answer = retour.ask(method, path, "other-support")
        assert problem(answer) == (404, "request_unknown", "id")
        assert ANN not in answer.text
    assert retour.ask("GET", "/v1/requests", "other-manager").json()["requests"] == []
    assert asked(retour, ANN, key="other-member")["status"] == "open"


def test_a_repeated_call_asks_once(retour: Installation) -> None:
    retour.bounce(ANN)
    body, once = {"addresses": [ANN], "done": "x"}, {"Idempotency-Key": "one"}
    first = retour.ask("POST", "/v1/requests", json=body, headers=once)
    second = retour.ask("POST", "/v1/requests", json=body, headers=once)
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
