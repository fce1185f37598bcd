"""Where something is counted in the rates, and how it is, in somebody's transaction."""

import sqlite3
from collections.abc import Mapping

from retour.flow.suppressions import provider_of
from retour.ports import MOST_RATES, Rated
from retour.stores.sqlite.database import storable
from retour.stores.sqlite.statements import named

SQL = named("rates.sql")
Spot = tuple[int, int, str, str, Rated]
"""Account, day, provider, campaign, kind."""


def spot(account: int, day: int, domain: str, campaign: str | None, kind: Rated) -> Spot:
    """Where something is counted."""
    return account, day, provider_of(domain) or "", storable(campaign) or "", kind


def tally(db: sqlite3.Connection, counted: Mapping[Spot, int]) -> None:
    """Count within somebody's transaction; below 0 is less than was counted before."""
    rows: dict[tuple[int, int], int] = {}
    for each, count in sorted(counted.items()):
        if not count or _more(db, each, count):
            continue
        plain: Spot = (*each[:3], "", each[4])
        of = each[:2]
        if of not in rows:
            rows[of] = db.execute(SQL["rows_of_day"], of).fetchone()[0]
        is_full = rows[of] >= MOST_RATES or count < 0
        if is_full and _more(db, plain, count):
            continue
        db.execute(SQL["begin"], _named(plain if is_full else each, count))
        rows[of] += 1


def _more(db: sqlite3.Connection, each: Spot, count: int) -> bool:
    return db.execute(SQL["more"], _named(each, count)).rowcount == 1


def _named(each: Spot, count: int) -> dict[str, int | str]:
    account, day, provider, campaign, kind = each
    told = {"provider": provider, "campaign": campaign, "kind": kind.value}
    return {"account": account, "day": day, "count": count, **told}
