"""Waves when something goes wrong on the way: late reports, faults, two at once, the same person twice."""

import sqlite3
from typing import Any

import pytest

from outlets.test_segments import FILTER, PEOPLE, Told, job, planned, states, stopped, told
from retour.flow import waves
from retour.flow.jobs import JobState
from retour.instants import HOUR
from retour.model import Cause, Event, EventKind
from retour.secret import digest, new

__all__ = ["told"]

ACCOUNT = {"account": "demo"}
SEEN = {"filter": FILTER, "count": 2}


@pytest.mark.parametrize("kind", [EventKind.COMPLAINT, EventKind.IMPORT, EventKind.STOP])
def test_what_is_told_late_and_dated_before_the_wave_is_not_given_back(told: Told, kind: EventKind) -> None:
    retour = told.retour
    stopped(told)
    preview = planned(retour)
    before = retour.clock.now() - HOUR // 2
    retour.clock.instant += HOUR
    late = Event(b"l" * 16, kind, before, account="demo", address="ann@gmail.com")
    retour.store.ledger.record([late], retour.clock.now())
    marked = retour.store.ledger.state("demo", "ann@gmail.com", retour.clock.now())
    path = f"/v1/waves/{preview['wave']}"
    job(retour, "POST", f"{path}/apply", "admin", json=SEEN, params=ACCOUNT)
    assert retour.store.ledger.state("demo", "ann@gmail.com", retour.clock.now()) == marked
    assert states(retour, *PEOPLE) == ["invalid", "valid", "invalid"]
    job(retour, "POST", f"{path}/undo", "staff", params=ACCOUNT)
    assert states(retour, *PEOPLE) == ["invalid"] * 3


@pytest.mark.parametrize("kind", [EventKind.COMPLAINT, EventKind.IMPORT, EventKind.STOP])
def test_what_is_told_after_the_wave_and_dated_before_it_stands(told: Told, kind: EventKind) -> None:
    retour = told.retour
    stopped(told)
    path = f"/v1/waves/{planned(retour)['wave']}"
    before = retour.clock.now() - HOUR // 2
    retour.clock.instant += HOUR
    job(retour, "POST", f"{path}/apply", "admin", json=SEEN, params=ACCOUNT)
    assert states(retour, *PEOPLE) == ["valid", "valid", "invalid"]
    late = Event(b"l" * 16, kind, before, account="demo", address="ann@gmail.com")
    retour.store.ledger.record([late], retour.clock.now())
    marked = retour.store.ledger.state("demo", "ann@gmail.com", retour.clock.now())
    assert marked.state.value == "invalid"
    assert not marked.causes & {Cause.HARD, Cause.SOFT, Cause.BLOCK}  # what bounces did was given back
    job(retour, "POST", f"{path}/undo", "staff", params=ACCOUNT)
    assert Cause.HARD in retour.store.ledger.state("demo", "ann@gmail.com", retour.clock.now()).causes
    assert states(retour, *PEOPLE) == ["invalid"] * 3


def test_a_wave_that_fails_is_taken_back(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    retour = told.retour
    stopped(told)
    preview = planned(retour)
    before = retour.store.ledger.states("demo", 100)
    monkeypatch.setattr(waves, "WAVE_BATCH", 1)
    ledger, left = retour.store.ledger, [1]
    record = ledger.record

    def full(*told: Any) -> Any:
        """As though there were no room on the disk for a moment."""
        left[0] -= 1
        if left[0] == -1:
            raise sqlite3.OperationalError("database or disk is full")
        return record(*told)

    monkeypatch.setattr(ledger, "record", full)
    path = f"/v1/waves/{preview['wave']}"
    asked = retour.ask("POST", f"{path}/apply", "admin", json=SEEN, params=ACCOUNT).json()
    retour.do_jobs()
    done = retour.desk.jobs.one("demo", asked["id"])
    assert done is not None
    assert (done.state, done.problem) == (JobState.FAILED, "crashed")
    assert retour.ask("GET", path, "staff", params=ACCOUNT).json()["stage"] == "undone"
    assert retour.store.ledger.states("demo", 100) == before


def test_applied_twice_at_once_and_undone_twice_each_is_done_once(told: Told) -> None:
    retour = told.retour
    stopped(told)
    before = retour.store.ledger.states("demo", 100)
    path = f"/v1/waves/{planned(retour)['wave']}"
    for _ in range(2):
        assert retour.ask("POST", f"{path}/apply", "admin", json=SEEN, params=ACCOUNT).status_code == 202
    retour.do_jobs()
    assert states(retour, *PEOPLE) == ["valid", "valid", "invalid"]
    told.bounce("ann@gmail.com", said="550 5.1.1 again")
    for _ in range(2):
        assert retour.ask("POST", f"{path}/undo", "staff", params=ACCOUNT).status_code == 202
    retour.do_jobs()
    lines = retour.ask("GET", "/v1/ledger").json()["lines"]
    assert [line["after"] for line in lines].count("applied") == 1
    assert [line["after"] for line in lines].count("undone") == 1
    after = retour.store.ledger.states("demo", 100)
    assert [row for row in after if row.address != "ann@gmail.com"] == [
        row for row in before if row.address != "ann@gmail.com"
    ]
    assert states(retour, *PEOPLE) == ["invalid"] * 3


def test_a_person_does_not_apply_what_that_person_asked_for(told: Told) -> None:
    """Neither in the console, nor with a key of the same name."""
    retour = told.retour
    stopped(told)
    retour.keys["console"] = new()
    object.__setattr__(retour.app.state.services, "console", digest(retour.keys["console"]))

    def asked(name: str, method: str, path: str, **more: Any) -> Any:
        told = {"Retour-Person": name, "Retour-Account": "", "Retour-Role": "support"}
        return retour.ask(method, path, "console", headers=told, **more)

    body = {"act": "restore", "filter": FILTER, "reason": "Gmail was at fault", "account": "demo"}
    for asking, applying in (("ann", "console ann"), ("staff", "staff")):
        assert asked(asking, "POST", "/v1/waves", json=body).status_code == 202
        retour.do_jobs()
        wave = retour.ask("GET", "/v1/waves", "staff", params=ACCOUNT).json()["waves"][0]
        assert wave["actor"] == f"person {asking}"
        shown = asked("bob", "GET", f"/v1/waves/{wave['id']}", params=ACCOUNT).json()
        assert (wave["may_apply"], shown["may_apply"]) == (asking != "staff", True)
        path = f"/v1/waves/{wave['id']}/apply"
        if applying == "staff":
            own = retour.ask("POST", path, "staff", json=SEEN, params=ACCOUNT)
        else:
            own = asked(asking, "POST", path, json=SEEN, params=ACCOUNT)
        assert (own.status_code, own.json()["type"]) == (403, "/problems/four_eyes")
        assert asked("bob", "POST", path, json={**SEEN, "count": 1}, params=ACCOUNT).status_code == 409
    assert asked("bob", "POST", path, json=SEEN, params=ACCOUNT).status_code == 202
