"""The data view, segments and waves by query, through the API."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outlets.conftest import Installation
from retour.classify.shape import shape
from retour.flow.jobs import Runner
from retour.flow.questions import ROLLED_AT_ONCE
from retour.identity import act_id
from retour.instants import DAY, HOUR, Instant
from retour.model import (
    Action,
    Event,
    EventKind,
    Evidence,
    Group,
    Kind,
    MailKind,
    Reason,
    Report,
    Send,
    Verdict,
)
from retour.ports import Segments, Sought


class Told:
    """Bounces as servers tell them, each of a send of its own."""

    def __init__(self, retour: Installation) -> None:
        self.retour = retour
        self.sends = 0

    def bounce(
        self,
        address: str,
        reason: Reason = Reason.ADDRESS_UNKNOWN,
        status: str = "5.1.1",
        said: str = "550 5.1.1 no such user here",
        campaign: str = "spring",
        at: Instant | None = None,
        account: str = "demo",
        subject: str | None = None,
        sender: str | None = None,
        written: str = "",
    ) -> Event:
        at = self.retour.clock.now() - HOUR if at is None else at
        self.sends += 1
        send = Send(self.sends, account, address, MailKind.MAILING, at - HOUR, campaign)
        send = replace(send, subject=subject, sender=sender, recipient=written or address)
        self.retour.store.sends.add([send])
        report = Report(Kind.BOUNCE, address, None, Action.FAILED, status, "550", said)
        verdict = Verdict(Kind.BOUNCE, reason, Group.DEAD, "rule", "", 1.0)
        event = Event(
            act_id("bounce", account, address, at, str(self.sends)),
            EventKind.BOUNCE,
            at,
            reason,
            status,
            send.id,
            send.handed_over,
            account=account,
            address=address,
            evidence=Evidence(report, verdict),
        )
        self.retour.bus.publish(self.retour.store.ledger.record([event], self.retour.clock.now()))
        return event

    def happens(self, kind: EventKind, address: str, **more: Any) -> None:
        """Something else, now."""
        now = self.retour.clock.now()
        event = Event(
            act_id(kind, "demo", address, now, ""), kind, now, account="demo", address=address, **more
        )
        self.retour.store.ledger.record([event], now)


@pytest.fixture
def told(retour: Installation) -> Told:
    return Told(retour)


def data(retour: Installation, key: str = "demo-member", **asked: str) -> Any:
    answer = retour.ask("GET", "/v1/data", key, params=asked)
    assert answer.is_success, answer.text
    return answer.json()


def some(told: Told) -> None:
    """Six bounces of four addresses; two of them have codes that this policy does not list."""
    settings = {"preset": "emarsys"}
    told.retour.ask("PUT", "/v1/policy", "demo-manager", json={"settings": settings, "expected": 1})
    told.retour.clock.instant += DAY
    now = told.retour.clock.now()
    full = {"reason": Reason.MAILBOX_FULL, "status": "5.2.2"}
    told.bounce("ann@gmail.com", at=now - 2 * DAY)
    told.bounce("bob@b.example", said="550 5.2.2 Mailbox of <bob@b.example> is full (4711)", **full)
    told.bounce(
        "bob@b.example", said="550 5.2.2 Mailbox of <bob@b.example> is full (12)", campaign="summer", **full
    )
    told.bounce("cid@b.example", said="452 4.2.2 Mailbox of <cid@b.example> is full", **full)
    told.bounce("dan@gmail.com", Reason.SERVER_UNREACHABLE, "4.4.1", "connection timed out")
    told.bounce("dan@gmail.com", Reason.DELIVERY_EXPIRED, "4.4.7", "message expired")


QUESTIONS: list[tuple[dict[str, str], int]] = [
    ({}, 6),
    ({"text": "mailbox of"}, 3),
    ({"text": "IS FULL"}, 3),
    ({"code": "4.4.7"}, 1),
    ({"code": "4.4."}, 2),
    ({"code": "5."}, 4),
    ({"reason": "mailbox_full"}, 3),
    ({"type": "hard"}, 1),
    ({"type": "soft"}, 5),
    ({"campaign": "summer"}, 1),
    ({"domain": "@b.example"}, 3),
    ({"provider": "gmail"}, 3),
    ({"provider": "gmail", "code": "4.4.1"}, 1),
    ({"provider": "gmail", "domain": "b.example"}, 0),
    ({"reason": "mailbox_full", "campaign": "spring"}, 2),
]


@pytest.mark.parametrize(("asked", "count"), QUESTIONS)
def test_bounces_are_found_and_counted_by_every_condition(
    told: Told, asked: dict[str, str], count: int
) -> None:
    some(told)
    found = data(told.retour, **asked)
    assert (found["count"], len(found["bounces"]), found["behind"]) == (count, count, 0)


def test_by_day_both_included(told: Told) -> None:
    some(told)
    first, last = "2024-10-03", "2024-10-04"
    assert data(told.retour, since=first, until=first)["count"] == 1
    assert data(told.retour, since=first, until=last)["count"] == 6
    assert data(told.retour, since=last, provider="gmail")["count"] == 2
    assert len(data(told.retour, since=last, provider="gmail")["bounces"]) == 2
    assert data(told.retour, since="2024-10-05")["count"] == 0


def test_codes_that_are_not_listed_stand_here_and_not_in_the_overview(told: Told) -> None:
    """E31: 4.4.7, 4.4.1 and 5.3.5 are not listed, but are in the data view and in segments."""
    some(told)
    listed = told.retour.ask("GET", "/v1/bounces").json()["bounces"]
    assert "dan@gmail.com" not in {row["address"] for row in listed}
    uncounted = [row for row in data(told.retour)["bounces"] if row["address"] == "dan@gmail.com"]
    assert {row["bounce"]["status"] for row in uncounted} == {"4.4.1", "4.4.7"}


def test_pages_miss_nothing_and_show_nothing_twice(told: Told) -> None:
    for n in range(25):
        told.bounce(f"a{n}@b.example", at=told.retour.clock.now() - n * 7 * HOUR)
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = data(told.retour, limit="4", **after)
        found += [row["address"] for row in page["bounces"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(found) == sorted(f"a{n}@b.example" for n in range(25))
    assert told.retour.ask("GET", "/v1/data", params={"after": "x"}).json()["field"] == "after"


def test_a_segment_is_a_question_with_a_name_and_counts_live(told: Told) -> None:
    some(told)
    retour = told.retour
    body = {"reason": "mailbox_full", "text": "is full"}
    made = retour.ask("PUT", "/v1/segments/full", "demo-manager", json=body).json()
    assert (made["count"], made["filter"]["reason"]) == (3, "mailbox_full")
    told.bounce("eve@b.example", Reason.MAILBOX_FULL, "5.2.2", "your mailbox is full")
    (listed,) = retour.ask("GET", "/v1/segments").json()["segments"]
    assert (listed["name"], listed["count"]) == ("full", 4)
    assert data(retour, segment="full")["count"] == 4
    assert retour.ask("GET", "/v1/segments", "other-member").json()["segments"] == []
    assert retour.ask("GET", "/v1/data", "other-member", params={"segment": "full"}).status_code == 404
    assert retour.ask("DELETE", "/v1/segments/full", "demo-manager").is_success
    assert retour.ask("DELETE", "/v1/segments/full", "demo-manager").status_code == 404


def test_an_export_holds_every_row_and_no_formula(told: Told) -> None:
    told.bounce("ann@b.example", said='=HYPERLINK("http://evil.example")')
    answer = told.retour.ask("GET", "/v1/data/export")
    head, row = answer.text.splitlines()
    assert head == "address,at,type,reason,code,campaign,reply"
    assert "\"'=HYPERLINK(" in row
    assert row.startswith("ann@b.example,")


WRONG = [
    ({"since": "yesterday"}, "since", "2026-05-01"),
    ({"domain": "not a domain"}, "domain", "b.example"),
    ({"provider": "nobody"}, "provider", "provider"),
    ({"text": "4711"}, "text", "words"),
    ({"text": " "}, "text", "empty"),
    ({"code": "9.9.9"}, "code", "no code as 4.4.7"),
]


@pytest.mark.parametrize(("asked", "field", "said"), WRONG)
def test_a_wrong_condition_is_named_with_what_to_do(
    retour: Installation, asked: dict[str, str], field: str, said: str
) -> None:
    answer = retour.ask("GET", "/v1/data", params=asked)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert said in answer.json()["detail"]


def test_roll_ups_are_made_in_pieces_and_say_what_is_missing(told: Told) -> None:
    segments: Segments = told.retour.store.segments
    for n in range(7):
        told.bounce(f"a{n}@b.example")
    assert segments.behind() == 7
    assert [segments.roll(3, shape) for _ in range(4)] == [3, 3, 1, 0]
    assert segments.count("demo", Sought()) == 7
    assert ROLLED_AT_ONCE > 7


# --- waves -------------------------------------------------------------------------------------------------


def job(retour: Installation, method: str, path: str, key: str, **more: Any) -> Any:
    """What came of a job that was asked for."""
    answer = retour.ask(method, path, key, **more)
    assert answer.status_code == 202, answer.text
    retour.do_jobs()
    asked = answer.json()
    params = {"account": asked["account"]}
    done = retour.ask("GET", f"/v1/jobs/{asked['id']}", key, params=params).json()
    assert done["state"] == "done", done
    return done["result"]


def states(retour: Installation, *addresses: str) -> list[str]:
    return [retour.store.ledger.state("demo", each, retour.clock.now()).state.value for each in addresses]


PEOPLE = ("ann@gmail.com", "bea@gmail.com", "cid@b.example")
FILTER = {"provider": "gmail", "reason": "address_unknown", "text": "no such user"}


def stopped(told: Told) -> None:
    for address in PEOPLE:
        told.bounce(address)
    told.bounce("dan@gmail.com", said="550 5.1.1 account closed for ever")
    told.bounce("eve@gmail.com")
    complaint = Event(
        b"c" * 16, EventKind.COMPLAINT, told.retour.clock.now(), account="demo", address="eve@gmail.com"
    )
    told.retour.store.ledger.record([complaint], told.retour.clock.now())


def planned(retour: Installation, **more: Any) -> Any:
    body = {"act": "restore", "filter": FILTER, "reason": "Gmail was at fault", "account": "demo", **more}
    return job(retour, "POST", "/v1/waves", "staff", json=body)


def test_a_wave_is_seen_before_applied_by_another_and_undone(told: Told) -> None:
    retour = told.retour
    stopped(told)
    before = retour.store.ledger.states("demo", 100)
    preview = planned(retour)
    assert preview["addresses"] == 2
    assert preview["reasons"] == {"address_unknown": 2}
    assert preview["providers"] == {"gmail": 2}
    assert sorted(preview["samples"]) == ["ann@gmail.com", "bea@gmail.com"]
    assert states(retour, *PEOPLE) == ["invalid"] * 3

    seen, path = {"filter": FILTER, "count": 2}, f"/v1/waves/{preview['wave']}"
    params = {"account": "demo"}
    own = retour.ask("POST", f"{path}/apply", "staff", json=seen, params=params)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/four_eyes")
    assert retour.ask("POST", f"{path}/apply", "demo-manager", json=seen).status_code == 403
    job(retour, "POST", f"{path}/apply", "admin", json=seen, params=params)
    assert states(retour, *PEOPLE) == ["valid", "valid", "invalid"]
    assert states(retour, "dan@gmail.com", "eve@gmail.com") == ["invalid", "invalid"]
    wave = retour.ask("GET", path, "staff", params=params).json()
    assert (wave["stage"], wave["planned"], wave["done"], wave["by"]) == ("applied", 2, 2, "key admin")
    lines = retour.ask("GET", "/v1/ledger").json()["lines"]
    assert [(line["before"], line["after"], line["cause"]) for line in lines[:3]] == [
        ("invalid", "valid", None),
        ("invalid", "valid", None),
        ("planned", "applied", "restore"),
    ]
    decision = retour.ask("GET", "/v1/check", params={"address": "ann@gmail.com"}).json()["decision"]
    assert decision == "send"

    job(retour, "POST", f"{path}/undo", "staff", params=params)
    assert retour.store.ledger.states("demo", 100) == before
    assert retour.ask("GET", "/v1/check", params={"address": "ann@gmail.com"}).json()["decision"] == "stop"


def test_what_differs_from_what_was_seen_is_refused(told: Told) -> None:
    retour = told.retour
    stopped(told)
    path, params = f"/v1/waves/{planned(retour)['wave']}/apply", {"account": "demo"}
    for field, seen in (
        ("count", {"filter": FILTER, "count": 3}),
        ("filter", {"filter": {**FILTER, "reason": "mailbox_full"}, "count": 2}),
        ("filter", {"filter": {}, "count": 2}),
    ):
        answer = retour.ask("POST", path, "admin", json=seen, params=params)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wave_differs")
        assert answer.json()["field"] == field
    assert states(retour, *PEOPLE) == ["invalid"] * 3


def test_a_complaint_that_comes_after_the_preview_stands(told: Told) -> None:
    retour = told.retour
    stopped(told)
    preview = planned(retour)
    retour.clock.instant += HOUR
    complaint = Event(
        b"d" * 16, EventKind.COMPLAINT, retour.clock.now(), account="demo", address="ann@gmail.com"
    )
    retour.store.ledger.record([complaint], retour.clock.now())
    body = {"filter": FILTER, "count": 2}
    job(retour, "POST", f"/v1/waves/{preview['wave']}/apply", "admin", json=body, params={"account": "demo"})
    assert states(retour, "ann@gmail.com", "bea@gmail.com") == ["invalid", "valid"]


def test_a_wave_stops_too_and_who_was_active_is_counted(told: Told) -> None:
    retour = told.retour
    told.bounce("ann@b.example", Reason.MAILBOX_FULL, "4.2.2", "mailbox full")
    told.bounce("bob@b.example", Reason.MAILBOX_FULL, "4.2.2", "mailbox full")
    send = Send(99, "demo", "ann@b.example", MailKind.MAILING, retour.clock.now() - DAY)
    retour.store.sends.add([send])
    delivered = Event(
        b"v" * 16,
        EventKind.DELIVERED,
        retour.clock.now() - DAY,
        send=99,
        account="demo",
        address="ann@b.example",
    )
    retour.store.ledger.record([delivered], retour.clock.now())
    asked = {"reason": "mailbox_full"}
    preview = planned(retour, act="stop", filter=asked)
    assert (preview["addresses"], preview["active"]) == (2, 1)
    body = {"filter": asked, "count": 2}
    job(retour, "POST", f"/v1/waves/{preview['wave']}/apply", "admin", json=body, params={"account": "demo"})
    assert states(retour, "ann@b.example", "bob@b.example") == ["invalid", "invalid"]


def test_a_planned_wave_is_dropped_and_then_not_applied(told: Told) -> None:
    retour = told.retour
    stopped(told)
    path, params = f"/v1/waves/{planned(retour)['wave']}", {"account": "demo"}
    assert retour.ask("DELETE", path, "staff", params=params).json()["stage"] == "dropped"
    body = {"filter": FILTER, "count": 2}
    for answer in (
        retour.ask("POST", f"{path}/apply", "admin", json=body, params=params),
        retour.ask("POST", f"{path}/undo", "admin", params=params),
        retour.ask("DELETE", path, "staff", params=params),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wave_stage")


def test_one_cancelled_while_it_is_planned_leaves_nothing(told: Told) -> None:
    retour = told.retour
    stopped(told)
    body = {"act": "restore", "filter": FILTER, "reason": "x", "account": "demo"}
    asked = retour.ask("POST", "/v1/waves", "staff", json=body).json()
    job_ = retour.desk.jobs.take(retour.clock.now(), ())
    assert job_ is not None
    retour.desk.jobs.cancel(asked["id"], retour.clock.now())
    Runner(retour.desk.jobs, retour.works(), retour.clock)._do(job_)
    (wave,) = retour.ask("GET", "/v1/waves", "staff", params={"account": "demo"}).json()["waves"]
    assert wave["stage"] == "dropped"


def test_bounces_of_an_earlier_version_are_found_by_their_provider_too(told: Told) -> None:
    retour = told.retour
    some(told)
    new = data(retour, provider="gmail")
    with closing(sqlite3.connect(Path(retour.directory_of_data.name) / "retour.sqlite3")) as db:
        db.execute("UPDATE bounced SET domain = NULL WHERE number % 2 = 0")
        assert db.total_changes > 0
        db.commit()
    assert data(retour, provider="gmail") == new
    assert len(data(retour, domain="b.example")["bounces"]) == 3
