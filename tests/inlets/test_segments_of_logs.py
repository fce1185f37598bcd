"""Segments of KumoMTA's log: read once they are closed, in the order of that, whatever is in them."""

import json
import os
import re
from pathlib import Path

import pytest
import zstandard

from retour.flow.follow import Terms
from retour.inlets.logtail.following import Follower
from retour.inlets.logtail.frames import is_whole
from retour.inlets.logtail.segments import SegmentTail
from retour.instants import SECOND
from retour.model import Arrival
from retour.stores.memory import MemoryInbox

TERMS = Terms("kumo", "kumomta-log", account="shop")


def record(number: int) -> bytes:
    told = {
        "type": "Bounce",
        "id": f"{number:032x}",
        "sender": "news@shop.example",
        "recipient": f"r{number}@b.example",
        "event_time": "2026-11-21T23:05:51Z",
        "timestamp": 1_795_302_351,
        "response": {"code": 550, "enhanced_code": {"class": 5, "subject": 1, "detail": 1}, "content": "no"},
    }
    return json.dumps(told).encode() + b"\n"


def write(directory: Path, name: str, content: bytes, at: int, *, closed: bool = True) -> Path:
    place = directory / name
    place.write_bytes(content)
    os.utime(place, ns=(at, at))
    place.chmod(0o444 if closed else 0o644)
    return place


def packed(*numbers: int) -> bytes:
    return zstandard.ZstdCompressor().compress(b"".join(map(record, numbers)))


class House:
    """One log, followed by a reader that may be born again."""

    def __init__(self, directory: Path, at_end: bool = False) -> None:
        self.directory, self.inbox, self.at_end = directory, MemoryInbox(), at_end
        self.faults: list[Exception] = []
        self.now: int = 0  # seconds since 1970, as the times of the files
        self.born()

    def born(self) -> None:
        self.tail = SegmentTail(self.directory, self.at_end, lambda: self.now * SECOND)
        inbox, failed = self.inbox, self.faults.append
        self.follower = Follower(TERMS, self.tail, inbox.put, inbox.cursors, lambda: 0, failed)

    def dies(self) -> None:
        """Nothing more is kept."""
        self.tail.close()
        self.born()

    def look(self) -> list[str]:
        """All that is read now; whom the arrivals of all looks are about."""
        while self.follower.step():
            pass
        return re.findall(r'"recipient": "(\w+)@', b"".join(each.raw for each in self.arrivals()).decode())

    def arrivals(self) -> list[Arrival]:
        return self.inbox.waiting(100_000)


def test_a_segment_is_read_when_it_is_closed(tmp_path: Path) -> None:
    house = House(tmp_path)
    written = write(tmp_path, "20261122-000000.1", packed(1)[:-3], 1, closed=False)
    assert house.look() == []
    written.write_bytes(packed(1))
    assert house.look() == []
    written.chmod(0o444)
    assert house.look() == ["r1"]


def test_segments_are_read_in_the_order_in_which_they_were_closed_packed_or_not(tmp_path: Path) -> None:
    house = House(tmp_path)
    write(tmp_path, "b", packed(2), 20)
    assert house.look() == ["r2"]
    write(tmp_path, "a", packed(3) + packed(4), 30)  # begun before, closed after; two frames
    write(tmp_path, "c", record(5) + record(6)[:-1], 40)
    assert house.look() == ["r2", "r3", "r4", "r5", "r6"]


def test_a_segment_that_stays_writable_is_closed_when_it_is_whole_and_quiet(tmp_path: Path) -> None:
    house = House(tmp_path)
    first = write(tmp_path, "1", packed(1)[:-1], 1, closed=False)
    write(tmp_path, "2", packed(2) + packed(3), 2, closed=False)
    house.now = 59
    assert house.look() == []
    house.now = 61
    assert house.look() == []  # the second waits for the first, whose last frame has no end
    first.write_bytes(packed(1))
    os.utime(first, ns=(1, 1))
    assert house.look() == ["r1", "r2", "r3"]


def test_a_plain_segment_is_closed_when_it_is_quiet_and_another_is_newer(tmp_path: Path) -> None:
    house = House(tmp_path)
    write(tmp_path, "1", record(1), 1, closed=False)
    house.now = 61
    assert house.look() == []
    write(tmp_path, "2", record(2), 50_000_000_000, closed=False)
    assert house.look() == ["r1"]


def test_what_a_killed_writer_left_is_read_after_an_hour_if_another_is_newer(tmp_path: Path) -> None:
    house = House(tmp_path)
    write(tmp_path, "1", packed(*range(500))[:-40], 1, closed=False)
    house.now = 3601
    assert house.look() == []
    write(tmp_path, "2", packed(900), 2)
    assert house.look()[-1] == "r900"
    assert house.look()[0] == "r0"


def test_a_segment_that_grew_after_all_is_read_again_and_counts_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    write(tmp_path, "1", packed(1), 1, closed=False)
    house.now = 61
    assert house.look() == ["r1"]
    write(tmp_path, "1", packed(1) + packed(2), 2_000_000_000, closed=False)
    house.now = 70
    assert sorted(house.look()) == ["r1", "r2"]


@pytest.mark.parametrize("level", [1, 19])
@pytest.mark.parametrize("octets", [0, 1, 300, 200_000])
def test_a_whole_frame_is_told_from_every_part_of_it(tmp_path: Path, octets: int, level: int) -> None:
    content = os.urandom(octets // 2) + bytes(octets - octets // 2)
    place = tmp_path / "frame"
    for checked in (True, False):
        made = zstandard.ZstdCompressor(level=level, write_checksum=checked).compress(content)
        skipped = b"\x53\x2a\x4d\x18\x03\x00\x00\x00abc"
        for whole in (made, made + made, made + skipped):
            place.write_bytes(whole)
            with place.open("rb") as stream:
                assert is_whole(stream)
        for part in {1, 5, 8, 9, len(made) // 2, len(made) - 1} & set(range(1, len(made))):
            place.write_bytes(made[:part])
            with place.open("rb") as stream:
                assert not is_whole(stream), part


@pytest.mark.parametrize("kept", [True, False])
def test_a_reader_that_dies_goes_on_behind_what_is_durable(tmp_path: Path, kept: bool) -> None:
    many = range(20_000)
    first = write(tmp_path, "1", packed(*many), 1)
    house = House(tmp_path)
    assert house.follower.step()  # a block of several
    some = len(house.arrivals())
    assert 0 < some < len(many)
    house.dies()
    write(tmp_path, "2", packed(70_000), 2)
    if not kept:
        first.unlink()
    read = house.look()
    assert len(read) == len(set(read)) == (len(many) if kept else some) + 1


def test_what_is_there_already_may_be_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "1", packed(1), 1)
    house = House(tmp_path, at_end=True)
    assert house.look() == []
    house.dies()
    write(tmp_path, "2", packed(2), 2)
    assert house.look() == ["r2"]


@pytest.mark.parametrize(
    ("damaged", "gaps", "defects"),
    [
        (packed(*range(500))[:-40], 0, 1),  # half a record is kept as such
        (packed(1)[:9] + b"garbage", 1, 0),
        (zstandard.ZstdCompressor(level=19).compress(b" " * (256 * 1024 * 1024)), 1, 0),
    ],
    ids=["cut", "garbage", "bomb"],
)
def test_a_damaged_segment_is_noticed_and_holds_up_no_other(
    tmp_path: Path, damaged: bytes, gaps: int, defects: int
) -> None:
    write(tmp_path, "1", damaged, 1)
    write(tmp_path, "2", packed(2_000), 2)
    house = House(tmp_path)
    assert house.look()[-1] == "r2000"
    assert (house.follower.count.gaps, house.follower.count.defects) == (gaps, defects)
