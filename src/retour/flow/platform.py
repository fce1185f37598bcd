"""Protection across accounts with privacy (K20, N10, lifecycle rule 11).

An address that enough accounts have found dead is stopped for all accounts that obey. What crosses the wall
is one bit under a keyed hash: stopped on this platform, since which day. Whether it is so is a function of
the verdicts as they stand: one that is taken back, voided or restored counts no more, and with it the stop
may go.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from retour.address import key, platform_key
from retour.instants import DAY, Instant
from retour.lifecycle import PolicyVersion, for_all, told
from retour.lifecycle.counters import counter_of
from retour.model import FOR_ALL, GROUPS, BounceType, Cause, EventKind, Group, Reason, StateName
from retour.ports import Accounts, Clock, History, Ledger, Life, PlatformStop, PlatformStops, ReadSoFar, Store

_BATCH = 1000  # lines of the ledger in one commit
_MOST_BATCHES = 20  # in one turn: others wait for their second


@dataclass(frozen=True, slots=True)
class Terms:
    """How many accounts must have found an address dead, and within which time of each other."""

    accounts: int = 3
    within: Instant = 60 * DAY

    def __str__(self) -> str:
        return f"{self.accounts} {self.within}"


class Verdict(NamedTuple):
    """What one account has found; shown to nobody but the staff of the platform."""

    account: str
    at: Instant
    reason: Reason


class Gate(Protocol):
    """A table that is told what the platform has stopped."""

    def platform(self, stops: Iterable[PlatformStop]) -> None: ...

    def stopped_for_all(self, account: str, address: str) -> bool: ...


class Platform:
    """Follows the ledger, and keeps the stops of the platform as it says."""

    def __init__(self, store: Store, gate: Gate, clock: Clock, pepper: bytes, terms: Terms) -> None:
        self._stops: PlatformStops = store.platform
        self._ledger: Ledger = store.ledger
        self._accounts: Accounts = store.accounts
        self._gate, self._clock, self._key, self._terms = gate, clock, platform_key(pepper), terms
        self._turn = threading.Lock()

    def load(self) -> None:
        """Tell the gate of everything that is stopped."""
        after = 0
        while stops := self._stops.changed(after, _BATCH):
            self._gate.platform(stops)
            after = stops[-1].revision

    def since(self, account: str, address: str) -> Instant | None:
        """The day since which this (normalised) address is stopped for this account; None: it is not.

        All that an account is ever told.
        """
        if not self._gate.stopped_for_all(account, address):
            return None
        hash = key(self._key, address)
        stop = self._stops.stops([hash]).get(hash)
        return None if stop is None else stop.since

    def verdicts(self, address: str) -> list[Verdict]:
        """The verdicts as they stand, the latest first: for the staff of the platform."""
        held = self._histories([address], self._stops.holders([address]))[address]
        found = ((history.account, _dead(history, policies, self._clock.now())) for history, policies in held)
        told = [Verdict(account, dead[-1].at, dead[-1].reason) for account, dead in found if dead]
        return sorted(told, key=lambda verdict: -verdict.at)

    def lift(self, addresses: Sequence[str], at: Instant) -> None:
        """A review has found these addresses alive: no verdict from before counts. Harmless to repeat."""
        with self._turn:
            hashes = [key(self._key, address) for address in addresses]
            known = self._stops.stops(hashes)
            lifted = [
                PlatformStop(hash, None, at)
                for hash in hashes
                if hash not in known or (known[hash].lifted_at or 0) < at
            ]
            self._keep(lifted)

    def look_at(self, addresses: Sequence[str]) -> None:
        """Judge these addresses anew at once: something about them has just changed."""
        with self._turn:
            self._keep(self._judged(addresses, self._clock.now()))

    def follow(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Go on in the ledger. Called about once a second; what is left waits for the next call."""
        with self._turn:
            for _ in range(_MOST_BATCHES):
                if stopping() or not self._step(self._clock.now()):
                    return

    def _step(self, now: Instant) -> bool:
        terms, before = str(self._terms), self._stops.place()
        # Under others than before everything is looked at anew.
        place = before if before.terms == terms else ReadSoFar(terms)
        records, record = self._ledger.happened(place.record, _BATCH)
        touched, event = self._stops.touched(place.event, _BATCH)
        reached = ReadSoFar(terms, record, event)
        if reached == before:
            return False
        moved = {r.address for r in records if StateName.INVALID in (r.before, r.after)}
        self._keep(self._judged(sorted(moved.union(touched)), now), reached)
        return reached != place

    def _keep(self, stops: Sequence[PlatformStop], place: ReadSoFar | None = None) -> None:
        if stops or place is not None:
            self._stops.keep(stops, place)
        self._gate.platform(stops)

    def _judged(self, addresses: Sequence[str], now: Instant) -> list[PlatformStop]:
        """The stops of these addresses that are to change."""
        known = self._stops.stops([key(self._key, address) for address in addresses])
        holders = self._stops.holders(addresses)
        wanted: list[str] = []
        for address in addresses:
            stop = known.get(key(self._key, address))
            stands = stop is not None and stop.since is not None
            if stands or len(holders[address]) >= self._terms.accounts:
                wanted.append(address)
        histories = self._histories(wanted, holders)
        changed: list[PlatformStop] = []
        for address in wanted:
            hash = key(self._key, address)
            before = known.get(hash, PlatformStop(hash, None))
            dead = confirmed(histories[address], before.lifted_at or 0, self._terms, now)
            if dead is not (before.since is not None):
                changed.append(before._replace(since=now - now % DAY if dead else None))
        return changed

    def _histories(
        self, addresses: Sequence[str], holders: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Sequence[tuple[History, Sequence[PolicyVersion]]]]:
        """What the accounts know of them, with the policies that it is judged under."""
        held: dict[str, list[str]] = {}
        for address in addresses:
            for account in holders[address]:
                held.setdefault(account, []).append(address)
        found: dict[str, list[tuple[History, Sequence[PolicyVersion]]]] = {each: [] for each in addresses}
        for account, theirs in held.items():
            policies = self._accounts.policies(account)
            for address, history in self._ledger.known(account, theirs).items():
                found[address].append((history, policies))
        return found


def under(life: Life, since: Instant | None) -> Life:
    """A life as its account is shown it: under the stop of the platform, if there is one."""
    return life if since is None else replace(life, state=for_all(life.state, since))


def confirmed(
    held: Sequence[tuple[History, Sequence[PolicyVersion]]], lifted_at: Instant, terms: Terms, now: Instant
) -> bool:
    """Whether so many accounts have found the address dead, within the time. Pure.

    What the staff of the platform has restored anywhere lives: older verdicts of others count no more either,
    nor do those on mail that was under way by then. An account's own support ends its own verdict alone.
    """
    events = [event for history, _ in held for event in history.events]
    withdrawn = {event.outcome for event in events if event.kind is EventKind.WITHDRAWAL}
    restored = [
        event.at
        for event in events
        if event.kind is EventKind.RESTORE and event.outcome == FOR_ALL and event.id.hex() not in withdrawn
    ]
    after = max([lifted_at, *restored])
    times = sorted(at for history, policies in held if (at := _dead_at(history, policies, now, after)))
    spans = zip(times, times[terms.accounts - 1 :], strict=False)
    return any(last - first <= terms.within for first, last in spans)


def _dead_at(history: History, policies: Sequence[PolicyVersion], now: Instant, after: Instant) -> Instant:
    """When an account last heard of mail of after `after` that the address is gone; 0: never."""
    fresh = [verdict.at for verdict in _dead(history, policies, now) if verdict.sent > after]
    return max(fresh, default=0)


class _Dead(NamedTuple):
    """A bounce by which an account knows that the address is gone."""

    at: Instant
    sent: Instant  # when the mail was handed over; the time of the bounce where nobody knows
    reason: Reason


def _dead(history: History, policies: Sequence[PolicyVersion], now: Instant) -> list[_Dead]:
    """The bounces that tell an account so, while they stop it there; the latest last.

    Only what counts: a bounce that an incident holds is no verdict, nor one that the policy never counts.
    """
    state, bounces = told(history.events, policies, now, history.deliveries)
    if Cause.HARD not in state.causes:
        return []
    policy = policies[-1].policy
    sent = {event.id: event.handed_over for event in history.events}
    dead = [
        _Dead(bounce.at, min(sent.get(id) or bounce.at, bounce.at), bounce.reason)
        for id, bounce in bounces.items()
        if bounce.type is BounceType.HARD
        and GROUPS[bounce.reason] is Group.DEAD
        and counter_of(bounce, policy) is not None
    ]
    return sorted(dead)
