"""Contacts and lists, in retour.sqlite3."""

import json
import sqlite3
from collections.abc import Sequence

from retour.instants import Instant
from retour.ports.contacts import DROPPED_KEPT_FOR, Contact, ContactChange, ContactList, Reverted
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("contacts.sql")


class SqliteContacts:
    """The contacts of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def set(self, contacts: Sequence[Contact], on: str | None = None) -> int:
        new = 0
        with self._database.write() as db:
            for each in contacts:
                account = self._accounts.number(db, each.account)
                new += db.execute(SQL["known"], (account, each.address)).fetchone() is None
                facts = (each.address, each.name, each.attributes, each.made_at, each.changed_at)
                ((number,),) = db.execute(SQL["set"], (account, *facts)).fetchall()
                if on is not None:
                    db.execute(SQL["put_on"], (self._list(db, account, on), number))
        return new

    def put_on(self, list: ContactList, addresses: Sequence[str], now: Instant) -> int:
        added = 0
        with self._database.write() as db:
            account = self._accounts.number(db, list.account)
            number = self._list(db, account, list.id)
            for address in addresses:
                found = db.execute(SQL["known"], (account, address)).fetchall()
                found = found or db.execute(SQL["make"], (account, address, now, now)).fetchall()
                added += db.execute(SQL["put_on"], (number, found[0][0])).rowcount
        return added

    def take_off(self, list: ContactList, addresses: Sequence[str]) -> int:
        with self._database.write() as db:
            account = self._accounts.number(db, list.account)
            number = self._list(db, account, list.id)
            places = [(number, account, address) for address in addresses]
            return sum(db.execute(SQL["take_off"], place).rowcount for place in places)

    def revert(self, account: str, changes: Sequence[ContactChange]) -> Reverted:
        removed: list[str] = []
        restored: list[str] = []
        left: list[str] = []
        with self._database.write() as db:
            number = self._accounts.number(db, account)
            for address, at, before in changes:
                row = db.execute(SQL["one"], (number, address)).fetchone()
                now = None if row is None else Contact(account, *row)
                if now is None or now == before:
                    continue
                if now.changed_at != at or (before is None and self._is_on_any(db, number, address)):
                    left.append(address)
                elif before is None:
                    db.execute(SQL["take_off_all"], (number, address))
                    db.execute(SQL["remove"], (number, address))
                    removed.append(address)
                else:
                    facts = (address, before.name, before.attributes, before.made_at, before.changed_at)
                    db.execute(SQL["set"], (number, *facts)).fetchall()
                    restored.append(address)
        return Reverted(tuple(removed), tuple(restored), tuple(left))

    def _is_on_any(self, db: sqlite3.Connection, account: int, address: str) -> bool:
        return db.execute(SQL["on_any"], (account, address)).fetchone() is not None

    def one(self, account: str, address: str) -> Contact | None:
        db = self._database.read()
        row = db.execute(SQL["one"], (self._accounts.number(db, account), address)).fetchone()
        return None if row is None else Contact(account, *row)

    def some(self, account: str, addresses: Sequence[str]) -> dict[str, Contact]:
        db = self._database.read()
        place = (json.dumps(addresses), self._accounts.number(db, account))
        return {row[0]: Contact(account, *row) for row in db.execute(SQL["some"], place)}

    def on(self, list: ContactList, addresses: Sequence[str]) -> frozenset[str]:
        db = self._database.read()
        place = (json.dumps(addresses), self._accounts.number(db, list.account), list.id)
        return frozenset(address for (address,) in db.execute(SQL["on"], place))

    def page(
        self, account: str, limit: int, after: str | None = None, on: str | None = None, search: str = ""
    ) -> list[Contact]:
        db = self._database.read()
        number = self._accounts.number(db, account)
        place = {"account": number, "after": after or "", "search": search, "limit": limit}
        if on is not None:
            place["list"] = self._list(db, number, on)
        rows = db.execute(SQL["page" if on is None else "page_of_list"], place)
        return [Contact(account, *row) for row in rows]

    def at(self, account: str, domain: str, limit: int) -> list[Contact]:
        db = self._database.read()
        rows = db.execute(SQL["at"], (self._accounts.number(db, account), domain, limit))
        return [Contact(account, *row) for row in rows]

    def make_list(self, list: ContactList) -> bool:
        with self._database.write() as db:
            account = self._accounts.number(db, list.account)
            facts = (list.id, account, list.name, list.actor, list.made_at)
            return db.execute(SQL["make_list"], facts).rowcount == 1

    def rename(self, account: str, id: str, name: str) -> bool:
        with self._database.write() as db:
            place = (name, self._accounts.number(db, account), id)
            return db.execute(SQL["rename"], place).rowcount == 1

    def lists(self, account: str) -> list[ContactList]:
        db = self._database.read()
        rows = db.execute(SQL["lists"], (self._accounts.number(db, account),))
        return [ContactList(account, *row) for row in rows]

    def lists_of(self, account: str, address: str) -> list[ContactList]:
        db = self._database.read()
        rows = db.execute(SQL["lists_of"], (self._accounts.number(db, account), address))
        return [ContactList(account, *row) for row in rows]

    def drop_list(self, account: str, id: str, now: Instant) -> bool:
        with self._database.write() as db:
            for list in db.execute(SQL["long_dropped"], (now - DROPPED_KEPT_FOR,)).fetchall():
                db.execute(SQL["empty_list"], list)
                db.execute(SQL["forget_list"], list)
            place = (now, self._accounts.number(db, account), id)
            return db.execute(SQL["drop_list"], place).rowcount == 1

    def dropped(self, account: str, id: str) -> ContactList | None:
        db = self._database.read()
        row = db.execute(SQL["dropped"], (self._accounts.number(db, account), id)).fetchone()
        return None if row is None else ContactList(account, *row)

    def take_back(self, account: str, id: str) -> bool:
        with self._database.write() as db:
            place = (self._accounts.number(db, account), id)
            return db.execute(SQL["take_back"], place).rowcount == 1

    def _list(self, db: sqlite3.Connection, account: int, id: str) -> int:
        """The number of a list. Raises KeyError."""
        found = db.execute(SQL["list"], (account, id)).fetchone()
        if found is None:
            raise KeyError(id)
        return int(found[0])
