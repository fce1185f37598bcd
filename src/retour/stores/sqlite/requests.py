"""Restore requests, in retour.sqlite3."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from retour.address import domain_of
from retour.ports.requests import (
    EndedRequestError,
    Ending,
    OpenRequestError,
    RequestKind,
    RequestQuery,
    RequestStatus,
    RestoreRequest,
    Ruling,
)
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database, storable
from retour.stores.sqlite.statements import named

SQL = named("requests.sql")


class SqliteRequests:
    """The requests of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def ask(self, request: RestoreRequest) -> RestoreRequest:
        with self._database.write() as db:
            account = self._accounts.number(db, request.account)
            if db.execute(SQL["same"], (request.id,)).fetchone() is None:
                self._refuse_second(db, account, request)
                number = db.execute(SQL["add"], _told(request, account)).fetchone()[0]
                db.executemany(SQL["add_target"], list(_targets(request, account, number)))
        kept = self.one(request.id)
        assert kept is not None, "it was committed just now"
        return kept

    def _refuse_second(self, db: sqlite3.Connection, account: int, request: RestoreRequest) -> None:
        for address in request.addresses:
            found = db.execute(SQL["open_for_address"], (account, domain_of(address), address)).fetchone()
            if found is not None:
                raise OpenRequestError(found[0], address)
        if request.domain is not None:
            found = db.execute(SQL["open_in_domain"], (account, request.domain)).fetchone()
            if found is not None:
                raise OpenRequestError(found[0], request.domain)

    def end(self, id: str, ending: Ending) -> RestoreRequest:
        ruling = ending.ruling
        told = {
            "id": id,
            "status": ending.status,
            "at": ending.at,
            "by": ending.by,
            "approved": None if ruling is None else ruling.approved,
            "reason": ending.why or None if ruling is None else storable(ruling.reason),
            "for_all": ending.for_all,
        }
        with self._database.write() as db:
            row = db.execute(SQL["end"], told).fetchone()
            if row is not None:
                number, account = row
                apart = [
                    (account, domain_of(address), address, number, said.approved, storable(said.reason))
                    for address, said in ending.apart.items()
                ]
                db.executemany(SQL["rule_apart"], apart)
        kept = self.one(id)
        if kept is None:
            raise KeyError(id)
        if row is None:
            raise EndedRequestError(kept)
        return kept

    def one(self, id: str) -> RestoreRequest | None:
        return next(iter(self._read("one", (id,))), None)

    def sought(self, query: RequestQuery) -> list[RestoreRequest]:
        names = ("status", "kind", "since", "until", "after", "address", "limit")
        place: dict[str, Any] = {name: getattr(query, name) for name in names}
        db = self._database.read()
        place["account"] = None if query.account is None else self._accounts.number(db, query.account)
        place["address_domain"] = None if query.address is None else domain_of(query.address)
        return self._read("latest_first" if query.latest_first else "oldest_first", place)

    def unsettled(self, limit: int) -> list[RestoreRequest]:
        return self._read("unsettled", (limit,))

    def settled(self, request: RestoreRequest) -> None:
        with self._database.write() as db:
            db.execute(SQL["settle"], (request.id, request.status))

    def _read(self, statement: str, place: Any) -> list[RestoreRequest]:
        db = self._database.read()
        names = self._accounts.names(db)
        rows = db.execute(SQL[statement], place).fetchall()
        targets: dict[int, list[tuple[Any, ...]]] = {}
        for number, *target in db.execute(SQL["targets"], (json.dumps([row[0] for row in rows]),)):
            targets.setdefault(number, []).append(tuple(target))
        return [_request(row, names, targets.get(row[0], ())) for row in rows]


def _told(request: RestoreRequest, account: int) -> tuple[Any, ...]:
    done = storable(request.done)
    return request.id, account, request.kind, request.domain, done, request.at, request.by


def _targets(request: RestoreRequest, account: int, number: int) -> Iterator[tuple[Any, ...]]:
    if request.domain is not None:
        yield account, request.domain, "", number, 0
    for place, address in enumerate(request.addresses):
        yield account, domain_of(address), address, number, place


def _request(row: Sequence[Any], names: dict[int, str], targets: Sequence[tuple[Any, ...]]) -> RestoreRequest:
    number, id, account, kind, domain, done, at, by, status, ended_at, ended_by, *ruled = row
    approved, reason, for_all = ruled
    ending = None
    if ended_at is not None:
        ruling = None if approved is None else Ruling(bool(approved), reason)
        apart = {address: Ruling(bool(said), why) for _, address, said, why in targets if said is not None}
        why = reason or "" if ruling is None else ""
        ending = Ending(RequestStatus(status), ended_at, ended_by, ruling, apart, bool(for_all), why)
    asked = tuple(address for place, address, _, _ in targets if place >= 0)
    return RestoreRequest(id, names[account], RequestKind(kind), asked, domain, done, at, by, ending, number)
