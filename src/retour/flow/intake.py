"""Intake: from bytes that reached an inlet to states that have changed (promises 1 to 3).

An inlet hands arrivals to the door and acknowledges when the door says they are durable. A worker takes
them from the inbox in batches; whatever happens in between, they are taken again, and counted once.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from retour.flow.batch import Batch
from retour.flow.gathered import Gathered
from retour.flow.reads import Judge, Judged, Reader
from retour.instants import Instant
from retour.model import MAIL, Arrival, Event
from retour.parse.providers.generic import Map
from retour.ports import (
    NO_CURSORS,
    Bus,
    Change,
    Clock,
    Engagement,
    Inbox,
    Outcome,
    Passing,
    SecondName,
    Store,
)
from retour.return_address import Keyring

__all__ = ["Door", "Judge", "Judged", "Taken", "Worker", "read_batch", "take_in"]

_NO_MAPPINGS: Mapping[str, Map] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch."""

    outcomes: Mapping[bytes, Outcome]
    events: Sequence[Event] = ()
    changes: Sequence[Change] = ()
    faults: Mapping[bytes, Exception] = field(default_factory=dict)  # arrivals that the judge failed on
    passing: Sequence[Passing] = ()  # what is only counted
    signs: Sequence[Engagement] = ()  # of life
    spent: AbstractSet[bytes] = frozenset()  # arrivals that told of nothing else
    strange: Mapping[str, int] = field(default_factory=dict)  # events of kinds that we do not know, by form
    names: Sequence[SecondName] = ()  # what messages of known sends are called besides


def take_in(
    arrivals: Sequence[Arrival],
    store: Store,
    keyring: Keyring,
    judge: Judge,
    now: Instant,
    mappings: Mapping[str, Map] = _NO_MAPPINGS,
    doubting: Callable[[Sequence[Event]], Sequence[Event]] = lambda events: (),
) -> Taken:
    """One batch of arrivals, already durable in the inbox: read, tied to sends, recorded in one commit.

    `mappings` says where the fields of generic posts stand, by the name of their source; those of a source
    that is not in it are not understood. `doubting` tells the events that hold addresses in an incident.
    """
    read = read_batch(arrivals, store, keyring, judge, now, mappings)
    changes = store.ledger.record([*read.events, *doubting(read.events)], now, read.names)
    store.tallies.count(read.passing)
    store.engagements.note(read.signs)
    return replace(read, changes=changes)


def read_batch(
    arrivals: Sequence[Arrival],
    store: Store,
    keyring: Keyring,
    judge: Judge,
    now: Instant,
    mappings: Mapping[str, Map] = _NO_MAPPINGS,
) -> Taken:
    """What a batch would become: read and tied to sends, and not recorded."""
    accounts = {account.number: account for account in store.accounts.accounts()}
    batch = Batch(Reader(judge, keyring, accounts, mappings), store.sends, now)
    batch.add([arrival for arrival in arrivals if arrival.form == MAIL])
    for arrival in arrivals:
        if arrival.form != MAIL:  # one by one: each may state thousands of events
            batch.add([arrival])
    unparsed = batch.unread | batch.faults.keys()
    outcomes = {
        arrival.id: Outcome.UNPARSED if arrival.id in unparsed else Outcome.JUDGED for arrival in arrivals
    }
    spent = batch.spent - unparsed
    return Taken(
        outcomes,
        batch.filed(),
        (),
        batch.faults,
        batch.passing,
        batch.signs,
        spent,
        batch.strange,
        batch.names,
    )


class _Caller(NamedTuple):
    """Who waits at the door, and with what."""

    arrivals: Sequence[Arrival]
    cursors: Mapping[str, bytes | None]


class Door:
    """Where arrivals become durable: many callers wait for one fsync. Belongs to one event loop."""

    def __init__(self, inbox: Inbox, committed: Callable[[], None] = lambda: None) -> None:
        self._inbox = inbox
        self._committed = committed  # called after each commit: wakes the worker
        self._gathered = Gathered(self._put)

    async def accept(
        self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS
    ) -> None:
        """Return when the arrivals are on disk, and with them how far their source was read: only then
        acknowledge. Raises what the inbox raises.
        """
        await self._gathered.add(_Caller(arrivals, cursors))

    def _put(self, callers: Sequence[_Caller]) -> None:
        together = [arrival for caller in callers for arrival in caller.arrivals]
        cursors = {name: place for caller in callers for name, place in caller.cursors.items()}
        self._inbox.put(together, cursors)
        self._committed()


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
        self._inbox.settle(taken.outcomes, self._clock.now(), taken.spent)
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
