"""An address is taken out of every table of a file, of whatever version its tables are.

Tables are found in the file itself: one that is added later is searched like all others. Rows that are
about the address go; in all others only the address does.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from retour.ports.erasing import Marks, Told
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("erasing.sql")
_PAGE = 2000
_WORDS = ("TEXT", "BLOB")
# Looked at by key or number instead; or numbers, names of domains and keyed hashes alone.
_APART = frozenset({"states", "events", "evidence", "bounced", "bounced_days", "bounced_domains", "arrivals"})
# Rows that are nothing without the address, or would be told on without it.
_GO = frozenset(
    {"answers", "contacts", "corrections", "imported", "messages", "planned", "request_targets", "sends"}
)
_HASHES = frozenset({"k", "old_k", "new_k", "id", "digest", "hash"})
_PLANNED = "planned"  # its evidence may name others
_POLICIES = "policies"  # an address in a list there is left out, so that the list can be read


@dataclass(frozen=True, slots=True)
class Table:
    """A table as far as it may hold an address."""

    name: str
    key: Sequence[str]  # names a row
    words: Sequence[str]  # columns of text or octets
    account: str | None  # type of the column `account`


def tables(db: sqlite3.Connection) -> list[Table]:
    """The tables of a file that hold texts."""
    columns: dict[str, list[tuple[str, str, int]]] = {}
    for table, column, kind, place in db.execute(SQL["tables"]):
        columns.setdefault(table, []).append((column, kind, place))
    found = []
    for name, told in columns.items():
        words = [column for column, kind, _ in told if kind in _WORDS and column not in _HASHES]
        without_rowid = db.execute(SQL["has_rowid"], (name,)).fetchone()[0]
        key = [column for column, _, place in told if place] if without_rowid else ["rowid"]
        kinds = {column: kind for column, kind, _ in told}
        if words and name not in _APART:
            found.append(Table(name, key, words, kinds.get("account")))
    return found


def scrub(database: Database, account: tuple[int, str], marks: Marks, told: Told) -> int:
    """Take the address out of all tables but those apart; how many rows it stood in."""
    count = 0
    for table in tables(database.read()):
        found = list(_found(database.read(), table, account, marks, told))
        if found:
            with database.write() as db:
                for row in found:
                    _clean(db, table, row, marks)
        count += len(found)
    return count


def _found(
    db: sqlite3.Connection, table: Table, account: tuple[int, str], marks: Marks, told: Told
) -> Iterator[Sequence[Any]]:
    """Rows that hold the address: their key, then their words."""
    names = ", ".join(f'"{column}"' for column in (*table.key, *table.words))
    wheres, values = [], list[Any]()
    if table.account is not None:
        wheres.append("account IN (?, ?)")
        values += [account[0], 0] if table.account == "INTEGER" else [account[1], ""]
    # the names are those of the file's own schema, the values are bound
    where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
    rows = db.execute(f'SELECT {names} FROM "{table.name}"{where}', values)  # noqa: S608
    for number, row in enumerate(rows):
        if any(_holds(value, marks) for value in row[len(table.key) :]):
            yield row
        if number % _PAGE == _PAGE - 1:
            told(_PAGE)


def _clean(db: sqlite3.Connection, table: Table, row: Sequence[Any], marks: Marks) -> None:
    key, words = row[: len(table.key)], row[len(table.key) :]
    place = " AND ".join(f'"{column}" IS ?' for column in table.key)
    touched = [column for column, value in zip(table.words, words, strict=True) if _holds(value, marks)]
    in_key = set(touched) & set(table.key)
    octets = any(isinstance(value, bytes) and _holds(value, marks) for value in words)
    if _goes(table, touched) or in_key or octets:
        db.execute(f'DELETE FROM "{table.name}" WHERE {place}', key)  # noqa: S608
        return
    clean = _in_json if table.name == _POLICIES else _in_text
    for column, value in zip(table.words, words, strict=True):
        if column in touched:
            cleaned = clean(value, marks)
            db.execute(f'UPDATE "{table.name}" SET "{column}" = ? WHERE {place}', (cleaned, *key))  # noqa: S608


def _goes(table: Table, touched: Sequence[str]) -> bool:
    """Whether a row is nothing without the address. What a wave does to another stays: it may be undone."""
    return table.name in _GO and (table.name != _PLANNED or "address" in touched)


def _holds(value: object, marks: Marks) -> bool:
    if isinstance(value, bytes):
        return marks.holds_octets(value)
    return isinstance(value, str) and marks.holds(value)


def _in_text(value: str, marks: Marks) -> str:
    return marks.scrubbed(value)


def _in_json(value: str, marks: Marks) -> str:
    return json.dumps(_without(json.loads(value), marks))


def _without(value: Any, marks: Marks) -> Any:
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if not marks.holds(name)}
        return {name: _without(each, marks) for name, each in kept.items()}
    if isinstance(value, list):
        return [_without(each, marks) for each in value if not _holds(each, marks)]
    return marks.scrubbed(value) if isinstance(value, str) else value


def evidence(db: sqlite3.Connection, account: int, marks: Marks, told: Told) -> Iterator[tuple[str, int]]:
    """Evidence of other addresses that names this one, as it is to stand: body and number."""
    after = 0
    while rows := db.execute(
        SQL["some_evidence"], {"after": after, "account": account, "limit": _PAGE}
    ).fetchall():
        after = rows[-1][0]
        yield from ((marks.scrubbed(body), number) for number, body in rows if marks.holds(body))
        told(len(rows))


def in_pieces(rows: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    """Few enough for a transaction."""
    held: list[tuple[str, int]] = []
    for row in rows:
        held.append(row)
        if len(held) == _PAGE:
            yield held
            held = []
    if held:
        yield held
