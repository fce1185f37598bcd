"""What a log says about one delivery, and the correlation of what stands in several of its lines."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

from retour.instants import Instant
from retour.model import Kind, Reading
from retour.parse.bounds import WORDS
from retour.parse.logs.stamp import stamp

LONGEST = 16 * 1024  # octets of a line that are read; syslog itself cuts at 1 to 8 KiB (RFC 5424 §6.1)
OPEN = 20_000  # queue ids that are remembered, of mails on their way and of mails that failed; the oldest go

BROKEN_LINE = "broken_line"  # speaks of a delivery, but was cut or is written in no known way
AMBIGUOUS_LINE = "ambiguous_line"  # can be read in two ways: an address or a server's words imitate the log
CUT_LINE = "cut_line"  # the server's words end in the middle


class Entry(NamedTuple):
    """One delivery, or attempt, that a log tells of. The reading has one report, or none and a defect."""

    reading: Reading
    queue_id: str | None = None
    sender: str | None = None  # envelope sender; "" is the null sender, None: the log does not tell
    host: str | None = None  # that wrote the line
    logged_at: str | None = None  # the time as it is written
    at: Instant | None = None  # None where the log names no year or no zone
    lines: tuple[bytes, ...] = ()  # what the entry was read from, without ends; the last one told it

    @property
    def id(self) -> str:
        """The same for the same line: host, queue id, recipient, time as written, kind."""
        recipient = self.reading.reports[0].recipient if self.reading.reports else None
        return "/".join(
            (
                self.host or "",
                self.queue_id or "",
                recipient or "",
                self.logged_at or "",
                self.reading.kind,
            )
        )


class LogReader(Protocol):
    """Reads the lines of one log in their order, and remembers what later lines need."""

    def read(self, block: bytes) -> list[Entry]:
        """What these lines, each with its end, tell. Never raises on any bytes.

        Entries that one line tells have the same `lines`, and stand together.
        """
        ...

    def open_lines(self) -> Iterable[bytes]:
        """What of the lines that were read later ones may still need, in an order in which a new reader can
        read them, to know what this one knows."""
        ...


_Value = TypeVar("_Value")


def remember(table: dict[bytes, _Value], key: bytes, value: _Value) -> None:
    """Keep the newest OPEN entries of a table: memory stays bounded on a log of any length."""
    if key not in table and len(table) >= OPEN:
        del table[next(iter(table))]
    table[key] = value


def as_text(octets: bytes) -> str:
    """Octets of a log as text; what is no UTF-8 (RFC 6531 addresses are) is replaced."""
    return octets.decode("utf-8", "replace")


def word_before(line: bytes, at: int) -> bytes:
    """The word that ends where a mark begins: a queue id, if the server wrote the line."""
    return line[line.rfind(b" ", 0, at) + 1 : at]


def defective(
    defect: str, mta: str, words: bytes, id: str | None, host: str | None, time: str, line: bytes
) -> Entry:
    """A line that speaks of a delivery and cannot be believed or read."""
    reading = Reading(Kind.OTHER, mta=mta, defects=(defect,), text=as_text(words[:WORDS]))
    return Entry(reading, id, None, host, time, stamp(time), (line[:LONGEST],))
