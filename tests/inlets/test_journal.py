"""The journal of systemd as a log: a real journal, read by the real journalctl."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from inlets.test_logtail import LOG, TERMS, at_once, events
from retour.inlets.logtail import journal
from retour.inlets.logtail.following import Follower
from retour.inlets.logtail.journal import JournalError, JournalTail
from retour.stores.memory import MemoryInbox
from story.waiting import eventually

pytestmark = pytest.mark.engine("journal")

UNIT = "postfix@-.service"
START = 1_795_251_660_000_000
REMOTE = shutil.which("systemd-journal-remote", path=f"/lib/systemd{os.pathsep}/usr/lib/systemd")


class Journal:
    """A journal on disk, into which anything can be written."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        words = [str(REMOTE), f"--output={directory}/remote.journal", "-"]
        self._writer = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._count = 0

    def write(self, message: bytes, name: str = "postfix/smtp", unit: str = UNIT, pid: int = 7) -> None:
        """One message, in the journal's export format (systemd.dev, "Journal Export Formats")."""
        self._count += 1
        fields = {
            "__REALTIME_TIMESTAMP": str(START + self._count),
            "__MONOTONIC_TIMESTAMP": str(1000 + self._count),
            "_BOOT_ID": "0123456789abcdef" * 2,
            "_HOSTNAME": "mx",
            "_PID": str(pid),
            "_SYSTEMD_UNIT": unit,
            "SYSLOG_IDENTIFIER": name,
        }
        lines = "".join(f"{key}={value}\n" for key, value in fields.items())
        stream = self._writer.stdin
        assert stream is not None
        stream.write(lines.encode() + b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n\n")
        stream.flush()

    def end(self) -> None:
        assert self._writer.stdin is not None
        self._writer.stdin.close()
        assert self._writer.wait(120) == 0


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path)
    yield made
    made.end()


def tail_of(journal: Journal, place: bytes | None = None, at_end: bool = False) -> JournalTail:
    tail = JournalTail(UNIT, journal.directory, at_end)
    tail.resume(place)
    return tail


def lines_of(tail: JournalTail, count: int) -> list[bytes]:
    """So many lines, when they have come."""
    found: list[bytes] = []

    def look() -> bool:
        with suppress(JournalError):  # the journal may not be there yet
            found.extend(tail.read().splitlines())
        return len(found) >= count

    eventually(look, f"{count} lines")
    return found


def test_what_a_unit_logs_comes_as_lines_and_nothing_else_does(written: Journal) -> None:
    written.write(b"4F1D2A0B7C9: removed", "postfix/qmgr")
    written.write("späť".encode())
    written.write(b"4F1D2A0B7C9: to=<a@b.example>, a lie", unit="session-1.scope")
    written.write(b"two\nlines\xff", pid=8)
    tail = tail_of(written)
    assert lines_of(tail, 3) == [
        b"2026-11-21T09:01:00.000001Z mx postfix/qmgr[7]: 4F1D2A0B7C9: removed",
        "2026-11-21T09:01:00.000002Z mx postfix/smtp[7]: späť".encode(),
        b"2026-11-21T09:01:00.000004Z mx postfix/smtp[8]: two lines\xff",
    ]
    written.write(b"later")
    assert lines_of(tail, 1)[0].endswith(b" later")
    tail.close()


def test_it_goes_on_behind_the_cursor(written: Journal) -> None:
    written.write(b"one")
    tail = tail_of(written)
    lines_of(tail, 1)
    place = tail.place()
    tail.close()
    written.write(b"two")
    written.write(b"three")
    tail = tail_of(written, place)
    assert [line[-3:] for line in lines_of(tail, 2)] == [b"two", b"ree"]
    assert place is not None
    end = tail.place()
    assert end is not None
    assert [line[-4:-1] for line in tail.between(place, end)] == [b"two", b"ree"]
    tail.close()


def test_from_the_end_only_what_is_new_is_read(written: Journal) -> None:
    written.write(b"old")
    before = tail_of(written)
    lines_of(before, 1)
    before.close()
    tail = tail_of(written, at_end=True)
    written.write(b"new")
    assert [line[-3:] for line in lines_of(tail, 1)] == [b"new"]
    tail.close()


def test_crashes_between_any_messages_give_what_reading_at_once_gives(written: Journal) -> None:
    inbox, lines, faults = MemoryInbox(), LOG.splitlines(), list[Exception]()
    put, told = b"", 0

    def follower() -> tuple[JournalTail, Follower]:
        tail = JournalTail(UNIT, written.directory)
        return tail, Follower(TERMS, tail, inbox.put, inbox.cursors, lambda: 7, faults.append)

    for begin in range(0, len(lines), 9):
        tail, made = follower()
        for line in lines[begin : begin + 9]:
            head, _, message = line.partition(b"]: ")
            name = head.rpartition(b" ")[2].partition(b"[")[0]
            written.write(message, name.decode())
            time = b"2026-11-21T09:01:00.%06dZ" % (told := told + 1)
            put += time + b" mx " + name + b"[7]: " + message + b"\n"
        eventually(lambda made=made, tail=tail: _has_read(made, tail, told), "all lines")
        tail.close()
    assert events(inbox.waiting(10_000)) == at_once(put)
    assert faults == []


def _has_read(made: Follower, tail: JournalTail, told: int) -> bool:
    with suppress(JournalError):  # the journal may not be there yet
        made.step()
    return f"t={START + told:x};".encode() in (tail.place() or b"")


def test_that_journalctl_is_not_here_or_ends_is_said(
    written: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = JournalTail(UNIT, written.directory / "none")
    missing.resume(None)
    with pytest.raises(JournalError, match="none"):
        eventually(missing.read, "journalctl to end")
    monkeypatch.setattr(journal, "PROGRAM", "journalctl-of-nobody")
    with pytest.raises(JournalError, match="journalctl-of-nobody"):
        tail_of(written).read()
