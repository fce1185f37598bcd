"""Messages at rest: in a file, a directory, a Maildir, an mbox or a stream. One at a time, bounded.

What cannot be read is a value with its reason, not an end: the other messages are still taken.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from retour.inlets import maildir

STANDARD_INPUT = "-"
KEPT = 1024 * 1024  # octets of a mail that are kept and examined (security.md §3)

_PIECE = 64 * 1024
# RFC 4155 §3: "From " sender and the date of asctime, after an empty line. Bodies have lines that begin with
# "From " as well, and not every writer quotes them, so that the date must be there.
_SEPARATOR = re.compile(
    rb"From \S+ +(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d(?::\d\d)? .{0,16}\d{4}"
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)  # RFC 4155 §3: how mbox keeps such a line apart


@dataclass(frozen=True, slots=True)
class Found:
    """A message: its first octets, its true size, and what to do with its place once it is durable."""

    source: str
    raw: bytes
    size: int
    put_away: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place that could not be read, with the system's reason."""

    source: str
    reason: str


def found(path: str, standard_input: BinaryIO) -> Iterator[Found | Unreadable]:
    """All messages under a path, by name. A Maildir's are claimed; they stay claimed until put away."""
    if path == STANDARD_INPUT:
        yield from in_stream(standard_input, path)
        return
    try:
        yield from _in_place(Path(path))
    except OSError as error:
        yield Unreadable(path, error.strerror or str(error))


def _in_place(place: Path) -> Iterator[Found | Unreadable]:
    if not place.is_dir():
        yield from in_file(place)
    elif maildir.is_maildir(place):
        yield from _in_maildir(place)
    else:
        for entry in sorted(place.iterdir()):
            yield from _in_entry(entry)


def _in_entry(entry: Path) -> Iterator[Found | Unreadable]:
    """What a directory holds. Hidden files are not meant; a link to a directory may lead in a circle."""
    if entry.name.startswith(".") or (entry.is_symlink() and entry.is_dir()):
        return
    if entry.is_dir() or entry.is_file() or not entry.exists():
        yield from _in_place(entry)
    else:
        yield Unreadable(str(entry), "is neither file nor directory")  # a pipe would be waited for


def _in_maildir(place: Path) -> Iterator[Found | Unreadable]:
    for file in maildir.claimed(place):
        for message in in_file(file):
            if isinstance(message, Found):
                message = replace(message, put_away=partial(maildir.put_away, file))
            yield message


def in_file(file: Path) -> Iterator[Found | Unreadable]:
    """The messages of one file; it is left as it is."""
    try:
        with file.open("rb") as stream:
            yield from in_stream(stream, str(file))
    except FileNotFoundError:
        yield Unreadable(str(file), "does not exist")
    except OSError as error:
        yield Unreadable(str(file), error.strerror or str(error))


def in_stream(stream: BinaryIO, source: str) -> Iterator[Found]:
    """One message, or many when it begins as an mbox does (Postfix's pipe flag F writes such a line too)."""
    first = stream.readline(_PIECE)
    if not _SEPARATOR.match(first):
        kept = bytearray(first)
        size = len(first)
        while piece := stream.read(_PIECE):
            size += len(piece)
            kept += piece[: max(0, KEPT - len(kept))]
        whole = bytes(kept)
        del kept  # whoever judges it needs the room
        yield Found(source, whole, size)
        return
    for number, (raw, size) in enumerate(_in_mbox(stream), start=1):
        yield Found(f"{source}#{number}", _QUOTED_FROM.sub(rb"\1", raw), size)


def _in_mbox(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Content and true size of each message behind the first separator; a long line comes in pieces."""
    kept, size = bytearray(), 0
    after_empty, line_starts = False, True
    while piece := stream.readline(_PIECE):
        if line_starts and after_empty and _SEPARATOR.match(piece):
            message, kept = (bytes(kept), size), bytearray()  # whoever judges it needs the room
            yield message
            size, after_empty = 0, False
            continue
        after_empty = line_starts and piece in (b"\n", b"\r\n")
        line_starts = piece.endswith(b"\n")
        size += len(piece)
        kept += piece[: max(0, KEPT - len(kept))]
    yield bytes(kept), size
