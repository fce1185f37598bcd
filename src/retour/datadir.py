"""What a data directory holds beside databases and keys: the lock of its server, marks of unfinished jobs."""

import fcntl
import threading
from pathlib import Path
from typing import IO

from retour.ports import Store

LOCK = "serve.lock"
REWRITING = "rewriting"
_TRIES = 20
_PULSE = threading.Event()  # never set


def lock(data: Path) -> IO[str] | None:
    """The data directory for us alone, made if it is missing; None when another server has it.

    Two servers would not hear of each other's changes. Raises OSError where nothing can be written.
    """
    data.mkdir(parents=True, exist_ok=True)
    held = (data / LOCK).open("a", encoding="ascii")
    for _ in range(_TRIES):
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _PULSE.wait(0.1)  # `retour ingest` holds it for a batch
        else:
            return held
    held.close()
    return None


class Marks:
    """An empty file for each account that is being rewritten; by number, for names may hold anything."""

    def __init__(self, data: Path, store: Store, make: bool = True) -> None:
        """Unless `make`, nothing is written: to look at."""
        self._directory = data / REWRITING
        self._store = store
        if make:
            self._directory.mkdir(exist_ok=True)

    def add(self, account: str) -> None:
        """The rewriting of an account begins."""
        self._file(account).touch()

    def discard(self, account: str) -> None:
        """It is done."""
        self._file(account).unlink(missing_ok=True)

    def left(self) -> list[str]:
        """Accounts whose rewriting did not end."""
        return [
            account.name for account in self._store.accounts.accounts() if self._file(account.name).exists()
        ]

    def _file(self, account: str) -> Path:
        number = next(a.number for a in self._store.accounts.accounts() if a.name == account)
        return self._directory / str(number)
