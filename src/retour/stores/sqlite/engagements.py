"""Signs of life, in retour.sqlite3."""

from collections.abc import Iterator, Mapping, Sequence

from retour.address import key
from retour.instants import Instant
from retour.ports import ENGAGED, LOOKED_BACK, Engagement, Latest, Sign
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.many import asked
from retour.stores.sqlite.statements import named

SQL = named("engagements.sql")
_COLUMNS = tuple(Sign)  # in the order of the columns
_PAGE = 1000


class SqliteEngagements:
    """Signs of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts, pepper: bytes) -> None:
        self._database, self._accounts, self._pepper = database, accounts, pepper

    def note(self, signs: Sequence[Engagement]) -> None:
        if not signs:
            return
        told: dict[tuple[str, str], dict[Sign, Instant]] = {}
        for sign in signs:
            known = told.setdefault((sign.account, sign.address), {})
            known[sign.kind] = max(sign.at, known.get(sign.kind, sign.at))
        with self._database.write() as db:
            numbers = {name: self._accounts.number(db, name) for name in {name for name, _ in told}}
            rows: list[tuple[int, bytes, *tuple[Instant | None, ...]]] = [
                (numbers[name], key(self._pepper, address), *(known.get(kind) for kind in _COLUMNS))
                for (name, address), known in told.items()
            ]
            in_order = sorted(rows, key=_place)
            db.executemany(SQL["note"], in_order)

    def latest(self, account: str, addresses: Sequence[str], since: Instant = 0) -> Mapping[str, Latest]:
        db = self._database.read()
        number = self._accounts.number(db, account)
        found: dict[str, Latest] = {}
        told, by_key = asked(self._pepper, addresses)
        for k, *times in db.execute(SQL["of"], told | {"account": number}):
            if signs := _signs(times, since):
                found[by_key[k]] = signs
        return found

    def active_since(self, account: str, since: Instant) -> Iterator[tuple[str, Latest]]:
        db = self._database.read()
        return self._pages(self._accounts.number(db, account), since)

    def _pages(self, number: int, since: Instant) -> Iterator[tuple[str, Latest]]:
        k: bytes | None = b""
        while k is not None:
            place = {"account": number, "k": k, "limit": _PAGE}
            rows = self._database.read().execute(SQL["page"], place).fetchall()
            for _, address, *times in rows:
                if address is not None and (signs := _signs(times, since)):
                    yield address, signs
            k = rows[-1][0] if len(rows) == _PAGE else None

    def forget(self, account: str, addresses: Sequence[str]) -> None:
        with self._database.write() as db:
            number = self._accounts.number(db, account)
            rows = [(number, key(self._pepper, address)) for address in addresses]
            db.executemany(SQL["forget"], rows)

    def expire(self, now: Instant, limit: int, after: str = "") -> str | None:
        number, _, k = (after or "0 ").partition(" ")
        place = {"account": int(number), "k": bytes.fromhex(k), "limit": limit}
        rows = self._database.read().execute(SQL["look"], place).fetchall()
        kept = {True: now - ENGAGED, False: now - LOOKED_BACK}
        old = [(account, k) for account, k, lives, last in rows if last < kept[bool(lives)]]
        if old:
            with self._database.write() as db:
                db.executemany(SQL["forget"], old)
        return f"{rows[-1][0]} {rows[-1][1].hex()}" if len(rows) == limit else None


def _place(row: tuple[int, bytes, *tuple[Instant | None, ...]]) -> tuple[int, bytes]:
    """In the order of the tree that they are written to."""
    return row[0], row[1]


def _signs(times: Sequence[Instant | None], since: Instant) -> Latest:
    pairs = zip(_COLUMNS, times, strict=True)
    return {kind: at for kind, at in pairs if at is not None and at >= since}
