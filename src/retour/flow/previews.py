"""What-ifs and replays as jobs: what is found is counted and laid on the shelf, and applied when wanted.

A preview only reads; what is left of one that was cut off is thrown away, and it begins anew. A replay is
applied as a wave: wholly or not at all, in one step that the ledger names, and undone as though it had never
been.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from retour.flow import waves
from retour.flow.findings import SAMPLES, Findings, Judgement, Move, Piece, Shelf, Tally, summed
from retour.flow.jobs import Course, Facts, FailedError, Job, Jobs
from retour.flow.queued import applied
from retour.flow.replay import Lives, act_of, fresh_of
from retour.flow.whatif import Question, question
from retour.instants import DAY, Instant, text
from retour.lifecycle import PolicyError
from retour.model import Event
from retour.ports import Stage, StaleVersionError, Store, Wave

WHAT_IF, REPLAY, APPLY, UNDO = "what_if", "replay", "replay_apply", "replay_undo"
KEPT_FOR: Instant = 90 * DAY  # findings, as long as the jobs that made them
BATCH = 1000
ACT = "rejudged"  # as the ledger names such a wave


@dataclass(frozen=True, slots=True)
class Rules:
    """A replay under rules: an operator's own, as TOML, before Retour's; None: those in force."""

    account: str
    own: str | None
    now: Instant


class Reading(Protocol):
    """Reads over an account, in processes of its own or not; each yields what a share has found."""

    def what_if(self, asked: Question) -> Iterator[Piece]: ...

    def lives(self, asked: Lives) -> Iterator[Piece]: ...

    def rules(self, asked: Rules) -> Iterator[Piece]: ...

    def judged(self, asked: Rules, findings: Findings) -> Iterator[Piece]: ...

    def queued(self, asked: Rules) -> Iterator[Piece]: ...

    def read_again(self, asked: Rules, findings: Findings) -> Iterator[Piece]: ...


@dataclass(frozen=True, slots=True)
class Previews:
    """The works of the jobs."""

    store: Store
    shelf: Shelf
    reading: Reading
    place: waves.Place
    jobs: Jobs

    @property
    def now(self) -> Instant:
        return self.place.clock.now()

    # --- looking ------------------------------------------------------------------------------------------

    def what_if(self, job: Job, course: Course) -> Facts:
        """What a policy would do. `order` has `settings` and `expected`."""
        settings, expected = job.order["settings"], job.order["expected"]
        try:
            asked = question(job.account, settings, expected, self.store.accounts, job.actor, self.now)
        except StaleVersionError as error:
            raise FailedError("policy_changed") from error
        except PolicyError as error:
            raise FailedError("policy_invalid") from error
        counts = self._found(job, course, asked.account, self.reading.what_if(asked))
        return {"at": text(asked.now), "version": asked.version.number, **counts}

    def replay(self, job: Job, course: Course) -> Facts:
        """What a history would be. `order` has `what`: "rules" (with `rules`), "policy" or "types"."""
        what, now = job.order["what"], self.now
        told = {"at": text(now), "what": what}
        if what == "rules":
            return {**told, **self._by_rules(job, course, Rules(job.account, job.order.get("rules"), now))}
        versions = self.store.accounts.policies(job.account)
        number = job.order.get("version") or versions[-1].number
        asked = Lives(job.account, versions, what, number, now)
        return {
            **told,
            "version": number,
            **self._found(job, course, asked.account, self.reading.lives(asked)),
        }

    def _found(self, job: Job, course: Course, account: str, pieces: Iterable[Piece]) -> Facts:
        self.shelf.expire(self.now - KEPT_FOR)
        total, _ = self.store.sweep.size(account)
        findings, counts = self.shelf.begin(job.id), Counter[Tally]()
        try:
            done = _taken(pieces, findings, counts, lambda done: course.told(done, total, {}))
            findings.done()
        finally:
            findings.close()
        return {"looked_at": done, **summed(counts)}

    def _by_rules(self, job: Job, course: Course, asked: Rules) -> Facts:
        self.shelf.expire(self.now - KEPT_FOR)
        addresses, reports = self.store.sweep.size(asked.account)
        findings, counts = self.shelf.begin(job.id), Counter[Tally]()
        whole = reports + addresses  # the second step is as long as many lives are touched: at most all
        try:
            read = _taken(
                self.reading.rules(asked), findings, counts, lambda done: course.told(done, whole, {})
            )
            _taken(
                self.reading.queued(asked),
                findings,
                counts,
                lambda _: course.told(min(read, whole), whole, {}),
            )
            findings.judged()
            _taken(
                self.reading.judged(asked, findings),
                findings,
                counts,
                lambda done: course.told(min(read + done, whole), whole, {}),
            )
            findings.done()
        finally:
            findings.close()
        return {"looked_at": counts.pop(("reports",), 0), **summed(counts)}

    # --- doing --------------------------------------------------------------------------------------------

    def apply(self, job: Job, course: Course) -> Facts:
        """Apply a replay as a wave of its id; `order` has `replay` and `reason`."""
        id = job.order["replay"]
        wave = self.place.waves.one(id)
        if wave is None or wave.stage in (Stage.PLANNING, Stage.DROPPED):
            self._plan(job, id, course)
        elif wave.stage is Stage.UNDONE:
            raise FailedError("replay_undone")
        if wave is None or wave.stage is not Stage.APPLIED:  # and the server ended before it said so
            waves.applied(id, job.actor, self.place, course)
        return {"replay": id, "judgements": self._of(id)}

    def _plan(self, job: Job, id: str, course: Course) -> None:
        findings = self.shelf.find(id)
        if findings is None:
            raise FailedError("findings_gone")
        wave = Wave(id, job.account, ACT, job.asked_at, job.actor, job.order["reason"])
        try:
            for progress in waves.plan(wave, self._acts(job, id, findings), self.place):
                course.told(progress.done, None, {})
        finally:
            findings.close()

    def _acts(self, job: Job, id: str, findings: Findings) -> Iterator[Event]:
        """The events of a wave. Where an address was erased, or judged alike since, there is none."""
        yield from self._judgements(job, id, findings)
        if findings.arrivals(1):
            asked = Rules(job.account, self._own_of(job.account, id), self.now)
            told = job.actor, job.order["reason"]
            for piece in self.reading.read_again(asked, findings):
                yield from applied(piece.events, self.store, id, job.asked_at, told)

    def _own_of(self, account: str, id: str) -> str | None:
        """The own rules that a replay was asked for under."""
        replay = self.jobs.one(account, id)
        if replay is None:
            raise FailedError("findings_gone")
        own: str | None = replay.order.get("rules")
        return own

    def _judgements(self, job: Job, id: str, findings: Findings) -> Iterator[Event]:
        after = ""
        while places := findings.places(BATCH, after):
            after = places[-1]
            lives = self.store.sweep.at(job.account, places)
            for life, fresh in fresh_of(findings.judgements(places), lives):
                for judgement in fresh:
                    yield self._act(job, id, judgement, life.address)

    def _act(self, job: Job, id: str, judgement: Judgement, address: str) -> Event:
        note = job.order["reason"]
        return act_of(judgement, id, job.account, address, job.asked_at, job.actor, note)

    def undo(self, job: Job, course: Course) -> Facts:
        """Take a replay back; `order` has `replay`."""
        id = job.order["replay"]
        try:
            waves.undone(id, job.actor, self.place, course)
        except (waves.NotNowError, KeyError) as error:
            raise FailedError("replay_not_applied") from error
        return {"replay": id, "judgements": self._of(id)}

    def _of(self, id: str) -> int:
        wave = self.place.waves.one(id)
        return 0 if wave is None else wave.planned


def _taken(
    pieces: Iterable[Piece], findings: Findings, counts: Counter[Tally], told: Callable[[int], None]
) -> int:
    """Lay what comes on the shelf; returns how much was looked at."""
    done = 0
    for piece in pieces:
        done += piece.looked_at
        counts.update(piece.counts)
        findings.add(piece)
        told(done)
    return done


def samples(findings: Findings) -> dict[Move, list[str]]:
    """Some places of each move, always the same."""
    return {move: [found.place for _, found in findings.page(move, SAMPLES)] for move in Move}
