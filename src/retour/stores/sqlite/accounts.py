"""Accounts, keys and policies, in retour.sqlite3."""

import json
import sqlite3

from retour.instants import Instant
from retour.lifecycle import Policy, PolicyVersion, policy_from, policy_to_dict
from retour.model import Role
from retour.ports import Account, Key, KnownKey, StaleVersionError
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("accounts.sql")


class SqliteAccounts:
    """Accounts of one file. Policies already read are remembered: a version never changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._policies: dict[tuple[int, int], tuple[PolicyVersion, ...]] = {}

    def accounts(self) -> list[Account]:
        rows = self._database.read().execute(SQL["accounts"])
        return [Account(name, number, domain) for name, number, domain in rows]

    def add_account(self, name: str, return_domain: str, policy: Policy, now: Instant) -> Account:
        if not name:
            raise ValueError("an account needs a name")
        try:
            with self._database.write() as db:
                number: int = db.execute(SQL["add_account"], (name, return_domain, now)).fetchone()[0]
                db.execute(SQL["add_policy"], (number, 1, now, "", _text(policy)))
        except sqlite3.IntegrityError as error:
            raise ValueError(
                f"account {name!r} or return domain {return_domain!r} is taken; choose another"
            ) from error
        return Account(name, number, return_domain)

    def add_key(self, key: Key, digest: bytes, now: Instant, name: str = "") -> None:
        try:
            with self._database.write() as db:
                db.execute(SQL["add_key"], (key.id, digest, key.account, key.role, now, name))
        except sqlite3.IntegrityError as error:
            raise ValueError(f"key {key.id!r} is taken; choose another id") from error

    def keys(self) -> list[Key]:
        rows = self._database.read().execute(SQL["keys"])
        return [Key(id, account, Role(role)) for id, account, role in rows]

    def keys_of(self, account: str) -> list[KnownKey]:
        rows = self._database.read().execute(SQL["keys_of"], (account,))
        return [KnownKey(Key(id, account, Role(role)), *more) for id, role, *more in rows]

    def key_used(self, id: str, now: Instant) -> None:
        with self._database.write() as db:
            db.execute(SQL["key_used"], (now, id))

    def key(self, digest: bytes) -> Key | None:
        row = self._database.read().execute(SQL["key"], (digest,)).fetchone()
        return None if row is None else Key(row[0], row[1], Role(row[2]))

    def revoke_key(self, id: str, now: Instant) -> bool:
        with self._database.write() as db:
            return db.execute(SQL["revoke_key"], (now, id)).rowcount == 1

    def policies(self, account: str) -> tuple[PolicyVersion, ...]:
        db = self._database.read()
        return self.versions(db, self.number(db, account))

    def add_policy(self, account: str, version: PolicyVersion, expected: int) -> None:
        with self._database.write() as db:
            number = self.number(db, account)
            newest: int = db.execute(SQL["newest_policy"], (number,)).fetchone()[0]
            if newest != expected:
                raise StaleVersionError(newest, expected)
            policy = _text(version.policy)
            db.execute(SQL["add_policy"], (number, newest + 1, version.at, version.author, policy))

    def number(self, db: sqlite3.Connection, account: str) -> int:
        """The number of an account, 0 for "". Raises KeyError."""
        if not account:
            return 0
        row = db.execute(SQL["number"], (account,)).fetchone()
        if row is None:
            raise KeyError(account)
        return int(row[0])

    def names(self, db: sqlite3.Connection) -> dict[int, str]:
        """The names of all accounts by number."""
        return {0: ""} | {number: name for name, number, _ in db.execute(SQL["accounts"])}

    def forget(self) -> None:
        """The policies were changed in the file itself: read them anew."""
        self._policies.clear()

    def versions(self, db: sqlite3.Connection, number: int) -> tuple[PolicyVersion, ...]:
        """The policies of an account by its number; none for 0."""
        newest = db.execute(SQL["newest_policy"], (number,)).fetchone()[0]
        if newest is None:
            return ()
        found = self._policies.get((number, newest))
        if found is None:
            rows = db.execute(SQL["policies"], (number,))
            found = tuple(
                PolicyVersion(version, at, policy_from(json.loads(policy)), author)
                for version, at, policy, author in rows
            )
            self._policies[number, newest] = found
        return found


def _text(policy: Policy) -> str:
    return json.dumps(policy_to_dict(policy), ensure_ascii=False, sort_keys=True)
