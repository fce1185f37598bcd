"""Waves by query: addresses are given back or stopped by what their bounces say (K25-K28, lifecycle rule 8).

A restore gives back only what a bounce stopped that the question means, and nothing else: who complained, was
imported or stopped by support is given back one by one.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from retour.address import domain_of
from retour.flow import waves
from retour.flow.jobs import Course, EndingError, Facts, FailedError, Job, Work
from retour.flow.questions import Question, Wrong, all_of, sought
from retour.flow.suppressions import provider_of
from retour.flow.why import telling
from retour.identity import act_id
from retour.instants import DAY, Instant
from retour.lifecycle import PolicyVersion, fold
from retour.model import OF_BOUNCES, Cause, Event, EventKind, State, StateName
from retour.ports import Bounced, History, Records, Wave

ACTS = {"restore": EventKind.RESTORE, "stop": EventKind.STOP}
SAMPLES = 10
MOST_PROVIDERS = 50  # told apart in a preview; the others are one number
ACTIVE: Instant = 90 * DAY
_BY_BOUNCE = frozenset({Cause.HARD, Cause.SOFT, Cause.BLOCK})


@dataclass(slots=True)
class Preview:
    """What a wave would do, in numbers."""

    addresses: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    providers: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)
    active: int = 0  # opened, clicked, replied, logged in or took a mail within 90 days

    def told(self) -> dict[str, Any]:
        """As JSON values."""
        most = self.providers.most_common(MOST_PROVIDERS)
        others = sum(self.providers.values()) - sum(count for _, count in most)
        return {
            "addresses": self.addresses,
            "reasons": dict(self.reasons.most_common()),
            "providers": dict(most) | ({"": others} if others else {}),
            "samples": self.samples,
            "active": self.active,
        }


@dataclass(frozen=True, slots=True)
class Order:
    """What a wave by query is to do."""

    act: str  # a key of ACTS
    question: Question
    state: str | None = None  # of the addresses; None: for a restore `invalid`, for a stop all others

    def told(self) -> dict[str, Any]:
        """As JSON values; two orders that mean the same tell the same."""
        return {"act": self.act, "filter": self.question.told(), "state": self.state}


def order_of(told: Mapping[str, Any]) -> Order:
    """The order that was told."""
    return Order(told["act"], Question(**told["filter"]), told["state"])


class Planner:
    """Finds what a wave is to do, and counts it on the way."""

    def __init__(self, wave: Wave, order: Order, store: Records) -> None:
        self._wave, self._order, self._store = wave, order, store
        self._policies: Sequence[PolicyVersion] = store.accounts.policies(wave.account)
        self._seen: set[str] = set()
        self.preview = Preview()

    def events(self, pages: Iterable[Sequence[Bounced]]) -> Iterator[Event]:
        """The events of the wave, one for each address."""
        for page in pages:
            known = self._store.ledger.known(
                self._wave.account, list(dict.fromkeys(row.event.address for row in page))
            )
            chosen = [row.event for row in page if self._is_meant(row.event, known)]
            self._count(chosen, known)
            yield from (self._event(event.address) for event in chosen)

    def _is_meant(self, event: Event, known: Mapping[str, History]) -> bool:
        address = event.address
        history = known.get(address)
        if history is None or address in self._seen:
            return False
        state = fold(history.events, self._policies, self._wave.at, history.deliveries)
        if self._order.state is not None and state.state != self._order.state:
            return False
        is_meant = self._frees(state, event, history) if self._order.act == "restore" else _stops(state)
        if is_meant:
            self._seen.add(address)
        return is_meant

    def _frees(self, state: State, event: Event, history: History) -> bool:
        if state.state is StateName.HELD:
            return self._order.state is not None
        if state.state is not StateName.INVALID or not state.causes <= _BY_BOUNCE:
            return False
        stopped_by = telling(history.events, state)
        return stopped_by is not None and stopped_by.id == event.id

    def _count(self, chosen: Sequence[Event], known: Mapping[str, History]) -> None:
        since = self._wave.at - ACTIVE
        signs = self._store.engagements.latest(self._wave.account, [event.address for event in chosen], since)
        told = self.preview
        for event in chosen:
            told.addresses += 1
            told.reasons[event.reason or ""] += 1
            domain = domain_of(event.address)
            told.providers[provider_of(domain) or domain] += 1
            if len(told.samples) < SAMPLES:
                told.samples.append(event.address)
            took = any(at >= since for _, at in known[event.address].deliveries)
            told.active += took or event.address in signs

    def _event(self, address: str) -> Event:
        wave = self._wave
        return Event(
            id=act_id(f"wave {wave.id}", wave.account, address, wave.at, wave.actor),
            kind=ACTS[self._order.act],
            at=wave.at,
            account=wave.account,
            address=address,
            actor=wave.actor,
            note=wave.note,
            outcome=OF_BOUNCES if self._order.act == "restore" else None,
        )


def _stops(state: State) -> bool:
    return state.state is not StateName.INVALID


# --- as jobs -----------------------------------------------------------------------------------------------


def works(store: Records, place: waves.Place) -> Mapping[str, Work]:
    """What jobs do for waves by query, by their kinds."""

    def plan(job: Job, course: Course) -> Facts:
        try:
            return planned(job, course, store, place)
        except EndingError:
            raise  # it is planned anew at the next start
        except Exception:  # cancelled, or failed: nothing of it was done
            with suppress(waves.NotNowError, KeyError):
                waves.drop(job.order["wave"], job.actor, place)
            raise

    def apply(job: Job, course: Course) -> Facts:
        return _staged(job, partial(waves.applied, still=partial(_still, store)), place, course)

    def undo(job: Job, course: Course) -> Facts:
        return _staged(job, waves.undone, place, course)

    return {"wave_plan": plan, "wave_apply": apply, "wave_undo": undo}


def _still(store: Records, events: Sequence[Event]) -> Sequence[Event]:
    """Those that give back nothing but what bounces stopped: a complaint may have come since the preview, and
    be dated before it."""
    by_account: dict[str, list[str]] = {}
    for event in events:
        if event.kind is EventKind.RESTORE:
            by_account.setdefault(event.account, []).append(event.address)
    spared: set[tuple[str, str]] = set()
    for account, addresses in by_account.items():
        policies = store.accounts.policies(account)
        for address, history in store.ledger.known(account, addresses).items():
            state = fold(history.events, policies, max(event.at for event in events), history.deliveries)
            if state.state is StateName.INVALID and not state.causes <= _BY_BOUNCE:
                spared.add((account, address))
    return [event for event in events if (event.account, event.address) not in spared]


def planned(job: Job, course: Course, store: Records, place: waves.Place) -> Facts:
    """Plan the wave of a job; its preview."""
    told, order = dict(job.order), order_of(job.order)
    wanted = sought(order.question)
    if isinstance(wanted, Wrong):  # the route has looked at it: this is another version of Retour
        raise FailedError("question")
    wave = Wave(told["wave"], job.account, order.act, job.asked_at, job.actor, told["reason"])
    planner = Planner(wave, order, store)
    events = planner.events(all_of(wave.account, wanted, store.segments))

    def about() -> str:
        return json.dumps(order.told() | {"preview": planner.preview.told()})

    for done, _ in waves.plan(wave, events, place, about):
        course.told(done, None, {})
    return {"wave": wave.id, **planner.preview.told()}


def _staged(
    job: Job, step: Callable[[str, str, waves.Place, Course], None], place: waves.Place, course: Course
) -> Facts:
    try:
        step(job.order["wave"], job.actor, place, course)
    except waves.NotNowError as error:
        raise FailedError("wave_stage") from error
    return {"wave": job.order["wave"]}
