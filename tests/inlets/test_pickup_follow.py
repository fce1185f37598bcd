"""What is visited: what fails is tried again, ever more slowly, and at once after it has worked."""

import threading

import pytest

from retour.inlets.pickup.desk import Desk, Terms, TroubleError
from retour.inlets.pickup.follow import Follower, Patience
from retour.stores.memory import MemoryInbox

PATIENCE = Patience(first=0.001, longest=0.004, refused=0.002, refused_longest=0.008)


class Scripted:
    """A source that fails as the script says: a code, "works" for a visit before a failure, or a bug."""

    def __init__(self, *script: str) -> None:
        clock = iter(range(1, 1000))
        self.desk = Desk(Terms("m"), lambda arrivals, cursors: None, MemoryInbox(), lambda: next(clock))
        self._script = list(script)
        self.aborted = threading.Event()

    def follow(self) -> None:
        if not self._script:
            self.desk.ended.set()
            return
        step = self._script.pop(0)
        if step == "works":
            self.desk.visited()
            step = "unreachable"
        if step == "bug":
            raise LookupError(step)
        raise TroubleError(step, "x" * 1000)

    def abort(self) -> None:
        self.aborted.set()


def pauses(*script: str) -> list[tuple[str, float]]:
    told: list[tuple[str, float]] = []

    def hear(trouble: TroubleError, pause: float) -> None:
        told.append((trouble.code, pause))

    source = Scripted(*script)
    Follower("m", source, hear, lambda fault: told.append((str(fault), 0)), PATIENCE).run()
    assert source.desk.counts.failing
    return told


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (["unreachable"] * 4, [0.001, 0.002, 0.004, 0.004]),
        (["unreachable", "unreachable", "works", "unreachable"], [0.001, 0.002, 0.001, 0.002]),
        (["refused"] * 4, [0.002, 0.004, 0.008, 0.008]),
        (["unreachable", "refused"], [0.001, 0.004]),
        (["bug", "bug", "unreachable"], [0, 0, 0.004]),
    ],
)
def test_each_try_waits_longer_until_one_goes_through(script: list[str], expected: list[float]) -> None:
    assert [pause for _, pause in pauses(*script)] == expected


def test_a_servers_words_are_bounded() -> None:
    assert len(TroubleError("refused", "x" * 1000).reason) == 300


def test_one_that_hangs_is_aborted_and_left_behind() -> None:
    released = threading.Event()

    class Hanging(Scripted):
        def follow(self) -> None:
            released.wait()

    source = Hanging()
    follower = Follower("m", source, lambda trouble, pause: None, lambda fault: None)
    follower.start()
    follower.end(within=0.01)
    assert source.aborted.is_set()
    released.set()
