"""The files that a log was rotated to, and how one of them is known again under another name."""

import gzip
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

HEAD = 1024  # octets at the beginning that tell one log from another: a time and a process stand there
PACKED = ".gz"
# mail.log.1, mail.log-20261122, mail.log.20261122-001545 (postfix logrotate), mainlog.01.gz (exicyclog);
# before the extension: acct-2026-11-22-0007.csv (PowerMTA), mail-20261122.log (logrotate's "extension")
_MARK = re.compile(r"[.-](\d[\dT._-]*?)")
_NUMBER = 4  # digits that the number of a rotation has at most; more are a date
_LOOKS = 5  # at a directory in which files are just being renamed


class Place(NamedTuple):
    """How far a file was read. The file is known by its inode, and a copy of it by its first octets."""

    path: str
    device: int
    inode: int
    offset: int  # behind the last whole line
    known: int  # how many of the first octets are in the digest
    head: str
    written: int  # when the file had last been written to, in nanoseconds

    def told(self) -> bytes:
        """As octets, to be kept."""
        return json.dumps(self._asdict()).encode()


class Rotated(NamedTuple):
    """A file of the log's family."""

    order: tuple[int, int]
    file: Path
    device: int
    inode: int
    size: int
    written: int

    @property
    def id(self) -> tuple[int, int]:
        """What no other file has while this one is there."""
        return self.device, self.inode


def place_of(told: bytes | None, path: Path) -> Place | None:
    """The place that was kept; None where nothing was, or the source followed another path then."""
    with suppress(ValueError, TypeError):
        place = Place(**json.loads(told or b"null"))
        if place.path == str(path):
            return place
    return None


def digest(stream: BinaryIO, known: int) -> str:
    """What a file is known by: a digest of its first octets."""
    stream.seek(0)
    found = b""
    while len(found) < known and (part := stream.read(known - len(found))):
        found += part  # unbuffered, a stream may give it in parts
    return blake2b(found, digest_size=16).hexdigest()


def opened(file: Path) -> BinaryIO:
    """The log in a file, packed or not. Raises OSError."""
    return cast(BinaryIO, gzip.open(file)) if file.suffix == PACKED else file.open("rb", buffering=0)


def family(path: Path) -> list[Rotated]:
    """The log and what it was rotated to, the oldest first; of a file and its packed form the file alone.

    Two looks that agree, so that it shows no directory in the midst of being rotated.
    """
    found = _look(path)
    for _ in range(_LOOKS):
        again = _look(path)
        if [each.id for each in again] == [each.id for each in found]:
            return again
        found = again
    return found


def _look(path: Path) -> list[Rotated]:
    found: dict[str, Rotated] = {}
    for file in _beside(path):
        order = _order(file.name, path.name)
        with suppress(OSError):  # gone again
            if order is not None and (file.suffix != PACKED or file.name.removesuffix(PACKED) not in found):
                stat = file.stat()
                found[file.name.removesuffix(PACKED)] = Rotated(
                    order, file, stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns
                )
    return sorted(found.values())


def _beside(path: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield from sorted(path.parent.iterdir(), key=lambda file: file.suffix == PACKED)


def _order(name: str, base: str) -> tuple[int, int] | None:
    """Dates rise, numbers fall as time goes on, and what has no suffix is written now."""
    if name == base:
        return 2, 0
    plain, (stem, dot, extension) = name.removesuffix(PACKED), base.rpartition(".")
    if plain.startswith(base):
        found = _MARK.fullmatch(plain, len(base))
    elif stem and plain.startswith(stem) and plain.endswith(dot + extension):
        found = _MARK.fullmatch(plain, len(stem), len(plain) - len(dot + extension))
    else:
        found = None
    if found is None:
        return None
    digits = re.sub(r"\D", "", found[1])
    return (1, -int(digits)) if len(digits) <= _NUMBER else (0, int(digits))


def find(files: Sequence[Rotated], place: Place) -> Rotated | None:
    """The file of a place: of the same inode, else a copy or the packed form of it. None: it is gone.

    Of a file in which nothing was read the inode says little, for it may be another's by now: then it is the
    first that was written to since, or in the same moment: clocks of file systems stand still for
    milliseconds, and what is read twice counts once, what is passed over is lost.
    """
    if not place.known:
        since = (each for each in files if each.written >= place.written or _is_at(each, place))
        return next(since, None)
    same = [each for each in files if _is_at(each, place)]
    others = [each for each in files if each not in same]
    return next((each for each in (*same, *others) if _goes_on(each, place)), None)


def _is_at(rotated: Rotated, place: Place) -> bool:
    return (rotated.device, rotated.inode) == (place.device, place.inode)


def _goes_on(rotated: Rotated, place: Place) -> bool:
    """Whether a file begins as the one of the place did, and is as long at least.

    Raises PermissionError: what may not be read is not gone.
    """
    try:
        with opened(rotated.file) as stream:
            if digest(stream, place.known) != place.head:
                return False
            if rotated.file.suffix == PACKED:
                return stream.seek(place.offset) == place.offset
            return os.fstat(stream.fileno()).st_size >= place.offset
    except PermissionError:
        raise
    except (OSError, EOFError):  # gone, or being packed just now
        return False


def after(files: Sequence[Rotated], place: Place) -> list[Rotated]:
    """The files that were written after the one of a place that is open, the oldest first.

    Its inode is its own as long as it is open. Of one that is gone, and not packed either, only the time is
    known at which it had last been written to.
    """
    found = next((each for each in files if _is_at(each, place)), None)
    if found is None and place.known:
        found = find(files, place)
    if found is None:
        return written_since(files, place)
    return list(files[files.index(found) + 1 :])


def written_since(files: Sequence[Rotated], place: Place) -> list[Rotated]:
    """The files that were written to since the place was told, but its own, the oldest first."""
    return [each for each in files if each.written >= place.written and not _is_at(each, place)]
