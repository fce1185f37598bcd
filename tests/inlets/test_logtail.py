"""A log is followed to its last line, each line once, however it is written, rotated and left alone."""

import gzip
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retour.flow.follow import LogReader, Terms
from retour.inlets.logtail.files import FileTail
from retour.inlets.logtail.following import Follower
from retour.inlets.logtail.rotated import family
from retour.model import Arrival, Kind
from retour.parse.logs import read_log
from retour.stores.memory import MemoryInbox

TERMS = Terms("mail", "postfix-log", account="shop")


def mail(number: int, outcome: str = "dsn=5.1.1, status=bounced (said: 550 5.1.1 no such user)") -> bytes:
    """All that Postfix logs of one mail, in nine lines or so."""
    head, id = f"2026-11-21T09:{number % 60:02}:00+00:00 mx postfix", f"{number:010X}"
    to = f"to=<r{number}@b.example>, relay=mx.b.example[192.0.2.7]:25, delay=1, delays=1/0/0/0"
    later = "dsn=4.2.2, status=deferred (said: 452 4.2.2 full)"
    lines = [
        f"{head}/cleanup[2]: {id}: message-id=<{number}@shop.example>",
        f"{head}/qmgr[3]: {id}: from=<news@shop.example>, size=9, nrcpt=1 (queue active)",
        *[f"{head}/smtp[4]: {id}: {to}, {later}"] * (number % 3 == 0),
        f"{head}/qmgr[3]: {id}: from=<news@shop.example>, status=expired, returned to sender"
        if number % 6 == 0
        else f"{head}/smtp[4]: {id}: {to}, {outcome}",
        f"{head}/qmgr[3]: {id}: removed",
    ]
    return "".join(line + "\n" for line in lines).encode()


SENT = "dsn=2.0.0, status=sent (250 ok)"


def log_of(count: int) -> bytes:
    """Mails that were on their way at the same time: their lines lie between each other."""
    queues = [mail(n, SENT if n % 2 else mail.__defaults__[0]).splitlines(True) for n in range(1, count + 1)]
    lines = [queue[place] for place in range(6) for queue in queues if place < len(queue)]
    return b"".join(lines)


def events(arrivals: list[Arrival]) -> list[tuple[object, ...]]:
    """What each arrival tells at its end; all that it tells where it is one of deliveries."""
    found = []
    for arrival in arrivals:
        told = list(read_log(arrival.form, [arrival.raw], successes=True))
        for entry in told if arrival.passing else told[-1:]:
            found.append((entry.id, entry.reading, entry.lines, arrival.account, arrival.passing))
    return sorted(found, key=lambda each: str(each[0]))


class Scene:
    """A log that is written, and one who follows it."""

    def __init__(self, place: Path) -> None:
        self.log = place / "mail.log"
        self.inbox = MemoryInbox()
        self.writer = self.log.open("ab", buffering=0)
        self.arrived: list[Exception] = []
        self.follower = self.begin()

    def begin(self) -> Follower:
        self.tail = FileTail(self.log)
        return Follower(TERMS, self.tail, self.inbox.put, self.inbox.cursors, lambda: 7, self.arrived.append)

    def write(self, octets: bytes) -> None:
        self.writer.write(octets)

    def end(self) -> None:
        self.tail.close()
        self.writer.close()

    def look(self) -> None:
        self.follower.step()

    def shift(self) -> Path:
        """Free the name mail.log.1, as logrotate does."""
        numbered = [each.file for each in family(self.log) if each.file != self.log]
        for file in numbered:
            number, packed = file.name.removesuffix(".gz").rpartition(".")[2], file.suffix == ".gz"
            file.rename(self.log.with_name(f"mail.log.{int(number) + 1}{'.gz' * packed}"))
        return self.log.with_name("mail.log.1")

    def rename(self) -> None:
        self.log.rename(self.shift())
        self.writer.close()
        self.writer = self.log.open("ab", buffering=0)

    def truncate(self) -> None:
        self.shift().write_bytes(self.log.read_bytes())
        os.truncate(self.log, 0)

    def pack(self) -> None:
        """Pack the newest of the rotated files."""
        plain = [each.file for each in family(self.log) if each.file.suffix != ".gz"][:-1]
        for file in plain[-1:]:
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes()))
            file.unlink()

    def crash(self) -> None:
        """As kill -9: nothing is kept that was not yet."""
        self.tail.close()
        self.follower = self.begin()

    def restart(self) -> None:
        self.follower.close()
        self.follower = self.begin()

    def read_to_the_end(self) -> list[Arrival]:
        quiet = 0
        while quiet < 8:
            quiet = 0 if self.follower.step() else quiet + 1
        return self.inbox.waiting(10_000)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.end()


def at_once(log: bytes) -> list[tuple[object, ...]]:
    return events(LogReader(TERMS).read(log, 7))


def test_the_log_of_these_tests_tells_of_everything() -> None:
    kinds = [each[1].kind for each in at_once(log_of(12))]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        Kind.BOUNCE: 6,
        Kind.DELAY: 4,
        Kind.DELIVERED: 6,
    }


LOG = log_of(14)
ACTS = ["rename", "truncate", "pack", "crash", "restart", "look", "look"]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(LOG)), st.lists(st.sampled_from(ACTS), max_size=4)), max_size=9))
def test_any_writes_rotations_and_restarts_give_what_reading_at_once_gives(
    story: list[tuple[int, list[str]]],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        scene, written = Scene(Path(place)), 0
        scene.look()  # what was rotated before the log was met is not asked for
        for upto, acts in sorted(story, key=lambda each: each[0]):
            scene.write(LOG[written:upto])
            written = upto
            for act in acts:
                if act in ("rename", "truncate"):  # no server rotates in the midst of a line
                    end = LOG.index(b"\n", written) + 1 if written < len(LOG) else written
                    scene.write(LOG[written:end])
                    written = end
                if act == "truncate":  # of a file that nobody has looked into no copy can be known
                    scene.read_to_the_end()
                getattr(scene, act)()
        scene.write(LOG[written:])
        found = events(scene.read_to_the_end())
        scene.end()
        assert found == at_once(LOG)
        assert scene.follower.count.gaps == 0
