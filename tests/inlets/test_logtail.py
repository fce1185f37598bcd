"""A log is followed to its last line, each line once, however it is written, rotated and left alone."""

import gzip
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retour.flow.follow import LogReader, Terms
from retour.inlets.logtail import BLOCK, files, following
from retour.inlets.logtail.files import KEPT, FileTail
from retour.inlets.logtail.following import Follower
from retour.inlets.logtail.rotated import Place, Rotated, family, find
from retour.model import Arrival, Kind
from retour.parse.logs import read_log
from retour.stores.memory import MemoryInbox
from story.waiting import eventually

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

    def __init__(self, place: Path, terms: Terms = TERMS) -> None:
        self.log, self.terms = place / "mail.log", terms
        self.inbox = MemoryInbox()
        self.writer = self.log.open("ab", buffering=0)
        self.arrived: list[Exception] = []
        self.follower = self.begin()

    def begin(self) -> Follower:
        self.tail = FileTail(self.log)
        return Follower(
            self.terms, self.tail, self.inbox.put, self.inbox.cursors, lambda: 7, self.arrived.append
        )

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
            written = max(written, upto)
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


def lines_of(scene: Scene, looks: int = 6) -> bytes:
    return b"".join(scene.tail.read() for _ in range(looks))


def begun(scene: Scene, at_end: bool = False) -> FileTail:
    scene.tail.close()
    scene.tail = FileTail(scene.log, at_end)
    return scene.tail


def test_a_line_waits_until_it_is_whole(scene: Scene) -> None:
    scene.write(b"one\ntw")
    tail = begun(scene)
    assert lines_of(scene) == b"one\n"
    scene.write(b"o")
    assert (lines_of(scene), tail.behind) == (b"", 3)
    scene.write(b"\nthree\n")
    assert (tail.read(), tail.behind) == (b"two\nthree\n", 0)


def test_a_log_that_is_not_there_yet_is_read_from_its_beginning(scene: Scene) -> None:
    scene.log.unlink()
    tail = begun(scene, at_end=True)
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match=r"mail\.log"):
            tail.resume(None)
    scene.log.write_bytes(b"first\n")
    tail.resume(None)
    assert lines_of(scene) == b"first\n"


def test_from_the_end_only_whole_lines_that_are_new_are_read(scene: Scene) -> None:
    scene.write(b"old\n" + b"x" * 3 * BLOCK + b"\nbegun")
    tail = begun(scene, at_end=True)
    tail.resume(None)
    place = tail.place()
    scene.write(b" before\nnew\n")
    assert lines_of(scene) == b"begun before\nnew\n"
    begun(scene, at_end=True).resume(place)  # what came while nobody was there is not passed over
    assert lines_of(scene) == b"begun before\nnew\n"


@pytest.mark.parametrize("length", [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_of_a_line_without_end_the_beginning_is_kept_and_what_follows_it_is_read(
    scene: Scene, length: int
) -> None:
    scene.write(b"one\n" + b"x" * length + b"\nthree\n")
    tail = begun(scene)
    one, long, three, end = lines_of(scene, 9).split(b"\n")
    assert (one, three, end, set(long)) == (b"one", b"three", b"", {ord("x")})
    assert KEPT <= len(long) <= length
    place = tail.place()
    assert place is not None
    begun(scene).resume(place)
    assert lines_of(scene) == b""


def test_a_crash_within_a_long_line_does_not_make_its_rest_a_line(scene: Scene) -> None:
    scene.write(b"one\n" + b"x" * BLOCK)
    tail = begun(scene)
    assert lines_of(scene) == b"one\n"
    place = tail.place()
    begun(scene).resume(place)
    scene.write(b"lie\ntwo\n")
    assert lines_of(scene).splitlines()[1:] == [b"two"]


def test_the_hole_that_a_writer_leaves_after_a_truncation_is_no_line(scene: Scene) -> None:
    scene.write(b"one\n")
    begun(scene)
    assert lines_of(scene) == b"one\n"
    with scene.log.open("r+b") as writer:
        os.truncate(scene.log, 0)
        writer.seek(100)
        writer.write(b"two\n")
    assert lines_of(scene) == b"two\n"
    assert scene.tail.gaps == 1  # a copy there is none


def test_the_last_line_of_a_file_that_was_left_is_told_without_its_end(scene: Scene) -> None:
    scene.write(b"one\ncut")
    begun(scene)
    assert lines_of(scene) == b"one\n"
    scene.rename()
    assert lines_of(scene) == b""
    scene.write(b"two\n")
    assert lines_of(scene, 9) == b"cut\ntwo\n"


def test_a_file_that_is_gone_is_counted_and_the_next_is_read(scene: Scene) -> None:
    scene.write(b"one\n")
    tail = begun(scene)
    assert lines_of(scene) == b"one\n"
    place = tail.place()
    scene.rename()
    scene.write(b"two\n")
    scene.log.with_name("mail.log.1").unlink()
    tail = begun(scene)
    tail.resume(place)
    assert (lines_of(scene), tail.gaps) == (b"two\n", 1)


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """As root nothing is forbidden."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_not_be_read_is_not_taken_for_gone() -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        scene = Scene(Path(place))
        scene.write(b"one\n")
        kept = begun(scene)
        assert lines_of(scene) == b"one\n"
        end = kept.place()
        scene.write(b"two\n")
        scene.rename()
        scene.write(b"three\n")
        old = scene.log.with_name("mail.log.1")
        old.chmod(0o000)
        tail = begun(scene)
        with as_somebody_else(), pytest.raises(PermissionError, match=r"mail\.log\.1"):
            tail.resume(end)
        old.chmod(0o644)
        with as_somebody_else():
            tail.resume(end)
            assert (lines_of(scene, 9), tail.gaps) == (b"two\nthree\n", 0)
        scene.end()


def test_an_inode_that_is_used_again_in_the_same_moment_hides_no_file(tmp_path: Path) -> None:
    """Packed and rotated before the clock of the file system went on: the new log has the old one's inode."""
    log, moment = tmp_path / "mail.log", 10**18
    place = Place(str(log), 1, 7, 0, 0, "", moment)
    packed = Rotated((1, -1), tmp_path / "mail.log.1.gz", 1, 8, 20, moment)
    again = Rotated((2, 0), log, 1, 7, 0, moment)
    assert find([packed, again], place) == packed
    assert find([packed._replace(written=moment - 1), again], place) == again


def test_a_packed_file_that_is_damaged_is_read_as_far_as_it_goes(scene: Scene) -> None:
    scene.write(b"one\n")
    tail = begun(scene)
    assert lines_of(scene) == b"one\n"
    place = tail.place()
    scene.write(os.urandom(5000).hex().encode() + b"\n")
    scene.rename()
    scene.write(b"last\n")
    scene.pack()
    packed = scene.log.with_name("mail.log.1.gz")
    packed.write_bytes(packed.read_bytes()[:-1000])
    tail = begun(scene)
    tail.resume(place)
    assert lines_of(scene, 9).splitlines()[-1] == b"last"
    assert tail.gaps >= 1


def test_dates_and_numbers_tell_which_file_is_older(tmp_path: Path) -> None:
    order = [
        "mail.log-20251231.gz",
        "mail.log-20260101",
        "mail.log.20260102-235959",
        "mail.log.10.gz",
        "mail.log.2.gz",
        "mail.log.1",
        "mail.log",
    ]
    for name in [*order, "mail.log.1.gz", "mail.log.old", "mail.logs.1", "mail.err.1", "mail.log-x.gz"]:
        (tmp_path / name).touch()
    assert [each.file.name for each in family(tmp_path / "mail.log")] == order


def test_a_date_may_stand_before_the_extension(tmp_path: Path) -> None:
    order = [
        "acct-2026-11-21-0010.csv.gz",
        "acct-2026-11-22-0000.csv",
        "acct-2026-11-22-0001.csv",
        "acct.csv",
    ]
    for name in [*order, "acct-x.csv", "acct-1.txt", "acct2.csv", "diag-2026-11-22-0000.csv"]:
        (tmp_path / name).touch()
    assert [each.file.name for each in family(tmp_path / "acct.csv")] == order


def test_what_stands_in_the_way_is_said_once_and_tried_again(scene: Scene) -> None:
    scene.log.unlink()
    scene.follower = scene.begin()
    ended, thread = threading.Event(), None
    try:
        thread = threading.Thread(target=scene.follower.run, args=(ended,))
        thread.start()
        eventually(lambda: scene.follower.count.trouble, "the trouble")
        scene.log.write_bytes(LOG)
        eventually(lambda: scene.follower.count.lines == LOG.count(b"\n"), "the log to be read")
    finally:
        ended.set()
        assert thread is not None
        thread.join()
    assert [type(error) for error in scene.arrived] == [FileNotFoundError]
    assert events(scene.inbox.waiting(10_000)) == at_once(LOG)
    assert scene.follower.count.trouble == ""


class FailingInbox(MemoryInbox):
    """A disk that is full every other time."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def put(self, arrivals: object, cursors: object = None) -> None:
        self.calls += 1
        if self.calls % 2:
            raise OSError("disk full")
        super().put(arrivals, cursors)


def test_what_could_not_be_kept_is_read_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "AGAIN", 0.001)
    monkeypatch.setattr(following, "PAUSE", 0.001)
    monkeypatch.setattr(files, "BLOCK", 700)
    scene.inbox = FailingInbox()
    scene.follower = scene.begin()
    scene.write(LOG)
    ended = threading.Event()
    thread = threading.Thread(target=scene.follower.run, args=(ended,))
    thread.start()
    try:
        wanted = len(at_once(LOG))
        eventually(lambda: len(events(scene.inbox.waiting(10_000))) == wanted, "all events", str)
    finally:
        ended.set()
        thread.join()
    assert events(scene.inbox.waiting(10_000)) == at_once(LOG)
    assert {str(error) for error in scene.arrived} == {"disk full"}


def test_the_lines_of_open_mails_are_kept_again_as_the_log_grows(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "RECALLED", 1000)
    kept = []
    for begin in range(0, len(LOG), 300):
        scene.write(LOG[begin : begin + 300])
        scene.look()
        kept.append(scene.inbox.cursors("log/mail/open"))
        scene.crash()
    assert len({each.get("log/mail/open") for each in kept}) >= 3
    assert events(scene.read_to_the_end()) == at_once(LOG)


SAMPLES = Path(__file__).parents[1] / "samples/logs"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*-log")), ids=lambda sample: sample.name)
def test_every_format_may_be_rotated_and_crash_after_any_line(sample: Path, tmp_path: Path) -> None:
    terms = Terms("mail", sample.suffix[1:], account="shop")
    whole = sample.read_bytes()
    scene = Scene(tmp_path, terms)
    scene.look()
    header = whole.splitlines(True)[:1] if terms.form == "powermta-log" else []
    for number, line in enumerate(whole.splitlines(True)):
        scene.write(line)
        scene.look()
        if number % 3 == 2:
            scene.crash()
        if number % 5 == 4:
            scene.rename()
            scene.write(b"".join(header))  # each file of accounting names its columns
    found = scene.read_to_the_end()
    scene.end()
    expected = LogReader(terms)
    assert events(found) == events([*expected.read(whole, 7), *expected.end(7)])
    assert scene.follower.count.gaps == 0
