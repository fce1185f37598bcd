"""Erasing in the console's own file: saved views, and sessions, which may have an address still to say.

Such a row goes as a whole. Whoever logs in there is no contact: a login ends where it was given.
"""

import json
import zlib
from base64 import urlsafe_b64decode

from retour.ports.erasing import Marks, Told
from retour.stores.sqlite.people import ConsoleFile
from retour.stores.sqlite.statements import named
from retour.stores.sqlite.views import SqliteViews

SQL = named("people.sql")


class SqliteConsole:
    """The file of the console, if there is one."""

    def __init__(self, file: ConsoleFile) -> None:
        self._file, self._views = file, SqliteViews(file)

    def scrub(self, account: str, marks: Marks, told: Told) -> int:
        return self._views.scrub(account, marks, told) + self._sessions(marks, told)

    def settle(self) -> bool:
        return self._file.settle()

    def _sessions(self, marks: Marks, told: Told) -> int:
        if not self._file.has("django_session"):
            return 0
        rows = self._file.rows(SQL["sessions"])
        told(len(rows))
        gone = [(key,) for key, data in rows if marks.holds(said_in(data))]
        if gone:
            with self._file.write() as db:
                db.executemany(SQL["drop_session"], gone)
        return len(gone)


def said_in(data: str) -> str:
    """What a session holds, as JSON: signed, encoded and mostly packed (django.core.signing); "" for another
    form."""
    body = data.rsplit(":", 2)[0]
    packed, encoded = body.startswith("."), body.removeprefix(".")
    try:
        octets = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return json.dumps(json.loads(zlib.decompress(octets) if packed else octets), ensure_ascii=False)
    except (ValueError, zlib.error):
        return ""
