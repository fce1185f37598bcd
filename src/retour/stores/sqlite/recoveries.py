"""How long addresses that bounced softly stay unreached, in retour.sqlite3.

Nothing of it is done where events are recorded: a piece of the new ones is read behind them, and the
addresses that are followed are looked at again at a few ages. Until then they count as last seen, which is
what a curve needs to know of them.
"""

import sqlite3
from collections import Counter
from typing import NamedTuple

from retour.flow.effects import followed, period
from retour.instants import DAY, Instant
from retour.lifecycle.policy import TypeRule
from retour.model import Reason, StateName
from retour.ports.recoveries import LAST_MONTH, LONGEST, Lasted
from retour.stores.advance import in_force
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.pages import SQL as LEDGER
from retour.stores.sqlite.pages import Page, load
from retour.stores.sqlite.statements import named

SQL = named("recoveries.sql")
LOOKS = (1, 2, 3, 5, 8, 13, 21, 34, 55, LONGEST + 1)  # ages in days at which an address is looked at
EVENTS_A_LOOK = 8  # that may be read for what a look costs

Place = tuple[int, str, str, str, int]  # account, month, reason, what, days


class _Followed(NamedTuple):
    """An address that is followed."""

    account: int
    k: bytes
    at: Instant
    reason: str
    days: int

    def place(self, what: str, days: int) -> Place:
        return self.account, period(self.at, "month"), self.reason, what, days


class SqliteRecoveries:
    """The roll-ups of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def roll(self, now: Instant, limit: int) -> int:
        if not self._behind() and not self._due(self._database.read(), now, 1):
            return 0
        with self._database.write() as db:
            counts: Counter[Place] = Counter()
            done = self._begin(db, limit, counts)
            due = self._due(db, now, -(-limit // EVENTS_A_LOOK))
            self._look(db, due, now, counts)
            changed = sorted((*place, count) for place, count in counts.items() if count)
            db.executemany(SQL["count"], changed)
        return done + len(due)

    def of(self, account: str, since: str, until: str = LAST_MONTH) -> list[Lasted]:
        db = self._database.read()
        rows = db.execute(SQL["of"], (self._accounts.number(db, account), since, until))
        return [Lasted(*row) for row in rows]

    def _behind(self) -> bool:
        db = self._database.read()
        last, read = (db.execute(each).fetchone()[0] for each in (LEDGER["last_event"], SQL["read_to"]))
        return int(last) > int(read)

    def _begin(self, db: sqlite3.Connection, limit: int, counts: Counter[Place]) -> int:
        """Follow the addresses of new soft bounces."""
        after: int = db.execute(SQL["read_to"]).fetchone()[0]
        until: int = min(db.execute(LEDGER["last_event"]).fetchone()[0], after + limit)
        for account, k, at, reason, type_ in db.execute(SQL["bounces"], (after, until)).fetchall():
            if (type_ or self._type(db, account, reason, at)) != TypeRule.SOFT.value:
                continue
            if db.execute(SQL["is_followed"], (account, k)).fetchone() is None:
                db.execute(SQL["begin"], (account, k, at, reason, at + LOOKS[0] * DAY))
                counts[_Followed(account, k, at, reason, 0).place("open", 0)] += 1
        if until > after:
            db.execute(SQL["set_read_to"], (until,))
        return until - after

    def _type(self, db: sqlite3.Connection, account: int, reason: str, at: Instant) -> str:
        """What the policy of its time made of a bounce that is not listed any more."""
        versions = self._accounts.versions(db, account)
        number = in_force(versions, at)
        policy = next((each.policy for each in versions if each.number == number), None)
        return (policy.types.get(Reason(reason), TypeRule.IGNORE) if policy else TypeRule.IGNORE).value

    @staticmethod
    def _due(db: sqlite3.Connection, now: Instant, limit: int) -> list[_Followed]:
        return [_Followed(*row) for row in db.execute(SQL["due"], (now, limit))]

    @staticmethod
    def _look(db: sqlite3.Connection, due: list[_Followed], now: Instant, counts: Counter[Place]) -> None:
        """Count what became of those that are due, and follow on those of whom nothing is known yet."""
        pages = {each: Page(each.k, each.account, "", "") for each in due}
        load(db, pages.values())
        for each, page in pages.items():
            what, days = _found(each, page, now)
            counts[each.place("open", each.days)] -= 1
            counts[each.place(what, days)] += 1
            following = next((look for look in LOOKS if each.at + look * DAY > now), None)
            if what == "open" and following is not None and not page.erased:
                db.execute(SQL["put_off"], (days, each.at + following * DAY, each.account, each.k))
            else:
                db.execute(SQL["drop"], (each.account, each.k))


def _found(each: _Followed, page: Page, now: Instant) -> tuple[str, int]:
    """What became of an address, and after how many days."""
    delivered, _ = followed(page.events, page.deliveries, each.at, None)
    is_stopped = page.state.state is StateName.INVALID and page.state.since is not None
    stopped = page.state.since if is_stopped else None
    ends = [(at, what) for at, what in ((delivered, "reached"), (stopped, "stopped")) if at is not None]
    at, what = min(ends, default=(now, "open"))
    days = max(at - each.at, 0) // DAY
    return (what, days) if days <= LONGEST else ("open", LONGEST)
