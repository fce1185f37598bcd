"""A log file that is still written, read through every way of rotating it.

Renamed: the old file is read to its end, by the descriptor that is open, and left when the new one has lines.
Copied and truncated: the copy is found by how it begins. Rotated while nobody was there: what comes after the
file of the last place is read in its order, packed by gzip or not.
"""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from errno import ENOENT
from pathlib import Path
from typing import BinaryIO

from retour.inlets.logtail import BLOCK
from retour.inlets.logtail.rotated import (
    HEAD,
    Place,
    Rotated,
    after,
    digest,
    family,
    find,
    opened,
    place_of,
    written_since,
)

_QUIET = 2  # looks in a row that find nothing more in a file, before it is left for the next one
KEPT = 64 * 1024  # octets of a line that are kept where it is longer than a block


class FileTail:
    """One log by the path at which it is written."""

    def __init__(self, path: Path, at_end: bool = False) -> None:
        """`at_end`: when the log is met for the first time, what stands in it already is passed over."""
        self._path, self._at_end = path, at_end
        self._stream: BinaryIO | None = None
        self._id = (0, 0)
        self._written = 0
        self._offset = self._line = 0  # what was read; where the line begins that was not read to its end
        self._long = b""  # the beginning of a line that is longer than a block
        self._known, self._head = 0, ""
        self._quiet = 0  # looks in a row that found nothing more
        self._later = 0  # octets in the files that come after this one
        self.gaps = self.behind = 0

    def resume(self, place: bytes | None) -> None:
        """Find the file of the place, under whatever name; without one, begin. Raises OSError."""
        self.close()
        wanted = place_of(place, self._path)
        if wanted is None:
            self._begin()
            return
        files = family(self._path)
        found = find(files, wanted)
        if found is not None:
            self._open(found, wanted)
            return
        rest = written_since(files, wanted)
        if not rest:
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(self._path))
        self._open(rest[0])
        self.gaps += wanted.offset > 0  # of what was not begun all is there that is written since

    def read(self) -> bytes:
        """Whole lines, at most BLOCK octets; b"" where nothing has come. Raises OSError."""
        stream = self._stream or self._begin()
        block = self._block(stream)
        if self._is_overwritten(stream):
            self._after_truncation()
            return b""
        if len(block) == BLOCK or b"\n" in block:
            self._quiet = 0
            return self._lines(block)
        self._quiet += 1
        return self._leave(block) if self._quiet >= _QUIET else b""

    def place(self) -> bytes | None:
        """The place behind all lines that were read; None while there is no file."""
        return self._here().told() if self._stream is not None else None

    @property
    def sure(self) -> bool:
        """Whether the file is known by more than its inode, which a copy does not have."""
        return self._known > 0

    def between(self, start: bytes, end: bytes) -> Iterator[bytes]:
        """The lines between two places; none where a file of theirs is gone."""
        first, last = place_of(start, self._path), place_of(end, self._path)
        files = family(self._path)
        begin = find(files, first) if first else None
        stop = find(files, last) if last else None
        if first is None or last is None or begin is None or stop is None:
            return
        for rotated in files[files.index(begin) : files.index(stop) + 1]:
            offset = first.offset if rotated == begin else 0
            yield from _blocks(rotated.file, offset, last.offset if rotated == stop else None)

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    # --- which file -----------------------------------------------------------------------------------------

    def _begin(self) -> BinaryIO:
        """The stream, once there is one. Raises FileNotFoundError until then."""
        at_end, self._at_end = self._at_end, False  # a log that is not there yet will be new
        stream = opened(self._path)
        self._take(stream)
        if at_end:
            self._offset = self._line = _last_line_break(stream)
            self._learn()
        return stream

    def _open(self, rotated: Rotated, place: Place | None = None) -> None:
        """Go on in a file, at its place or its beginning. Raises OSError."""
        stream = opened(rotated.file)
        stat = os.fstat(stream.fileno())
        if (stat.st_dev, stat.st_ino) != rotated.id:  # renamed in between: another look will tell
            stream.close()
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(rotated.file))
        self._take(stream)
        self._later = sum(each.size for each in family(self._path) if each > rotated)
        if place is not None:
            self._offset = self._line = place.offset
            self._known, self._head = place.known, place.head

    def _block(self, stream: BinaryIO) -> bytes:
        """The next octets; none where a packed file is damaged or not whole."""
        try:
            stream.seek(self._offset)
            return stream.read(BLOCK)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.gaps += not self._quiet
            return b""

    def _take(self, stream: BinaryIO) -> None:
        self.close()
        self._stream = stream
        stat = os.fstat(stream.fileno())
        self._id, self._written = (stat.st_dev, stat.st_ino), stat.st_mtime_ns
        self._offset = self._line = self._known = self._quiet = 0
        self._head, self._long = digest(stream, 0), b""

    def _here(self) -> Place:
        return Place(str(self._path), *self._id, self._line, self._known, self._head, self._written)

    def _after_truncation(self) -> None:
        """Go on in the copy that was made before, if there is one; what it lacks nobody has."""
        place = self._here()
        copy = find([each for each in family(self._path) if each.id != self._id], place)
        if copy is not None:
            return self._open(copy, place)
        self.gaps += 1
        return self._open_again()

    def _open_again(self) -> None:
        stream = self._stream
        assert stream is not None
        self._stream = None  # not closed: it goes on from its beginning
        self._take(stream)

    def _next(self) -> Rotated | None:
        """The file that comes after this one, once there are lines in any that do."""
        with suppress(FileNotFoundError):
            stat = self._path.stat()
            if (stat.st_dev, stat.st_ino) == self._id:
                return None
        rest = after(family(self._path), self._here())
        return rest[0] if any(each.size for each in rest) else None

    # --- what it says ---------------------------------------------------------------------------------------

    def _lines(self, block: bytes) -> bytes:
        """The whole lines of a block; of a line that is longer its beginning is kept until it ends."""
        cut = block.rfind(b"\n") + 1
        if not cut:
            self._long = self._long or block[:KEPT]
            self._offset += len(block)
            return b""
        whole = block[:cut]
        if self._long:
            whole = self._long + whole[whole.find(b"\n") :]
        self._offset += cut
        self.behind = max(0, self.behind - (self._offset - self._line))
        self._line, self._long = self._offset, b""
        self._learn()
        return whole.lstrip(b"\0")  # a hole, where the writer went on at its old place after a truncation

    def _leave(self, block: bytes) -> bytes:
        """Nothing more comes here: go to the next file, if there is one. The line without an end is told."""
        rest = self._long or block
        following = self._next()
        if following is None:
            return b""
        self._open(following)
        return rest + b"\n" if rest else b""

    def _learn(self) -> None:
        """Know the file by more of its first octets."""
        if self._known >= HEAD or self._stream is None:
            return
        known = min(HEAD, self._line)
        if digest(self._stream, self._known) == self._head:
            self._known, self._head = known, digest(self._stream, known)

    def _is_overwritten(self, stream: BinaryIO) -> bool:
        if isinstance(stream, gzip.GzipFile):
            return False
        stat = os.fstat(stream.fileno())
        self._written = stat.st_mtime_ns
        self.behind = max(0, stat.st_size - self._line) + self._later
        return stat.st_size < self._offset or digest(stream, self._known) != self._head


def _last_line_break(stream: BinaryIO) -> int:
    """The place behind the last whole line of a file."""
    end = os.fstat(stream.fileno()).st_size
    while end > 0:
        begin = max(0, end - BLOCK)
        stream.seek(begin)
        found = stream.read(end - begin).rfind(b"\n") + 1
        if found:
            return begin + found
        end = begin
    return 0


def _blocks(file: Path, offset: int, end: int | None) -> Iterator[bytes]:
    """A file from a place on, to another or to its end."""
    with opened(file) as stream:
        stream.seek(offset)
        left = end - offset if end is not None else -1
        while left and (block := stream.read(min(BLOCK, left) if left > 0 else BLOCK)):
            yield block
            left = left - len(block) if left > 0 else left
    if end is None:
        yield b"\n"  # its last line may have no end
