"""Lines in, answers out: how a command reads a stream, and how it ends when somebody ends it.

Nothing ends the stream but its end, Ctrl-C, or a reader that goes away.
"""

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from retour.texts import Catalogue

NOT_WRITTEN = 74  # sysexits.h, EX_IOERR: answers that reach nobody
READER_GONE = 141  # as a shell shows SIGPIPE
STOPPED = 130  # as a shell shows Ctrl-C
LONGEST_LINE = (
    64 * 1024
)  # octets of one reply, or one path, that are read; the rest of its line is passed over


def standard_input() -> BinaryIO:
    """What stands on standard input; nothing when whoever started us has closed it."""
    return BytesIO() if sys.stdin is None else sys.stdin.buffer


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream, each with its beginning only when it is too long."""
    while line := stream.readline(LONGEST_LINE):
        yield line
        while line and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE)


def say(sentence: str) -> None:
    with suppress(AttributeError, OSError):  # who closed standard error does not want to hear of it
        sys.stderr.write(f"{sentence}\n")


def ended(stream: Callable[[], int], words: "Catalogue") -> int:
    """The exit status of a stream, also of one that was ended from outside."""
    for out in (sys.stdout, sys.stderr):
        if isinstance(out, io.TextIOWrapper):  # what a terminal cannot show is shown escaped, and is no error
            out.reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        return not_written(words("error.unwritten", reason=os.strerror(errno.EBADF)))
    try:
        return stream()
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        _write_no_more()
        return READER_GONE
    except OSError as error:
        return not_written(words("error.unwritten", reason=error.strerror or error))


def not_written(sentence: str) -> int:
    """Say why answers reach nobody; the exit status for it."""
    if sys.stdout is not None:
        _write_no_more()
    say(sentence)
    return NOT_WRITTEN


def _write_no_more() -> None:
    """Python would write what is left once more when it ends, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
