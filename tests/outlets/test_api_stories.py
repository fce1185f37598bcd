"""Addresses, bounces, policies, restores, the unparsed queue and keys, over the API."""

import json
from base64 import b64decode
from typing import Any

import pytest

from outlets.conftest import Installation
from retour.inlets.arrivals import arrival
from retour.instants import DAY, text
from retour.model import Arrival, Proof, Reason
from retour.ports import BATCH_OCTETS

DEAD = "nobody@b.example"

REPORT = b"""\
From: MAILER-DAEMON@mx.test (Mail Delivery System)
To: bounces@demo.return.test
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain

Your message could not be delivered.

--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; nobody@b.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <nobody@b.example>: no such user

--cut--
"""


def told(retour: Installation, raw: bytes = REPORT, proof: Proof = Proof.OPEN) -> Arrival:
    """A report that reached a registered address of the account."""
    return arrival("bounces", raw, len(raw), retour.clock.now(), proof=proof, account="demo")


def test_an_address_shows_its_state_decisions_history_and_evidence(retour: Installation) -> None:
    retour.take_in(told(retour))
    retour.ask("POST", "/v1/sends", json={"recipient": DEAD, "subject": "<b>hello</b>"})
    life = retour.ask("GET", f"/v1/addresses/{DEAD}").json()
    assert (life["account"], life["address"]) == ("demo", DEAD)
    assert (life["state"]["state"], life["state"]["mark"], life["state"]["cause"]) == ("invalid", "x", "hard")
    assert {kind: each["decision"] for kind, each in life["decisions"].items()} == dict.fromkeys(
        ("mailing", "automation", "system"), "stop"
    )
    (event,) = life["events"]
    assert (event["reason"], event["status"], event["standing"]) == ("address_unknown", "5.1.1", "proven")
    evidence = event["evidence"]
    assert evidence["report"]["diagnostic"] == "550 5.1.1 <nobody@b.example>: no such user"
    assert evidence["verdict"]["rule"]
    assert evidence["verdict"]["matched"]
    assert [send["subject"] for send in life["sends"]] == ["<b>hello</b>"]
    assert [(row["before"], row["after"]) for row in life["ledger"]] == [("valid", "invalid")]


def test_addresses_of_others_are_shown_to_support_alone(retour: Installation) -> None:
    aliased = REPORT.replace(b"<nobody@b.example>:", b"<nobody@b.example> -> <forward@c.example>:")
    retour.take_in(told(retour, aliased))
    for path in (f"/v1/addresses/{DEAD}", "/v1/bounces"):
        member, support = (retour.ask("GET", path, key).text for key in ("demo-manager", "demo-support"))
        assert "forward@" not in member
        assert "<nobody@b.example> -> <***@c.example>: no such user" in member
        assert "<nobody@b.example> -> <forward@c.example>: no such user" in support


def test_an_unproven_report_is_shown_and_changes_nothing(retour: Installation) -> None:
    retour.take_in(told(retour, proof=Proof.TOKEN))
    life = retour.ask("GET", f"/v1/addresses/{DEAD}").json()
    assert life["state"]["state"] == "valid"
    assert [event["standing"] for event in life["events"]] == ["unproven"]


@pytest.mark.parametrize(
    ("address", "status", "problem"),
    [
        ("ann@b.example", 404, "address_never_seen"),
        ("ann", 422, "address_malformed"),
        ("a@x@b.example", 422, "address_malformed"),
        ("a%09b@b.example", 422, "address_malformed"),
        ("a%0d%0ab@b.example", 404, "not_found"),
    ],
)
def test_an_address_unknown_or_malformed_is_a_problem(
    retour: Installation, address: str, status: int, problem: str
) -> None:
    answer = retour.ask("GET", f"/v1/addresses/{address}")
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")


def test_odd_local_parts_are_reached_by_percent_encoding(retour: Installation) -> None:
    for address in ("a/b@b.example", "a?b@b.example", "a+b@b.example", "jürgen@b.example"):
        retour.bounce(address)
        encoded = address.replace("/", "%2F").replace("?", "%3F").replace("+", "%2B")
        assert retour.ask("GET", f"/v1/addresses/{encoded}").json()["address"] == address


def listed(retour: Installation, **filters: Any) -> list[str]:
    answer = retour.ask("GET", "/v1/bounces", params=filters)
    assert answer.status_code == 200, answer.text
    return [row["address"] for row in answer.json()["bounces"]]


def test_bounces_are_filtered(retour: Installation) -> None:
    start = retour.clock.now()
    retour.bounce("dead@b.example")
    retour.clock.instant += DAY
    retour.bounce("full@c.example", Reason.MAILBOX_FULL)
    assert listed(retour) == ["full@c.example", "dead@b.example"]
    assert listed(retour, status="invalid") == ["dead@b.example"]
    assert listed(retour, status="valid") == ["full@c.example"]
    assert listed(retour, type="soft") == ["full@c.example"]
    assert listed(retour, type="block") == []
    assert listed(retour, reason="address_unknown") == ["dead@b.example"]
    assert listed(retour, search="@c.example") == ["full@c.example"]
    assert listed(retour, search="dead@b.example") == ["dead@b.example"]
    assert listed(retour, since=text(start + 1)) == ["full@c.example"]
    assert listed(retour, until=text(start + 1)) == ["dead@b.example"]
    assert listed(retour, campaign="May") == []
    assert listed(retour, kind="system") == []
    row = retour.ask("GET", "/v1/bounces", params={"type": "soft"}).json()["bounces"][0]
    assert (row["status"], row["state"]["mark"], row["type"]) == ("valid", "?", "soft")


def test_bounces_are_filtered_by_provider(retour: Installation) -> None:
    retour.bounce("dead@c.example")
    assert listed(retour, provider="gmail") == []
    retour.bounce("dead@googlemail.com")
    assert listed(retour, provider="gmail") == ["dead@googlemail.com"]
    assert listed(retour, provider="gmail", search="@c.example") == []


def test_bounces_are_paged_without_gap_or_repetition(retour: Installation) -> None:
    for number in range(7):
        retour.clock.instant += DAY
        retour.bounce(f"{number}@b.example")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = retour.ask("GET", "/v1/bounces", params={"limit": 3, **cursor}).json()
        seen += [row["address"] for row in page["bounces"]]
        if page["next"] is None:
            break
        cursor = {"after": page["next"]}
    assert seen == [f"{number}@b.example" for number in range(6, -1, -1)]


@pytest.mark.parametrize(
    "filters",
    [
        {"status": "dead"},
        {"type": "loud"},
        {"reason": "bad"},
        {"limit": 0},
        {"since": "yesterday"},
        {"until": "2026-01-01"},
        {"provider": "nobody"},
    ],
)
def test_a_filter_that_cannot_be_is_named(retour: Installation, filters: dict[str, Any]) -> None:
    answer = retour.ask("GET", "/v1/bounces", params=filters)
    assert answer.status_code == 422
    assert answer.json()["field"] == next(iter(filters))


def test_a_policy_is_changed_from_the_version_that_was_read(retour: Installation) -> None:
    read = retour.ask("GET", "/v1/policy", "demo-manager")
    assert (read.json()["version"], read.headers["etag"]) == (1, '"1"')
    change = {"settings": {"soft_threshold": 2, "types": {"content_rejected": "soft"}}}
    changed = retour.ask("PUT", "/v1/policy", "demo-manager", json=change, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert (changed.json()["version"], changed.headers["etag"]) == (2, '"2"')
    assert changed.json()["settings"]["soft_threshold"] == 2
    assert changed.json()["author"] == "key demo-manager"
    stale = retour.ask("PUT", "/v1/policy", "demo-manager", json=change, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/version_conflict")
    blind = retour.ask("PUT", "/v1/policy", "demo-manager", json=change)
    assert (blind.status_code, blind.json()["type"]) == (428, "/problems/version_missing")
    versions = retour.ask("GET", "/v1/policy/versions").json()["versions"]
    assert [version["version"] for version in versions] == [1, 2]


def test_what_a_policy_shows_can_be_sent_back(retour: Installation) -> None:
    shown = retour.ask("GET", "/v1/policy").json()
    body = {"settings": shown["settings"], "expected": shown["version"]}
    again = retour.ask("PUT", "/v1/policy", "demo-manager", json=body)
    assert again.status_code == 200
    assert again.json()["settings"] == shown["settings"]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"soft_threshold": 0}, "settings.soft_threshold"),
        ({"soft_threshold": "3"}, "settings.soft_threshold"),
        ({"colour": "red"}, "settings.colour"),
        ({"types": {"mailbox_full": "loud"}}, "settings.types.mailbox_full"),
        ({"preset": "none"}, "settings.preset"),
    ],
)
def test_a_setting_that_cannot_be_is_named_in_the_readers_language(
    retour: Installation, settings: dict[str, Any], field: str
) -> None:
    body = {"settings": settings, "expected": 1}
    english = retour.ask("PUT", "/v1/policy", "demo-manager", json=body)
    assert (english.status_code, english.json()["field"]) == (422, field)
    german = retour.ask("PUT", "/v1/policy", "demo-manager", json=body, headers={"Accept-Language": "de"})
    assert german.json()["detail"] != english.json()["detail"]
    assert len(retour.store.accounts.policies("demo")) == 1


@pytest.mark.parametrize("settings", [{"never_stop": ["\ud800"]}, {"\ud800": 1}])
def test_half_a_surrogate_pair_is_refused_as_any_other_text(
    retour: Installation, settings: dict[str, Any]
) -> None:
    body = json.dumps({"settings": settings, "expected": 1})
    headers = {"Content-Type": "application/json"}
    answer = retour.ask("PUT", "/v1/policy", "demo-manager", content=body, headers=headers)
    assert (answer.status_code, "?" in answer.json()["detail"]) == (422, True)


def test_lowering_a_threshold_stops_at_once_and_is_written_in_the_background(retour: Installation) -> None:
    retour.bounce("full@c.example", Reason.MAILBOX_FULL)
    check = {"address": "full@c.example"}
    assert retour.ask("GET", "/v1/check", params=check).json()["decision"] == "send"
    lower = {"settings": {"preset": "kwiga"}, "expected": 1}
    assert retour.ask("PUT", "/v1/policy", "demo-manager", json=lower).status_code == 200
    assert retour.ask("GET", "/v1/check", params=check).json()["why"] == "soft"
    retour.finish_rewriting()
    assert retour.ask("GET", "/v1/check", params=check).json()["why"] == "soft"


def test_support_gives_an_address_back_and_the_reason_is_kept(retour: Installation) -> None:
    retour.bounce(DEAD)
    body = {"addresses": [DEAD], "reason": "request 17: typo at the server, corrected"}
    answer = retour.ask("POST", "/v1/restores", "staff", json=body | {"account": "demo"})
    assert answer.status_code == 201
    assert answer.json() == {"account": "demo", "addresses": [DEAD], "changed": 1, "dry_run": False}
    assert retour.ask("GET", "/v1/check", params={"address": DEAD}).json()["decision"] == "send"
    events = retour.ask("GET", f"/v1/addresses/{DEAD}").json()["events"]
    assert [(event["kind"], event["note"]) for event in events][-1] == ("restore", body["reason"])
    assert events[-1]["actor"] == "key staff"


@pytest.mark.parametrize("role", ["member", "manager"])
def test_an_account_user_is_told_whom_to_ask(retour: Installation, role: str) -> None:
    retour.bounce(DEAD)
    body = {"addresses": [DEAD], "reason": "please"}
    answer = retour.ask("POST", "/v1/restores", f"demo-{role}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/restore_by_support")
    assert "support" in answer.json()["remedy"]
    assert retour.ask("GET", "/v1/check", params={"address": DEAD}).json()["decision"] == "stop"


@pytest.mark.parametrize(
    ("body", "problem", "field"),
    [
        ({"addresses": [DEAD], "reason": " "}, "reason_missing", "reason"),
        ({"addresses": [DEAD]}, "invalid", "reason"),
        ({"reason": "x"}, "restore_target", "addresses"),
        ({"addresses": [DEAD], "domain": "b.example", "reason": "x"}, "restore_target", "addresses"),
        ({"addresses": [f"{n}@b.example" for n in range(11)], "reason": "x"}, "too_many", "addresses"),
        ({"addresses": ["?"], "reason": "x"}, "address_malformed", "addresses"),
        ({"domain": "?", "reason": "x"}, "address_malformed", "domain"),
    ],
)
def test_a_restore_that_cannot_be_is_a_problem(
    retour: Installation, body: dict[str, Any], problem: str, field: str
) -> None:
    answer = retour.ask("POST", "/v1/restores", "demo-support", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{problem}")
    assert answer.json()["field"] == field


def test_a_domain_is_given_back_whole(retour: Installation) -> None:
    for address in ("a@b.example", "b@b.example", "c@c.example"):
        retour.bounce(address)
    body = {"domain": "b.example", "reason": "their server was misconfigured"}
    answer = retour.ask("POST", "/v1/restores", "demo-support", json=body)
    assert answer.json()["addresses"] == ["a@b.example", "b@b.example"]
    assert listed(retour) == ["c@c.example"]


def test_what_was_not_understood_is_shown_to_support_with_its_bytes(retour: Installation) -> None:
    raw = b"Subject: Lunch?\r\n\r\nAt noon?\r\n"
    retour.take_in(told(retour, raw))
    page = retour.ask("GET", "/v1/unparsed", "demo-support", params={"raw": "true"}).json()
    (shown,) = page["arrivals"]
    assert b64decode(shown["raw"]) == raw
    assert (shown["inlet"], shown["account"], shown["size"]) == ("bounces", "demo", len(raw))
    assert retour.ask("GET", "/v1/unparsed", "demo-support").json()["arrivals"][0]["raw"] is None
    assert retour.ask("GET", "/v1/unparsed", "other-support").json()["arrivals"] == []
    assert len(retour.ask("GET", "/v1/unparsed", "staff").json()["arrivals"]) == 1
    assert retour.ask("GET", "/v1/unparsed", "staff", params={"after": "?"}).status_code == 422


def test_the_queue_of_large_mails_is_paged_to_its_end(retour: Installation) -> None:
    large = b"Subject: Lunch?\r\n\r\n" + b"?" * (BATCH_OCTETS // 3)
    for number in range(7):
        retour.take_in(told(retour, large + b"%d" % number))
    page = retour.ask("GET", "/v1/unparsed", "staff").json()
    seen = [shown["id"] for shown in page["arrivals"]]
    while page["next"]:
        page = retour.ask("GET", "/v1/unparsed", "staff", params={"after": page["next"]}).json()
        seen += [shown["id"] for shown in page["arrivals"]]
    assert len(seen) == len(set(seen)) == 7


def test_a_key_is_made_shown_once_used_and_revoked(retour: Installation) -> None:
    made = retour.ask("POST", "/v1/keys", "demo-manager", json={"role": "member", "name": "the shop"})
    assert made.status_code == 201
    retour.keys["fresh"] = made.json()["key"]
    assert retour.ask("GET", "/v1/account", "fresh").json()["name"] == "demo"
    keys = retour.ask("GET", "/v1/keys", "demo-manager")
    assert made.json()["id"] in [key["id"] for key in keys.json()["keys"]]
    assert made.json()["key"] not in keys.text
    told = {key["id"]: (key["name"], key["used_at"] is None) for key in keys.json()["keys"]}
    assert told[made.json()["id"]] == ("the shop", False)
    assert retour.ask("DELETE", f"/v1/keys/{made.json()['id']}", "demo-manager").status_code == 204
    assert retour.ask("GET", "/v1/account", "fresh").status_code == 401
    again = retour.ask("DELETE", f"/v1/keys/{made.json()['id']}", "demo-manager")
    assert (again.status_code, again.json()["type"]) == (404, "/problems/key_unknown")


def test_who_made_and_who_ended_a_key_stands_in_the_ledger_without_its_secret(retour: Installation) -> None:
    before = len(retour.ask("GET", "/v1/ledger", "other-manager").json()["lines"])
    made = retour.ask("POST", "/v1/keys", "demo-manager", json={"role": "member", "name": "the shop"}).json()
    retour.ask("DELETE", f"/v1/keys/{made['id']}", "demo-manager")
    retour.ask("DELETE", f"/v1/keys/{made['id']}", "demo-manager")  # ended by then
    ledger = retour.ask("GET", "/v1/ledger", "demo-manager", params={"cause": "key"})
    told = [(line["before"], line["after"], line["actor"]) for line in ledger.json()["lines"]]
    named = f"key_member {made['id']}"
    assert told == [(named, "revoked", "key demo-manager"), ("", named, "key demo-manager")]
    assert made["key"] not in ledger.text
    assert len(retour.ask("GET", "/v1/ledger", "other-manager").json()["lines"]) == before


def test_nobody_makes_a_key_above_his_own(retour: Installation) -> None:
    answer = retour.ask("POST", "/v1/keys", "demo-manager", json={"role": "support"})
    assert (answer.status_code, answer.json()["field"]) == (403, "role")


def test_a_key_revoked_elsewhere_stops_working_within_seconds(retour: Installation) -> None:
    assert retour.ask("GET", "/v1/account").status_code == 200
    retour.store.accounts.revoke_key("demo-member", retour.clock.now())
    retour.clock.instant += 6_000_000
    assert retour.ask("GET", "/v1/account").status_code == 401


FLOWN = b"From: robot@nest.example\r\nSubject: hm\r\n\r\nThe inhabitant %s has flown the nest.\r\n"


def test_support_sees_groups_and_a_stub(retour: Installation) -> None:
    for who in (b"ann@b.example", b"bob@c.example"):
        retour.take_in(told(retour, FLOWN % who))
    retour.take_in(told(retour, b"Subject: Lunch?\r\n\r\nAt noon?\r\n"))
    page = retour.ask("GET", "/v1/unparsed/shapes", "demo-support").json()
    assert (page["looked_at"], page["others"]) == (3, 0)
    first, second = page["groups"]
    assert (first["count"], first["shape"]) == (2, "the inhabitant @ has flown the nest")
    assert (second["count"], second["text"], second["stub"]) == (1, None, None)
    params = {"shape": first["id"]}
    (one,) = retour.ask("GET", "/v1/unparsed/shapes", "staff", params=params).json()["groups"]
    assert "bob@c.example has flown" in one["text"]
    assert 'phrases = ["has flown the nest"]' in one["stub"]
    german = {"Accept-Language": "de"}
    (one,) = retour.ask("GET", "/v1/unparsed/shapes", "staff", params=params, headers=german).json()["groups"]
    assert "EINTRAGEN" in one["stub"]
    assert "retour rules" not in one["stub"]  # a page has no files
    assert retour.ask("GET", "/v1/unparsed/shapes", "staff", params={"shape": "none"}).json()["groups"] == []
    assert retour.ask("GET", "/v1/unparsed/shapes", "other-support").json()["groups"] == []
    assert len(retour.ask("GET", "/v1/unparsed/shapes", "staff", params={"last": 1}).json()["groups"]) == 1
    assert retour.ask("GET", "/v1/unparsed/shapes", "staff", params={"of": "x"}).status_code == 422


def test_support_sees_bounces_without_a_cause_grouped(retour: Installation) -> None:
    odd = REPORT.replace(b"5.1.1", b"5.0.0").replace(b"no such user", b"purple monkey dishwasher")
    retour.take_in(told(retour, odd))
    params = {"of": "undetermined"}
    (group,) = retour.ask("GET", "/v1/unparsed/shapes", "demo-support", params=params).json()["groups"]
    assert "purple monkey dishwasher" in group["shape"]
    assert retour.ask("GET", "/v1/unparsed/shapes", "other-support", params=params).json()["groups"] == []


def test_the_queue_is_judged_again_on_request_of_support(retour: Installation) -> None:
    retour.take_in(told(retour, FLOWN % b"ann@b.example"))
    assert retour.ask("POST", "/v1/unparsed/retry", "other-support").json() == {"retried": 0}
    assert retour.ask("POST", "/v1/unparsed/retry", "demo-support").json() == {"retried": 1}
    assert len(retour.inbox.waiting(9)) == 1
    assert retour.ask("GET", "/v1/unparsed", "staff").json()["arrivals"] == []


def test_support_lets_what_came_late_count(retour: Installation) -> None:
    retour.take_in(told(retour, FLOWN % b"ann@b.example"))
    assert retour.ask("POST", "/v1/unparsed/retry?late=true", "demo-support").json() == {"retried": 0}
    said = {"event": "MessageSent", "uuid": "1", "payload": {"message": {"to": "ann@b.example"}}}
    raw = json.dumps(said).encode()
    at = retour.clock.now()
    more = {"form": "postal", "account": "demo", "proof": Proof.TRUSTED, "defects": ("late",)}
    retour.take_in(Arrival(b"p" * 16, "webhooks.shop", at, raw, len(raw), **more))
    (seen, _) = retour.ask("GET", "/v1/unparsed", "staff").json()["arrivals"]
    assert seen["defects"] == ["late"]
    assert retour.ask("POST", "/v1/unparsed/retry?late=true", "other-support").json() == {"retried": 0}
    assert retour.ask("POST", "/v1/unparsed/retry?late=true", "demo-support").json() == {"retried": 1}
    assert [each.defects for each in retour.inbox.waiting(9)] == [("late_counted",)]


def test_staff_sees_reports_of_no_account_latest_first(retour: Installation) -> None:
    for number in range(3):
        raw = REPORT + b"%d" % number
        retour.take_in(arrival("smtp", raw, len(raw), retour.clock.now(), rcpt_to="postmaster@x.example"))
    page = retour.ask("GET", "/v1/unproven", "staff", params={"limit": 2}).json()
    assert [report["address"] for report in page["reports"]] == [DEAD] * 2
    event = page["reports"][0]["event"]
    assert (event["standing"], event["actor"]) == ("unproven", "smtp")
    assert event["evidence"]["report"]["status"] == "5.1.1"
    rest = retour.ask("GET", "/v1/unproven", "staff", params={"limit": 2, "after": page["next"]}).json()
    assert (len(rest["reports"]), rest["next"]) == (1, None)
    assert retour.ask("GET", "/v1/unproven", "demo-support").json() == {"reports": [], "next": None}
    assert retour.ask("GET", "/v1/unproven", "staff", params={"after": "²"}).status_code == 422
    assert retour.ask("GET", "/v1/unproven", "staff", params={"after": "-1"}).status_code == 422


def test_advice_on_an_address_comes_in_the_readers_language_with_letters(retour: Installation) -> None:
    retour.take_in(told(retour))
    english = retour.ask("GET", "/v1/advice", params={"address": DEAD, "sender": "The Shop"}).json()
    assert (english["state"]["about"], english["bounce"]["about"]) == ("hard", "address_unknown")
    assert "The Shop" in english["bounce"]["contact"]["text"]
    assert "no such user" in english["bounce"]["postmaster"]["text"]
    headers = {"Accept-Language": "de"}
    german = retour.ask("GET", "/v1/advice", params={"address": DEAD}, headers=headers).json()
    assert "Postfach" in german["bounce"]["what"]
    assert german["bounce"]["contact"]["text"].endswith("demo\n")


def test_advice_hides_addresses_of_others_from_the_account(retour: Installation) -> None:
    forwarded = REPORT.replace(b"550 5.1.1 <nobody@b.example>", b"550 5.1.1 <secret@c.example>")
    retour.take_in(told(retour, forwarded))
    for key, hidden in (("demo-member", True), ("demo-support", False)):
        letter = retour.ask("GET", "/v1/advice", key, params={"address": DEAD}).json()["bounce"]["postmaster"]
        assert ("secret@" not in letter["text"]) is hidden
        assert DEAD in letter["text"]


def test_advice_needs_an_address_that_was_seen(retour: Installation) -> None:
    assert retour.ask("GET", "/v1/advice", params={"address": "never@b.example"}).status_code == 404
    assert retour.ask("GET", "/v1/advice", params={"address": "no address"}).status_code == 422
    reasons = retour.ask("GET", "/v1/advice/reasons").json()
    assert [each["about"] for each in reasons] == list(Reason)
