"""Hooks and the queue of messages, in desk.sqlite3."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from retour.flow.outbox import Attempt, Hook, Message, Sought
from retour.instants import Instant
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("outbox.sql")


class SqliteOutbox:
    """The outbox of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- hooks ------------------------------------------------------------------------------------------

    def set_hook(self, hook: Hook) -> None:
        row = (
            hook.id,
            hook.account,
            hook.url,
            json.dumps(hook.types),
            hook.created_at,
            hook.secret,
            hook.rotated_at,
            hook.disabled_at,
            hook.disabled_why,
            hook.failing_since,
        )
        with self._database.write() as db:
            db.execute(SQL["set_hook"], row)

    def drop_hook(self, id: str) -> None:
        with self._database.write() as db:
            db.execute(SQL["drop_attempts_of_target"], (f"hook:{id}",))
            db.execute(SQL["drop_messages_of_target"], (f"hook:{id}",))
            db.execute(SQL["drop_hook"], (id,))

    def hooks(self, account: str | None = None) -> list[Hook]:
        return [_hook(row) for row in self._database.read().execute(SQL["hooks"], {"account": account})]

    def hook(self, id: str) -> Hook | None:
        row = self._database.read().execute(SQL["hook"], (id,)).fetchone()
        return None if row is None else _hook(row)

    # --- messages ---------------------------------------------------------------------------------------

    def mark(self, name: str) -> int | None:
        row = self._database.read().execute(SQL["mark"], (name,)).fetchone()
        return None if row is None else int(row[0])

    def put(self, messages: Sequence[Message], marks: Mapping[str, int] | None = None) -> int:
        rows = [(m.target, m.id, m.account, m.type, m.body, m.created_at, m.due_at) for m in messages]
        with self._database.write() as db:
            added = sum(db.execute(SQL["put"], row).rowcount for row in rows)
            db.executemany(SQL["set_mark"], (marks or {}).items())
        return added

    def due(self, now: Instant, busy: Mapping[str, int], limit: int) -> list[Message]:
        db = self._database.read()
        targets = [target for (target,) in db.execute(SQL["targets"])]
        asleep = {hook.target for hook in self.hooks() if hook.disabled_at is not None}
        found: list[Message] = []
        for target in targets:
            room = 0 if target in asleep else busy.get(target, limit)
            place = {"target": target, "now": now, "limit": room}
            found += [_message(row) for row in db.execute(SQL["due"], place)] if room > 0 else ()
        return sorted(found, key=lambda message: (message.due_at, message.number))[:limit]

    def tried(self, message: Message, attempt: Attempt) -> None:
        m = message
        row = (m.state, m.attempts, m.due_at, m.status, m.said, m.ended_at, m.fault, m.number)
        told = (m.number, attempt.at, attempt.status, attempt.said, attempt.milliseconds, attempt.fault)
        with self._database.write() as db:
            db.execute(SQL["tried"], row)
            db.execute(SQL["add_attempt"], told)

    def sought(self, sought: Sought) -> list[Message]:
        names = ("target", "state", "since", "until", "before", "limit")
        place = {name: getattr(sought, name) for name in names}
        return [_message(row) for row in self._database.read().execute(SQL["sought"], place)]

    def message(self, target: str, id: str) -> Message | None:
        row = self._database.read().execute(SQL["message"], (target, id)).fetchone()
        return None if row is None else _message(row)

    def attempts(self, number: int) -> list[Attempt]:
        return [Attempt(*row) for row in self._database.read().execute(SQL["attempts"], (number,))]

    def again(self, target: str, ids: Sequence[str], since: Instant, until: Instant, now: Instant) -> int:
        place: dict[str, Any] = {"target": target, "ids": json.dumps(list(ids)), "named": bool(ids)}
        with self._database.write() as db:
            return db.execute(SQL["again"], place | {"since": since, "until": until, "now": now}).rowcount

    def counts(self) -> Mapping[str, int]:
        found = dict(self._database.read().execute(SQL["counts"]).fetchall())
        return {state: found.get(state, 0) for state in ("waiting", "delivered", "failed")}

    def purge(self, before: Instant) -> int:
        with self._database.write() as db:
            lost: int = db.execute(SQL["lost"], (before,)).fetchone()[0]
            db.execute(SQL["purge_attempts"], (before,))
            db.execute(SQL["purge"], (before,))
        return lost


def _hook(row: Sequence[Any]) -> Hook:
    id, account, url, types, created_at, *rest = row
    return Hook(id, account, url, tuple(json.loads(types)), created_at, *rest)


def _message(row: Sequence[Any]) -> Message:
    return Message(*row)
