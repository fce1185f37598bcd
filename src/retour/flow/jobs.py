"""Jobs: long work that is asked for now and done beside everything else, with its progress to be seen.

A list of ten million addresses, a replay over a year: nobody waits for it in a request. A job lies on
the desk, survives a restart, and goes on from its last place; it ends done, failed or cancelled, once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event, Thread
from typing import Any, Protocol

from retour.instants import DAY, Instant
from retour.ports import Clock
from retour.ports.erasing import Erasure

KEPT_FOR: Instant = 90 * DAY  # an ended job
MOST_STARTS = 3  # without getting any further: what brings the process down each time is not tried for ever
AT_ONCE = 2
_LOOK_AGAIN = 5.0  # seconds: other processes may ask for jobs, too

Facts = Mapping[str, Any]
"""What JSON can hold. Never whole lists of addresses: those belong into the files or tables of the work."""


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work, of one account; "" is the platform's own."""

    id: str
    account: str
    kind: str  # which work it is: "replay", "wave", "list_check" …
    actor: str
    asked_at: Instant
    order: Facts  # what was asked for
    state: JobState = JobState.WAITING
    done: int = 0  # of `total`, in the work's own unit
    total: int | None = None  # None: not known yet
    place: Facts = field(default_factory=dict)  # where to go on from; {} at the beginning
    result: Facts = field(default_factory=dict)
    problem: str = ""  # why it failed: a code of texts/jobs.en.toml
    starts: int = 0  # since it last got further
    cancelling: bool = False
    started_at: Instant | None = None
    ended_at: Instant | None = None


class Jobs(Protocol):
    """Jobs on disk."""

    def add(self, *jobs: Job, erasures: Sequence[Erasure] = ()) -> None:
        """Commit new jobs, all of them or none, with whom they erase. An id already there is ignored."""

    def take(self, now: Instant, running: Sequence[str]) -> Job | None:
        """The job to be done next, RUNNING from now on; None when there is none.

        The oldest that waits, or that an earlier process left, and is not one of `running`; of each account
        one alone, so that two acts on the same addresses never cross.
        """

    def moved(self, id: str, done: int, total: int | None, place: Facts, durable: bool = True) -> bool:
        """Commit how far it has come; False when somebody wants it cancelled.

        What is not durable is shown, but is no progress: a work that dies before it each time is not
        begun for ever.
        """

    def end(self, id: str, state: JobState, now: Instant, result: Facts, problem: str = "") -> None:
        """It is done, failed or cancelled."""

    def cancel(self, id: str, now: Instant) -> Job | None:
        """One that waits is cancelled at once, one that runs is told at its next step; how it stands now."""

    def one(self, account: str, id: str) -> Job | None:
        """A job of this account."""

    def group(self, id: str) -> "list[Job]":
        """The jobs whose ids begin with this one and "-", in the order in which they were added."""

    def groups(self, account: str, limit: int, after: str | None = None) -> "list[GroupTold]":
        """The groups of replays that have one of this account ("": of any), latest first, without their rows.

        `after` is the last id of the page before.
        """

    def state(self, id: str) -> "JobState | None":
        """How far a job is, of whatever account; None where there is none."""

    def holds(self, id: str) -> bool:
        """Whether there is such a job, of whatever account."""

    def listed(
        self, account: str, limit: int, after: str | None = None, kind: str | None = None
    ) -> list[Job]:
        """The jobs of an account, latest first; `after` is the last id of the page before."""

    def expire(self, before: Instant) -> int:
        """Drop jobs that ended before; returns how many."""


@dataclass(frozen=True, slots=True)
class GroupTold:
    """A group of replays as a list tells it."""

    id: str
    asked_at: Instant
    actor: str
    order: Facts
    total: int  # accounts
    done: int  # whose replay has ended
    move: Mapping[str, int]
    acts: Mapping[str, Mapping[JobState, int]]  # by kind of job: what was applied, or undone, how far


class CancelledError(Exception):
    """Somebody wants the job to end. The work leaves nothing half done, and lets this pass, or one of its own
    that tells how far it has come."""

    def __init__(self, result: Facts | None = None) -> None:
        super().__init__()
        self.result: Facts = result or {}


class EndingError(Exception):
    """The server ends. The work lets this pass at once; it goes on from its last place at the next start."""


class FailedError(Exception):
    """The work cannot be done; `code` is a key under [problem] in texts/jobs.en.toml, `value` what its words
    speak of: "" where they name nothing. It stands in the job's result.
    """

    def __init__(self, code: str, value: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.result: Facts = {"value": value} if value else {}


class Course:
    """How a work tells what it has done so far, and is told when to stop."""

    def __init__(self, job: Job, jobs: Jobs, ending: Callable[[], bool]) -> None:
        self._id, self._account, self._jobs, self._ending = job.id, job.account, jobs, ending

    def told(self, done: int, total: int | None, place: Facts) -> None:
        """All up to `place` is durable: after a kill the work begins there again.

        Raises CancelledError or EndingError.
        """
        self._heed(self._jobs.moved(self._id, done, total, place))

    def shown(self, done: int, total: int | None, place: Facts) -> None:
        """It is so far, but after a kill it begins where it was last `told`. Raises as that does."""
        self._heed(self._jobs.moved(self._id, done, total, place, durable=False))

    def looked(self) -> None:
        """It goes on, without anything to count. Raises as `told` does."""
        job = self._jobs.one(self._account, self._id)
        self._heed(job is not None and not job.cancelling)

    def _heed(self, wanted: bool) -> None:
        if not wanted:
            raise CancelledError
        if self._ending():
            raise EndingError


Work = Callable[[Job, Course], Facts]
"""Does a job from its place on, and returns its result. Raises FailedError for what cannot be."""


class Runner:
    """Does jobs in threads of its own, AT_ONCE of them at once."""

    def __init__(
        self,
        jobs: Jobs,
        works: Mapping[str, Work],
        clock: Clock,
        crashed: Callable[[Job | None, Exception], None] = lambda job, error: None,
    ) -> None:
        self._jobs, self._works, self._clock, self._crashed = jobs, works, clock, crashed
        self._wake, self._ended = Event(), Event()
        self._running: dict[str, Thread] = {}

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    @property
    def ending(self) -> bool:
        """Whether running ones are to stop at their next step."""
        return self._ended.is_set()

    def run(self) -> None:
        """Do what there is until `end`, and wait for what runs then. Lends its thread to hand jobs out."""
        while not self._ended.is_set():
            self._wake.clear()
            self._running = {id: thread for id, thread in self._running.items() if thread.is_alive()}
            job = self._next()
            if job is None:
                self._wake.wait(_LOOK_AGAIN)
            else:
                thread = self._running[job.id] = Thread(target=self._do, args=(job,), name=f"job {job.kind}")
                thread.start()
        for thread in self._running.values():
            thread.join()

    def end(self) -> None:
        """Let `run` end, and the running ones stop at their next step."""
        self._ended.set()
        self._wake.set()

    def _next(self) -> Job | None:
        if len(self._running) >= AT_ONCE:
            return None
        try:
            return self._jobs.take(self._clock.now(), tuple(self._running))
        except Exception as error:  # the disk is full, or another holds the file too long: later
            self._crashed(None, error)
            return None

    def _do(self, job: Job) -> None:
        try:
            self._ends(job)
        except Exception as error:  # how it ended could not be written: it is taken again
            self._crashed(job, error)
        finally:
            self._wake.set()

    def _ends(self, job: Job) -> None:
        work = self._works.get(job.kind)
        if work is None or job.starts > MOST_STARTS:
            problem = "kind_unknown" if work is None else "no_progress"
            self._jobs.end(job.id, JobState.FAILED, self._clock.now(), {}, problem)
            return
        try:
            result = work(job, Course(job, self._jobs, self._ended.is_set))
        except EndingError:
            return
        except CancelledError as cancelled:
            self._jobs.end(job.id, JobState.CANCELLED, self._clock.now(), cancelled.result)
        except FailedError as failed:
            self._jobs.end(job.id, JobState.FAILED, self._clock.now(), failed.result, failed.code)
        except Exception as error:
            self._crashed(job, error)
            self._jobs.end(job.id, JobState.FAILED, self._clock.now(), {}, "crashed")
        else:
            self._jobs.end(job.id, JobState.DONE, self._clock.now(), result)
