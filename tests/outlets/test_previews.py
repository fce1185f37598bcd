"""What-ifs and replays through the API: asked for, seen, applied, undone; and what settings did since."""

from typing import Any

import pytest

from contract.test_replay import ODD, RULE, reported
from outlets.conftest import Installation
from outlets.previewed import do_all
from retour.identity import act_id
from retour.instants import DAY, HOUR, text
from retour.model import Event, EventKind, MailKind, Reason, Send

START = 20_000 * DAY


def full(retour: Installation, address: str, *days: int) -> None:
    """Bounces of a full mailbox so many days ago."""
    now = retour.clock.now()
    events = [
        Event(
            act_id("bounce", "demo", address, now - day * DAY, ""),
            EventKind.BOUNCE,
            now - day * DAY,
            Reason.MAILBOX_FULL,
            "4.2.2",
            account="demo",
            address=address,
        )
        for day in days
    ]
    retour.bus.publish(retour.store.ledger.record(events, now))


@pytest.fixture
def filled(retour: Installation) -> Installation:
    """Three addresses with full mailboxes, one of them reached lately."""
    sent = Send(7, "demo", "ann@gmail.com", MailKind.MAILING, START - DAY, delivered_at=START)
    retour.store.sends.add([sent])
    full(retour, "ann@gmail.com", 2, 10)
    full(retour, "bob@b.example", 3, 11, 19)
    full(retour, "cid@b.example", 4)
    return retour


def asked(retour: Installation, path: str, body: dict[str, Any], key: str = "demo-manager") -> str:
    answer = retour.ask("POST", path, key, json=body)
    assert answer.status_code == 202, answer.text
    do_all(retour)
    id: str = answer.json()["id"]
    return id


def test_what_settings_would_do_is_seen_before_they_are_saved(filled: Installation) -> None:
    body = {"settings": {"soft_threshold": 2, "reset_after": 30}, "expected": 1}
    id = asked(filled, "/v1/policy/what-if", body)
    told = filled.ask("GET", f"/v1/policy/what-if/{id}").json()
    result = told["job"]["result"]
    assert (told["job"]["state"], result["looked_at"], result["version"]) == ("done", 3, 2)
    assert (result["move"], result["active"]) == ({"stops": 2}, {"stops": 1})
    assert list(told["samples"]) == ["stops"]
    assert sorted(told["samples"]["stops"]) == ["ann@gmail.com", "bob@b.example"]
    path, found, after = f"/v1/policy/what-if/{id}/addresses", list[dict[str, Any]](), 0
    while after is not None:
        page = filled.ask("GET", path, params={"limit": 1, "move": "stops", "after": after}).json()
        found, after = found + page["addresses"], page["next"]
    assert sorted((each["address"], each["before"], each["after"]) for each in found) == [
        ("ann@gmail.com", "bouncing", "invalid: soft"),
        ("bob@b.example", "bouncing", "invalid: soft"),
    ]
    active = {each["address"]: each["active"] for each in found}
    assert active == {"ann@gmail.com": ["delivery"], "bob@b.example": []}
    assert {each["returns_at"] for each in found} == {text(filled.clock.now() + 30 * DAY)}
    assert filled.ask("GET", "/v1/policy").json()["version"] == 1


def test_the_saving_does_it_and_tells_how_far_it_is(filled: Installation) -> None:
    settings = {"settings": {"soft_threshold": 2}, "expected": 1}
    assert filled.ask("PUT", "/v1/policy", "demo-manager", json=settings).is_success
    told = filled.ask("GET", "/v1/policy/progress").json()
    assert told == {"account": "demo", "version": 2, "rewriting": True, "done": 0, "total": 3}
    uncounted = "/v1/policy/progress?counted=false"
    assert filled.ask("GET", uncounted).json() == told
    assert filled.ask("GET", "/v1/check", params={"address": "bob@b.example"}).json()["decision"] == "stop"
    filled.finish_rewriting()
    told = filled.ask("GET", "/v1/policy/progress").json()
    assert (told["rewriting"], told["done"]) == (False, 3)
    assert filled.ask("GET", uncounted).json() == {**told, "done": None, "total": None}


@pytest.mark.parametrize(
    ("body", "problem", "field"),
    [
        ({"settings": {"soft_threshold": 0}, "expected": 1}, "policy_invalid", "settings.soft_threshold"),
        ({"settings": {"never_stop": ["gmail.com"]}, "expected": 1}, "policy_invalid", "settings.never_stop"),
        ({"settings": {"soft_threshold": 2}, "expected": 9}, "version_conflict", "If-Match"),
        ({"settings": {}}, "version_missing", "If-Match"),
    ],
)
def test_settings_that_cannot_be_are_not_looked_at(
    filled: Installation, body: dict[str, Any], problem: str, field: str
) -> None:
    answer = filled.ask("POST", "/v1/policy/what-if", "demo-manager", json=body)
    assert (answer.json()["type"], answer.json()["field"]) == (f"/problems/{problem}", field)
    assert filled.ask("GET", "/v1/jobs").json()["jobs"] == []


def test_a_replay_is_looked_at_applied_once_and_undone_once(retour: Installation) -> None:
    odd = replace_account(reported(1, "ann@gmail.com", ODD, 0))
    retour.bus.publish(retour.store.ledger.record([odd], retour.clock.now()))
    body = {"what": "rules", "rules": RULE.format(reason="address_unknown")}
    params = {"account": "demo"}
    answer = retour.ask("POST", "/v1/replays", "demo-manager", json=body)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/role_too_low")
    answer = retour.ask("POST", "/v1/replays", "staff", params=params, json=body)
    id = answer.json()["id"]
    early = retour.ask("POST", f"/v1/replays/{id}/apply", "staff", params=params, json={"reason": "x"})
    assert early.json()["type"] == "/problems/preview_unready"
    do_all(retour)
    told = retour.ask("GET", f"/v1/replays/{id}").json()
    assert (told["samples"], told["stage"]) == ({"stops": ["ann@gmail.com"]}, None)
    assert told["job"]["result"]["verdicts"] == {"undetermined > address_unknown": {"own-quux": 1}}
    page = retour.ask("GET", f"/v1/replays/{id}/addresses").json()
    assert [each["address"] for each in page["addresses"]] == ["ann@gmail.com"]
    refused = retour.ask("POST", f"/v1/replays/{id}/apply", "demo-manager", json={"reason": "x"})
    assert refused.json()["type"] == "/problems/restore_by_support"
    for act, decision, stage in (("apply", "stop", "applied"), ("undo", "send", "undone")):
        path = f"/v1/replays/{id}/{act}"
        assert retour.ask("POST", path, "staff", params=params, json={"reason": "request 17"}).is_success
        do_all(retour)
        checked = retour.ask("GET", "/v1/check", params={"address": "ann@gmail.com"}).json()
        assert checked["decision"] == decision
        assert retour.ask("GET", f"/v1/replays/{id}").json()["stage"] == stage
        again = retour.ask("POST", path, "staff", params=params, json={"reason": "x"})
        assert (again.status_code, again.json()["type"]) == (409, "/problems/replay_stage")
    lines = retour.ask("GET", "/v1/ledger").json()["lines"]
    assert [(line["before"], line["after"]) for line in lines[::-1]][-4:] == [
        ("planned", "applied"),
        ("bouncing", "invalid"),
        ("applied", "undone"),
        ("invalid", "bouncing"),
    ]


def replace_account(event: Event) -> Event:
    return event._replace(account="demo", at=START - HOUR)


def test_rules_that_are_tried_are_told_to_staff_alone(retour: Installation) -> None:
    """They may be written after mails of other accounts, and a replay of all lies in the jobs of each."""
    body = {"what": "rules", "rules": RULE.format(reason="address_unknown")}
    asked = retour.ask("POST", "/v1/replay-groups", "staff", json=body)
    (id,) = (each["replay"] for each in asked.json()["accounts"] if each["account"] == "demo")
    for path in ("/v1/jobs", f"/v1/jobs/{id}", f"/v1/replays/{id}"):
        told = retour.ask("GET", path, "demo-manager")
        assert told.status_code == 200, told.text
        assert "quux" not in told.text
        assert '"withheld":true' in told.text
        assert "quux" in retour.ask("GET", path, "staff", params={"account": "demo"}).text


def test_rules_at_fault_are_named_in_both_languages(retour: Installation) -> None:
    body = {"what": "rules", "rules": '[[rule]]\nid = "x"\n'}
    for language, word in (("en", "missing"), ("de", "fehlt")):
        answer = retour.ask(
            "POST",
            "/v1/replays",
            "staff",
            params={"account": "demo"},
            json=body,
            headers={"Accept-Language": language},
        )
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/rules_invalid")
        assert word in answer.json()["detail"]
    body = {"what": "types", "version": 7}
    answer = retour.ask("POST", "/v1/replays", "demo-manager", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/version_unknown")


def test_a_preview_that_is_not_there(retour: Installation) -> None:
    for path in ("/v1/policy/what-if/x", "/v1/replays/x", "/v1/replays/x/addresses"):
        answer = retour.ask("GET", path)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/preview_unknown")


def ruled(retour: Installation, account: str, expected: int, **settings: object) -> None:
    """A day later the account has other settings, and its states are rewritten."""
    retour.clock.instant += DAY
    changed = {"settings": settings, "expected": expected}
    assert retour.ask("PUT", "/v1/policy", f"{account}-manager", json=changed).is_success
    retour.finish_rewriting()


def test_every_account_is_judged_again_at_once_and_given_back_whole(retour: Installation) -> None:
    """N2: the difference by account; applied as one wave each, undone in all, byte for byte."""
    for account, count in (("demo", 2), ("other", 1)):
        for number in range(count):
            retour.bounce(f"u{number}@gmail.com", Reason.MAILBOX_FULL, account=account)
        ruled(retour, account, 1, soft_threshold=1, counting="cumulative")
        ruled(retour, account, 2, soft_threshold=5)
    before = [retour.store.ledger.states(account, 100) for account in ("demo", "other")]
    asked = retour.ask("POST", "/v1/replay-groups", "staff", json={"what": "policy"})
    assert (asked.status_code, asked.json()["total"]) == (202, 2)
    path = f"/v1/replay-groups/{asked.json()['id']}"
    early = retour.ask("POST", f"{path}/apply", "staff", json={"reason": "x"})
    assert early.json()["type"] == "/problems/replay_stage"
    do_all(retour)
    found = retour.ask("GET", path, "staff").json()
    assert (found["done"], found["move"]) == (2, {"returns": 3})
    assert found["reason"] == {"returns": {"mailbox_full": 3}}
    assert found["provider"] == {"returns": {"gmail": 3}}
    assert [(each["account"], each["move"]) for each in found["accounts"]] == [
        ("demo", {"returns": 2}),
        ("other", {"returns": 1}),
    ]
    assert retour.ask("GET", path, "demo-support").json()["total"] == 1  # its own alone
    samples = retour.ask("GET", f"/v1/replays/{found['accounts'][1]['replay']}", "other-member").json()
    assert samples["samples"]["returns"] == ["u0@gmail.com"]
    assert retour.ask("POST", f"{path}/apply", "staff", json={"reason": "19"}).is_success
    do_all(retour)
    applied = retour.ask("GET", path, "staff").json()
    assert {each["stage"] for each in applied["accounts"]} == {"applied"}
    for account, count in (("demo", 2), ("other", 1)):
        states = [row.state.state.value for row in retour.store.ledger.states(account, 100)]
        assert states == ["bouncing"] * count
        lines = retour.ask("GET", "/v1/ledger", f"{account}-member").json()["lines"]
        assert [line["after"] for line in lines].count("applied") == 1
    assert retour.ask("POST", f"{path}/undo", "staff", json={"reason": "20"}).is_success
    do_all(retour)
    assert [retour.store.ledger.states(account, 100) for account in ("demo", "other")] == before
    again = retour.ask("POST", f"{path}/undo", "staff", json={"reason": "20"})
    assert again.json()["type"] == "/problems/replay_stage"


def test_a_replay_of_every_account_is_undone_where_it_was_still_to_be_applied(retour: Installation) -> None:
    """Undone while jobs wait: none of them is applied after it, and to ask twice does nothing twice."""
    for account in ("demo", "other"):
        retour.bounce("u0@gmail.com", Reason.MAILBOX_FULL, account=account)
        ruled(retour, account, 1, soft_threshold=1, counting="cumulative")
    before = [retour.store.ledger.states(account, 100) for account in ("demo", "other")]
    asked = retour.ask("POST", "/v1/replay-groups", "staff", json={"what": "policy"})
    id, path = asked.json()["id"], f"/v1/replay-groups/{asked.json()['id']}"
    do_all(retour)
    assert retour.ask("POST", f"{path}/apply", "staff", json={"reason": "21"}).is_success
    assert retour.ask("POST", f"{path}/apply", "staff", json={"reason": "21"}).status_code == 409
    assert retour.ask("POST", f"{path}/undo", "staff", json={"reason": "22"}).is_success
    assert retour.ask("POST", f"{path}/undo", "staff", json={"reason": "22"}).status_code == 409
    assert len(retour.desk.jobs.group(id)) == 6
    do_all(retour)
    told = retour.ask("GET", path, "staff").json()
    assert [each["stage"] for each in told["accounts"]] == ["undone", "undone"]
    assert [retour.store.ledger.states(account, 100) for account in ("demo", "other")] == before


def test_replays_of_every_account_are_listed_with_how_far_they_have_come(retour: Installation) -> None:
    for account in ("demo", "other"):
        retour.bounce("u0@gmail.com", Reason.MAILBOX_FULL, account=account)
        ruled(retour, account, 1, soft_threshold=1, counting="cumulative")
        ruled(retour, account, 2, soft_threshold=5)

    def listed(key: str = "staff", **query: object) -> list[tuple[str, str, int, int, dict[str, int]]]:
        answer = retour.ask("GET", "/v1/replay-groups", key, params=query)
        assert answer.is_success, answer.text
        page = answer.json()
        return [
            tuple(each[name] for name in ("id", "stage", "done", "total", "move")) for each in page["groups"]
        ]

    assert listed() == []
    first = retour.ask("POST", "/v1/replay-groups", "staff", json={"what": "policy"}).json()["id"]
    assert listed() == [(first, "playing", 0, 2, {})]
    do_all(retour)
    assert listed() == [(first, "played", 2, 2, {"returns": 2})]
    assert listed("demo-support") == [(first, "played", 1, 1, {"returns": 1})]  # its own alone
    path = f"/v1/replay-groups/{first}"
    retour.ask("POST", f"{path}/apply", "staff", json={"reason": "21"})
    assert listed()[0][1] == "applying"
    do_all(retour)
    assert listed()[0][1] == "applied"
    retour.ask("POST", f"{path}/undo", "staff", json={"reason": "22"})
    assert listed()[0][1] == "undoing"
    do_all(retour)
    assert listed()[0][1] == "undone"
    own = retour.ask("POST", "/v1/replay-groups", "demo-support", json={"what": "rules"}).json()["id"]
    do_all(retour)
    assert [each[0] for each in listed()] == [own, first]
    for key in ("staff", "demo-support"):
        page = retour.ask("GET", "/v1/replay-groups", key, params={"limit": 1}).json()
        assert page["next"] == own
        assert [each[0] for each in listed(key, after=page["next"])] == [first]
    assert [each[0] for each in listed("other-support")] == [first]


def test_a_replay_of_every_account_takes_no_version_of_one(retour: Installation) -> None:
    answer = retour.ask("POST", "/v1/replay-groups", "staff", json={"what": "policy", "version": 1})
    assert (answer.status_code, answer.json()["field"]) == (422, "version")
    broken = retour.ask("POST", "/v1/replay-groups", "staff", json={"what": "rules", "rules": "["})
    assert broken.json()["type"] == "/problems/rules_invalid"
    assert retour.ask("GET", "/v1/replay-groups/x", "staff").status_code == 404


def test_what_resets_did_by_week_and_month(retour: Installation) -> None:
    """E22: who came back, was reached since, bounced again, under which version."""
    settings = {"settings": {"soft_threshold": 2, "reset_after": 10}, "expected": 1}
    assert retour.ask("PUT", "/v1/policy", "demo-manager", json=settings).is_success
    retour.finish_rewriting()
    for address in ("ann@b.example", "bob@b.example"):
        full(retour, address, 1, 9)
    retour.clock.instant += 40 * DAY
    while retour.store.ledger.due(retour.clock.now(), 100):
        pass
    now = retour.clock.now()
    retour.store.sends.add([Send(9, "demo", "ann@b.example", MailKind.MAILING, now)])
    facts = {"send": 9, "account": "demo", "address": "ann@b.example"}
    retour.store.ledger.record([Event(b"d" * 16, EventKind.DELIVERED, now, **facts)], now)
    full(retour, "bob@b.example", 0)
    told = retour.ask("GET", "/v1/policy/effects").json()
    weeks = {each["period"]: (each["freed"], each["delivered"], each["bounced"]) for each in told["periods"]}
    assert list(weeks.values()) == [(2, 0, 0), (0, 1, 1)]
    assert {each["version"] for each in told["periods"]} == {2}
    months = retour.ask("GET", "/v1/policy/effects", params={"by": "month"}).json()["periods"]
    assert sum(each["freed"] for each in months) == 2
    assert (told["looked_at"], told["whole"]) == (2, True)
