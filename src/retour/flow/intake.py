"""Intake: from bytes that reached an inlet to states that have changed (promises 1 to 3).

An inlet hands arrivals to the door and acknowledges when the door says they are durable. A worker takes
them from the inbox in batches; whatever happens in between, they are taken again, and counted once.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from retour.flow.facts import Read, events_of, outcome_of, with_reports
from retour.flow.tie import Tie, claim_of, known, ties
from retour.instants import Instant
from retour.model import (
    Arrival,
    Event,
    Kind,
    Reading,
    Standing,
    Verdict,
)
from retour.ports import NO_CURSORS, Account, Bus, Change, Clock, Inbox, Outcome, Store
from retour.return_address import Keyring


class Judged(Protocol):
    """A reading with a verdict for each of its reports."""

    @property
    def reading(self) -> Reading: ...
    @property
    def verdicts(self) -> Sequence[Verdict]: ...


Judge = Callable[[bytes], Judged]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch."""

    outcomes: Mapping[bytes, Outcome]
    events: Sequence[Event] = ()
    changes: Sequence[Change] = ()
    faults: Mapping[bytes, Exception] = field(default_factory=dict)  # arrivals that the judge failed on


def take_in(arrivals: Sequence[Arrival], store: Store, keyring: Keyring, judge: Judge, now: Instant) -> Taken:
    """One batch of arrivals, already durable in the inbox: read, tied to sends, recorded in one commit."""
    read = read_batch(arrivals, store, keyring, judge, now)
    return replace(read, changes=store.ledger.record(read.events, now))


def read_batch(
    arrivals: Sequence[Arrival], store: Store, keyring: Keyring, judge: Judge, now: Instant
) -> Taken:
    """What a batch would become: read and tied to sends, and not recorded."""
    accounts = {account.number: account for account in store.accounts.accounts()}
    outcomes: dict[bytes, Outcome] = {}
    events: list[Event] = []
    mails, faults = _read_all(arrivals, judge, keyring, accounts)
    sends = known([(mail.claim, mail.reading) for mail in mails], store.sends)
    names = {account.name for account in accounts.values()}
    for mail in mails:
        tied = [_within(names, tie) for tie in ties(mail.arrival, mail.reading, mail.claim, sends)]
        made = events_of(mail, tied, now)
        outcomes[mail.arrival.id] = outcome_of(mail, made, tied)
        events += made
    return Taken(outcomes | dict.fromkeys(faults, Outcome.UNPARSED), events, faults=faults)


def _read_all(
    arrivals: Sequence[Arrival], judge: Judge, keyring: Keyring, accounts: Mapping[int, Account]
) -> tuple[list[Read], dict[bytes, Exception]]:
    """What was read. What the judge fails on is unparsed: one mail never stops the others."""
    mails: list[Read] = []
    faults: dict[bytes, Exception] = {}
    for arrival in arrivals:
        try:
            found = judge(arrival.raw)
            reading, verdicts = with_reports(arrival, found.reading, found.verdicts)
            claim = claim_of(arrival, reading.original, keyring, accounts)
            understood = found.reading.kind is not Kind.OTHER or bool(found.reading.reports)
            mails.append(Read(arrival, reading, verdicts, claim, understood))
        except Exception as fault:  # a bug of ours, to be reported; the mail waits for its repair
            faults[arrival.id] = fault
    return mails, faults


def _within(names: AbstractSet[str], tie: Tie | None) -> Tie | None:
    """The tie of a source whose account does not exist (a slip in the settings) has no effect."""
    if tie is None or not tie.account or tie.account in names:
        return tie
    defects = (*tie.defects, "unknown_account")
    return replace(tie, account="", send=None, standing=Standing.UNPROVEN, defects=defects)


class _Caller(NamedTuple):
    """Who waits at the door, and with what."""

    arrivals: Sequence[Arrival]
    cursors: Mapping[str, bytes | None]
    durable: asyncio.Future[None]


class Door:
    """Where arrivals become durable: many callers wait for one fsync (group commit).

    Belongs to one event loop. While a commit runs in its thread, further arrivals gather for the next.
    """

    def __init__(self, inbox: Inbox, committed: Callable[[], None] = lambda: None) -> None:
        self._inbox = inbox
        self._committed = committed  # called after each commit: wakes the worker
        self._gathered: list[_Caller] = []
        self._committing: asyncio.Task[None] | None = None

    async def accept(
        self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS
    ) -> None:
        """Return when the arrivals are on disk, and with them how far their source was read: only then
        acknowledge. Raises what the inbox raises.
        """
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gathered.append(_Caller(arrivals, cursors, durable))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit())
        await durable

    async def _commit(self) -> None:
        while self._gathered:
            waiting, self._gathered = self._gathered, []
            together = [arrival for caller in waiting for arrival in caller.arrivals]
            cursors = {name: place for caller in waiting for name, place in caller.cursors.items()}
            fault: Exception | None = None
            try:
                await asyncio.to_thread(self._inbox.put, together, cursors)
            except Exception as error:  # a full disk: every caller answers "try again later"
                fault = error
            for caller in waiting:
                if not caller.durable.done():  # one whose connection broke no longer waits
                    caller.durable.set_exception(fault) if fault else caller.durable.set_result(None)
            if fault is None:
                self._committed()
        self._committing = None


# What a bug of ours raises over one mail. What a store raises (its own errors, OSError) is tried again.
_OURS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, RecursionError)


class Worker:
    """Takes arrivals from the inbox to the ledger and tells the gates, batch by batch, in its own thread."""

    def __init__(
        self,
        inbox: Inbox,
        take: Callable[[Sequence[Arrival], Instant], Taken],
        bus: Bus,
        clock: Clock,
        batch: int = 1000,
        report: Callable[[Taken], None] = lambda taken: None,
    ) -> None:
        self._inbox, self._take, self._bus, self._clock = inbox, take, bus, clock
        self._batch, self._report = batch, report
        self._work = threading.Event()
        self._ended = threading.Event()

    def step(self) -> int:
        """Take in one batch; returns how many arrivals it had, 0 when none wait.

        The order is what survives `kill -9`: recorded before settled, so that a repetition finds its events
        already there; published before settled, so that a gate hears of it even when settling fails.
        """
        arrivals = self._inbox.waiting(self._batch)
        try:
            if arrivals:
                self._settle(self._take(arrivals, self._clock.now()))
        except _OURS:
            for arrival in arrivals:
                self._settle(self._take_alone(arrival))
        return len(arrivals)

    def _take_alone(self, arrival: Arrival) -> Taken:
        """One arrival of a batch that failed on one of them: that one waits as unparsed for our repair."""
        try:
            return self._take([arrival], self._clock.now())
        except _OURS as fault:
            return Taken({arrival.id: Outcome.UNPARSED}, faults={arrival.id: fault})

    def _settle(self, taken: Taken) -> None:
        self._bus.publish(taken.changes)
        self._inbox.settle(taken.outcomes, self._clock.now())
        self._report(taken)

    def drain(self) -> int:
        """Take in all that waits; returns how many arrivals that were."""
        total = 0
        while count := self.step():
            total += count
        return total

    def run(self, fault: Callable[[Exception], None], pause: float = 1.0) -> None:
        """Work until `end`; after a fault of a store wait `pause` seconds and try again: nothing is lost."""
        while not self._ended.is_set():
            self._work.clear()
            try:
                self.drain()
            except Exception as error:
                fault(error)
                self._ended.wait(pause)
            else:
                self._work.wait(pause)  # woken by the door; looks by itself for what another process put

    def wake(self) -> None:
        """There is something in the inbox. May be called from any thread."""
        self._work.set()

    def end(self) -> None:
        """Let `run` return after the batch at hand. May be called from any thread."""
        self._ended.set()
        self._work.set()
