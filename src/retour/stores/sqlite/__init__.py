"""The stores in SQLite: one data directory, WAL, an fsync for each commit, many writers taking turns."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from retour.address import key
from retour.ports import Records, Store
from retour.stores.sqlite import reckoned, shown
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.acts import SqliteActs
from retour.stores.sqlite.contacts import SqliteContacts
from retour.stores.sqlite.corrections import SqliteCorrections
from retour.stores.sqlite.counts import SqliteCounts
from retour.stores.sqlite.database import Database, StoreError
from retour.stores.sqlite.desk import DESK, open_desk
from retour.stores.sqlite.engagements import SqliteEngagements
from retour.stores.sqlite.erasing import SqliteErasing
from retour.stores.sqlite.findings import FINDINGS, SqliteShelf, opened
from retour.stores.sqlite.inbox import SqliteInbox
from retour.stores.sqlite.incidents import SqliteIncidents
from retour.stores.sqlite.ledger import SqliteLedger
from retour.stores.sqlite.pending import fold
from retour.stores.sqlite.platform import SqlitePlatform
from retour.stores.sqlite.rates import SqliteRates
from retour.stores.sqlite.recoveries import SqliteRecoveries
from retour.stores.sqlite.requests import SqliteRequests
from retour.stores.sqlite.rows import Encode, plain_json
from retour.stores.sqlite.segments import SqliteSegments
from retour.stores.sqlite.sends import SqliteSends
from retour.stores.sqlite.sweep import STANDARD, Decoders, SqliteSweep
from retour.stores.sqlite.tallies import SqliteTallies

STORE = "retour.sqlite3"
INBOX = "inbox.sqlite3"


def open_store(
    path: Path,
    pepper: bytes,
    cache_mib: int = 64,
    encode: Encode = plain_json,
    upgrading: Callable[[], object] = lambda: None,
) -> Records:
    """The system of record in a file, made at first use, brought to this version's schema.

    `pepper` keys the hashes of addresses; `cache_mib` bounds the page cache of the writer; `encode` makes
    the JSON of evidence: a server has a faster one than the standard library's; `upgrading` is called before
    a file of an older version is brought to this one, which takes minutes where it holds millions. Raises
    StoreError when the file is another's, damaged, written by a newer version, or under another pepper.
    """
    upgrading = cache(upgrading)
    database = Database(path, "store", cache_mib, upgrading=upgrading)
    _prove(database, path, pepper)
    shown.prepare(database, fold, upgrading)
    reckoned.prepare(database)
    accounts = SqliteAccounts(database)
    sends = SqliteSends(database, accounts, pepper)
    ledger = SqliteLedger(database, accounts, sends, pepper, encode)
    return _store(database, accounts, sends, ledger, pepper)


def open_reader(path: Path, pepper: bytes, decoders: Decoders = STANDARD, cache_mib: int = 4) -> Store:
    """The same, to look at: nothing is made, written or brought to a newer schema. Raises StoreError.

    `decoders` read the JSON of its rows, and `cache_mib` bounds the page cache of a thread, for those who
    look through everything.
    """
    database = Database(path, "store", cache_mib, read_only=True, reader_cache_mib=cache_mib)
    accounts = SqliteAccounts(database)
    sends = SqliteSends(database, accounts, pepper)
    ledger = SqliteLedger(database, accounts, sends, pepper)
    return _store(database, accounts, sends, ledger, pepper, decoders)


def _store(
    database: Database,
    accounts: SqliteAccounts,
    sends: SqliteSends,
    ledger: SqliteLedger,
    pepper: bytes,
    decoders: Decoders = STANDARD,
) -> Records:
    return Records(
        accounts,
        sends,
        ledger,
        SqliteTallies(database, accounts),
        SqliteEngagements(database, accounts, pepper),
        SqliteRequests(database, accounts),
        SqliteCorrections(database, accounts, pepper),
        SqliteSweep(database, accounts, pepper, decoders),
        SqlitePlatform(database, accounts, pepper),
        SqliteRates(database, accounts),
        SqliteIncidents(database, accounts),
        database.close,
        SqliteActs(database, accounts),
        SqliteSegments(database, accounts),
        SqliteContacts(database, accounts),
        SqliteErasing(database, accounts, pepper),
        SqliteCounts(database, accounts),
        SqliteRecoveries(database, accounts),
    )


def _prove(database: Database, path: Path, pepper: bytes) -> None:
    """Make sure that it is the pepper which this file was begun with."""
    proof = key(pepper, "")
    known = database.read().execute("SELECT proof FROM pepper").fetchone()
    if known is None:
        with database.write() as db:
            db.execute("INSERT INTO pepper SELECT ? WHERE NOT EXISTS (SELECT 1 FROM pepper)", (proof,))
    elif known != (proof,):
        database.close()
        raise StoreError(
            f"{path}: was begun with another key file, without which none of its addresses is found; "
            f"put the keys.json back that belongs to it"
        )


def open_inbox(path: Path, read_only: bool = False) -> SqliteInbox:
    """The inbox in a file of its own, as above. Raises StoreError."""
    return SqliteInbox(path, read_only)


__all__ = [
    "DESK",
    "FINDINGS",
    "INBOX",
    "STORE",
    "Decoders",
    "SqliteInbox",
    "SqliteShelf",
    "StoreError",
    "open_desk",
    "open_inbox",
    "open_reader",
    "open_store",
    "opened",
]
