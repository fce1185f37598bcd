"""A directory of segments that KumoMTA writes, packed by zstd, read when they are closed.

KumoMTA ends a segment after some minutes or megabytes and begins another. One is closed when nobody may write
it any more, or has for a while: packed, when its last frame has an end; plain, when another one is newer.
Later ones wait for it. What was taken for closed and grew is read again: its records are known, and count
once.
"""

import json
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from errno import ENOPKG
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from retour.inlets.logtail import BLOCK
from retour.inlets.logtail.frames import MAGIC, is_whole
from retour.instants import HOUR, MINUTE, Instant

_QUIET: Final = MINUTE  # in which nothing was written to a segment that is whole
_GIVEN_UP: Final = HOUR  # and to one without an end: whoever wrote it was killed
_WINDOW: Final = 64 * 1024 * 1024  # octets of memory that unpacking may take
_RATIO: Final = 1000  # times its size that a segment may unpack to; logs reach 50
_KEPT: Final = 1024 * 1024  # octets of a line that are kept where it is longer than a block


class _Segment(NamedTuple):
    """One of them; those that were written later come later."""

    written: int  # when it was written last, in nanoseconds
    name: str


class SegmentTail:
    """The segments of one directory."""

    gaps = 0
    behind = 0
    sure = False  # each record stands for itself: there are no lines to be recalled

    def __init__(self, directory: Path, at_end: bool, now: Callable[[], Instant]) -> None:
        """`at_end`: what is closed when the directory is met for the first time is passed over."""
        self._directory, self._at_end, self._now = directory, at_end, now
        self._at = _Segment(0, "")  # the segment that is read, or was last
        self._offset = 0  # octets of it, unpacked, that were told
        self._stream: BinaryIO | None = None
        self._rest = b""  # the beginning of a line
        self._left = 0  # octets that it may still unpack to

    def resume(self, place: bytes | None) -> None:
        """Go on in the segment of the place. Raises OSError."""
        self.close()
        self._at, self._offset = _Segment(0, ""), 0
        kept: Any = None
        with suppress(ValueError):
            kept = json.loads(place or b"null")
        if isinstance(kept, dict) and kept.get("directory") == str(self._directory):
            self._at, self._offset = _Segment(kept["written"], kept["name"]), kept["offset"]
            if self._offset and self._at in self._segments():
                self._open(self._at, self._offset)
        elif self._at_end:
            self._at = max(self._closed(), default=self._at)
        self._at_end = False

    def read(self) -> bytes:
        """Whole lines, about BLOCK octets; b"" where no more is closed. Raises OSError."""
        while self._stream is not None or self._next():
            if lines := self._lines():
                return lines
        return b""

    def place(self) -> bytes:
        """The place behind all lines that were told."""
        told = {"directory": str(self._directory), **self._at._asdict(), "offset": self._offset}
        return json.dumps(told).encode()

    def between(self, start: bytes, end: bytes) -> Iterable[bytes]:
        """Nothing: records need no others."""
        return ()

    def close(self) -> None:
        """Close the segment."""
        if self._stream is not None:
            self._stream.close()
        self._stream, self._rest = None, b""

    def _segments(self) -> list[_Segment]:
        """All, in the order in which they were written last."""
        found: list[_Segment] = []
        for place in self._directory.iterdir():
            with suppress(FileNotFoundError):  # cleared away in between
                told = place.stat()
                if stat.S_ISREG(told.st_mode) and not place.name.startswith("."):
                    found.append(_Segment(told.st_mtime_ns, place.name))
        return sorted(found)

    def _closed(self) -> Iterator[_Segment]:
        """Those after the last one, up to the first that may still be written."""
        later = [each for each in self._segments() if each > self._at]
        for each in later:
            with suppress(FileNotFoundError):
                if not self._is_closed(each, each is later[-1]):
                    return
                yield each

    def _is_closed(self, segment: _Segment, newest: bool) -> bool:
        place = self._directory / segment.name
        if not place.stat().st_mode & 0o222:
            return True
        quiet = self._now() - segment.written // 1000
        if quiet < _QUIET or quiet >= _GIVEN_UP:
            return quiet >= _GIVEN_UP and not newest
        with place.open("rb") as stream:
            packed = stream.read(len(MAGIC)) == MAGIC
            return is_whole(stream) if packed else not newest

    def _next(self) -> bool:
        """Open the segment that was closed next after the last one."""
        closed = list(self._closed())
        self.behind = sum(self._size(each) for each in closed)
        if closed:
            self._open(closed[0], 0)
        return bool(closed)

    def _size(self, segment: _Segment) -> int:
        try:
            return (self._directory / segment.name).stat().st_size
        except FileNotFoundError:
            return 0

    def _open(self, segment: _Segment, offset: int) -> None:
        """Go on in a segment, behind what was told of it."""
        self._stream = _opened(self._directory / segment.name)
        self._at, self._offset, self._rest = segment, 0, b""
        self._left = max(1, self._size(segment)) * _RATIO
        while self._offset < offset and (piece := self._piece(min(BLOCK, offset - self._offset))):
            self._offset += len(piece)

    def _piece(self, size: int) -> bytes:
        """The next octets; none at the end, and where it is damaged or unpacks to too much."""
        assert self._stream is not None
        try:
            piece = self._stream.read(size) if self._left > 0 else b""
            self.gaps += self._left <= 0
        except OSError:
            raise
        except Exception:  # zstandard.ZstdError, which is known only where the library is there
            self.gaps += 1
            piece = b""
        self._left -= len(piece)
        return piece

    def _lines(self) -> bytes:
        """The whole lines of the next block; at the end the line that has none."""
        piece = self._piece(BLOCK)
        if not piece:
            rest = self._rest
            self.close()
            self._offset += len(rest)
            return rest + b"\n" if rest else b""
        together = self._rest + piece
        cut = together.rfind(b"\n") + 1
        if not cut and len(together) > _KEPT:
            together, cut = together[:_KEPT] + b"\n", 0
        self._rest = together[cut:]
        self._offset += cut
        return together[:cut]


def _opened(place: Path) -> BinaryIO:
    """A segment, packed or not. Raises OSError."""
    stream = place.open("rb")
    if stream.read(len(MAGIC)) != MAGIC:
        stream.seek(0)
        return stream
    stream.seek(0)
    try:
        import zstandard
    except ImportError as error:
        stream.close()
        raise OSError(ENOPKG, "the library for zstd is not installed: pip install 'retour[zstd]'") from error
    unpacking = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    return unpacking.stream_reader(stream, read_across_frames=True, closefd=True)
