"""Arrivals on disk, in inbox.sqlite3."""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from retour.instants import Instant
from retour.model import LATE, LATE_COUNTED, Arrival, Proof
from retour.ports import NO_CURSORS, Outcome
from retour.stores.advance import holdable
from retour.stores.sqlite.database import Database, storable
from retour.stores.sqlite.erasing import SqliteScrubbingInbox
from retour.stores.sqlite.statements import named

SQL = named("inbox.sql")
_AT_ONCE = 500


class SqliteInbox:
    """The Inbox of one data directory. Raises StoreError when the file cannot be used."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self._database = Database(path, "inbox", cache_mib=16, read_only=read_only)
        self.erasing = SqliteScrubbingInbox(self._database)

    def put(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS) -> None:
        rows = [_row(arrival) for arrival in arrivals]
        with self._database.write() as db:
            db.executemany(SQL["put"], rows)
            for name, place in cursors.items():
                if place is None:
                    db.execute(SQL["forget_cursor"], (name,))
                else:
                    db.execute(SQL["move_cursor"], (name, place))

    def cursors(self, prefix: str = "") -> Mapping[str, bytes]:
        wanted = {"prefix": prefix, "beyond": prefix + "\U0010ffff"}
        return dict(self._database.read().execute(SQL["cursors"], wanted).fetchall())

    def waiting(self, limit: int) -> list[Arrival]:
        return self._held("waiting", {"limit": limit}, limit)

    def settle(
        self, outcomes: Mapping[bytes, Outcome], now: Instant, spent: AbstractSet[bytes] = frozenset()
    ) -> None:
        with self._database.write() as db:
            db.executemany(SQL["settle"], [(outcome.value, now, id) for id, outcome in outcomes.items()])
            db.executemany(SQL["passes"], [(id,) for id in spent])
            db.execute(SQL["let_pass"])

    def arrival(self, id: bytes) -> Arrival | None:
        row = self._database.read().execute(SQL["arrival"], (id,)).fetchone()
        return None if row is None else _arrival(row)

    def outcomes(self, ids: Sequence[bytes]) -> Mapping[bytes, Outcome]:
        db = self._database.read()
        rows = [(id, db.execute(SQL["outcome"], (id,)).fetchone()) for id in ids]
        return {id: Outcome(row[0]) for id, row in rows if row is not None}

    def unparsed(self, limit: int, after: bytes | None = None) -> list[Arrival]:
        return self._held("unparsed", {"limit": limit, "after": after}, limit)

    def counts(self) -> Mapping[Outcome, int]:
        found = dict(self._database.read().execute(SQL["counts"]).fetchall())
        return {outcome: found.get(outcome.value, 0) for outcome in Outcome}

    def expire(self, before: Instant) -> int:
        return self._dropped("expire", before)

    def give_up(self, before: Instant) -> int:
        return self._dropped("give_up", before)

    def forget(self, before: Instant) -> int:
        return self._dropped("forget", before)

    def _dropped(self, name: str, before: Instant) -> int:
        dropped = 0
        while True:  # in short turns, for a 250 waits behind each
            with self._database.write() as db:
                count = db.execute(SQL[name], {"before": before, "limit": _AT_ONCE}).rowcount
            dropped += count
            if count < _AT_ONCE:
                return dropped

    def again(self, account: str | None = None, late: bool = False) -> int:
        place: dict[str, Any] = {"after": 0, "limit": _AT_ONCE, "account": account}
        place |= {"late": LATE, "counted": LATE_COUNTED} if late else {}
        place["last"] = self._database.read().execute(SQL["last_unparsed"]).fetchone()[0] or 0
        total = 0
        while True:
            with self._database.write() as db:
                numbers = [number for (number,) in db.execute(SQL["again_late" if late else "again"], place)]
            total += len(numbers)
            if len(numbers) < _AT_ONCE:
                return total
            place["after"] = max(numbers)

    def close(self) -> None:
        """Close the file; nothing may be asked afterwards."""
        self._database.close()

    def _held(self, name: str, wanted: Mapping[str, Any], limit: int) -> list[Arrival]:
        rows = self._database.read().execute(SQL[name], wanted)
        try:
            return holdable(map(_arrival, rows), limit)
        finally:
            rows.close()  # a statement left open would hold back the file's checkpoint


def _row(arrival: Arrival) -> Sequence[Any]:
    return (
        arrival.id,
        arrival.inlet,
        arrival.received_at,
        arrival.raw,
        arrival.size,
        storable(arrival.mail_from),
        storable(arrival.rcpt_to),
        arrival.proof.value,
        arrival.account,
        json.dumps(arrival.defects),
        arrival.form,
        arrival.passing,
    )


def _arrival(row: Sequence[Any]) -> Arrival:
    id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects, form, passing = row
    level, known = Proof(proof), tuple(json.loads(defects))
    return Arrival(
        id, inlet, received_at, raw, size, mail_from, rcpt_to, level, account, known, form, bool(passing)
    )
