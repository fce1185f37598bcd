"""Sends, in retour.sqlite3."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from retour.address import domain_of, key, normalise
from retour.identity import first_send_id
from retour.instants import Instant, utc_day
from retour.model import MailKind, Send
from retour.ports import Rated
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database, storable
from retour.stores.sqlite.many import asked
from retour.stores.sqlite.spots import Spot, spot, tally
from retour.stores.sqlite.statements import named

SQL = named("sends.sql")
_SAMPLES = (b"\x01", b"\x10", b"\xff" * 17)  # keys below are 1/256, 1/16 and all: they are keyed hashes
_ENOUGH = 1_000  # addresses of a sample


_Row = Sequence[Any]


def _added(db: sqlite3.Connection, rows: Sequence[_Row]) -> Iterable[_Row]:
    """Add rows; those that were not there before. Mostly that is all of them, which is found out at once."""
    db.execute("SAVEPOINT adding")
    before = db.total_changes
    db.executemany(SQL["add"], rows)
    if db.total_changes - before == len(rows):
        db.execute("RELEASE adding")
        return rows
    db.execute("ROLLBACK TO adding")
    db.execute("RELEASE adding")
    return [row for row in rows if db.execute(SQL["add"], row).rowcount == 1]


def _spot(row: _Row) -> Spot:
    """Where a send is counted, by its row."""
    return spot(row[1], utc_day(row[5]), domain_of(row[3]).rstrip("> ").lower(), row[6], Rated.SENT)


class SqliteSends:
    """Sends of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts, pepper: bytes) -> None:
        self._database, self._accounts, self._pepper = database, accounts, pepper

    def add(self, sends: Sequence[Send]) -> None:
        with self._database.write() as db:
            numbers = {name: self._accounts.number(db, name) for name in {s.account for s in sends}}
            rows = [self._row(send, numbers[send.account]) for send in sends]
            tally(db, Counter(_spot(row) for row in _added(db, rows)))

    def by_id(self, ids: Iterable[int]) -> Mapping[int, Send]:
        db = self._database.read()
        rows = [row for id in ids if (row := db.execute(SQL["by_id"], (id,)).fetchone())]
        return {send.id: send for send in self._sends(db, rows)}

    def by_message_id(self, message_id: str, addresses: Sequence[str]) -> list[Send]:
        db, told = self._database.read(), storable(message_id)
        for any_of, of_one in (("any_of_message", "of_message_to"), ("any_of_name", "of_name_to")):
            rows = db.execute(SQL[any_of], (told,)).fetchall()
            if len(rows) > 1:
                keys = [key(self._pepper, address) for address in dict.fromkeys(addresses)]
                rows = [row for k in keys for row in db.execute(SQL[of_one], (told, k))] or rows
            if rows:
                return self._sends(db, rows)
        return []

    def name(self, db: sqlite3.Connection, name: str, send: int) -> bool:
        """Note a second name of a send; False when it was known, or none was."""
        known = db.execute(SQL["is_known"], (send,)).fetchone() is not None
        return known and db.execute(SQL["add_name"], (storable(name), send)).rowcount == 1

    def delivered(self, account: str, addresses: Sequence[str]) -> Mapping[str, Instant]:
        return self._latest("last_delivery", account, addresses)

    def handed_over(self, account: str, addresses: Sequence[str]) -> Mapping[str, Instant]:
        return self._latest("last_send", account, addresses)

    def _latest(self, which: str, account: str, addresses: Sequence[str]) -> Mapping[str, Instant]:
        db = self._database.read()
        number = self._accounts.number(db, account)
        told, by_key = asked(self._pepper, addresses)
        rows = db.execute(SQL[which], told | {"account": number})
        return {by_key[k]: at for k, at in rows if at is not None}

    def mails_per_address(self, account: str, since: Instant) -> float | None:
        db = self._database.read()
        number = self._accounts.number(db, account)
        mails = addresses = 0
        for below in _SAMPLES:
            place = {"below": below, "account": number, "since": since}
            mails, addresses = db.execute(SQL["mails_and_addresses"], place).fetchone()
            if addresses >= _ENOUGH:
                break
        return mails / addresses if addresses else None

    def expire(self, before: Instant, limit: int, after: int = 0) -> int | None:
        with self._database.write() as db:
            place = {"after": after, "bound": first_send_id(before), "limit": limit}
            last: int | None = db.execute(SQL["last_to_look_at"], place).fetchone()[0]
            if last is not None:
                db.execute(SQL["expire"], {"after": after, "last": last, "before": before})
        return last

    def of_address(self, db: sqlite3.Connection, k: bytes, number: int) -> list[Send]:
        """The sends to one address, oldest first."""
        return self._sends(db, db.execute(SQL["of_address"], (k, number)))

    def deliver(self, db: sqlite3.Connection, id: int, at: Instant) -> bool:
        """Note a delivery, the earliest of several; False when the send is not known."""
        db.execute(SQL["deliver"], {"id": id, "at": at})
        return db.execute(SQL["is_known"], (id,)).fetchone() is not None

    def _row(self, send: Send, number: int) -> Sequence[Any]:
        k = key(self._pepper, normalise(send.recipient) or send.recipient)
        told = map(storable, (send.campaign, send.sender, send.subject, send.message_id))
        return send.id, number, k, send.recipient, send.kind.value, send.handed_over, *told, send.delivered_at

    def _sends(self, db: sqlite3.Connection, rows: Iterable[Sequence[Any]]) -> list[Send]:
        rows = list(rows)
        names = self._accounts.names(db) if rows else {}
        return [
            Send(id, names[account], recipient, MailKind(kind), handed_over, *told)
            for id, account, recipient, kind, handed_over, *told in rows
        ]
