"""Jobs as the API shows them: progress, pace, end and cancel."""

import pytest

from outlets.conftest import Installation
from retour.flow.jobs import Job, JobState
from retour.instants import SECOND, text


@pytest.fixture
def running(retour: Installation) -> str:
    """A job that has done 30 of 90 in ten seconds."""
    jobs, now = retour.desk.jobs, retour.clock.now()
    jobs.add(Job("j1", "demo", "replay", "key demo-manager", now, {"since": "2026-01-01"}))
    jobs.take(now, ())
    jobs.moved("j1", 30, 90, {"after": "x"})
    retour.clock.instant += 10 * SECOND
    return "j1"


def test_a_running_job_tells_its_pace_and_when_it_ends(retour: Installation, running: str) -> None:
    told = retour.ask("GET", f"/v1/jobs/{running}").json()
    assert (told["state"], told["done"], told["total"]) == ("running", 30, 90)
    assert (told["rate"], told["ends_at"]) == (3.0, text(retour.clock.now() + 20 * SECOND))
    assert told["order"] == {"since": "2026-01-01"}
    assert "place" not in told


def test_a_running_job_is_cancelled_at_its_next_step(retour: Installation, running: str) -> None:
    told = retour.ask("POST", f"/v1/jobs/{running}/cancel", "demo-manager").json()
    assert (told["state"], told["cancelling"]) == ("running", True)
    retour.desk.jobs.end(running, JobState.CANCELLED, retour.clock.now(), {})
    told = retour.ask("GET", f"/v1/jobs/{running}").json()
    assert (told["state"], told["cancelling"], told["ends_at"]) == ("cancelled", False, None)


@pytest.mark.parametrize(("language", "begins"), [("en", "a fault of Retour's own"), ("de", "ein Fehler in")])
def test_a_failed_job_says_why(retour: Installation, running: str, language: str, begins: str) -> None:
    retour.desk.jobs.end(running, JobState.FAILED, retour.clock.now(), {}, "crashed")
    answer = retour.ask("GET", f"/v1/jobs/{running}", headers={"Accept-Language": language})
    assert answer.json()["problem"]["code"] == "crashed"
    assert answer.json()["problem"]["told"].startswith(begins)


def test_pages_and_kinds(retour: Installation, running: str) -> None:
    for number in range(3):
        retour.desk.jobs.add(Job(f"w{number}", "demo", "wave", "key k", retour.clock.now(), {}))
    first = retour.ask("GET", "/v1/jobs?limit=2").json()
    assert [job["id"] for job in first["jobs"]] == ["w2", "w1"]
    rest = retour.ask("GET", f"/v1/jobs?limit=2&after={first['next']}").json()
    assert [job["id"] for job in rest["jobs"]] == ["w0", running]
    assert [job["id"] for job in retour.ask("GET", "/v1/jobs?kind=replay").json()["jobs"]] == [running]
    assert retour.ask("GET", "/v1/jobs/unknown").json()["type"] == "/problems/job_unknown"
