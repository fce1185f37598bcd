"""The journal of systemd as a log: what the processes of a unit logged, as lines of syslog.

Read through journalctl, as a child without a shell. A unit is what cannot be forged: any user of the machine
may log under the name "postfix/smtp", but journald itself notes to which unit the process belongs
(systemd.journal-fields(7), "Trusted journal fields").
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from retour.inlets.logtail import BLOCK
from retour.instants import text

PROGRAM = "journalctl"
_WORDS = 500  # of what journalctl says when it ends
_ENDS = 10  # seconds that it is given to
_NAME = re.compile(r"[^\s\[\]:]{1,64}")
_HOST = re.compile(r"[^\s\[\]/]{1,255}")
_BREAKS = re.compile(r"[\r\n\0]+")


class JournalError(OSError):
    """journalctl is not here, or has ended; `strerror` is what it said."""


class JournalTail:
    """The messages of one unit, the oldest first."""

    def __init__(self, unit: str, directory: Path | None = None, at_end: bool = False) -> None:
        """`directory`: of another journal than this machine's; `at_end`: at first, only what is new."""
        self._unit, self._directory, self._at_end = unit, directory, at_end
        self._child: subprocess.Popen[bytes] | None = None
        self._cursor: str | None = None
        self._rest = b""
        self.gaps = self.behind = 0

    def resume(self, place: bytes | None) -> None:
        """Go on behind an entry of the journal. Raises JournalError."""
        self.close()
        self._cursor = _cursor_of(place)
        if self._cursor is None and self._at_end:
            self._cursor = self._last()
            self._at_end = False

    def read(self) -> bytes:
        """Lines of syslog, one a message. Raises JournalError while there is no journalctl, or it ends."""
        child = self._child or self._start()
        entries, _, self._rest = (self._rest + self._waiting(child)).rpartition(b"\n")
        lines = []
        for entry in entries.splitlines():
            fields = _fields(entry)
            self._cursor = fields.get("__CURSOR", self._cursor)
            lines.append(_line(fields))
        return b"".join(lines)

    def place(self) -> bytes | None:
        """The cursor of the last message that was read; None where there is none."""
        return json.dumps({"cursor": self._cursor}).encode() if self._cursor else None

    @property
    def sure(self) -> bool:
        """Whether there is a cursor."""
        return self._cursor is not None

    def between(self, start: bytes, end: bytes) -> Iterator[bytes]:
        """The messages behind one cursor, up to another."""
        first, last = _cursor_of(start), _cursor_of(end)
        if first is None or last is None or first == last:
            return
        run = _spawned([*self._words(), f"--after-cursor={first}"])
        assert run.stdout is not None
        try:
            for entry in run.stdout:
                fields = _fields(entry)
                yield _line(fields)
                if fields.get("__CURSOR") == last:
                    return
        finally:
            _end(run)

    def close(self) -> None:
        """End journalctl."""
        if self._child is not None:
            _end(self._child)
            self._child, self._rest = None, b""

    def _words(self) -> list[str]:
        # Values stand behind "=", so that none can be an option.
        place = [f"--directory={self._directory}"] if self._directory else []
        # --follow would pass over what was logged before the last start of the machine.
        shape = ["--output=json", "--all", "--boot=all", "--no-pager", "--quiet"]
        return [PROGRAM, *shape, f"--unit={self._unit}", *place]

    def _last(self) -> str | None:
        """The cursor of the newest message; None where the unit has none."""
        run = _spawned([*self._words(), "--lines=1"])
        said, fault = run.communicate()
        if run.returncode:
            raise JournalError(run.returncode, fault.decode("utf-8", "replace").strip()[:_WORDS], PROGRAM)
        return _text(_fields(said).get("__CURSOR")) or None

    def _start(self) -> "subprocess.Popen[bytes]":
        where = [f"--after-cursor={self._cursor}"] if self._cursor else []
        self._child = _spawned([*self._words(), "--follow", "--no-tail", *where])
        for stream in (self._child.stdout, self._child.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
        return self._child

    def _waiting(self, child: "subprocess.Popen[bytes]") -> bytes:
        """What it has written since. Raises JournalError when it has ended."""
        assert child.stdout is not None
        ended = child.poll() is not None
        found = b""
        while len(found) < BLOCK and (part := _now(child.stdout.fileno())):
            found += part
        if ended and not found:
            assert child.stderr is not None
            said = _now(child.stderr.fileno()) or b""
            self.close()
            raise JournalError(child.returncode, said.decode("utf-8", "replace").strip()[:_WORDS], PROGRAM)
        return found


def _spawned(words: list[str]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - no shell, and no word of a stranger's
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        raise JournalError(error.errno, error.strerror, PROGRAM) from error


def _now(descriptor: int) -> bytes | None:
    with suppress(BlockingIOError):
        return os.read(descriptor, BLOCK)
    return None


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_ENDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for stream in (child.stdout, child.stderr):
        if stream is not None:
            stream.close()


def _cursor_of(place: bytes | None) -> str | None:
    with suppress(ValueError, AttributeError):
        cursor = json.loads(place or b"null").get("cursor")
        return cursor if isinstance(cursor, str) else None
    return None


def _fields(entry: bytes) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        found = json.loads(entry)
        return found if isinstance(found, dict) else {}
    return {}


def _line(fields: Mapping[str, Any]) -> bytes:
    """One message as a line of syslog, with the journal's own time; b"" for what is none."""
    name, host = _text(fields.get("SYSLOG_IDENTIFIER")), _text(fields.get("_HOSTNAME"))
    process, time = _text(fields.get("_PID")), _text(fields.get("__REALTIME_TIMESTAMP"))
    if not (_NAME.fullmatch(name) and _HOST.fullmatch(host) and process.isdigit() and time.isdigit()):
        return b""
    words = _BREAKS.sub(" ", _text(fields.get("MESSAGE")))  # one message is one line, whatever is in it
    return f"{text(int(time))} {host} {name}[{process}]: {words}\n".encode("utf-8", "surrogateescape")


def _text(value: Any) -> str:
    """A field; what is no UTF-8 comes as a list of octets, and a field that was given twice as a list."""
    if isinstance(value, list):
        octets = [each for each in value if isinstance(each, int) and 0 <= each <= 255]
        return bytes(octets).decode("utf-8", "surrogateescape") if len(octets) == len(value) else ""
    return value if isinstance(value, str) else ""
