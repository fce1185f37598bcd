"""Answers by idempotency key, in desk.sqlite3."""

import json

from retour.flow.desk import KEPT_FOR, Answer, Repeat
from retour.instants import Instant
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.statements import named

SQL = named("answers.sql")


class SqliteAnswers:
    """The answers of one file. Those that an earlier process did not come to are forgotten at open.

    What they had begun may be done or not: every write of the API is harmless to repeat, and a repetition
    makes sure of it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.write() as db:
            db.execute(SQL["interrupted"])

    def begin(self, scope: str, key: str, request: bytes, now: Instant) -> Answer | Repeat:
        told = {"scope": scope, "key": key, "request": request, "now": now}
        with self._database.write() as db:
            db.execute(SQL["expire"], (now - KEPT_FOR,))
            if db.execute(SQL["begin"], told).rowcount == 1:
                return Repeat.FRESH
            known, status, headers, body = db.execute(SQL["known"], told).fetchone()
        if known != request:
            return Repeat.OTHER
        if status is None:
            return Repeat.RUNNING
        return Answer(status, tuple((name, value) for name, value in json.loads(headers)), body)

    def keep(self, scope: str, key: str, answer: Answer) -> None:
        told = {"status": answer.status, "headers": json.dumps(answer.headers), "body": answer.body}
        with self._database.write() as db:
            db.execute(SQL["keep"], {"scope": scope, "key": key, **told})

    def forget(self, scope: str, key: str) -> None:
        with self._database.write() as db:
            db.execute(SQL["forget"], (scope, key))
