"""A wave is whole or not at all: applied, undone, and killed at every step of both."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.conftest import PEPPER
from retour.bus import LocalBus
from retour.chain import verify
from retour.flow import waves
from retour.flow.desk import Desk
from retour.flow.jobs import CancelledError, Course, EndingError, Job
from retour.identity import act_id
from retour.instants import DAY, HOUR, Instant
from retour.lifecycle import preset
from retour.model import Event, EventKind, Reason
from retour.ports import OF_MANY, WAVE_BATCH, Record, RecordQuery, Records, Stage, Wave
from retour.stores import sqlite

NOW = 20_000 * DAY
TESTS = str(Path(__file__).parents[1])


@dataclass
class Hand:
    instant: Instant = NOW

    def now(self) -> Instant:
        return self.instant


@dataclass
class World:
    """A data directory with two accounts, open."""

    store: Records
    desk: Desk
    clock: Hand

    @property
    def place(self) -> waves.Place:
        return waves.Place(self.store.ledger, self.store.acts, LocalBus(), self.desk.waves, self.clock)

    def close(self) -> None:
        self.store.close()
        self.desk.close()

    def states(self) -> dict[tuple[str, str], object]:
        return {
            (account, row.address): row.state
            for account in ("shop", "club")
            for row in self.store.ledger.states(account, 10_000)
        }

    def records(self, account: str = "shop") -> list[Record]:
        return self.store.ledger.records(RecordQuery(account, limit=10_000))[::-1]


def opened(directory: Path) -> World:
    world = World(sqlite.open_store(directory / "s", PEPPER), sqlite.open_desk(directory / "d"), Hand())
    if not world.store.accounts.accounts():
        for name in ("shop", "club"):
            world.store.accounts.add_account(name, f"{name}.return.test", preset("default"), NOW - DAY)
    return world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = opened(tmp_path)
    yield made
    made.close()


def bounce(account: str, address: str, at: Instant = NOW - HOUR) -> Event:
    id = act_id("bounce", account, address, at, "")
    return Event(id, EventKind.BOUNCE, at, Reason.ADDRESS_UNKNOWN, "5.1.1", account=account, address=address)


def restores(wave: Wave, places: Sequence[tuple[str, str]]) -> Iterator[Event]:
    for account, address in places:
        id = act_id(f"wave {wave.id}", account, address, wave.at, wave.actor)
        kind = EventKind.RESTORE
        yield Event(id, kind, wave.at, account=account, address=address, actor=wave.actor, note=wave.note)


WAVE = Wave("w1", "", "restore", NOW, "key a", "the provider was at fault")
PLACES = [
    (account, f"a{n}@b.example")
    for n in range(WAVE_BATCH + 200)
    for account in (("shop", "club") if n % 2 else ("shop",))
]


def ended(step: Iterator[object]) -> None:
    for _ in step:
        pass


def stopped(world: World, places: Sequence[tuple[str, str]] = PLACES) -> None:
    world.store.ledger.record([bounce(*place) for place in places], NOW)


def test_a_wave_is_planned_applied_and_undone(world: World) -> None:
    stopped(world)
    before = world.states()
    ended(waves.plan(WAVE, restores(WAVE, PLACES), world.place))
    planned = world.desk.waves.one("w1")
    assert planned is not None
    assert (planned.stage, planned.planned, planned.done) == (Stage.PLANNED, len(PLACES), 0)
    assert world.states() == before

    world.clock.instant += HOUR
    told = list(waves.apply("w1", "key b", world.place))
    assert told[-1] == (len(PLACES), len(PLACES))
    applied = world.desk.waves.one("w1")
    assert applied is not None
    assert (applied.stage, applied.done, applied.by) == (Stage.APPLIED, len(PLACES), "key b")
    assert {state.state for state in world.states().values()} == {"valid"}

    world.clock.instant += HOUR
    ended(waves.undo("w1", "key c", world.place))
    undone = world.desk.waves.one("w1")
    assert undone is not None
    assert (undone.stage, undone.done, undone.by) == (Stage.UNDONE, 0, "key c")
    assert world.states() == before


def test_the_ledger_has_a_line_for_the_wave_and_one_for_each_address(world: World) -> None:
    stopped(world, PLACES[:5])
    ended(waves.plan(WAVE, restores(WAVE, PLACES[:5]), world.place))
    ended(waves.apply("w1", "key b", world.place))
    ended(waves.undo("w1", "key b", world.place))
    for account, addresses in (("shop", 4), ("club", 1)):
        records = world.records(account)
        of_waves = [each for each in records if each.who == OF_MANY.hex()]
        assert [(r.before, r.after, r.cause, r.actor) for r in of_waves] == [
            ("planned", "applied", "restore", "key b"),
            ("applied", "undone", "restore", "key b"),
        ]
        assert len(records) == 2 + 3 * addresses
        assert records.index(of_waves[0]) == addresses
        found = verify((each.line(), each.link) for each in records)
        assert (found.broken, found.whole, found.lines) == (None, True, len(records))


def test_every_event_of_it_can_be_found_by_actor_and_reason(world: World) -> None:
    stopped(world, PLACES[:1])
    ended(waves.plan(WAVE, restores(WAVE, PLACES[:1]), world.place))
    ended(waves.apply("w1", "key b", world.place))
    life = world.store.ledger.life("shop", "a0@b.example", NOW)
    assert life is not None
    restored = life.events[-1]
    assert (restored.actor, restored.note) == ("key a", "the provider was at fault")


def test_a_wave_does_one_thing_at_a_time_and_nothing_twice(world: World) -> None:
    stopped(world, PLACES[:3])
    ended(waves.plan(WAVE, restores(WAVE, PLACES[:3]), world.place))
    with pytest.raises(waves.NotNowError):
        ended(waves.undo("w1", "key b", world.place))
    ended(waves.apply("w1", "key b", world.place))
    with pytest.raises(waves.NotNowError):
        ended(waves.apply("w1", "key b", world.place))
    with pytest.raises(waves.NotNowError):
        waves.drop("w1", "key b", world.place)
    with pytest.raises(KeyError):
        ended(waves.apply("w2", "key b", world.place))
    with pytest.raises(waves.NotNowError):
        ended(waves.plan(WAVE, restores(WAVE, PLACES), world.place))
    again = world.desk.waves.one("w1")
    assert again is not None
    assert (again.stage, again.planned) == (Stage.APPLIED, 3)


def test_a_dropped_plan_leaves_nothing_and_can_be_made_anew(world: World) -> None:
    ended(waves.plan(WAVE, restores(WAVE, PLACES[:3]), world.place))
    waves.drop("w1", "key b", world.place)
    assert world.desk.waves.events("w1", 0, 10) == []
    ended(waves.plan(WAVE, restores(WAVE, PLACES[:2]), world.place))
    assert len(world.desk.waves.events("w1", 0, 10)) == 2


def test_waves_are_listed_by_account_and_forget_what_cannot_be_undone_any_more(world: World) -> None:
    for n, account in enumerate(("shop", "club", "shop")):
        wave = replace(WAVE, id=f"w{n}", account=account)
        ended(waves.plan(wave, restores(wave, PLACES[:1]), world.place))
    listed = world.desk.waves.listed
    assert [each.id for each in listed("shop", 10)] == ["w2", "w0"]
    assert [each.id for each in listed("shop", 10, "w2")] == ["w0"]
    assert [each.id for each in listed(None, 10)] == ["w2", "w1", "w0"]
    world.desk.waves.expire(NOW + 1)
    assert world.desk.waves.events("w2", 0, 10) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(list(Reason)), st.integers(1, 300)), max_size=20)
)
def test_applied_and_undone_the_states_are_what_they_were(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, Reason, int]]
) -> None:
    world = opened(tmp_path_factory.mktemp("world"))
    events = [
        bounce("shop", f"a{n}@b.example", NOW - days * DAY)._replace(reason=reason)
        for n, reason, days in told
    ]
    world.store.ledger.record(events, NOW)
    before = world.states()
    places = [("shop", f"a{n}@b.example") for n in {n for n, _, _ in told}]
    ended(waves.plan(WAVE, restores(WAVE, places), world.place))
    ended(waves.apply("w1", "key b", world.place))
    ended(waves.undo("w1", "key b", world.place))
    after = world.states()
    world.close()
    assert after == before


# --- as jobs -----------------------------------------------------------------------------------------------


def course(world: World, ending: Callable[[], bool] = lambda: False) -> Course:
    job = Job("j1", "shop", "wave", "key b", NOW, {})
    world.desk.jobs.add(job)
    world.desk.jobs.take(NOW, ())
    return Course(job, world.desk.jobs, ending)


def test_a_cancelled_wave_is_taken_back_as_far_as_it_came(world: World) -> None:
    stopped(world)
    before = world.states()
    ended(waves.plan(WAVE, restores(WAVE, PLACES), world.place))
    told = course(world)
    world.desk.jobs.cancel("j1", NOW)
    with pytest.raises(CancelledError):
        waves.applied("w1", "key b", world.place, told)
    wave = world.desk.waves.one("w1")
    assert wave is not None
    assert (wave.stage, wave.done, world.states()) == (Stage.UNDONE, 0, before)
    assert len(world.records()) == 1200 + 2 + 2 * 667


def test_a_server_that_ends_leaves_the_rest_to_the_next(world: World) -> None:
    stopped(world)
    before = world.states()
    ended(waves.plan(WAVE, restores(WAVE, PLACES), world.place))
    with pytest.raises(EndingError):
        waves.applied("w1", "key b", world.place, course(world, lambda: True))
    half = world.desk.waves.one("w1")
    assert half is not None
    assert (half.stage, half.done) == (Stage.APPLYING, WAVE_BATCH)
    world.desk.jobs.cancel("j1", NOW)
    with pytest.raises(CancelledError):
        waves.applied("w1", "key b", world.place, course(world))
    assert world.states() == before


def test_nothing_cancels_an_undoing(world: World) -> None:
    stopped(world)
    before = world.states()
    ended(waves.plan(WAVE, restores(WAVE, PLACES), world.place))
    ended(waves.apply("w1", "key b", world.place))
    told = course(world)
    world.desk.jobs.cancel("j1", NOW)
    waves.undone("w1", "key c", world.place, told)
    assert world.states() == before


# --- killed -----------------------------------------------------------------------------------------------

STEPS = [
    ("plan", "begin", "after"),
    ("plan", "add", "within"),
    ("plan", "add", "after"),
    ("plan", "turn", "within"),
    ("apply", "turn", "after"),
    ("apply", "note", "within"),
    ("apply", "note", "after"),
    ("apply", "record", "before"),
    ("apply", "record", "within"),
    ("apply", "record", "after"),
    ("apply", "advance", "within"),
    ("apply", "advance", "after"),
    ("undo", "turn", "after"),
    ("undo", "record", "within"),
    ("undo", "record", "after"),
    ("undo", "advance", "after"),
]


def goes_on(world: World) -> None:
    """What the job does at the next start."""
    wave = world.desk.waves.one("w1")
    assert wave is not None
    match wave.stage:
        case Stage.PLANNING:
            waves.drop("w1", "key b", world.place)
        case Stage.APPLYING:
            ended(waves.apply("w1", "key b", world.place))
        case _:
            ended(waves.undo("w1", "key c", world.place))


@pytest.mark.parametrize("step", STEPS, ids=" ".join)
def test_killed_at_any_step_it_is_whole_or_not_at_all(step: tuple[str, str, str], tmp_path: Path) -> None:
    world = opened(tmp_path)
    stopped(world)
    before = world.states()
    world.close()
    command = [sys.executable, "-m", "contract.killed_wave", str(tmp_path), *step]
    run = subprocess.run(command, env={**os.environ, "PYTHONPATH": TESTS}, capture_output=True)
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()

    world = opened(tmp_path)
    goes_on(world)
    wave = world.desk.waves.one("w1")
    assert wave is not None
    after, records = world.states(), world.records()
    lines = [each.after for each in records if each.who == OF_MANY.hex()]
    found = verify((each.line(), each.link) for each in records)
    world.close()
    match step[0]:
        case "plan":
            assert (wave.stage, after, lines) == (Stage.DROPPED, before, [])
        case "apply":
            assert (wave.stage, wave.done, lines) == (Stage.APPLIED, len(PLACES), ["applied"])
            assert {state.state for state in after.values()} == {"valid"}
            assert len(records) == 2 * 1200 + 1
        case _:
            assert (wave.stage, after, lines) == (Stage.UNDONE, before, ["applied", "undone"])
    assert (found.broken, found.whole) == (None, True)
