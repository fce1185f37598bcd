"""What the whole platform has stopped, in retour.sqlite3."""

import json
from collections.abc import Mapping, Sequence

from retour.address import key
from retour.model import GROUPS, Group
from retour.ports import PlatformStop, ReadSoFar
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("platform.sql")
DEAD = json.dumps(sorted(reason for reason, group in GROUPS.items() if group is Group.DEAD))


class SqlitePlatform:
    """The stops of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts, pepper: bytes) -> None:
        self._database, self._accounts, self._pepper = database, accounts, pepper

    def holders(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        db = self._database.read()
        names = self._accounts.names(db)
        return {
            address: [
                names[number]
                for (number,) in db.execute(SQL["holders"], (key(self._pepper, address),))
                if number
            ]
            for address in addresses
        }

    def touched(self, after: int, limit: int) -> tuple[list[str], int]:
        db = self._database.read()
        newest: int = db.execute(SQL["last_event"]).fetchone()[0]
        last = max(min(newest, after + limit), after)
        rows = db.execute(SQL["touched"], {"after": after, "last": last, "dead": DEAD})
        return [address for (address,) in rows], last

    def stops(self, hashes: Sequence[bytes]) -> Mapping[bytes, PlatformStop]:
        db = self._database.read()
        rows = (db.execute(SQL["stops"], (each,)).fetchone() for each in hashes)
        return {row[0]: PlatformStop(*row) for row in rows if row is not None}

    def keep(self, stops: Sequence[PlatformStop], place: ReadSoFar | None = None) -> None:
        with self._database.write() as db:
            newest: int = db.execute(SQL["newest"]).fetchone()[0]
            rows = [
                (stop.hash, stop.since, stop.lifted_at, revision)
                for revision, stop in enumerate(stops, newest + 1)
            ]
            db.executemany(SQL["keep"], rows)
            if place is not None:
                db.execute(SQL["set_place"], place)

    def place(self) -> ReadSoFar:
        row = self._database.read().execute(SQL["place"]).fetchone()
        return ReadSoFar() if row is None else ReadSoFar(*row)

    def changed(self, after: int, limit: int) -> list[PlatformStop]:
        rows = self._database.read().execute(SQL["changed"], (after, limit))
        return [PlatformStop(*row) for row in rows]
