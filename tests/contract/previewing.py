"""What-ifs and replays over any store, in this process: the jobs as they are, without their threads."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from retour.bus import LocalBus
from retour.classify import Classifier, classifier
from retour.flow import waves
from retour.flow.desk import Desk
from retour.flow.findings import Findings, Piece
from retour.flow.jobs import Course, Facts, Job, JobState
from retour.flow.judge import judge
from retour.flow.own_rules import RuleFile, classifier_with
from retour.flow.previews import Previews, Rules
from retour.flow.queued import Queue, queued, read_again
from retour.flow.rejudging import Rejudging
from retour.flow.replay import Lives, judge_again, play_again, played_judged
from retour.flow.whatif import Question, look
from retour.instants import Instant
from retour.ports import Inbox, Record, Store
from retour.return_address import Keyring
from retour.stores import sqlite
from retour.stores.memory import MemoryInbox

KEYRING = Keyring(1, {1: b"k" * 32})


@dataclass
class Hand:
    instant: Instant

    def now(self) -> Instant:
        return self.instant


class Noted:
    """The lines of waves, for a store that keeps none."""

    def __init__(self) -> None:
        self.records: dict[bytes, Record] = {}

    def note(self, id: bytes, record: Record) -> None:
        self.records.setdefault(id, record)


@dataclass
class Here:
    """Reads in this process, in so many shares."""

    store: Store
    inbox: Inbox = field(default_factory=MemoryInbox)
    in_force: Classifier = field(default_factory=classifier)
    shares: int = 2

    def what_if(self, asked: Question) -> Iterator[Piece]:
        for part in range(self.shares):
            yield from look(asked, self.store, (part, self.shares))

    def lives(self, asked: Lives) -> Iterator[Piece]:
        for part in range(self.shares):
            yield from play_again(asked, self.store, (part, self.shares))

    def rules(self, asked: Rules) -> Iterator[Piece]:
        if asked.own is None:
            rules = Rejudging(self.in_force, None, self.inbox.arrival)
        else:
            rules = Rejudging(under(asked.own), self.in_force)
        for part in range(self.shares):
            yield from judge_again(asked.account, rules, self.store, (part, self.shares))

    def queued(self, asked: Rules) -> Iterator[Piece]:
        for part in range(self.shares):
            yield from queued(asked.account, self._queue(asked), asked.now, (part, self.shares))

    def read_again(self, asked: Rules, findings: Findings) -> Iterator[Piece]:
        return read_again(asked.account, findings, self._queue(asked), asked.now)

    def _queue(self, asked: Rules) -> Queue:
        rules = self.in_force if asked.own is None else under(asked.own)
        return Queue(self.store, self.inbox, KEYRING, partial(judge, rules=rules))

    def judged(self, asked: Rules, findings: Findings) -> Iterator[Piece]:
        for part in range(self.shares):
            share = (part, self.shares)
            yield from played_judged(asked.account, findings, self.store, asked.now, share)


@cache
def under(own: str) -> Classifier:
    """An operator's own rules before ours."""
    return classifier_with([RuleFile("rules", own)])


class Workshop:
    """Asks for jobs, and does them at once."""

    def __init__(self, store: Store, directory: Path, clock: Hand, account: str = "acme") -> None:
        self.store, self.clock, self.account = store, clock, account
        self.desk: Desk = sqlite.open_desk(directory / "desk")
        self.shelf = sqlite.SqliteShelf(directory / "findings")
        self.reading = Here(store)
        self.noted = Noted()
        place = waves.Place(store.ledger, self.noted, LocalBus(), self.desk.waves, clock)
        self.previews = Previews(store, self.shelf, self.reading, place, self.desk.jobs)
        self._count = 0

    def close(self) -> None:
        self.desk.close()

    def do(self, kind: str, **order: Any) -> tuple[str, Facts]:
        """The job's id and its result."""
        job = self.ask(kind, **order)
        return job.id, self.run(job)

    def ask(self, kind: str, **order: Any) -> Job:
        self._count += 1
        job = Job(f"job{self._count}", self.account, kind, "key k", self.clock.now(), order)
        self.desk.jobs.add(job)
        return job

    def run(self, job: Job) -> Facts:
        work = {
            "what_if": self.previews.what_if,
            "replay": self.previews.replay,
            "replay_apply": self.previews.apply,
            "replay_undo": self.previews.undo,
        }[job.kind]
        result = work(job, Course(job, self.desk.jobs, lambda: False))
        self.desk.jobs.end(job.id, JobState.DONE, self.clock.now(), result)
        return result

    def found(self, id: str) -> list[tuple[str, str, str, str]]:
        """Move, address, state before and after of all that was found."""
        findings = self.shelf.find(id)
        assert findings is not None
        rows = [each for _, each in findings.page(None, 10_000)]
        findings.close()
        names = self.store.sweep.names(self.account, [row.place for row in rows])
        return sorted((row.move.value, names[row.place], row.before, row.after) for row in rows)
