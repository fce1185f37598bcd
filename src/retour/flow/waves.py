"""A wave: one act over many addresses under one id, which is done wholly or not at all.

First it is planned: every event that it is to record is durable before the first is recorded. So kill -9
leaves either a plan of which nothing was done, or one whose applying or undoing the job goes on with at the
next start. The events are fixed by the plan, with their ids: to record a batch twice changes
nothing. A wave is undone by withdrawals (flow.withdrawal): the states come back as though it had never been.

Every step is a generator that yields after each commit; whoever drives it may stop between two of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from retour.flow.facts import HORIZON
from retour.flow.jobs import CancelledError, Course, EndingError
from retour.flow.withdrawal import Act, Undo, known_of, withdrawals
from retour.identity import told_id
from retour.model import Event
from retour.ports import WAVE_BATCH, Acts, Bus, Clock, Ledger, Record, Stage, Wave, Waves


class Progress(NamedTuple):
    """How far a step has come; `of` is None while nobody knows."""

    done: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where waves lead."""

    ledger: Ledger
    acts: Acts
    bus: Bus
    waves: Waves
    clock: Clock


Still = Callable[[Sequence[Event]], Sequence[Event]]
"""Of planned events those that may be recorded even now; what is recorded already may be left out or not."""


def _all(events: Sequence[Event]) -> Sequence[Event]:
    return events


class NotNowError(Exception):
    """A wave is in no stage for what is asked of it; `wave` tells in which it is."""

    def __init__(self, wave: Wave) -> None:
        super().__init__(f"wave {wave.id} is {wave.stage.value}")
        self.wave = wave


def plan(
    wave: Wave, events: Iterable[Event], place: Place, about: Callable[[], str] | None = None
) -> Iterator[Progress]:
    """Write a wave down, with all that it is to do; nothing is done yet. `about` is asked at the end.

    The events carry account and address, and ids that follow from the wave's id: what is planned twice is
    planned once in effect. One with evidence may find no room in an address that is full of reports
    (ports.Ledger.record). Raises NotNowError for one that is planned already.
    """
    place.waves.expire(place.clock.now() - HORIZON)
    if not place.waves.begin(wave):
        raise NotNowError(place.waves.one(wave.id) or wave)
    count, rest = 0, iter(events)
    while batch := list(islice(rest, WAVE_BATCH)):
        place.waves.add(wave.id, batch)
        count += len(batch)
        yield Progress(count)
    if about is not None:
        place.waves.tell(wave.id, about())
    place.waves.turn(wave.id, (Stage.PLANNING,), Stage.PLANNED, wave.actor, place.clock.now())


def apply(id: str, by: str, place: Place, still: Still = _all) -> Iterator[Progress]:
    """Do what is planned; goes on where an earlier call was stopped. Raises NotNowError, KeyError.

    `still` is given each batch right before it is recorded.
    """
    wave = _turned(id, (Stage.PLANNED, Stage.APPLYING), Stage.APPLYING, by, place)
    _tell(wave, "planned", "applied", place)
    done = wave.done
    while done < wave.planned:
        until = min(done + WAVE_BATCH, wave.planned)
        now = place.clock.now()
        events = still(place.waves.events(id, done, until))
        place.bus.publish(place.ledger.record(events, now))
        place.waves.advance(id, until)
        done = until
        yield Progress(done, wave.planned)
    place.waves.turn(id, (Stage.APPLYING,), Stage.APPLIED, wave.by, place.clock.now())


def undo(id: str, by: str, place: Place) -> Iterator[Progress]:
    """Take a wave back, applied or half applied, from its end. Raises NotNowError, KeyError."""
    stages = (Stage.APPLYING, Stage.APPLIED, Stage.UNDOING)
    wave = _turned(id, stages, Stage.UNDOING, by, place)
    _tell(wave, "applied", "undone", place)
    done = whole = wave.done
    while done:
        after = max(done - WAVE_BATCH, 0)
        now = place.clock.now()
        acts = [Act(e.account, e.address, e.id) for e in place.waves.events(id, after, done)]
        told = Undo(wave.by, f"wave {id} was undone", now)
        events = withdrawals(acts, told, known_of(acts, place.ledger))
        place.bus.publish(place.ledger.record(events, now))
        place.waves.advance(id, after)
        done = after
        yield Progress(whole - done, whole)
    place.waves.turn(id, (Stage.UNDOING,), Stage.UNDONE, wave.by, place.clock.now())


def drop(id: str, by: str, place: Place) -> None:
    """Let go of a plan of which nothing was done. Raises NotNowError, KeyError."""
    _turned(id, (Stage.PLANNING, Stage.PLANNED), Stage.DROPPED, by, place)


def applied(id: str, by: str, place: Place, course: Course, still: Still = _all) -> None:
    """Apply a wave as a job does: cancelled, or failed, it is taken back as far as it came.

    Raises as `Course.told` and `apply` do. What an earlier process ended is not done again.
    """
    stage = _stage(id, place)
    if stage is Stage.APPLIED:
        return
    if stage in (Stage.UNDOING, Stage.UNDONE):  # the server ended while a cancelled one was taken back
        undone(id, by, place, course)
        raise CancelledError
    try:
        for done, of in apply(id, by, place, still):
            course.told(done, of, {})
    except (EndingError, NotNowError):
        raise  # it goes on at the next start; or is no wave to be applied
    except Exception:
        undone(id, by, place, course)
        raise


def undone(id: str, by: str, place: Place, course: Course) -> None:
    """Undo a wave as a job does: nothing cancels that, for it would be left half done."""
    if _stage(id, place) is Stage.UNDONE:
        return
    for done, of in undo(id, by, place):
        with suppress(CancelledError):
            course.told(done, of, {})


def _stage(id: str, place: Place) -> Stage:
    found = place.waves.one(id)
    if found is None:
        raise KeyError(id)
    return found.stage


def _turned(id: str, stages: Sequence[Stage], to: Stage, by: str, place: Place) -> Wave:
    found = place.waves.one(id)
    if found is None:
        raise KeyError(id)
    if not place.waves.turn(id, stages, to, by, place.clock.now()):
        raise NotNowError(place.waves.one(id) or found)
    return place.waves.one(id) or found


def _tell(wave: Wave, before: str, after: str, place: Place) -> None:
    """The line for the wave itself, before those of its addresses, in the ledger of each account."""
    for account in place.waves.accounts(wave.id):
        act = told_id("wave", wave.id, after, account)
        at = place.clock.now()
        place.acts.note(act, Record(0, at, account, "", wave.by, before, after, wave.act, act, 0))
