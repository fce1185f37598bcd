"""Erasing in the three files of a data directory: retour.sqlite3, desk.sqlite3, inbox.sqlite3."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple

from retour.address import domain_of, key
from retour.instants import DAY, Instant
from retour.model import StateName
from retour.ports.erasing import Erasure, Marks, Told
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.labels import Labels
from retour.stores.sqlite.pages import SQL as LEDGER
from retour.stores.sqlite.pages import Page, load
from retour.stores.sqlite.pending import Moves, fold, fold_all
from retour.stores.sqlite.recoveries import SQL as RECOVERIES
from retour.stores.sqlite.returned import SQL as RETURNED
from retour.stores.sqlite.rolling import SQL as ROLL
from retour.stores.sqlite.scrubbing import SQL, evidence, in_pieces, lines_naming, scrub

_ARRIVAL = 3  # its place in the body of evidence
_PAGE = 500


class SqliteErasing:
    """Erasing in the file of the ledger."""

    def __init__(self, database: Database, accounts: SqliteAccounts, pepper: bytes) -> None:
        self._database, self._accounts, self._pepper = database, accounts, pepper

    def spellings(self, account: str, address: str) -> list[str]:
        db = self._database.read()
        place = (self._accounts.number(db, account), domain_of(address))
        known = [each for (each,) in db.execute(LEDGER["of_domain"], place)]
        return [address, *(each for each in known if each != address and each.lower() == address.lower())]

    def arrivals(self, account: str, address: str) -> list[bytes]:
        db = self._database.read()
        page = self._page(db, account, address)
        numbers = json.dumps(sorted(page.numbers.values()))
        bodies = [json.loads(body) for _, body in db.execute(LEDGER["evidence"], (numbers,))]
        return [bytes.fromhex(body[_ARRIVAL]) for body in bodies if len(body) > _ARRIVAL and body[_ARRIVAL]]

    def erase(self, account: str, address: str, pseudonym: str | None) -> None:
        with self._database.write() as db:
            page = self._page(db, account, address)
            place = page.k, page.number
            _uncount(db, page, domain_of(address))
            _unshow(db, page)
            numbers = [(number,) for number in page.numbers.values()]
            db.executemany(SQL["drop_evidence"], numbers)
            if pseudonym is None:
                db.executemany(SQL["disown"], numbers)
                db.execute(SQL["drop_state"], place)
                db.execute(SQL["drop_deliveries"], place)
            else:
                db.executemany(SQL["unlabel"], numbers)
                db.execute(SQL["hide_state"], (pseudonym, *place))
                db.execute(SQL["keep_deliveries"], place)
            db.execute(RETURNED["drop"], (page.number, page.k))
            db.execute(RECOVERIES["drop"], (page.number, page.k))
            db.execute(SQL["drop_sends"], place)
            db.execute(SQL["drop_signs"], place)
            db.execute(SQL["drop_places"], (page.number, address))
            db.execute(SQL["drop_contact"], (page.number, address))

    def scrub(self, account: str, marks: Marks, told: Told) -> int:
        fold_all(self._database)
        db = self._database.read()
        number = self._accounts.number(db, account)
        count = 0
        for rows in in_pieces(evidence(db, number, marks, told)):
            with self._database.write() as writing:
                writing.executemany(SQL["set_evidence"], rows)
            count += len(rows)
        count += scrub(self._database, (number, account), marks, told)
        self._accounts.forget()  # a list in a policy may have named it
        return count

    def named(self, account: str, marks: Marks, told: Told) -> int:
        db = self._database.read()
        return lines_naming(db, self._accounts.number(db, account), marks, told)

    def settle(self) -> bool:
        return self._database.settle()

    def _page(self, db: sqlite3.Connection, account: str, address: str) -> Page:
        page = Page(key(self._pepper, address), self._accounts.number(db, account), account, address)
        load(db, [page])
        return page


def _uncount(db: sqlite3.Connection, page: Page, domain: str) -> None:
    """Take the bounces of a page out of the roll-ups."""
    for event in page.events:
        day, number = event.at // DAY, page.numbers[event.id]
        for (facet,) in db.execute(SQL["facet_of"], (page.number, day, number)).fetchall():
            db.execute(SQL["drop_bounced"], (page.number, day, number))
            db.execute(ROLL["add_total"], (-1, facet))
            db.execute(ROLL["add_day"], (page.number, facet, day, -1))
            db.execute(ROLL["add_domain"], (page.number, domain, facet, day, -1))


def _unshow(db: sqlite3.Connection, page: Page) -> None:
    """Take them out of what is counted, and leave nothing to fold that tells of the page."""
    moves = Moves(db, Labels(db))
    moves.move(page, domain_of(page.address), StateName.VALID, {})
    moves.write()
    fold(db)


class SqliteErasures:
    """What is to be erased, and erasing in the file of the desk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, id: str) -> Erasure | None:
        row = self._database.read().execute(SQL["one"], (id,)).fetchone()
        return None if row is None else Erasure(*row)

    def drop(self, erasures: Sequence[Erasure]) -> None:
        with self._database.write() as db:
            db.executemany(SQL["drop_same"], [(each.account, each.address) for each in erasures])

    def collect(self, erasures: Sequence[Erasure]) -> None:
        with self._database.write() as db:
            db.executemany(SQL["add"], map(astuple, erasures))

    def of_job(self, job: str, limit: int) -> list[Erasure]:
        rows = self._database.read().execute(SQL["of_job"], {"job": job, "limit": limit})
        return [Erasure(*row) for row in rows]

    def forget(self, job: str, ids: Sequence[str]) -> None:
        with self._database.write() as db:
            db.execute(SQL["drop_of_job"], {"job": job})
            db.executemany(SQL["drop"], [(id,) for id in ids])

    def scrub(self, account: str, marks: Marks, told: Told) -> int:
        return scrub(self._database, (-1, account), marks, told)

    def settle(self) -> bool:
        return self._database.settle()


class SqliteScrubbingInbox:
    """Erasing in the file of the inbox. What waits there is judged first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waits(self, account: str, until: Instant) -> bool:
        place = {"account": account, "until": until}
        return self._database.read().execute(SQL["waits"], place).fetchone() is not None

    def drop(self, ids: Sequence[bytes]) -> None:
        with self._database.write() as db:
            numbers = [row for id in ids for row in db.execute(SQL["number_of"], (id,))]
            db.executemany(SQL["drop_raw"], numbers)

    def scrub(self, account: str, marks: Marks, told: Told) -> int:
        after, count = 0, 0
        place = {"account": account, "limit": _PAGE}
        while (
            rows := self._database.read().execute(SQL["some_arrivals"], {**place, "after": after}).fetchall()
        ):
            after = rows[-1][0]
            held = [
                (number,)
                for number, raw, *envelope in rows
                if (raw is not None and marks.holds_octets(raw))
                or any(each is not None and marks.holds(each) for each in envelope)
            ]
            if held:
                with self._database.write() as writing:
                    writing.executemany(SQL["drop_raw"], held)
            count += len(held)
            told(len(rows))
        return count

    def settle(self) -> bool:
        return self._database.settle()
