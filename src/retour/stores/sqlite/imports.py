"""Imports of suppression lists, in desk.sqlite3."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from retour.flow.desk import Import
from retour.instants import Instant
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("imports.sql")


class SqliteImports:
    """The imports of one file. A dry one that an earlier process did not end is dropped at open."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.write() as db:
            for (number,) in db.execute(SQL["left_dry"]).fetchall():
                _drop(db, number)

    def begin(self, made: Import, dry: bool) -> None:
        row = (made.id, made.account, made.at, made.actor, made.form, int(dry), json.dumps(dict(made.counts)))
        with self._database.write() as db:
            db.execute(SQL["begin"], row)

    def fresh(self, id: str, rows: Sequence[tuple[str, str]]) -> list[bool]:
        with self._database.write() as db:
            number, _ = self._number(db, id)
            return [db.execute(SQL["fresh"], (number, *row)).rowcount == 1 for row in rows]

    def stopped(self, id: str, rows: Sequence[tuple[str, str, bytes]]) -> None:
        with self._database.write() as db:
            number, _ = self._number(db, id)
            told = [(event, number, address, kind) for address, kind, event in rows]
            db.executemany(SQL["stopped"], told)

    def end(self, id: str, counts: Mapping[str, int]) -> None:
        with self._database.write() as db:
            number, dry = self._number(db, id)
            if dry:
                _drop(db, number)
            else:
                db.execute(SQL["end"], (json.dumps(dict(counts)), number))
                db.execute(SQL["drop_unchanged"], (number,))

    def listed(self, account: str, limit: int, after: str | None = None) -> list[Import]:
        place = {"account": account, "limit": limit, "after": after}
        return [_import(row) for row in self._database.read().execute(SQL["listed"], place)]

    def one(self, account: str, id: str) -> Import | None:
        row = self._database.read().execute(SQL["one"], (account, id)).fetchone()
        return None if row is None else _import(row)

    def brought(self, id: str, limit: int, after: tuple[str, str]) -> list[tuple[str, str, bytes]]:
        db = self._database.read()
        number, _ = self._number(db, id)
        place = {"number": number, "address": after[0], "kind": after[1], "limit": limit}
        return db.execute(SQL["brought"], place).fetchall()

    def undone(self, id: str, now: Instant) -> None:
        with self._database.write() as db:
            db.execute(SQL["undone"], (now, id))

    def _number(self, db: sqlite3.Connection, id: str) -> tuple[int, int]:
        number, dry = db.execute(SQL["number"], (id,)).fetchone()
        return int(number), int(dry)


def _drop(db: sqlite3.Connection, number: int) -> None:
    db.execute(SQL["drop_rows"], (number,))
    db.execute(SQL["drop"], (number,))


def _import(row: Sequence[Any]) -> Import:
    id, account, at, actor, form, counts, undone_at = row
    return Import(id, account, at, actor, form, json.loads(counts), undone_at)
