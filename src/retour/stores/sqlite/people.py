"""The people of the accounts, in the console's own file, whose tables its migrations make.

The console logs them in, and holds the file open beside us. So nothing is kept open here: these are few and
small questions, and each takes its turn with the console as SQLite grants it.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from retour.instants import Instant, from_datetime, to_datetime
from retour.model import Role
from retour.ports.people import (
    BelongsError,
    FullError,
    Invitation,
    LastManagerError,
    Member,
    MemberQuery,
    Offer,
    PersonChange,
)
from retour.stores.sqlite.statements import named

SQL = named("people.sql")
MOST_INVITATIONS = 500  # that wait in an account
_PATIENCE = 10.0  # seconds for the turn of another
_ONE = {"id": None, "role": None, "search": None, "after": None, "limit": 1}


class ConsoleFile:
    """Short turns with console.sqlite3. Raises sqlite3.OperationalError where no console has made it yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._uri = f"{path.absolute().as_uri()}?mode=rw"

    def rows(
        self, statement: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """What a question finds."""
        with closing(self._opened()) as db:
            return db.execute(statement, values).fetchall()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with closing(self._opened()) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def has(self, table: str) -> bool:
        """Whether a console has made this table."""
        question = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
        return self._path.exists() and bool(self.rows(question, (table,)))

    def settle(self) -> bool:
        """Nothing older stands beside the file; False while somebody reads it."""
        if not self._path.exists():
            return True
        ((busy, *_),) = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._uri, _PATIENCE, uri=True, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")  # what is erased is nowhere in the file
        return db


class SqlitePeople:
    """Members and invitations."""

    def __init__(self, file: ConsoleFile) -> None:
        self._file = file

    def members(self, query: MemberQuery) -> list[Member]:
        asked = {"id": None, "account": query.account, "role": query.role, "search": query.search}
        rows = self._file.rows(SQL["members"], {**asked, "after": query.after, "limit": query.limit})
        return [_member(row) for row in rows]

    def member(self, account: str, id: int) -> Member | None:
        rows = self._file.rows(SQL["members"], {**_ONE, "account": account, "id": id})
        return _member(rows[0]) if rows else None

    def set_role(self, account: str, id: int, role: Role, actor: str, now: Instant) -> Member | None:
        with self._file.write() as db:
            found = _of_id(db, account, id)
            if found is not None and found.role is not role:
                _keep_a_manager(db, account, found, role)
                db.execute(SQL["set_role"], (role, id))
                _note(db, account, now, actor, f"{found.role} {found.email}", f"{role} {found.email}")
        return self.member(account, id)

    def remove(self, account: str, id: int, actor: str, now: Instant) -> bool:
        with self._file.write() as db:
            found = _of_id(db, account, id)
            if found is not None:
                _keep_a_manager(db, account, found, None)
                db.execute(SQL["remove"], (id,))
                _note(db, account, now, actor, f"{found.role} {found.email}", f"gone {found.email}")
        return found is not None

    def invitations(self, account: str, now: Instant) -> list[Invitation]:
        rows = self._file.rows(SQL["invitations"], {"account": account, "now": _text(now), "id": None})
        return [_invitation(row) for row in rows]

    def invite(self, offer: Offer) -> Invitation:
        made, ends, by = _text(offer.made_at), _text(offer.ends_at), offer.actor.removeprefix("person ")
        with self._file.write() as db:
            if db.execute(SQL["belongs"], (offer.account, offer.email)).fetchone():
                raise BelongsError
            db.execute(SQL["uninvite"], (offer.account, offer.email))
            db.execute(SQL["forget_ended"], (offer.account, made))
            asked = {"account": offer.account, "now": made, "id": None}
            if len(db.execute(SQL["invitations"], asked).fetchall()) >= MOST_INVITATIONS:
                raise FullError
            values = {"account": offer.account, "email": offer.email, "role": offer.role, "by": by}
            made_row = db.execute(
                SQL["invite"], {**values, "digest": offer.digest, "made_at": made, "ends_at": ends}
            )
            after = f"invited_{offer.role} {offer.email}"
            _note(db, offer.account, offer.made_at, offer.actor, "", after)
        id = made_row.lastrowid or 0
        return Invitation(id, offer.email, offer.role, by, offer.made_at, offer.ends_at)

    def withdraw(self, account: str, id: int, actor: str, now: Instant) -> bool:
        with self._file.write() as db:
            asked = {"account": account, "now": _text(now), "id": id}
            row = db.execute(SQL["invitations"], asked).fetchone()
            if row is not None:
                gone = _invitation(row)
                db.execute(SQL["withdraw"], (id,))
                _note(db, account, now, actor, f"invited_{gone.role} {gone.email}", f"gone {gone.email}")
        return row is not None

    def standings(self) -> list[PersonChange]:
        rows = self._file.rows(SQL["standings"])
        return [PersonChange(name, account, _instant(at), *rest) for name, account, at, *rest in rows]

    def told(self, name: str) -> None:
        with self._file.write() as db:
            db.execute(SQL["told"], (name,))


def _of_id(db: sqlite3.Connection, account: str, id: int) -> Member | None:
    row = db.execute(SQL["members"], {**_ONE, "account": account, "id": id}).fetchone()
    return None if row is None else _member(row)


def _keep_a_manager(db: sqlite3.Connection, account: str, found: Member, role: Role | None) -> None:
    """Raises LastManagerError where nobody could manage the account any more."""
    if found.role is not Role.MANAGER or role is Role.MANAGER:
        return
    if db.execute(SQL["managers_but"], (account, found.id)).fetchone() == (0,):
        raise LastManagerError


def _note(db: sqlite3.Connection, account: str, at: Instant, by: str, before: str, after: str) -> None:
    db.execute(SQL["note"], (token_hex(16), account, _text(at), by, before, after))


def _member(row: tuple[Any, ...]) -> Member:
    id, email, role, login_at, second = row
    return Member(id, email, Role(role), bool(second), None if login_at is None else _instant(login_at))


def _invitation(row: tuple[Any, ...]) -> Invitation:
    id, email, role, by, made_at, ends_at = row
    return Invitation(id, email, Role(role), by, _instant(made_at), _instant(ends_at))


def _text(instant: Instant) -> str:
    """As Django keeps a moment: in UTC, which it does not say."""
    return str(to_datetime(instant).replace(tzinfo=None))


def _instant(text: str) -> Instant:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))
