"""Following one log: what it tells becomes durable together with the place up to which it was read.

So a crash between any two acts leaves either both or neither. Whatever fails, reading goes on from the last
place that is durable, with a reader that recalls the lines of open mails.
"""

import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from retour.flow.follow import LogReader, Terms
from retour.inlets.logtail import Tail
from retour.instants import SECOND, Instant
from retour.model import Arrival

PAUSE = 0.2  # seconds between two looks at a log in which nothing has come
AGAIN = 1.0  # seconds before another try where it could not be read
RECALLED = 4 * 1024 * 1024  # octets that a restart reads once more at most, and twice those of open mails

Keep = Callable[[Sequence[Arrival], Mapping[str, bytes | None]], None]
Kept = Callable[[str], Mapping[str, bytes]]


@dataclass(slots=True)
class Count:
    """The numbers of one log, since the start."""

    lines: int = 0
    events: int = 0
    defects: int = 0
    gaps: int = 0
    behind: int = 0  # octets
    caught_up: Instant = 0  # when all that stood there had been read
    trouble: str = ""  # why it cannot be read just now


class Follower:
    """Follows one log for as long as it is told to. Lives in a thread of its own."""

    def __init__(
        self,
        terms: Terms,
        tail: Tail,
        keep: Keep,
        kept: Kept,
        now: Callable[[], Instant],
        failed: Callable[[Exception], None],
    ) -> None:
        """`keep` commits arrivals and cursors together, `kept` tells the cursors; both raise what their store
        raises. `failed` hears of everything that goes wrong, once as long as it stays the same."""
        self.terms, self.count = terms, Count(caught_up=now())
        self._tail, self._keep, self._kept, self._now, self._failed = tail, keep, kept, now, failed
        self._reader: LogReader | None = None
        self._since = 0  # octets since the open lines were kept
        self._open = -1  # octets of the open lines that were kept last; -1: none were yet

    def run(self, ended: threading.Event) -> None:
        """Until it is ended; what is read by then is durable."""
        while not ended.is_set():
            try:
                if not self.step():
                    ended.wait(PAUSE)
            except Exception as error:
                self._trouble(error)
                ended.wait(AGAIN)
        self.close()

    def step(self) -> bool:
        """Read what has come, a block at most, and keep it; whether there was any.

        Raises OSError where the log cannot be read, and what the store raises.
        """
        reader = self._reader or self._resume()
        lines = self._tail.read()
        self.count.behind, self.count.gaps = self._tail.behind, self._tail.gaps
        self.count.trouble = ""
        if not lines:
            self.count.caught_up = self._now()
            return False
        arrivals = reader.read(lines, self._now())
        self._since += len(lines)
        self._commit(reader, arrivals, self._open < 0 or self._since >= max(RECALLED, 2 * self._open))
        self._tally(reader)
        return True

    def close(self) -> None:
        """Keep the place and the lines of open mails, so that the next start has little to read again."""
        try:
            if self._reader is not None:
                self._commit(self._reader, [], whole=True)
        except Exception as error:  # the last place that is durable will do
            self._failed(error)
        self._tail.close()

    def late(self, now: Instant) -> int:
        """Seconds since all was read that stood there; 0 where nothing more has come."""
        return max(0, now - self.count.caught_up) // SECOND if self.count.behind or self.count.trouble else 0

    def _resume(self) -> LogReader:
        name, name_of_open = cursor_names(self.terms)
        kept = self._kept(name)
        place = kept.get(name)
        self._tail.resume(place)
        reader, self._open, self._since = LogReader(self.terms), -1, 0
        if name_of_open in kept and place is not None:
            since, lines = unpacked(kept[name_of_open])
            reader.recall(lines)
            for block in self._tail.between(since, place):
                reader.recall(block)
                self._since += len(block)
            self._open = len(lines)
        if place is None:
            self._commit(reader, [], whole=False)
        self._reader = reader
        return reader

    def _commit(self, reader: LogReader, arrivals: Sequence[Arrival], whole: bool) -> None:
        name, name_of_open = cursor_names(self.terms)
        place = self._tail.place()
        cursors: dict[str, bytes | None] = {name: place} if place is not None else {}
        if whole and place is not None and self._tail.sure:
            lines = reader.open_lines()
            cursors[name_of_open] = packed(place, lines)
            self._since, self._open = 0, len(lines)
        self._keep(arrivals, cursors)

    def _tally(self, reader: LogReader) -> None:
        self.count.lines += reader.lines
        self.count.events += reader.kept
        self.count.defects += reader.defects
        reader.lines = reader.kept = reader.defects = 0

    def _trouble(self, error: Exception) -> None:
        self._reader = None
        told = f"{type(error).__name__}: {error}"
        if told != self.count.trouble:
            self.count.trouble = told
            self._failed(error)


def cursor_names(terms: Terms) -> tuple[str, str]:
    """Under what names the place in a log, and the lines of its open mails, are kept."""
    return f"log/{terms.name}", f"log/{terms.name}/open"


def packed(place: bytes, lines: bytes) -> bytes:
    """The lines of open mails, and the place at which they were those."""
    return zlib.compress(place + b"\n" + lines, 1)


def unpacked(kept: bytes) -> tuple[bytes, bytes]:
    """The same, read back."""
    place, _, lines = zlib.decompress(kept).partition(b"\n")
    return place, lines
