"""The ledger, tallies, campaigns and sources of an account; stops by support."""

import csv
import io
import json
from typing import Any

import pytest

from outlets.conftest import Installation
from retour.flow.heard import Heard
from retour.inlets.arrivals import arrival
from retour.instants import DAY, HOUR, text
from retour.model import Event, EventKind, MailKind, Reason, Send
from retour.ports import Outcome, Passing


def ask(retour: Installation, path: str, key: str = "demo-member", **query: Any) -> Any:
    answer = retour.ask("GET", path, key, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def lived(retour: Installation) -> Installation:
    for number in range(5):
        retour.bounce(f"a{number}@b.example")
        retour.clock.instant += HOUR
    body = {"addresses": ["a0@b.example"], "reason": "17"}
    retour.ask("POST", "/v1/restores", "demo-support", json=body)
    retour.bounce("x@b.example", account="other")
    return retour


def test_the_ledger_is_paged_latest_first(lived: Installation) -> None:
    found: list[Any] = []
    after = None
    while True:
        page = ask(lived, "/v1/ledger", limit=2, **({"after": after} if after else {}))
        found += page["lines"]
        after = page["next"]
        if after is None:
            break
    assert [line["address"][:2] for line in found] == ["a0", "a4", "a3", "a2", "a1", "a0"]
    assert [line["number"] for line in found] == sorted((line["number"] for line in found), reverse=True)
    assert (found[0]["before"], found[0]["after"]) == ("invalid", "valid")
    assert found[0]["actor"] == "key demo-support"


def test_the_ledger_is_filtered(lived: Installation) -> None:
    start = lived.clock.now() - 5 * HOUR
    assert len(ask(lived, "/v1/ledger", state="invalid")["lines"]) == 5
    assert len(ask(lived, "/v1/ledger", state="valid")["lines"]) == 1
    assert len(ask(lived, "/v1/ledger", cause="hard")["lines"]) == 5
    assert ask(lived, "/v1/ledger", cause="complaint")["lines"] == []
    between = ask(lived, "/v1/ledger", since=text(start + HOUR), until=text(start + 3 * HOUR))["lines"]
    assert [line["address"] for line in between] == ["a2@b.example", "a1@b.example"]
    assert lived.ask("GET", "/v1/ledger?after=x").status_code == 422


def test_the_ledger_is_exported_whole(lived: Installation) -> None:
    for number in range(600):  # more than a page
        lived.bounce(f"=b{number}@b.example")
    file = lived.ask("GET", "/v1/ledger/export")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert len(rows) == 606
    assert rows[0]["address"].startswith("'=b")
    assert "attachment" in file.headers["content-disposition"]
    lines = lived.ask("GET", "/v1/ledger/export?format=jsonl").text.splitlines()
    assert len(lines) == 606
    assert "x@b.example" not in file.text
    soft = lived.ask("GET", "/v1/ledger/export?format=jsonl&cause=soft").text.splitlines()
    assert all(json.loads(line)["cause"] == "soft" for line in soft)
    assert len(soft) < len(lines)


def test_campaigns_show_bounces_by_type_and_reason_and_deliveries(retour: Installation) -> None:
    now = retour.clock.now()
    for number, reason in enumerate((Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_FULL, Reason.MAILBOX_FULL)):
        address = f"a{number}@b.example"
        send = Send(number + 1, "demo", address, MailKind.MAILING, now, campaign="May news")
        retour.store.sends.add([send])
        id = f"{number}".encode().rjust(16, b".")
        event = Event(id, EventKind.BOUNCE, now, reason, send=send.id, account="demo", address=address)
        retour.bus.publish(retour.store.ledger.record([event], now))
    retour.bounce("else@b.example")
    retour.bounce("x@b.example", account="other")
    told = [Passing(bytes([n]) * 16, "demo", now, "delivered", "b.example", "May news") for n in range(7)]
    told += [Passing(b"a" * 16, "demo", now, "avoided", "b.example")]
    retour.store.tallies.count(told)
    retour.clock.instant += 1
    found = ask(retour, "/v1/campaigns")["campaigns"]
    assert found == [
        {
            "campaign": "May news",
            "delivered": 7,
            "bounces": 3,
            "types": {"hard": 1, "soft": 2},
            "reasons": {"address_unknown": 1, "mailbox_full": 2},
        },
        {
            "campaign": None,
            "delivered": 0,
            "bounces": 1,
            "types": {"hard": 1},
            "reasons": {"address_unknown": 1},
        },
    ]
    tallies = ask(retour, "/v1/tallies")["tallies"]
    assert {(each["kind"], each["times"]) for each in tallies} == {("delivered", 7), ("avoided", 1)}
    assert tallies[0]["day"] == text(now)[:10]
    assert [each["kind"] for each in ask(retour, "/v1/tallies", kind="avoided")["tallies"]] == ["avoided"]
    assert ask(retour, "/v1/campaigns", until=text(now - DAY))["campaigns"] == []
    assert ask(retour, "/v1/tallies", "other-member")["tallies"] == []


def test_providers_gather_their_domains_and_all_others_stand_alone(retour: Installation) -> None:
    for address in ("a@gmail.com", "b@googlemail.com", "c@b.example"):
        retour.bounce(address)
    retour.bounce("d@b.example", Reason.MAILBOX_FULL)
    retour.bounce("x@gmail.com", account="other")
    now = retour.clock.now()
    retour.store.tallies.count([Passing(b"a" * 16, "demo", now, "delivered", "gmail.com")])
    for number in range(150):
        retour.bounce(f"a@d{number:03}.example")
    retour.clock.instant += 1
    found = ask(retour, "/v1/providers")
    assert found["providers"][:2] == [
        {
            "provider": "gmail",
            "domain": None,
            "delivered": 1,
            "bounces": 2,
            "types": {"hard": 2},
            "reasons": {"address_unknown": 2},
        },
        {
            "provider": None,
            "domain": "b.example",
            "delivered": 0,
            "bounces": 2,
            "types": {"hard": 1, "soft": 1},
            "reasons": {"address_unknown": 1, "mailbox_full": 1},
        },
    ]
    assert (len(found["providers"]), found["others"]) == (100, 52)


def test_each_filter_is_counted_under_the_others(retour: Installation) -> None:
    for address in ("a@gmail.com", "b@googlemail.com", "c@b.example"):
        retour.bounce(address)
    retour.bounce("d@b.example", Reason.MAILBOX_FULL)
    retour.bounce("x@gmail.com", account="other")
    found = ask(retour, "/v1/counts", type="hard")
    assert found == {
        "account": "demo",
        "addresses": 3,
        "status": {"invalid": 3},
        "state": {"invalid": 3},
        "type": {"hard": 3, "soft": 1},
        "reason": {"address_unknown": 3},
        "kind": {"other": 3},
        "provider": {"gmail": 2, "other": 1},
    }
    assert ask(retour, "/v1/counts", provider="gmail", status="valid")["addresses"] == 0
    assert ask(retour, "/v1/counts", campaign="May")["addresses"] == 0
    refused = retour.ask("GET", "/v1/counts?provider=nobody")
    assert (refused.status_code, refused.json()["field"]) == (422, "provider")


@pytest.mark.parametrize("path", ["/v1/campaigns", "/v1/tallies", "/v1/providers"])
def test_a_time_is_not_turned_round_nor_endless(retour: Installation, path: str) -> None:
    now = retour.clock.now()
    for since, until in ((now, now - DAY), (now - 401 * DAY, now)):
        answer = retour.ask("GET", path, params={"since": text(since), "until": text(until)})
        assert (answer.status_code, answer.json()["field"]) == (422, "since")


AT_BOTH_ENDS = {
    "/v1/bounces": {},
    "/v1/bounces/export": {"format": "csv"},
    "/v1/ledger": {},
    "/v1/ledger/export": {},
    "/v1/requests": {},
    "/v1/suppressions/export": {},
    "/v1/rates": {},
    "/v1/recoveries": {},
    "/v1/sources/lag": {},
}


@pytest.mark.parametrize("path", AT_BOTH_ENDS)
def test_a_time_that_is_turned_round_is_refused_everywhere(retour: Installation, path: str) -> None:
    now = retour.clock.now()
    times = {"since": text(now), "until": text(now - DAY)}
    answer = retour.ask("GET", path, params={**AT_BOTH_ENDS[path], **times})
    assert (answer.status_code, answer.json()["field"]) == (422, "since")


def test_days_of_segments_and_filters_that_are_turned_round_are_refused(retour: Installation) -> None:
    days = {"since": "2026-05-04", "until": "2026-05-03"}
    answer = retour.ask("GET", "/v1/data", params=days)
    assert (answer.status_code, answer.json()["field"]) == (422, "since")
    times = {"since": "2026-05-04T00:00:00Z", "until": "2026-05-03T00:00:00Z"}
    body = {"from": {"bounces": times}, "count": 1}
    deleting = retour.ask("POST", "/v1/contacts/deletions", "demo-manager", json=body)
    assert (deleting.status_code, deleting.json()["field"]) == (422, "from.bounces.since")


def test_sources_tell_when_something_came_last_and_only_of_their_account(retour: Installation) -> None:
    heard = Heard(retour.desk.heard)
    start = retour.clock.now()
    came = [arrival("bounces@shop", bytes([n]), 1, start + n * HOUR, account="demo") for n in range(3)]
    came += [arrival("log:mx", b"x", 1, start, account="other"), arrival("lmtp", b"y", 1, start)]
    heard.note(came, {came[1].id: Outcome.UNPARSED, came[2].id: Outcome.JUDGED})
    heard.note(came[:1], {})
    heard.flush(start, at_once=True)
    heard.note(came[:1], {})
    (source,) = heard.of("demo")
    assert (source.source, source.arrivals, source.unparsed) == ("bounces@shop", 5, 1)
    assert (source.first_at, source.last_at, source.last_unparsed_at) == (
        start,
        start + 2 * HOUR,
        start + HOUR,
    )
    assert [each.source for each in heard.of("other")] == ["log:mx"]
    assert len(heard.of(None)) == 3
    again = Heard(retour.desk.heard)  # another process
    assert again.of("demo") == [source]


def test_a_source_that_was_never_heard_is_shown_silent(lived: Installation) -> None:
    shown = ask(lived, "/v1/sources")["sources"]
    told = [(each["source"], each["state"], each["kind"]) for each in shown]
    assert told == [("bounces", "silent", "address"), ("lmtp", "silent", "lmtp")]  # which all share
    others = ask(lived, "/v1/sources", "other-member")["sources"]
    assert [each["source"] for each in others] == ["lmtp"]


# --- stops ------------------------------------------------------------------------------------------------


def test_support_stops_addresses_until_support_restores_them(retour: Installation) -> None:
    body = {"addresses": ["ann@b.example"], "reason": "request 18"}
    tried = retour.ask("POST", "/v1/stops?dry_run=true", "demo-support", json=body).json()
    assert (tried["changed"], tried["dry_run"]) == (1, True)
    assert ask(retour, "/v1/check", address="ann@b.example")["decision"] == "send"
    assert retour.ask("POST", "/v1/stops", "demo-support", json=body).json()["changed"] == 1
    found = ask(retour, "/v1/check", address="ann@b.example")
    assert (found["decision"], found["why"]) == ("stop", "support")
    life = ask(retour, "/v1/addresses/ann@b.example")
    assert (life["events"][0]["kind"], life["events"][0]["note"]) == ("stop", "request 18")
    again = retour.ask("POST", "/v1/stops?dry_run=true", "demo-support", json=body).json()
    assert again["changed"] == 0
    retour.clock.instant += 1
    retour.ask("POST", "/v1/restores", "demo-support", json=body)
    assert ask(retour, "/v1/check", address="ann@b.example")["decision"] == "send"


@pytest.mark.parametrize(
    "body", [{"addresses": ["a"], "reason": "r"}, {"addresses": ["a@b.example"], "reason": " "}]
)
def test_a_stop_has_the_terms_of_a_restore(retour: Installation, body: Any) -> None:
    paths = ("/v1/stops", "/v1/restores")
    answers = [retour.ask("POST", path, "demo-support", json=body).json() for path in paths]
    assert answers[0] == answers[1]
    assert answers[0]["status"] == 422
