"""Rules published for the platform: refused at fault, in force at once, taken back; shapes set aside."""

from pathlib import Path

from outlets.conftest import Installation
from retour.flow.own_rules import rules
from retour.stores.rules_desk import FOLDER, in_force

RULE = """\
[[rule]]
id = "own.flown"
reason = "address_unknown"
source = "our queue of 3 May"
phrases = ["has flown the nest"]
samples = ["ann has flown the nest"]
unparsed = true
"""


def folder(retour: Installation) -> Path:
    return Path(retour.directory_of_data.name) / FOLDER


def test_rules_are_in_force_until_they_are_taken_back(retour: Installation) -> None:
    made = retour.ask("POST", "/v1/rules", "staff", json={"rules": RULE})
    assert made.status_code == 201, made.text
    id = made.json()["published"]["id"]
    (file,) = in_force(folder(retour))
    assert rules(file).book.rule("own.flown") is not None
    listed = retour.ask("GET", "/v1/rules", "staff").json()["rules"]
    assert [(each["in_force"], each["rules"]) for each in listed] == [(True, RULE)]
    twice = retour.ask("POST", "/v1/rules", "staff", json={"rules": RULE})
    assert twice.json()["type"] == "/problems/rules_invalid"
    assert retour.ask("DELETE", f"/v1/rules/{id}", "staff").json()["in_force"] is False
    assert in_force(folder(retour)) == []
    assert retour.ask("GET", "/v1/rules", "staff").json()["rules"][0]["in_force"] is False
    again = retour.ask("DELETE", f"/v1/rules/{id}", "staff")
    assert (again.status_code, again.json()["type"]) == (404, "/problems/rules_unknown")


def test_a_dry_run_tries_and_publishes_nothing(retour: Installation) -> None:
    told = retour.ask("POST", "/v1/rules", "staff", params={"dry_run": True}, json={"rules": RULE}).json()
    assert told["tried"] == {"looked_at": 0, "understood": 0, "stopped": 0, "newly_dead": 0, "living": 0}
    assert retour.ask("GET", "/v1/rules", "staff").json()["rules"] == []
    bad = retour.ask("POST", "/v1/rules", "staff", params={"dry_run": True}, json={"rules": "[[rule]]"})
    assert bad.json()["type"] == "/problems/rules_invalid"


def test_a_rule_that_calls_the_living_dead_is_refused(retour: Installation) -> None:
    deadly = RULE.replace("has flown the nest", "mailbox is full").replace("own.flown", "own.deadly")
    answer = retour.ask("POST", "/v1/rules", "staff", json={"rules": deadly})
    assert answer.status_code == 422
    assert in_force(folder(retour)) == []


def test_staff_of_one_account_publishes_nothing(retour: Installation) -> None:
    answer = retour.ask("POST", "/v1/rules", "demo-support", json={"rules": RULE})
    assert answer.json()["type"] == "/problems/staff_alone"


def test_what_is_set_aside_is_remembered(retour: Installation) -> None:
    desk = retour.services().rules
    for count, told in ((6, {"unparsed ab": 6}), (7, {"unparsed ab": 7}), (None, {})):
        answer = retour.ask("PUT", "/v1/unparsed/shapes/ab", "staff", json={"count": count})
        assert answer.json() == {"id": "ab", "aside": count}
        assert desk.set_aside() == told


def test_the_rules_of_verdicts_are_told_one_by_one(retour: Installation) -> None:
    full = retour.ask("GET", "/v1/rulebook", params={"reason": "mailbox_full"}).json()["rules"]
    assert {each["reason"] for each in full} == {"mailbox_full"}
    everything = retour.ask("GET", "/v1/rulebook").json()["rules"]
    assert len(everything) > len(full) > 1
    told = retour.ask("GET", f"/v1/rulebook/{full[0]['id']}").json()
    assert told["id"] == full[0]["id"]
    assert told["source"]
    assert told["samples"]
    assert told["codes"] or told["phrases"]
    assert told["withheld"] is False
    none = retour.ask("GET", "/v1/rulebook/none")
    assert (none.status_code, none.json()["type"]) == (404, "/problems/rule_unknown")


def test_what_an_own_rule_quotes_is_for_staff_alone(retour: Installation) -> None:
    retour.ask("POST", "/v1/rules", "staff", json={"rules": RULE})
    path = "/v1/rulebook/own.flown"
    ours = retour.ask("GET", path, "staff", params={"account": "demo"}).json()
    assert ours["samples"] == ["ann has flown the nest"]
    for key in ("demo-member", "demo-support"):
        theirs = retour.ask("GET", path, key)
        assert theirs.json()["reason"] == "address_unknown"
        assert theirs.json()["withheld"] is True
        assert "nest" not in theirs.text
        assert "queue" not in theirs.text
