"""A check of a long list is seen to go on between what it commits, and ends soon when it is to end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retour.flow.jobs import CancelledError, Course, EndingError, Facts, Job, Jobs
from retour.flow.listcheck.history import OfLedger
from retour.flow.listcheck.work import KIND, LIST, RESULTS, works
from retour.instants import SECOND
from retour.lifecycle import preset
from retour.model import Event, EventKind
from retour.ports import Records
from retour.stores import memory, sqlite

NOW = 1_700_000_000_000_000
ROWS = 40_000
NOTE = "n" * 600  # so that there are several blocks, of which some are committed together
LONG = "".join(f"ann{number}.lee@firm{number % 90}.de;{NOTE}\n" for number in range(ROWS))


class Ticking:
    """A second goes by at each look, and somebody else does something meanwhile."""

    def __init__(self) -> None:
        self._now = NOW
        self.meanwhile: Callable[[], object] = lambda: None

    def now(self) -> int:
        self._now += SECOND
        self.meanwhile()
        return self._now


class Check:
    """The check of one list, as a job."""

    def __init__(self, room: Path, jobs: Jobs, store: Records, content: str) -> None:
        self.jobs, self.clock, self.ending = jobs, Ticking(), False
        self._works = works(room, store, self.clock, lambda: None)
        (room / "a").mkdir()
        (room / "a" / LIST).write_text(content)
        self.results = room / "a" / RESULTS
        jobs.add(Job("a", "demo", KIND, "key k", NOW, {"name": "list.csv"}))

    def run(self) -> Facts:
        taken = self.jobs.take(NOW, ())
        assert taken is not None
        return self._works[KIND](taken, Course(taken, self.jobs, lambda: self.ending))

    @property
    def job(self) -> Job:
        found = self.jobs.one("demo", "a")
        assert found is not None
        return found

    def cancel_when(self, wanted: Callable[[], bool]) -> None:
        self.clock.meanwhile = lambda: wanted() and self.jobs.cancel("a", NOW)

    def end_when(self, wanted: Callable[[], bool]) -> None:
        def look() -> None:
            self.ending = self.ending or wanted()

        self.clock.meanwhile = look


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    desk = sqlite.open_desk(tmp_path / "desk")
    yield desk.jobs
    desk.close()


@pytest.fixture
def store() -> Records:
    made = memory.new_store()
    made.accounts.add_account("demo", "bounces.example", preset("default"), NOW - SECOND)
    return made


def test_a_check_is_cancelled_while_what_is_known_is_read(tmp_path: Path, jobs: Jobs, store: Records) -> None:
    told = [
        Event(n.to_bytes(16, "big"), EventKind.COMPLAINT, NOW, account="demo", address=f"c{n}@b-firm.de")
        for n in range(1200)
    ]
    store.ledger.record(told, NOW)
    check = Check(tmp_path, jobs, store, LONG)
    check.cancel_when(lambda: True)
    with pytest.raises(CancelledError):
        check.run()
    assert check.job.done == 0
    written = [path for path in check.results.glob("*.csv") if b"lee" in path.read_bytes()]
    assert written == []


def test_a_check_goes_on_while_the_ledger_is_asked_for_its_rows(store: Records) -> None:
    known = [f"c{number}@b-firm.de" for number in range(1100)]
    told = [
        Event(n.to_bytes(16, "big"), EventKind.COMPLAINT, NOW, account="demo", address=address)
        for n, address in enumerate(known)
    ]
    store.ledger.record(told, NOW)
    asked: list[int | None] = []
    history = OfLedger("demo", store.ledger, asked.append)
    assert all(history.get(address, ()) for address in known)
    assert asked == [None]


def test_a_check_is_cancelled_between_what_it_commits(tmp_path: Path, jobs: Jobs, store: Records) -> None:
    check = Check(tmp_path, jobs, store, LONG)
    check.cancel_when(lambda: check.job.done > 0)
    with pytest.raises(CancelledError):
        check.run()
    assert 0 < check.job.done < ROWS
    assert len((check.results / "progress.jsonl").read_bytes().splitlines()) == 1


def test_a_check_that_the_server_ends_gives_the_same_files_later(
    tmp_path: Path, jobs: Jobs, store: Records
) -> None:
    check = Check(tmp_path, jobs, store, LONG)
    check.end_when(lambda: check.job.done > 0)
    with pytest.raises(EndingError):
        check.run()
    assert 0 < check.job.done < ROWS
    check.ending, check.clock.meanwhile = False, lambda: None
    assert check.run()["rows"] == ROWS
    rows = (check.results / "kept.csv").read_text("utf-8-sig").splitlines()[1:]
    assert [row.split(";")[0] for row in rows] == [str(number + 1) for number in range(ROWS)]


def test_a_check_that_is_cancelled_at_its_end_is_not_done(tmp_path: Path, jobs: Jobs, store: Records) -> None:
    check = Check(tmp_path, jobs, store, "".join(f"ann{number}.lee@gmial.com\n" for number in range(1500)))
    check.cancel_when((check.results / "report.json").exists)
    with pytest.raises(CancelledError):
        check.run()


def test_what_is_shown_and_not_durable_is_no_progress(jobs: Jobs) -> None:
    jobs.add(Job("a", "demo", KIND, "key k", NOW, {}))
    for starts in (1, 2, 3):
        taken = jobs.take(NOW, ())
        assert taken is not None
        assert taken.starts == starts
        assert jobs.moved("a", 7, None, {}, durable=False)
    assert jobs.moved("a", 8, None, {})
    again = jobs.take(NOW, ())
    assert again is not None
    assert (again.starts, again.done) == (2, 8)
