"""Waves and what each is made of, in desk.sqlite3."""

import json
from collections.abc import Sequence
from typing import Any

from retour.instants import Instant
from retour.model import Event
from retour.ports.waves import WAVE_BATCH, Stage, Wave
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.rows import Encode, body_of, event_of, plain_json, row_of_event, with_body
from retour.stores.sqlite.statements import named

SQL = named("waves.sql")


class SqliteWaves:
    """The waves of one file."""

    def __init__(self, database: Database, encode: Encode = plain_json) -> None:
        self._database, self._encode = database, encode

    def begin(self, wave: Wave) -> bool:
        names = ("id", "account", "act", "at", "actor", "note", "about")
        with self._database.write() as db:
            begun = db.execute(SQL["begin"], {name: getattr(wave, name) for name in names}).rowcount == 1
            if begun:
                db.execute(SQL["drop_plan"], (wave.id,))
        return begun

    def add(self, id: str, events: Sequence[Event]) -> None:
        with self._database.write() as db:
            number, planned, actor, note = db.execute(SQL["number"], (id,)).fetchone()
            rows = []
            for place, event in enumerate(events, planned + 1):
                same = (event.actor, event.note) == (actor, note)
                body = body_of(event._replace(actor="", note="") if same else event, self._encode)
                facts = row_of_event(event)
                rows.append((number, place, event.account, event.address, event.id, *facts, body))
            db.executemany(SQL["add"], rows)
            db.execute(SQL["set_planned"], (planned + len(rows), number))

    def tell(self, id: str, about: str) -> None:
        with self._database.write() as db:
            db.execute(SQL["tell"], (about, id))

    def turn(self, id: str, stages: Sequence[Stage], to: Stage, by: str, now: Instant) -> bool:
        told = {"id": id, "stages": json.dumps(stages), "to": to.value, "by": by, "now": now}
        with self._database.write() as db:
            turned = db.execute(SQL["turn"], {**told, "batch": WAVE_BATCH}).rowcount == 1
            if turned and to is Stage.DROPPED:
                db.execute(SQL["drop_plan"], (id,))
        return turned

    def advance(self, id: str, done: int) -> None:
        with self._database.write() as db:
            db.execute(SQL["advance"], (done, id))

    def events(self, id: str, after: int, until: int) -> list[Event]:
        rows = self._database.read().execute(SQL["events"], {"id": id, "after": after, "until": until})
        return [_event(*row) for row in rows]

    def accounts(self, id: str) -> list[str]:
        return [account for (account,) in self._database.read().execute(SQL["accounts"], (id,))]

    def one(self, id: str) -> Wave | None:
        row = self._database.read().execute(SQL["one"], (id,)).fetchone()
        return None if row is None else _wave(row)

    def listed(self, account: str | None, limit: int, after: str | None = None) -> list[Wave]:
        place = {"account": account, "limit": limit, "after": after}
        return [_wave(row) for row in self._database.read().execute(SQL["listed"], place)]

    def expire(self, before: Instant) -> None:
        with self._database.write() as db:
            db.execute(SQL["expire"], (before,))


def _event(account: str, address: str, body: str | None, actor: str, note: str, *facts: Any) -> Event:
    event = with_body(event_of(facts), account, address, body)
    return event if event.actor or event.note else event._replace(actor=actor, note=note)


def _wave(row: Sequence[Any]) -> Wave:
    id, account, act, at, actor, note, about, stage, *rest = row
    return Wave(id, account, act, at, actor, note, about, Stage(stage), *rest)
