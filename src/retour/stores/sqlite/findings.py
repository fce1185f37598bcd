"""Findings: each what-if and each replay in a small file of its own, which is thrown away as a whole.

They hold no address, only keyed hashes. A file that is being filled has another name: what kill -9 leaves of
it is filled anew.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from math import inf
from pathlib import Path

from retour.flow.findings import Finding, Judgement, Move, Piece, Understood
from retour.instants import SECOND, Instant
from retour.stores.sqlite.statements import named

SQL = named("findings.sql")
FINDINGS = "findings"
_ORDERS = ("order_judgements", "order_understood", "order_arrivals")
_FILLED, _FILLING = ".sqlite3", ".filling"
_SHOWN = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-_")


class SqliteFindings:
    """The findings of one file; used by one thread at a time."""

    def __init__(self, path: Path, done: Path | None = None) -> None:
        self._path, self._done = path, done
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous = OFF")  # what is half written is written anew
        self._db.execute("PRAGMA cache_size = -16384")

    def make(self) -> None:
        """The tables of an empty file."""
        for name in ("make_findings", "make_judgements", "make_understood"):
            self._db.execute(SQL[name])

    def complete(self) -> None:
        """The tables that findings of an older version have not."""
        self._db.execute(SQL["make_understood"])
        for name in _ORDERS:
            self._db.execute(SQL[name])

    def add(self, piece: Piece) -> None:
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(SQL["add_finding"], piece.findings)
            self._db.executemany(SQL["add_judgement"], piece.judgements)
            self._db.executemany(SQL["add_understood"], piece.understood)

    def judged(self) -> Path:
        for name in _ORDERS:
            self._db.execute(SQL[name])
        return self._path

    def done(self) -> None:
        self.judged()
        for name in ("order_findings", "drop_unordered", "index_moves"):
            self._db.execute(SQL[name])
        if self._done is not None:
            self._db.close()
            self._path.rename(self._done)
            self._path = self._done
            self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)

    def page(self, move: Move | None, limit: int, after: int = 0) -> list[tuple[int, Finding]]:
        if move is None:
            rows = self._db.execute(SQL["page"], (after, limit)).fetchall()
        else:
            rows = self._db.execute(SQL["page_of_move"], (move.value, after, limit)).fetchall()
        return [(number, Finding(place, Move(told), *rest)) for number, place, told, *rest in rows]

    def places(self, limit: int, after: str = "") -> list[str]:
        return [place for (place,) in self._db.execute(SQL["places"], {"after": after, "limit": limit})]

    def judgements(self, places: Sequence[str]) -> list[Judgement]:
        return [Judgement(*row) for row in self._db.execute(SQL["judgements"], (json.dumps(list(places)),))]

    def understood(self, places: Sequence[str]) -> list[Understood]:
        rows = self._db.execute(SQL["understood"], (json.dumps(list(places)),))
        return [Understood(*row) for row in rows]

    def arrivals(self, limit: int, after: bytes = b"") -> list[bytes]:
        return [arrival for (arrival,) in self._db.execute(SQL["arrivals"], (after, limit))]

    def understood_of(self, arrivals: Sequence[bytes]) -> list[Understood]:
        return [
            Understood(*row)
            for arrival in arrivals
            for row in self._db.execute(SQL["understood_of"], (arrival,))
        ]

    def close(self) -> None:
        self._db.close()


class SqliteShelf:
    """Findings in a directory, which is made at first use."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def begin(self, id: str) -> SqliteFindings:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._file(id, _FILLING)
        for left in self._directory.glob(f"{path.name}*"):
            left.unlink()
        made = SqliteFindings(path, self._file(id, _FILLED))
        made.make()
        return made

    def find(self, id: str) -> SqliteFindings | None:
        if not id or not _SHOWN.issuperset(id):
            return None
        path = self._file(id, _FILLED)
        if not path.exists():
            return None
        found = SqliteFindings(path)
        found.complete()
        return found

    def expire(self, before: Instant) -> int:
        old = [file for file in self._directory.glob("*") if _made(file) < before]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)

    def _file(self, id: str, ending: str) -> Path:
        return self._directory / f"{id}{ending}"


def _made(file: Path) -> float:
    """When it was last written. A journal of what is being filled beside may be gone by then: now."""
    try:
        return file.stat().st_mtime * SECOND
    except FileNotFoundError:
        return inf


def opened(path: Path) -> "closing[SqliteFindings]":
    """Findings that another process fills, to be read."""
    return closing(SqliteFindings(path))
