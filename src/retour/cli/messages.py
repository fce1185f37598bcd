"""Messages to look at out of paths: a file, a directory, a Maildir, an mbox, or `-` for standard input.

As `retour ingest` reads them, but everything is left as it is: looking claims and moves nothing.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retour.inlets.mailboxes import STANDARD_INPUT, Found, Unreadable, in_file, in_stream
from retour.inlets.maildir import is_maildir
from retour.mime.limits import TRUNCATED

UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Message:
    """One message with the name of where it stood, and what was wrong with reading it."""

    source: str
    raw: bytes
    defects: tuple[str, ...] = ()


def messages(path: str) -> Iterator[Message]:
    """All messages of a path, files of a directory by name. Raises FileNotFoundError."""
    if path == STANDARD_INPUT:
        yield from map(_message, in_stream(sys.stdin.buffer, path))
        return
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(path)
    for file in _files(place):
        yield from map(_message, in_file(file))


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    if is_maildir(place):  # `tmp` holds mail half written
        return sorted(file for room in ("cur", "new") for file in (place / room).iterdir() if file.is_file())
    return sorted(file for file in place.rglob("*") if file.is_file())


def _message(found: Found | Unreadable) -> Message:
    if isinstance(found, Unreadable):
        return Message(found.source, b"", (UNREADABLE,))
    return Message(found.source, found.raw, (TRUNCATED,) if found.size > len(found.raw) else ())
