"""Deleted by a filter, however many: counted before, collected, cancelled, gone on with after a kill."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from outlets.conftest import Installation
from retour.flow import erase_many, questions, whom
from retour.flow.jobs import CancelledError, Course, EndingError, Job
from retour.outlets.api import erasures
from retour.stores.sqlite import bounded

MANY = [f"full{n}@b.example" for n in range(7)]
FROM = {"from": {"bounces": {"reason": "address_unknown"}}}
KEY = "demo-manager"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done with hundreds and thousands is tried with some."""
    monkeypatch.setattr(erasures, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(erase_many, "TOGETHER", 2)


@pytest.fixture
def full(retour: Installation) -> Installation:
    for address in MANY:
        retour.bounce(address)
    return retour


def asked(retour: Installation, count: int | None = len(MANY), **more: Any) -> Any:
    body = {**FROM, **more} | ({} if count is None else {"count": count})
    return retour.ask("POST", "/v1/contacts/deletions", KEY, json=body)


def job_of(retour: Installation, id: str) -> Any:
    return retour.ask("GET", f"/v1/jobs/{id}", KEY).json()


def left(retour: Installation) -> int:
    rows = retour.ask("GET", "/v1/bounces", KEY, params={"limit": 100}).json()["bounces"]
    return len(rows)


def waiting(retour: Installation) -> int:
    """Addresses that are kept to be erased."""
    file = Path(retour.directory_of_data.name) / "desk.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        count: int = db.execute("SELECT count(*) FROM erasures").fetchone()[0]
    return count


def lines(retour: Installation) -> int:
    found = retour.ask("GET", "/v1/ledger", KEY, params={"limit": 500}).json()["lines"]
    return sum((each["after"] or "").startswith("erased") for each in found)


@pytest.mark.parametrize("more", [{}, {"since": "2020-01-01T00:00:00Z"}], ids=["rolled up", "counted"])
def test_all_whom_a_filter_means_are_deleted(full: Installation, more: dict[str, str]) -> None:
    filled = {"from": {"bounces": {**FROM["from"]["bounces"], **more}}}
    path = "/v1/contacts/deletions"
    seen = full.ask("POST", path, KEY, params={"dry_run": True}, json=filled).json()
    assert (seen["count"], seen["job"]) == (len(MANY), None)
    made = asked(full, **filled)
    assert made.status_code == 202
    assert not any(address in made.text for address in MANY)
    full.do_jobs()
    job = job_of(full, made.json()["job"]["id"])
    assert (job["state"], job["done"], job["total"]) == ("done", len(MANY), len(MANY))
    assert job["result"] == {"erased": len(MANY), "kept_stopped": len(MANY)}
    assert (left(full), waiting(full), lines(full)) == (0, 0, len(MANY))
    for address in MANY:
        told = full.ask("GET", "/v1/check", KEY, params={"address": address}).json()
        assert told["decision"] == "stop"


def test_a_filter_without_the_number_that_was_seen_deletes_nobody(full: Installation) -> None:
    refused = full.ask("POST", "/v1/contacts/deletions", KEY, json=FROM)
    assert (refused.status_code, refused.json()["detail"]) == (422, "count: is missing")
    assert (left(full), waiting(full)) == (len(MANY), 0)


def test_another_number_than_was_seen_deletes_nobody(full: Installation) -> None:
    refused = asked(full, len(MANY) - 1)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/count_changed")
    made = asked(full).json()["job"]["id"]
    full.bounce("late@b.example")  # between the question and the job
    full.do_jobs()
    job = job_of(full, made)
    assert (job["state"], job["problem"]["code"]) == ("failed", "count_changed")
    assert (left(full), waiting(full), lines(full)) == (len(MANY) + 1, 0, 0)


@pytest.mark.parametrize("of", ["data", "segment"])
def test_all_of_a_question_are_deleted_each_once(full: Installation, of: str) -> None:
    for address in MANY[:3]:
        full.bounce(address)  # more bounces than addresses
    full.ask("PUT", "/v1/segments/gone", KEY, json={"reason": "address_unknown"})
    filled = {"data": {"reason": "address_unknown"}} if of == "data" else {"segment": "gone"}
    path = "/v1/contacts/deletions"
    seen = full.ask("POST", path, KEY, params={"dry_run": True}, json={"from": filled}).json()
    assert (seen["count"], seen["job"]) == (len(MANY), None)
    refused = full.ask("POST", path, KEY, json={"from": filled, "count": len(MANY) + 3})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/count_changed")
    made = full.ask("POST", path, KEY, json={"from": filled, "count": len(MANY)}).json()["job"]["id"]
    full.do_jobs()
    assert job_of(full, made)["result"] == {"erased": len(MANY), "kept_stopped": len(MANY)}
    assert (left(full), waiting(full), lines(full)) == (0, 0, len(MANY))


@pytest.mark.parametrize(
    "filled",
    [{"data": {"reason": "address_unknown"}}, {"bounces": {"since": "2020-01-01T00:00:00Z"}}],
    ids=["data", "bounces"],
)
def test_who_are_too_many_for_a_page_are_counted_by_a_job(
    full: Installation, filled: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whom, "QUICK", -1.0)
    monkeypatch.setattr(bounded, "STEPS", 1)
    path = "/v1/contacts/deletions"
    seen = full.ask("POST", path, KEY, params={"dry_run": True}, json={"from": filled}).json()
    assert (seen["count"], seen["job"]) == (None, None)
    told = full.ask("POST", "/v1/contacts/counts", "demo-member", json={"from": filled}).json()
    assert (told["addresses"], told["job"]["kind"]) == (None, "count")
    full.do_jobs()
    counted = job_of(full, told["job"]["id"])
    assert (counted["state"], counted["result"]) == ("done", {"addresses": len(MANY)})
    assert counted["done"] == counted["total"] > 0
    wrong = full.ask("POST", path, KEY, json={"from": filled, "count": len(MANY) - 1}).json()["job"]["id"]
    full.do_jobs()
    assert job_of(full, wrong)["problem"]["code"] == "count_changed"
    made = full.ask("POST", path, KEY, json={"from": filled, "count": len(MANY)}).json()
    assert made["count"] == len(MANY)
    full.do_jobs()
    assert (left(full), waiting(full), lines(full)) == (0, 0, len(MANY))


def test_no_page_waits_until_the_roll_ups_have_followed(
    full: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "ROLLED_AT_ONCE", 1)
    told = full.ask("POST", "/v1/contacts/counts", "demo-member", json={"from": {"data": {}}}).json()
    assert told["addresses"] is None
    full.do_jobs()
    assert job_of(full, told["job"]["id"])["result"] == {"addresses": len(MANY)}


@pytest.mark.parametrize("filled", [{"data": {}}, {"bounces": {}}], ids=["data", "bounces"])
def test_a_count_is_cancelled(full: Installation, filled: dict[str, Any]) -> None:
    job = Job("c0", "demo", whom.COUNT, "ann", full.clock.now(), {"from": filled})
    full.desk.jobs.add(job)
    taken = full.desk.jobs.take(full.clock.now(), ())
    assert taken is not None
    full.desk.jobs.cancel(job.id, full.clock.now())
    with pytest.raises(CancelledError):
        full.works()["count"](taken, Course(taken, full.desk.jobs, lambda: False))


def test_what_is_quick_is_counted_at_once(full: Installation) -> None:
    for filled in (FROM["from"], {"data": {}}, {"bounces": {"since": "2020-01-01T00:00:00Z"}}):
        told = full.ask("POST", "/v1/contacts/counts", "demo-member", json={"from": filled}).json()
        assert (told["addresses"], told["job"]) == (len(MANY), None)
    nobody = {"data": {"domain": "nobody.example"}}
    told = full.ask("POST", "/v1/contacts/counts", "demo-member", json={"from": nobody}).json()
    assert told["addresses"] == 0
    refused = full.ask("POST", "/v1/contacts/counts", "demo-member", json={"from": {"data": {"code": "x"}}})
    assert (refused.status_code, refused.json()["field"]) == (422, "from.data.code")


@pytest.mark.parametrize("steps", range(20))
def test_a_server_that_ends_in_the_midst_goes_on(full: Installation, steps: int) -> None:
    id = asked(full).json()["job"]["id"]
    job = full.desk.jobs.take(full.clock.now(), ())
    assert job is not None
    turns = iter([False] * steps)
    with pytest.raises(EndingError):
        full.works()["delete"](job, Course(job, full.desk.jobs, lambda: next(turns, True)))
    full.do_jobs()
    assert (left(full), waiting(full), lines(full)) == (0, 0, len(MANY))
    assert job_of(full, id)["result"] == {"erased": len(MANY), "kept_stopped": len(MANY)}


@pytest.mark.parametrize("steps", range(0, 18, 3))
def test_cancelled_it_leaves_the_others_as_they_were(full: Installation, steps: int) -> None:
    id = asked(full).json()["job"]["id"]
    turns = iter([False] * steps)

    def look() -> bool:
        if next(turns, True):
            full.desk.jobs.cancel(id, full.clock.now())
        return False

    job = full.desk.jobs.take(full.clock.now(), ())
    assert job is not None
    with pytest.raises(CancelledError) as cancelled:
        full.works()["delete"](job, Course(job, full.desk.jobs, look))
    gone = cancelled.value.result["erased"]
    assert cancelled.value.result["left"] == len(MANY) - gone
    assert (left(full), waiting(full), lines(full)) == (len(MANY) - gone, 0, gone)


def test_cancelled_before_it_began_it_forgets_whom_it_was_for(full: Installation) -> None:
    for body in ({"addresses": MANY[:3]}, {**FROM, "count": len(MANY)}):
        id = full.ask("POST", "/v1/contacts/deletions", KEY, json=body).json()["job"]["id"]
        assert full.ask("POST", f"/v1/jobs/{id}/cancel", KEY).json()["state"] == "cancelled"
        assert waiting(full) == 0
    full.do_jobs()
    assert left(full) == len(MANY)


def test_the_end_of_a_cancelled_one_tells_how_far_it_came(full: Installation) -> None:
    id = asked(full).json()["job"]["id"]
    full.desk.jobs.take(full.clock.now(), ())  # a server that was killed had begun
    full.desk.jobs.cancel(id, full.clock.now())
    full.do_jobs()
    job = job_of(full, id)
    assert job["state"] == "cancelled"
    assert job["result"] == {"erased": 0, "kept_stopped": 0, "left": len(MANY)}
    assert (left(full), waiting(full)) == (len(MANY), 0)
