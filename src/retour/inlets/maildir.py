"""A Maildir as a source: claim by rename, commit, then move to a folder of ours. Nothing is ever deleted.

The folder `.Retour` is a Maildir++ folder inside it, so that mail programs show it: `new/` holds what is
claimed and not yet durable, `cur/` what is. A run that was killed leaves its claims in `new/`; the next one
begins with them. Two runs at the same time may read one claim twice, which is counted once.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

FOLDER = ".Retour"


def is_maildir(place: Path) -> bool:
    """Whether a directory is a Maildir: it has the three rooms."""
    return all((place / room).is_dir() for room in ("cur", "new", "tmp"))


def claimed(place: Path, rooms: Sequence[str] = ("new", "cur")) -> Iterator[Path]:
    """Claim the messages of these rooms one by one; `tmp/` holds mail half written and is left alone.

    Raises OSError when the folder cannot be made.
    """
    folder = _folder(place)
    yield from _files(folder / "new")
    for room in rooms:
        for file in _files(place / room):
            claim = _free(folder / "new" / file.name)
            with suppress(FileNotFoundError):  # another run, or its owner's mail program, was first
                file.rename(claim)
                yield claim


def put_away(claim: Path) -> None:
    """After the commit: from `new/` to `cur/` of our folder, marked as seen."""
    name = claim.name if ":2," in claim.name else f"{claim.name}:2,S"
    with suppress(FileNotFoundError):
        claim.rename(_free(claim.parent.parent / "cur" / name))


def _free(target: Path) -> Path:
    """The target, or a name beside it: a rename must never put one message in the place of another."""
    number = 0
    free = target
    while free.exists():
        number += 1
        free = target.with_name(f"{number}.{target.name}")
    return free


def _files(room: Path) -> list[Path]:
    return sorted(file for file in room.iterdir() if file.is_file() and not file.name.startswith("."))


def _folder(place: Path) -> Path:
    folder = place / FOLDER
    for room in ("cur", "new", "tmp"):
        (folder / room).mkdir(parents=True, exist_ok=True)
    (folder / "maildirfolder").touch()
    return folder
