"""Jobs: taken once, resumed after a crash, cancelled at their next step; the runner that does them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from retour.flow.jobs import (
    AT_ONCE,
    MOST_STARTS,
    Course,
    Facts,
    FailedError,
    Job,
    Jobs,
    JobState,
    Runner,
    Work,
)
from retour.ports.erasing import Erasure
from retour.stores import sqlite
from story.waiting import eventually

NOW = 1_000_000


class Stopped:
    def now(self) -> int:
        return NOW


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    desk = sqlite.open_desk(tmp_path / "desk")
    yield desk.jobs
    desk.close()


def job(id: str, account: str = "demo", kind: str = "count", **more: int) -> Job:
    return Job(id, account, kind, "key k", NOW, more)


def test_a_job_is_read_as_it_was_added(jobs: Jobs) -> None:
    added = job("a", most=3)
    jobs.add(added)
    jobs.add(replace(added, actor="another"))
    assert jobs.one("demo", "a") == added
    assert jobs.one("other", "a") is None
    assert jobs.one("demo", "b") is None


def test_whom_a_job_erases_is_kept_with_the_job_or_not_at_all(tmp_path: Path) -> None:
    """A row without its job would name a person for ever."""
    desk = sqlite.open_desk(tmp_path / "desk")
    made = [Erasure(f"e{n}", "demo", f"a{n}@b.example", "key k", "", NOW) for n in range(3)]
    ids = [each.id for each in made]
    with pytest.raises(TypeError):
        desk.jobs.add(replace(job("a", kind="delete"), order={"erasures": object()}), erasures=made)
    assert [desk.erasures.one(id) for id in ids] == [None] * 3
    assert desk.jobs.one("demo", "a") is None
    desk.jobs.add(replace(job("a", kind="delete"), order={"erasures": ids}), erasures=made)
    assert [desk.erasures.one(id) for id in ids] == made
    desk.close()


def test_the_oldest_is_taken_first_and_of_an_account_one_at_once(jobs: Jobs) -> None:
    for each in (job("a"), job("b"), job("c", "other")):
        jobs.add(each)
    first = jobs.take(NOW, ())
    assert first is not None
    assert (first.id, first.state, first.started_at) == ("a", JobState.RUNNING, NOW)
    second = jobs.take(NOW, ("a",))
    assert second is not None
    assert second.id == "c"
    assert jobs.take(NOW, ("a", "c")) is None
    jobs.end("a", JobState.DONE, NOW + 1, {"counted": 3})
    third = jobs.take(NOW, ("c",))
    assert third is not None
    assert third.id == "b"


def test_what_a_killed_process_left_goes_on_from_its_last_place(jobs: Jobs) -> None:
    jobs.add(job("a"))
    jobs.take(NOW, ())
    assert jobs.moved("a", 2, 5, {"after": 2})
    again = jobs.take(NOW + 7, ())
    assert again is not None
    assert (again.place, again.done, again.total, again.started_at) == ({"after": 2}, 2, 5, NOW)


def test_a_waiting_job_is_cancelled_at_once_and_an_ended_one_stays(jobs: Jobs) -> None:
    jobs.add(job("a"))
    cancelled = jobs.cancel("a", NOW)
    assert cancelled is not None
    assert (cancelled.state, cancelled.ended_at) == (JobState.CANCELLED, NOW)
    assert jobs.take(NOW, ()) is None
    jobs.end("a", JobState.DONE, NOW + 1, {})
    assert jobs.one("demo", "a") == cancelled
    assert jobs.cancel("nobody", NOW) is None


def test_a_running_job_is_told_at_its_next_step(jobs: Jobs) -> None:
    jobs.add(job("a"))
    jobs.take(NOW, ())
    cancelled = jobs.cancel("a", NOW)
    assert cancelled is not None
    assert (cancelled.state, cancelled.cancelling) == (JobState.RUNNING, True)
    assert not jobs.moved("a", 1, None, {})


def test_pages_are_latest_first_and_of_one_account(jobs: Jobs) -> None:
    for number in range(5):
        jobs.add(job(f"a{number}", kind="count" if number % 2 else "list"))
        jobs.add(job(f"b{number}", "other"))
    assert [each.id for each in jobs.listed("demo", 3)] == ["a4", "a3", "a2"]
    assert [each.id for each in jobs.listed("demo", 3, "a2")] == ["a1", "a0"]
    assert [each.id for each in jobs.listed("demo", 9, None, "count")] == ["a3", "a1"]
    assert jobs.listed("demo", 3, "b2") == []


def test_only_what_ended_before_is_dropped(jobs: Jobs) -> None:
    for id in ("a", "b", "c"):
        jobs.add(job(id))
    jobs.end("a", JobState.DONE, NOW, {})
    jobs.end("b", JobState.DONE, NOW + 2, {})
    assert jobs.expire(NOW + 1) == 1
    assert [each.id for each in jobs.listed("demo", 9)] == ["c", "b"]


# --- the runner -------------------------------------------------------------------------------------------


@contextmanager
def running(jobs: Jobs, work: Work) -> Iterator[Runner]:
    runner = Runner(jobs, {"count": work}, Stopped())
    thread = Thread(target=runner.run)
    thread.start()
    try:
        yield runner
    finally:
        runner.end()
        thread.join()


def ended(jobs: Jobs, id: str) -> Callable[[], Job | None]:
    def look() -> Job | None:
        found = jobs.one("demo", id)
        return found if found is not None and found.ended_at is not None else None

    return look


def count(job: Job, course: Course) -> Facts:
    for number in range(job.place.get("after", 0), job.order["most"]):
        course.told(number + 1, job.order["most"], {"after": number + 1})
    return {"counted": job.order["most"]}


def test_a_job_runs_to_its_result(jobs: Jobs) -> None:
    with running(jobs, count) as runner:
        jobs.add(job("a", most=4))
        runner.wake()
        done = eventually(ended(jobs, "a"), "the job")
    assert (done.state, done.done, done.total, done.result) == (JobState.DONE, 4, 4, {"counted": 4})


def test_an_ending_server_leaves_a_job_to_the_next_one(jobs: Jobs) -> None:
    begun, go = Event(), Event()

    def slow(job: Job, course: Course) -> Facts:
        course.told(1, 2, {"after": 1})
        begun.set()
        go.wait()
        course.told(2, 2, {"after": 2})
        raise AssertionError("the server has ended: the work goes no further")

    jobs.add(job("a", most=4))
    with running(jobs, slow) as runner:
        begun.wait()
        Thread(target=runner.end).start()
        eventually(lambda: runner.ending, "the end of the server")
        go.set()
    left = jobs.one("demo", "a")
    assert left is not None
    assert (left.state, left.place) == (JobState.RUNNING, {"after": 2})
    with running(jobs, count):
        assert eventually(ended(jobs, "a"), "the job").state is JobState.DONE


def test_a_cancelled_job_ends_at_its_next_step(jobs: Jobs) -> None:
    begun, go = Event(), Event()

    def slow(job: Job, course: Course) -> Facts:
        begun.set()
        go.wait()
        return count(job, course)

    jobs.add(job("a", most=4))
    with running(jobs, slow):
        begun.wait()
        jobs.cancel("a", NOW)
        go.set()
        cancelled = eventually(ended(jobs, "a"), "the job")
    assert (cancelled.state, cancelled.done) == (JobState.CANCELLED, 1)


def fails(job: Job, course: Course) -> Facts:
    raise FailedError("no_progress")


def crashes(job: Job, course: Course) -> Facts:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("kind", "work", "problem"),
    [("count", fails, "no_progress"), ("count", crashes, "crashed"), ("unheard", count, "kind_unknown")],
)
def test_a_job_that_cannot_be_done_says_why(jobs: Jobs, kind: str, work: Work, problem: str) -> None:
    jobs.add(job("a", kind=kind))
    with running(jobs, work):
        failed = eventually(ended(jobs, "a"), "the job")
    assert (failed.state, failed.problem) == (JobState.FAILED, problem)


def test_what_brings_the_process_down_each_time_is_given_up(jobs: Jobs) -> None:
    jobs.add(job("a", most=1))
    for _ in range(MOST_STARTS):
        assert jobs.take(NOW, ()) is not None  # and the process is gone
    with running(jobs, count):
        failed = eventually(ended(jobs, "a"), "the job")
    assert (failed.state, failed.problem) == (JobState.FAILED, "no_progress")


def test_no_more_than_some_run_at_once(jobs: Jobs) -> None:
    begun, go = list[str](), Event()

    def slow(job: Job, course: Course) -> Facts:
        begun.append(job.id)
        go.wait()
        return {}

    for number in range(AT_ONCE + 2):
        jobs.add(job(f"a{number}", f"account {number}"))
    with running(jobs, slow) as runner:
        eventually(lambda: len(begun) == AT_ONCE, "the first jobs")
        runner.wake()
        assert sorted(begun) == [f"a{number}" for number in range(AT_ONCE)]
        go.set()
        eventually(lambda: len(begun) == AT_ONCE + 2, "the others")
    assert len(set(begun)) == AT_ONCE + 2
