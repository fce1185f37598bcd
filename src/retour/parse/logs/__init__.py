"""Logs of mail servers: lines → entries, each with a report. One file a format; LOGS names them.

A server's own log is the best evidence that a sender has of what became of a mail, but it quotes the remote
servers: only what the log's own software wrote is believed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from retour.parse.logs.entry import LONGEST, Entry, LogReader
from retour.parse.logs.exim import EximLog
from retour.parse.logs.postfix import PostfixLog
from retour.parse.logs.sendmail import SendmailLog

LOGS: Mapping[str, Callable[[bool], LogReader]] = {
    "postfix-log": PostfixLog,
    "exim-log": EximLog,
    "sendmail-log": SendmailLog,
}

__all__ = ["LOGS", "Entry", "read_log"]


def read_log(name: str, blocks: Iterable[bytes], successes: bool = False) -> Iterator[Entry]:
    """What a log of LOGS tells, given as octets in pieces of any size; `successes`: also deliveries.

    Memory is bounded: by a piece, one line, and what the format remembers of open mails.
    """
    reader = LOGS[name](successes)
    for lines in _lines(blocks):
        yield from reader.read(lines)


def _lines(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines of the pieces, those of a piece together; one that is too long may lose its end."""
    rest = b""
    for block in blocks:
        lines = (rest + block).split(b"\n")
        rest = lines.pop()[: LONGEST + 1]
        yield lines
    if rest:
        yield [rest]
