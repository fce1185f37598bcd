"""How many addresses the Overview lists under filters that no roll-up tells apart: of time, and of names."""

import json
import sqlite3
from contextlib import closing

from retour.instants import HOUR
from retour.ports.lives import Counted
from retour.stores.sqlite import overview
from retour.stores.sqlite.bounded import within
from retour.stores.sqlite.overview import Wanted
from retour.stores.sqlite.statements import named

SQL = named("overview_count.sql")
COUNT = f"SELECT count(DISTINCT k), count(*) FROM ({SQL['keys']} LIMIT :most)"  # noqa: S608 - a statement of our own file


def addresses(db: sqlite3.Connection, wanted: Wanted, most: int | None, seconds: float) -> Counted | None:
    """As the labels have them, which follow a change of policy with the rewriting; None when time was up."""
    if wanted.keys is not None:  # few: the list itself tells
        with closing(overview.rows(db, wanted)) as rows:
            return Counted(sum(1 for _ in rows), whole=True)
    asked = {
        "account": wanted.account,
        "labels": json.dumps(list(wanted.labels)),
        "domains": wanted.domains,
        "corrected": wanted.corrected,
        "since": wanted.since,
        "until": wanted.until,
        "first": wanted.since // HOUR,
        "last": (wanted.until - 1) // HOUR,
        "size": HOUR,
        "most": -1 if most is None else most + 1,
    }
    with within(db, seconds) as ended:
        try:
            found, looked_at = db.execute(COUNT, asked).fetchone()
        except sqlite3.OperationalError:
            if not ended():
                raise
            return None
    if most is None or looked_at <= most:
        return Counted(found, whole=True)
    return Counted(min(found, most), whole=False)
