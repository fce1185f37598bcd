"""Published rules as files of a folder, which commands read too: each whole or not there at all."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from threading import Lock

from retour.classify.lint import LARGEST
from retour.flow.own_rules import OwnRulesError, RuleFile, faults_of, read
from retour.flow.rules_desk import Published
from retour.instants import Instant

FOLDER = "rules"  # of the data directory
_ASIDE = "aside.json"
_ENDINGS = {".toml": True, ".taken-back": False}


def in_force(folder: Path) -> list[Path]:
    """The files that are in force, the oldest first."""
    return sorted(folder.glob("*.toml"))


def readable(folder: Path, configured: Sequence[Path]) -> list[RuleFile]:
    """Every file of rules by its name alone, in force or taken back, as far as it can be read."""
    ended = sorted(file for file in folder.glob("*-*.*") if file.suffix in _ENDINGS)
    found: list[RuleFile] = []
    for file in (*configured, *ended):
        with suppress(OSError), file.open(encoding="utf-8", errors="replace") as stream:
            found.append(RuleFile(file.name, stream.read(LARGEST + 1)))
    return found


class FilesDesk:
    """A folder: `<time>-<id>.toml` is in force, with another ending it was taken back."""

    def __init__(
        self, folder: Path, configured: Sequence[Path] = (), changed: Callable[[], object] = lambda: None
    ) -> None:
        """`configured`: the files of the settings, which hold as well; `changed`: to be read again."""
        self._folder, self._configured, self._changed, self._lock = folder, configured, changed, Lock()

    def published(self) -> list[Published]:
        """All of them, the latest first."""
        files = sorted(self._folder.glob("*-*.*"), reverse=True) if self._folder.exists() else []
        return [_read(file) for file in files if file.suffix in _ENDINGS]

    def with_those_in_force(self, text: str) -> list[RuleFile]:
        """What would be in force. Raises OwnRulesError for files that cannot be read."""
        return [*read([*self._configured, *in_force(self._folder)]), RuleFile("rules", text)]

    def publish(self, text: str, actor: str, now: Instant) -> Published:
        """Put rules in force. Raises OwnRulesError for rules that cannot be used beside the others."""
        with self._lock:
            found = faults_of(self.with_those_in_force(text))
            if found:
                raise OwnRulesError(found)
            file = self._folder / f"{now:020}-{token_hex(4)}.toml"
            _write(file, f"# published by {json.dumps(actor)}\n{text.rstrip()}\n")
            self._changed()
            return _read(file)

    def take_back(self, id: str) -> Published | None:
        """Out of force; its file stays under another name."""
        with self._lock:
            for file in in_force(self._folder):
                if file.stem.partition("-")[2] == id:
                    ended = file.rename(file.with_suffix(".taken-back"))
                    _settle(self._folder)
                    self._changed()
                    return _read(ended)
        return None

    def set_aside(self) -> Mapping[str, int]:
        """Shapes by id, with how many texts they had then."""
        file = self._folder / _ASIDE
        return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}

    def put_aside(self, id: str, count: int | None) -> None:
        """Set a shape aside, or no more."""
        with self._lock:
            aside = {name: seen for name, seen in self.set_aside().items() if name != id}
            _write(self._folder / _ASIDE, json.dumps(aside if count is None else aside | {id: count}))


def _read(file: Path) -> Published:
    first, _, text = file.read_text("utf-8").partition("\n")
    at, _, id = file.stem.partition("-")
    return Published(
        id, int(at), json.loads(first.removeprefix("# published by ")), text, _ENDINGS[file.suffix]
    )


def _write(file: Path, text: str) -> None:
    """Whole or not at all, also when the machine goes down."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    beside = file.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)
    _settle(file.parent)


def _settle(folder: Path) -> None:
    """Make names in a folder durable."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
