"""Saved views, in the console's own file."""

import sqlite3
from typing import Any
from urllib.parse import unquote_plus

from retour.ports.erasing import Marks, Told
from retour.ports.people import FullError, SavedView, TakenError, Whose
from retour.stores.sqlite.people import ConsoleFile
from retour.stores.sqlite.statements import named

SQL = named("people.sql")
MOST_VIEWS = 100  # of one page in an account


class SqliteViews:
    """The views of one file."""

    def __init__(self, file: ConsoleFile) -> None:
        self._file = file

    def views(self, whose: Whose, page: str | None) -> list[SavedView]:
        return [_view(row) for row in self._file.rows(SQL["views"], _asked(whose, page=page))]

    def save(self, whose: Whose, view: SavedView) -> SavedView:
        person = "" if view.is_shared else whose.person
        with self._file.write() as db:
            same = _found(db, Whose(whose.account, person, view.is_shared), page=view.page, name=view.name)
            if same:
                db.execute(SQL["change_view"], (view.name, view.query, same[0].id))
                return SavedView(same[0].id, view.page, view.name, view.query, view.is_shared)
            if db.execute(SQL["count_views"], (whose.account, view.page)).fetchone()[0] >= MOST_VIEWS:
                raise FullError
            values = {"account": whose.account, "page": view.page, "name": view.name, "query": view.query}
            made = db.execute(SQL["save_view"], {**values, "person": person})
            return SavedView(made.lastrowid or 0, view.page, view.name, view.query, view.is_shared)

    def change(self, whose: Whose, view: SavedView) -> SavedView | None:
        with self._file.write() as db:
            for found in _found(db, whose, id=view.id):
                beside = Whose(whose.account, "" if found.is_shared else whose.person, found.is_shared)
                same = _found(db, beside, page=found.page, name=view.name)
                if any(each.id != found.id for each in same):
                    raise TakenError
                db.execute(SQL["change_view"], (view.name, view.query, found.id))
                return SavedView(found.id, found.page, view.name, view.query, found.is_shared)
        return None

    def drop(self, whose: Whose, id: int) -> SavedView | None:
        with self._file.write() as db:
            for found in _found(db, whose, id=id):
                db.execute(SQL["drop_view"], (id,))
                return found
        return None

    def scrub(self, account: str, marks: Marks, told: Told) -> int:
        if not self._file.has("looking_view"):
            return 0
        with self._file.write() as db:
            rows = db.execute(SQL["all_views"], (account,)).fetchall()
            told(len(rows))
            gone = [(id,) for id, name, query in rows if marks.holds(f"{name} {unquote_plus(query)}")]
            db.executemany(SQL["drop_view"], gone)
        return len(gone)

    def settle(self) -> bool:
        return self._file.settle()


def _found(db: sqlite3.Connection, whose: Whose, **asked: object) -> list[SavedView]:
    return [_view(row) for row in db.execute(SQL["views"], _asked(whose, **asked))]


def _asked(whose: Whose, **asked: object) -> dict[str, object]:
    nothing = {"page": None, "id": None, "name": None}
    of = {"account": whose.account, "person": whose.person, "shared": whose.shared}
    return {**nothing, **of, **asked}


def _view(row: tuple[Any, ...]) -> SavedView:
    id, page, name, query, is_shared = row
    return SavedView(id, page, name, query, bool(is_shared))
