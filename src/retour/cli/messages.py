"""Messages out of paths: a file, a directory, a Maildir, an mbox, or `-` for stdin. One at a time."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from retour.mime.limits import EXAMINED

READ = EXAMINED + 1  # octets of one message; parsing sees by the last one that there was more
# RFC 4155: "From " sender, then a date of asctime. Bodies hold lines that begin with "From " as well.
_SEPARATOR = re.compile(rb"From \S+ +(?:\w{3} )?\w{3} +\d{1,2} \d\d:\d\d(?::\d\d)? .{0,16}\d{4}", re.ASCII)
_LONGEST_LINE = 1 << 16


@dataclass(frozen=True, slots=True)
class Message:
    """One message with the name of where it stood, and what was wrong with reading it."""

    source: str
    raw: bytes
    defects: tuple[str, ...] = ()


def messages(path: str) -> Iterator[Message]:
    """All messages of a path, files of a directory by name. Raises FileNotFoundError."""
    if path == "-":
        yield from _of_stream(sys.stdin.buffer, "-")
        return
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(path)
    for file in _files(place):
        yield from _of_file(file)


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    if (place / "cur").is_dir() and (place / "new").is_dir():  # Maildir; `tmp` holds half-written mail
        return sorted(file for part in ("cur", "new") for file in (place / part).iterdir() if file.is_file())
    return sorted(file for file in place.rglob("*") if file.is_file())


def _of_file(file: Path) -> Iterator[Message]:
    try:
        with file.open("rb") as stream:
            yield from _of_stream(stream, str(file))
    except OSError:
        yield Message(str(file), b"", ("unreadable",))


def _of_stream(stream: BinaryIO, source: str) -> Iterator[Message]:
    first = stream.readline(_LONGEST_LINE)
    if _SEPARATOR.match(first):
        yield from _of_mbox(stream, source)
        return
    yield Message(source, first + stream.read(READ - len(first)))


def _of_mbox(stream: BinaryIO, source: str) -> Iterator[Message]:
    """A separator counts after an empty line only; of each message at most the limit is kept."""
    kept, size, number, after_empty = [b""], 0, 1, False
    while line := stream.readline(_LONGEST_LINE):
        if after_empty and _SEPARATOR.match(line):
            yield Message(f"{source}#{number}", b"".join(kept))
            kept, size, number = [], 0, number + 1
            continue
        after_empty = line in (b"\n", b"\r\n")
        if size < READ:
            kept.append(line)
            size += len(line)
    yield Message(f"{source}#{number}" if number > 1 else source, b"".join(kept))
