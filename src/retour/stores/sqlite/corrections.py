"""Corrections, in retour.sqlite3."""

from collections.abc import Iterable, Sequence
from typing import Any

from retour.address import key
from retour.instants import Instant
from retour.ports import Correction
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database, storable
from retour.stores.sqlite.statements import named

SQL = named("corrections.sql")


class SqliteCorrections:
    """Corrections of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts, pepper: bytes) -> None:
        self._database, self._accounts, self._pepper = database, accounts, pepper

    def add(self, correction: Correction, digest: bytes | None) -> None:
        with self._database.write() as db:
            number = self._accounts.number(db, correction.account)
            old, new = (key(self._pepper, each) for each in (correction.old, correction.new))
            db.execute(SQL["unlink"], (new, number))
            told = storable(correction.actor), storable(correction.reason)
            row = (correction.id, number, old, new, correction.old, correction.new, correction.at, *told)
            db.execute(SQL["add"], (*row, correction.expires, digest))

    def linked(self, digest: bytes, now: Instant) -> Correction | None:
        return self._one(SQL["linked"], (digest, now))

    def confirm(self, correction: Correction, at: Instant) -> None:
        with self._database.write() as db:
            place = key(self._pepper, correction.new), self._accounts.number(db, correction.account)
            db.execute(SQL["confirm"], (at, *place))
            db.execute(SQL["unlink"], place)

    def withdraw(self, correction: Correction, at: Instant) -> None:
        with self._database.write() as db:
            number = self._accounts.number(db, correction.account)
            db.execute(SQL["withdraw"], (at, correction.id, number))

    def named(self, account: str, id: bytes) -> Correction | None:
        db = self._database.read()
        return self._one(SQL["named"], (id, self._accounts.number(db, account)))

    def of(self, account: str, address: str) -> list[Correction]:
        db = self._database.read()
        place = {"account": self._accounts.number(db, account), "k": key(self._pepper, address)}
        return self._read(db.execute(SQL["of"], place))

    def page(self, account: str, limit: int, before: bytes | None = None) -> list[Correction]:
        db = self._database.read()
        place = {"account": self._accounts.number(db, account), "limit": limit, "before": before}
        return self._read(db.execute(SQL["page"], place))

    def forget(self, account: str, addresses: Sequence[str]) -> None:
        with self._database.write() as db:
            number = self._accounts.number(db, account)
            rows = [{"account": number, "k": key(self._pepper, address)} for address in addresses]
            db.executemany(SQL["forget"], rows)

    def _one(self, statement: str, place: Sequence[Any]) -> Correction | None:
        return next(iter(self._read(self._database.read().execute(statement, place))), None)

    def _read(self, rows: Iterable[Sequence[Any]]) -> list[Correction]:
        rows = list(rows)
        names = self._accounts.names(self._database.read()) if rows else {}
        return [Correction(id, names[account], *rest) for id, account, *rest in rows]
