"""Incidents in retour.sqlite3."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from retour.instants import Instant
from retour.model import EventKind, Reason
from retour.ports.incidents import GuardMark, Incident, IncidentStage, Suspect
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("incidents.sql")
_FIELDS = [field.name for field in fields(Incident)]
_KINDS = {"bounce": EventKind.BOUNCE, "incident_open": EventKind.INCIDENT_OPEN}


class SqliteIncidents:
    """Incidents of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def keep(self, incident: Incident) -> None:
        row: dict[str, Any] = {name: getattr(incident, name) for name in _FIELDS}
        with self._database.write() as db:
            row["account"] = self._accounts.number(db, incident.account)
            row["stage"] = incident.stage.value
            db.execute(SQL["keep"], tuple(row.values()))

    def one(self, id: str) -> Incident | None:
        db = self._database.read()
        found = self._told(db.execute(SQL["one"], (id,)), self._accounts.names(db))
        return found[0] if found else None

    def listed(self, account: str, limit: int, before: str | None = None) -> list[Incident]:
        db = self._database.read()
        place = {"account": self._accounts.number(db, account), "limit": limit, "before": before}
        return self._told(db.execute(SQL["listed"], place), self._accounts.names(db))

    def standing(self) -> list[Incident]:
        db = self._database.read()
        return self._told(db.execute(SQL["standing"]), self._accounts.names(db))

    def heard(self, after: int, limit: int) -> tuple[list[Suspect], int]:
        db = self._database.read()
        newest: int = db.execute(SQL["last_event"]).fetchone()[0]
        last = max(min(newest, after + limit), after)
        rows = db.execute(SQL["heard"], {"after": after, "last": last})
        return _suspects(rows, self._accounts.names(db)), last

    def held(self, id: str, limit: int, after: int = 0) -> list[Suspect]:
        db = self._database.read()
        rows = db.execute(SQL["held"], {"id": id, "limit": limit, "after": after})
        return _suspects(rows, self._accounts.names(db))

    def count_held(self, id: str, most: int, after: int = 0) -> tuple[int, int]:
        asked = {"id": id, "most": most, "after": after}
        found: tuple[int, int] = self._database.read().execute(SQL["count_held"], asked).fetchone()
        return found

    def mark(self, mark: GuardMark, keep_from: Instant) -> None:
        with self._database.write() as db:
            db.execute(SQL["mark"], (mark.at, mark.number, json.dumps(mark.attempts)))
            db.execute(SQL["drop_marks"], (keep_from,))

    def marks(self) -> Sequence[GuardMark]:
        rows = self._database.read().execute(SQL["marks"])
        return [GuardMark(at, number, json.loads(attempts)) for at, number, attempts in rows]

    def _told(self, rows: Iterable[Sequence[Any]], names: Mapping[int, str]) -> list[Incident]:
        found = []
        for row in rows:
            told = dict(zip(_FIELDS, row, strict=True))
            told["account"], told["stage"] = names[told["account"]], IncidentStage(told["stage"])
            found.append(Incident(**told))
        return found


def _suspects(rows: Iterable[Sequence[Any]], names: Mapping[int, str]) -> list[Suspect]:
    return [
        Suspect(
            number,
            names[account],
            address,
            id,
            _KINDS[kind],
            at,
            Reason(reason) if reason else None,
            status,
            outcome,
        )
        for number, account, address, id, kind, at, reason, status, outcome in rows
    ]
