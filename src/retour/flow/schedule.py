"""What time alone brings about: due resets, accounts that others made, the end of a retention."""

from collections.abc import Callable, Sequence

from retour.flow.directory import Directory
from retour.flow.facts import HORIZON
from retour.flow.jobs import KEPT_FOR as JOBS_KEPT_FOR
from retour.flow.jobs import Jobs
from retour.flow.rewrite import Rewriter
from retour.instants import DAY, HOUR, Instant
from retour.ports import REMEMBERED_DAYS, Bus, Engagements, Inbox, Ledger, Rates, Sends, Tallies

BATCH = 1000


class Schedule:
    """Ticks. Every duty is harmless to repeat, so that what one tick missed the next makes up for."""

    def __init__(
        self,
        ledger: Ledger,
        sends: Sends,
        tallies: Tallies,
        engagements: Engagements,
        rates: Rates,
        inbox: Inbox,
        bus: Bus,
        directory: Directory,
        rewriter: Rewriter,
        raw_days: int,
        unparsed_days: int = 0,
        gone: Callable[[int], None] = lambda count: None,
        jobs: Jobs | None = None,
        unfinished: Sequence[Callable[[], None]] = (),
    ) -> None:
        """`unparsed_days` 0 keeps what was not understood for ever; `gone` is told how much of it went;
        `unfinished` do what a crash or a fault may have left undone."""
        self._ledger, self._sends, self._tallies = ledger, sends, tallies
        self._rates, self._engagements = rates, engagements
        self._inbox, self._bus = inbox, bus
        self._directory, self._rewriter = directory, rewriter
        self._raw_days, self._unparsed_days, self._gone = raw_days, unparsed_days, gone
        self._jobs = jobs
        self._unfinished = unfinished
        self._swept: Instant | None = None
        self._combed: Instant | None = None

    def tick(self, now: Instant, stopping: Callable[[], bool] = lambda: False) -> None:
        """Do what is due. Called about once a second, never by two at a time."""
        self._directory.refresh(now)
        self._rewriter.retry()
        while not stopping() and (changes := self._ledger.due(now, BATCH)):
            self._bus.publish(changes)
        if self._swept is None or now - self._swept >= HOUR:
            self._inbox.expire(now - self._raw_days * DAY)
            if self._unparsed_days and (gone := self._inbox.give_up(now - self._unparsed_days * DAY)):
                self._gone(gone)
            after: int | None = 0
            while after is not None and not stopping():
                after = self._sends.expire(now - HORIZON, BATCH, after)
            self._tallies.expire(now - HORIZON, now)
            self._rates.expire(now - HORIZON)
            self._inbox.forget(now - REMEMBERED_DAYS * DAY)
            if self._jobs is not None:
                self._jobs.expire(now - JOBS_KEPT_FOR)
            self._swept = now
        if self._combed is None or now - self._combed >= DAY:  # a walk over all of them
            self._combed = now if self._comb(now, stopping) else None
        for finish in self._unfinished:
            finish()

    def _comb(self, now: Instant, stopping: Callable[[], bool]) -> bool:
        """Drop signs of life past their time; False when stopped before the end."""
        after: str | None = ""
        while after is not None and not stopping():
            after = self._engagements.expire(now, BATCH, after)
        return after is None
