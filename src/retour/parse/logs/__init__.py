"""Logs of mail servers: lines → entries, each with a report. One file a format; LOGS names them.

A server's own log is the best evidence that a sender has of what became of a mail, but it quotes the remote
servers: only what the log's own software wrote is believed.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Final

from retour.parse.logs.entry import Entry, LogReader

_READERS: Final = {  # loaded only when they are needed
    "postfix-log": ("postfix", "PostfixLog"),
    "exim-log": ("exim", "EximLog"),
    "sendmail-log": ("sendmail", "SendmailLog"),
    "opensmtpd-log": ("opensmtpd", "OpensmtpdLog"),
    "kumomta-log": ("kumomta", "KumoLog"),
    "powermta-log": ("powermta", "PowerLog"),
}
LOGS: Final = tuple(_READERS)

__all__ = ["LOGS", "Entry", "Feed", "read_log", "reread"]


def _reader(name: str, successes: bool) -> LogReader:
    module, reader = _READERS[name]
    made: LogReader = getattr(import_module(f"{__name__}.{module}"), reader)(successes)
    return made


class Feed:
    """A log of LOGS, given as octets in pieces of any size; `successes`: also deliveries are told.

    Memory is bounded: by a piece, one line, and what the format remembers of open mails. Who resumes in the
    middle of a log gives the `open_lines` of the feed that was there before, and passes over what these tell:
    then earlier lines of open mails are known.
    """

    def __init__(self, name: str, successes: bool = False) -> None:
        self._reader = _reader(name, successes)
        self._rest = b""
        self.held = 0  # octets at the end of what was given that are not read yet: a line without its end

    def take(self, piece: bytes) -> list[Entry]:
        """What the lines that this piece completes tell. A line that is too long may lose its end."""
        cut = piece.rfind(b"\n") + 1
        block, rest = (_joined(self._rest, piece, cut), b"") if cut else (b"", self._rest)
        longest = self._reader.longest
        self._rest = (rest + piece[cut : cut + longest])[: longest + 1]
        self.held = len(piece) - cut if cut else self.held + len(piece)
        return self._reader.read(block) if block else []

    def open_lines(self) -> Iterable[bytes]:
        """What a feed that goes on in this one's place has to be given before, to know of open mails.

        What it tells of these lines was told before. A line that was not complete is not among them.
        """
        return self._reader.open_lines()

    def end(self) -> list[Entry]:
        """What the last lines tell, where no more will come."""
        return (self.take(b"\n") if self._rest else []) + self._reader.end()


def _joined(rest: bytes, piece: bytes, cut: int) -> bytes:
    """What was left, and a piece up to its last line break: copied once."""
    return b"".join((rest, memoryview(piece)[:cut])) if rest else piece[:cut]


def read_log(name: str, blocks: Iterable[bytes], successes: bool = False) -> Iterator[Entry]:
    """What a log of LOGS tells, given as octets in pieces of any size; see Feed."""
    feed = Feed(name, successes)
    for block in blocks:
        yield from feed.take(block)
    yield from feed.end()


def reread(name: str, raw: bytes) -> list[Entry]:
    """The entries whose `lines` these are, joined by line breaks: what the last of them tells.

    So an entry can be kept as octets and read again; earlier lines only lend what they know of its mail.
    """
    reader = _reader(name, True)
    told: list[Entry] = []
    for line in raw.removesuffix(b"\n").split(b"\n"):
        told = reader.read(line + b"\n")
    return told + reader.end()
