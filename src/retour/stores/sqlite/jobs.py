"""Jobs, in desk.sqlite3."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from retour.flow.jobs import ENDED, Facts, GroupTold, Job, JobState
from retour.instants import Instant
from retour.ports.erasing import Erasure
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.scrubbing import SQL as ERASING
from retour.stores.sqlite.statements import named

SQL, GROUPS = named("jobs.sql"), named("job_groups.sql")
REPLAY = "replay"  # the kind of job that a group is of, as its index names it


class SqliteJobs:
    """The jobs of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, *jobs: Job, erasures: Sequence[Erasure] = ()) -> None:
        with self._database.write() as db:
            db.executemany(ERASING["add"], map(astuple, erasures))
            db.executemany(SQL["add"], map(_row, jobs))

    def take(self, now: Instant, running: Sequence[str]) -> Job | None:
        with self._database.write() as db:
            open_ = db.execute(SQL["open"]).fetchall()
            busy = {account for id, account in open_ if id in running}
            free = (id for id, account in open_ if account not in busy)
            id = next(free, None)
            if id is None:
                return None
            db.execute(SQL["take"], (now, id))
            return _by_id(db, id)

    def moved(self, id: str, done: int, total: int | None, place: Facts, durable: bool = True) -> bool:
        with self._database.write() as db:
            row = db.execute(SQL["moved"], (done, total, json.dumps(dict(place)), durable, id)).fetchall()
        return row == [(0,)]

    def end(self, id: str, state: JobState, now: Instant, result: Facts, problem: str = "") -> None:
        with self._database.write() as db:
            db.execute(SQL["end"], (state.value, now, json.dumps(dict(result)), problem, id))

    def cancel(self, id: str, now: Instant) -> Job | None:
        with self._database.write() as db:
            db.execute(SQL["cancel"], (now, id))
            return _by_id(db, id)

    def one(self, account: str, id: str) -> Job | None:
        job = _by_id(self._database.read(), id)
        return job if job is not None and job.account == account else None

    def group(self, id: str) -> list[Job]:
        return [_job(row) for row in self._database.read().execute(SQL["group"], {"id": id})]

    def groups(self, account: str, limit: int, after: str | None = None) -> list[GroupTold]:
        db = self._database.read()
        place = {"account": account, "limit": limit, "after": after}
        heads = db.execute(GROUPS["of_account" if account else "heads"], place).fetchall()
        return [_told(db, account, *head) for head in heads]

    def state(self, id: str) -> JobState | None:
        job = _by_id(self._database.read(), id)
        return None if job is None else job.state

    def holds(self, id: str) -> bool:
        return _by_id(self._database.read(), id) is not None

    def listed(
        self, account: str, limit: int, after: str | None = None, kind: str | None = None
    ) -> list[Job]:
        place = {"account": account, "limit": limit, "after": after, "kind": kind}
        return [_job(row) for row in self._database.read().execute(SQL["listed"], place)]

    def expire(self, before: Instant) -> int:
        with self._database.write() as db:
            return db.execute(SQL["expire"], (before,)).rowcount


def _told(db: sqlite3.Connection, account: str, head: str, at: Instant, actor: str, order: str) -> GroupTold:
    """A group by its first replay, counted in the database: an account each may be thousands of rows."""
    place = {"id": head.rpartition("-")[0], "account": account}
    kinds: dict[str, dict[JobState, int]] = {}
    for kind, state, count in db.execute(GROUPS["states"], place):
        kinds.setdefault(kind, {})[JobState(state)] = count
    played = kinds.pop(REPLAY, {})
    done = sum(count for state, count in played.items() if state in ENDED)
    move = dict(db.execute(GROUPS["moves"], place).fetchall())
    total = sum(played.values())
    return GroupTold(place["id"], at, actor, json.loads(order), total, done, move, kinds)


def _by_id(db: sqlite3.Connection, id: str) -> Job | None:
    row = db.execute(SQL["by_id"], (id,)).fetchone()
    return None if row is None else _job(row)


def _row(job: Job) -> tuple[object, ...]:
    return (
        job.id, job.account, job.kind, job.actor, job.asked_at, json.dumps(dict(job.order)), job.state.value,
        job.done, job.total, json.dumps(dict(job.place)), json.dumps(dict(job.result)), job.problem,
        job.starts, int(job.cancelling), job.started_at, job.ended_at,
    )  # fmt: skip


def _job(row: Sequence[Any]) -> Job:
    id, account, kind, actor, asked_at, order, state, done, total, place, result, problem = row[:12]
    starts, cancelling, started_at, ended_at = row[12:]
    return Job(
        id, account, kind, actor, asked_at, json.loads(order), JobState(state), done, total,
        json.loads(place), json.loads(result), problem, starts, bool(cancelling), started_at, ended_at,
    )  # fmt: skip
