"""One SQLite file: a writer that takes turns, readers of their own in every thread, migrations at open."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from retour.stores.sqlite.statements import migrations, statements

_APPLICATION = {
    "store": 0x52455431,
    "inbox": 0x52455432,
    "desk": 0x52455444,
    "domains": 0x52455456,
}  # "RET1" …: which file it is
_BUSY_MS = 10_000
# Who waits for another process's transaction looks again every 100 ms (sqlite3.c, sqliteDefaultBusyCallback).
# One that writes without a pause lets nobody in: it makes room before their patience ends.
_BREATHLESS = 4.0  # seconds
_BREATH = 0.12  # seconds
_PAUSE = 0.01  # seconds between two transactions, in which another process would get its turn
_READER_CACHE_MIB = 4  # of each thread; what they read is mapped, and shared by all
_MAPPED = 1 << 30
_CHECKPOINT_PAGES = 32_768  # 128 MiB: a page that is written again and again is copied once

# sqlite3 takes numbers and texts as they are, but asks every None and all bytes whether they know a form of
# their own, and raises and catches an AttributeError over it. To be told at once costs a third of that.
sqlite3.register_adapter(bytes, bytes.__bytes__)
sqlite3.register_adapter(type(None), {None: None}.get)


class StoreError(Exception):
    """A file that cannot be used; the message names it and says what to do."""


def storable(text: str | None) -> str | None:
    """A remote's text as SQLite can keep it: octets that were no UTF-8 become question marks."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _make(path: Path) -> None:
    """Make the file, for its owner alone. One that is there is never opened beside SQLite: to close it
    again would end the locks that this process has on it (sqlite.org/howtocorrupt.html §2.2)."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


class Database:
    """Connections to one file. Everything written in `write` is on disk when it ends."""

    def __init__(
        self,
        path: Path,
        of: str,
        cache_mib: int = 64,
        read_only: bool = False,
        reader_cache_mib: int = _READER_CACHE_MIB,
        upgrading: Callable[[], object] = lambda: None,
    ) -> None:
        self._path, self.read_only, self._reader_cache_mib = path, read_only, reader_cache_mib
        self._turn = threading.Lock()
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._list = threading.Lock()
        self._closing = threading.Event()
        self._began = self._ended = 0.0  # of writing without a pause
        self._writer = self._connect(cache_mib)
        try:
            if read_only:
                self._look(of)
            else:
                self._migrate(of, upgrading)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it, with one fsync at the end, or nothing of it."""
        with self._turn:
            self._make_room()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            finally:
                self._ended = time.monotonic()

    def _make_room(self) -> None:
        """Let another process write, where this one has done nothing else for long."""
        now = time.monotonic()
        if now - self._ended > _PAUSE:
            self._began = now
        elif now - self._began > _BREATHLESS:
            self._closing.wait(_BREATH)
            self._began = time.monotonic()

    def read(self) -> sqlite3.Connection:
        """This thread's own connection for reading; it never waits for the writer."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect(self._reader_cache_mib)
        return connection

    @contextmanager
    def apart(self) -> Iterator[sqlite3.Connection]:
        """A connection for one long piece of work: its temporary tables, and their memory, go with it."""
        connection = self._connect(self._reader_cache_mib)
        try:
            yield connection
        finally:
            with self._list, suppress(ValueError):  # closed already, with all the others
                self._opened.remove(connection)
            connection.close()

    def settle(self) -> bool:
        """Bring everything written into the file itself, so that nothing older stands beside it.

        False while somebody reads what is older.
        """
        with self._turn:
            busy: int = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy

    def close(self) -> None:
        """Close the connections of all threads."""
        self._closing.set()
        with self._list:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _connect(self, cache_mib: int) -> sqlite3.Connection:
        try:
            if self.read_only:
                connection = sqlite3.connect(
                    f"{self._path.absolute().as_uri()}?mode=ro",
                    uri=True,
                    isolation_level=None,
                    check_same_thread=False,
                )
            else:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                _make(self._path)
                connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            if not self.read_only:
                connection.execute("PRAGMA journal_mode = WAL")
                # What is erased is nowhere in the file; temporary tables are in memory alone.
                connection.execute("PRAGMA main.secure_delete = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA temp_store = MEMORY")
            if not self.read_only:  # which reads everything once: it would fill the memory with what is past
                connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
            connection.execute(f"PRAGMA cache_size = {-1024 * cache_mib}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        except (OSError, sqlite3.DatabaseError) as error:
            raise StoreError(f"{self._path}: cannot be opened as a database ({error})") from error
        with self._list:
            self._opened.append(connection)
        return connection

    def _look(self, of: str) -> None:
        """Make sure that the file has this version's schema, without touching it."""
        try:
            version: int = self._writer.execute("PRAGMA user_version").fetchone()[0]
            application: int = self._writer.execute("PRAGMA application_id").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self._path}: cannot be opened as a database ({error})") from error
        if application != _APPLICATION[of]:
            raise StoreError(f"{self._path}: is not the {of} of a Retour; choose another data directory")
        if version != len(migrations(of)):
            raise StoreError(
                f"{self._path}: has schema {version}, this version of Retour has {len(migrations(of))};"
                " start retour serve of this version once, or look with the version that runs"
            )

    def _is_current(self, of: str, version: int) -> bool:
        told = [
            self._writer.execute(f"PRAGMA {each}").fetchone()[0]
            for each in ("application_id", "user_version")
        ]
        return told == [_APPLICATION[of], version]

    def _migrate(self, of: str, upgrading: Callable[[], object]) -> None:
        """Bring the file to this version's schema, all steps in one transaction; tell it of an older file."""
        known = migrations(of)
        if self._is_current(of, len(known)):  # no turn is waited for, where nothing is to be written
            return
        with self.write() as db:
            version: int = db.execute("PRAGMA user_version").fetchone()[0]
            application: int = db.execute("PRAGMA application_id").fetchone()[0]
            if application not in (0, _APPLICATION[of]) or (version and not application):
                raise StoreError(f"{self._path}: is not the {of} of a Retour; choose another data directory")
            if version > len(known):
                raise StoreError(
                    f"{self._path}: was written by a newer Retour (schema {version}, this one knows"
                    f" {len(known)}); install that version again, or restore the backup made before it"
                )
            if 0 < version < len(known):
                upgrading()
            for number, script in enumerate(known[version:], version + 1):
                for statement in statements(script):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")
            db.execute(f"PRAGMA application_id = {_APPLICATION[of]}")
