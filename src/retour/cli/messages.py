"""Messages to look at out of paths: a file, a directory, a Maildir, an mbox, or `-` for standard input.

As `retour ingest` reads them, but everything is left as it is: looking claims and moves nothing. One is held
at a time; of a directory its names.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retour.cli.lines import standard_input
from retour.inlets.mailboxes import STANDARD_INPUT, Found, Unreadable, in_file, in_stream
from retour.inlets.maildir import is_maildir
from retour.mime.limits import TRUNCATED

UNREADABLE = "unreadable"
PACKED = "packed"  # in a way that is not read; standard error says what helps


@dataclass(frozen=True, slots=True)
class Message:
    """One message with the name of where it stood, and what was wrong with reading it."""

    source: str
    raw: bytes
    defects: tuple[str, ...] = ()
    unread: str = ""  # why it could not be read, in the system's words


@dataclass(frozen=True, slots=True)
class Missing:
    """A path that gives no message: it is not there, or a directory that cannot be read or is linked."""

    source: str
    unread: str = ""  # why it could not be read, in the system's words
    linked: bool = False  # a link to a directory, met in a directory


def messages(path: str) -> Iterator[Message | Missing]:
    """All messages of a path, files of a directory by name; what cannot be read is one with its reason."""
    if path == STANDARD_INPUT:
        yield from map(_message, in_stream(standard_input(), path))
        return
    place = Path(path)
    try:
        if not path or not place.exists():  # Path("") is the directory we stand in
            yield Missing(path)
            return
    except OSError as error:  # a name too long, a directory on the way that may not be entered
        yield Missing(path, error.strerror or str(error))
        return
    for file in _files(place) if place.is_dir() else (place,):
        if isinstance(file, Missing):
            yield file
        else:
            yield from map(_message, in_file(file))


def _files(place: Path) -> Iterator[Path | Missing]:
    """The files under a directory by name. A link to a directory may lead in a circle: it is not followed."""
    # Of a Maildir `tmp` is left out: it holds mail half written.
    rooms = (place / "new", place / "cur") if is_maildir(place) else (place,)
    waiting: list[Iterator[Path]] = []
    for room in rooms:
        yield from _entered(room, waiting)
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif entry.is_dir() and not entry.is_symlink():
            yield from _entered(entry, waiting)
        elif entry.is_file():  # a pipe would be waited for
            yield entry
        elif entry.is_symlink():  # to nowhere, in a circle, or to a directory
            yield Missing(str(entry), linked=entry.is_dir())


def _entered(folder: Path, waiting: list[Iterator[Path]]) -> Iterator[Missing]:
    """Puts what a directory holds before what waits already."""
    try:
        names = os.listdir(folder)
    except OSError as error:
        yield Missing(str(folder), error.strerror or str(error))
        return
    names.sort(reverse=True)
    waiting.append(folder / names.pop() for _ in range(len(names)))  # a name that was read is forgotten


def _message(found: Found | Unreadable) -> Message:
    if isinstance(found, Unreadable):
        return Message(found.source, b"", (UNREADABLE,), found.reason)
    return Message(found.source, found.raw, (TRUNCATED,) if found.size > len(found.raw) else ())
