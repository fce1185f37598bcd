"""What a log says about one delivery, and the correlation of what stands in several of its lines."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeVar

from retour.instants import Instant
from retour.model import Kind, Reading
from retour.parse.bounds import WORDS
from retour.parse.logs.stamp import stamp

LONGEST: Final = 16 * 1024  # octets of a line that are read; syslog itself cuts at 1 to 8 KiB (RFC 5424 §6.1)
# Queue ids that are remembered, of mails on their way and of mails that failed; the oldest go.
OPEN: Final = 20_000
LONGEST_ID: Final = 25  # octets of a queue id; Exim's and Postfix's long ones have up to 23

BROKEN_LINE: Final = "broken_line"  # speaks of a delivery, but was cut or is written in no known way
# Can be read in two ways: an address or a server's words imitate the log.
AMBIGUOUS_LINE: Final = "ambiguous_line"
CUT_LINE: Final = "cut_line"  # the server's words end in the middle


class Facts(NamedTuple):
    """What an entry says. The reading has one report, or none and a defect."""

    reading: Reading
    queue_id: str | None = None
    sender: str | None = None  # envelope sender; "" is the null sender, None: the log does not tell
    host: str | None = None  # that wrote the line
    logged_at: str | None = None  # the time as it is written
    at: Instant | None = None  # None where the log names no year or no zone
    event_id: str | None = None  # where the server names its events, or they name themselves


class Entry:
    """One delivery, or attempt, that a log tells of, with the lines that tell it.

    They are read when they are first asked for: who only keeps the lines need not wait for it.
    """

    __slots__ = ("_facts", "_read", "lines")

    def __init__(self, lines: tuple[bytes, ...], read: Callable[[], Facts]) -> None:
        self.lines = lines  # all that is read for it, without ends; the last one told it
        self._read = read
        self._facts: Facts | None = None

    @property
    def facts(self) -> Facts:
        """What it says."""
        if self._facts is None:
            self._facts = self._read()
        return self._facts

    @property
    def reading(self) -> Reading:
        """What it says, as a mail would."""
        return self.facts.reading

    @property
    def queue_id(self) -> str | None:
        """Of the mail."""
        return self.facts.queue_id

    @property
    def sender(self) -> str | None:
        """The envelope sender; "" for the null sender, None where the log does not tell."""
        return self.facts.sender

    @property
    def host(self) -> str | None:
        """Which wrote the line."""
        return self.facts.host

    @property
    def logged_at(self) -> str | None:
        """The time as it is written."""
        return self.facts.logged_at

    @property
    def at(self) -> Instant | None:
        """The time; None where the log names no year or no zone."""
        return self.facts.at

    @property
    def id(self) -> str:
        """The same for the same line: host, queue id, recipient, time, kind; or the server's own name."""
        reading, queue_id, _, host, logged_at, _, event_id = self.facts
        if event_id:
            return event_id
        recipient = reading.reports[0].recipient if reading.reports else None
        return "/".join((host or "", queue_id or "", recipient or "", logged_at or "", reading.kind))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and (self.lines, self.facts) == (other.lines, other.facts)

    def __hash__(self) -> int:
        return hash(self.lines)


class LogReader:
    """Reads the lines of one log in their order, and remembers what later lines need."""

    longest = LONGEST  # octets of a line that are read

    def read(self, block: bytes) -> list[Entry]:
        """What these lines, each with its end, tell. Never raises on any bytes.

        Entries that one line tells have the same `lines`, and stand together.
        """
        raise NotImplementedError

    def open_lines(self) -> Iterable[bytes]:
        """What of the lines that were read later ones may still need, in an order in which a new reader can
        read them, to know what this one knows."""
        return ()

    def end(self) -> list[Entry]:
        """What lines tell that waited for others, where no more will come."""
        return []


_Value = TypeVar("_Value")


def remember(table: dict[bytes, _Value], key: bytes, value: _Value) -> None:
    """Keep the newest OPEN entries of a table: memory stays bounded on a log of any length."""
    if len(table) >= OPEN:
        make_room(table, key)
    table[key] = value


def make_room(table: dict[bytes, _Value], key: bytes) -> None:
    """Let the oldest of a full table go, where a key is to come into it that is not there."""
    if key not in table:
        del table[next(iter(table))]


def as_text(octets: bytes) -> str:
    """Octets of a log as text; what is no UTF-8 (RFC 6531 addresses are) is replaced."""
    return octets.decode("utf-8", "replace")


def id_before(block: bytes, at: int) -> bytes:
    """The word that ends where a mark begins: a queue id, if the server wrote the line; else empty."""
    start = block.rfind(b" ", max(0, at - LONGEST_ID - 1), at) + 1
    return block[start:at] if start else b""


def defective(
    defect: str,
    mta: str,
    words: bytes,
    id: str | None,
    host: str | None,
    time: str,
    line: bytes,
    longest: int = LONGEST,
) -> Entry:
    """A line that speaks of a delivery and cannot be believed or read."""

    def read() -> Facts:
        reading = Reading(Kind.OTHER, mta=mta, defects=(defect,), text=as_text(words[:WORDS]))
        return Facts(reading, id, None, host, time or None, stamp(time))

    return Entry((line[:longest],), read)
