"""The files of a check go some days after its end; those of one that has not ended never do."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from retour.flow.jobs import Job, Jobs, JobState
from retour.flow.listcheck.expiry import Expiring
from retour.instants import DAY, HOUR, SECOND, Instant
from retour.stores import sqlite

NOW: Instant = 1_800_000_000 * SECOND


class Watch:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> Instant:
        return self.at


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    desk = sqlite.open_desk(tmp_path / "desk")
    for id in ("old", "young", "running"):
        desk.jobs.add(Job(id, "shop", "list_check", "key k", NOW, {}))
    for id in ("old", "young"):
        desk.jobs.end(id, JobState.DONE, NOW, {})
    yield desk.jobs
    desk.close()


def laid(room: Path, id: str, days: float) -> Path:
    place = room / id
    (place / "results").mkdir(parents=True)
    for path in (place / "results/kept.csv", place / "results", place):
        path.touch()
        when = NOW / SECOND - days * DAY / SECOND
        os.utime(path, (when, when))
    return place


def test_old_files_of_checks_that_ended_go(tmp_path: Path, jobs: Jobs) -> None:
    old, young = laid(tmp_path / "room", "old", 31), laid(tmp_path / "room", "young", 29)
    running, nameless = laid(tmp_path / "room", "running", 31), laid(tmp_path / "room", "nameless", 31)
    Expiring(tmp_path / "room", jobs, 30, Watch())()
    assert not old.exists()
    assert young.exists()
    assert running.exists()
    assert nameless.exists()


def test_it_looks_once_an_hour(tmp_path: Path, jobs: Jobs) -> None:
    watch = Watch()
    expiring = Expiring(tmp_path / "room", jobs, 30, watch)
    expiring()
    old = laid(tmp_path / "room", "old", 31)
    watch.at += HOUR - 1
    expiring()
    assert old.exists()
    watch.at += 1
    expiring()
    assert not old.exists()


def test_nothing_goes_where_the_setting_says_so(tmp_path: Path, jobs: Jobs) -> None:
    old = laid(tmp_path / "room", "old", 5000)
    Expiring(tmp_path / "room", jobs, 0, Watch())()
    assert old.exists()
