"""An address is taken out of every table of a file, of whatever version its tables are.

Tables are found in the file itself: one that is added later is searched like all others. Rows that are
about the address go; in all others only the address does.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from retour.ports.erasing import Marks, Told
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("erasing.sql")
T = TypeVar("T")

_PAGE = 2000
_WORDS = ("TEXT", "BLOB")
# Looked at by key or number instead; or numbers, names of domains and keyed hashes alone. And the ledger: its
# lines name nobody but those who acted, and none is ever changed. Whoever is to be erased is dropped when it
# is done: a process that ends before begins there again.
_APART = frozenset(
    {"states", "events", "evidence", "bounced", "bounced_days", "bounced_domains", "arrivals", "records"}
    | {"erasures"}
)
# Rows that are nothing without the address, or would be told on without it: the columns that say whom one is
# about. Of others in the same table, who only name the address, the name goes and the row stays.
_GO: Mapping[str, frozenset[str]] = {
    "contacts": frozenset({"address"}),
    "corrections": frozenset({"old", "new"}),
    "imported": frozenset({"address"}),
    "planned": frozenset({"address"}),
    "request_targets": frozenset({"address"}),
    "sends": frozenset({"recipient"}),
}
_MESSAGES = "messages"
_KEPT_ANSWERS = "answers"  # to requests; whole or not at all
_HASHES = frozenset({"k", "old_k", "new_k", "id", "digest", "hash"})
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
        for found in in_pieces(_found(database.read(), table, account, marks, told)):
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
    told = dict(zip(table.words, words, strict=True))
    if _goes(table, touched, told, marks) or in_key or octets:
        db.execute(f'DELETE FROM "{table.name}" WHERE {place}', key)  # noqa: S608
        return
    clean = _in_json if table.name == _POLICIES else _in_text
    for column, value in zip(table.words, words, strict=True):
        if column in touched:
            cleaned = clean(value, marks)
            db.execute(f'UPDATE "{table.name}" SET "{column}" = ? WHERE {place}', (cleaned, *key))  # noqa: S608


def _goes(table: Table, touched: Sequence[str], row: Mapping[str, Any], marks: Marks) -> bool:
    """Whether a row is nothing without the address."""
    if table.name == _MESSAGES:
        return "body" in touched and _is_about(row["body"], marks)
    return table.name == _KEPT_ANSWERS or not _GO.get(table.name, frozenset()).isdisjoint(touched)


def _is_about(body: str, marks: Marks) -> bool:
    """Whether a notice tells of this address; one that tells of others only names it."""
    data = json.loads(body).get("data", {})
    return isinstance(data, dict) and marks.holds(str(data.get("address", "")))


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


def lines_naming(db: sqlite3.Connection, account: int, marks: Marks, told: Told) -> int:
    """How many lines of the ledger name this address as that of one who acted."""
    count = 0
    for number, row in enumerate(db.execute(SQL["named_in_ledger"], (account,))):
        count += any(_holds(value, marks) for value in row)
        if number % _PAGE == _PAGE - 1:
            told(_PAGE)
    return count


def evidence(db: sqlite3.Connection, account: int, marks: Marks, told: Told) -> Iterator[tuple[str, int]]:
    """Evidence of other addresses that names this one, as it is to stand: body and number."""
    after = 0
    while rows := db.execute(
        SQL["some_evidence"], {"after": after, "account": account, "limit": _PAGE}
    ).fetchall():
        after = rows[-1][0]
        yield from ((marks.scrubbed(body), number) for number, body in rows if marks.holds(body))
        told(len(rows))


def in_pieces(rows: Iterable[T]) -> Iterator[list[T]]:
    """Few enough for a transaction."""
    held: list[T] = []
    for row in rows:
        held.append(row)
        if len(held) == _PAGE:
            yield held
            held = []
    if held:
        yield held
