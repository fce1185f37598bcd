"""What became of addresses that came back by themselves (E22), written with whatever changes them."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from retour.flow.effects import followed
from retour.instants import DAY, Instant
from retour.model import Event, StateName
from retour.ports import Change
from retour.stores.advance import BY_TIME
from retour.stores.sqlite.statements import named

if TYPE_CHECKING:
    from retour.stores.sqlite.pages import Page

SQL = named("returned.sql")
_BACK = (StateName.VALID, StateName.BOUNCING)


class Return(NamedTuple):
    """An invalid address that came back when its reset was due, and what followed first."""

    number: int  # of the line in the ledger
    at: Instant
    policy: int
    delivered: Instant | None = None
    bounced: Instant | None = None


def comes_back(change: Change) -> bool:
    """Whether a change is such a return."""
    is_back = change.before.state is StateName.INVALID and change.after.state in _BACK
    return is_back and change.actor == BY_TIME


class Returns:
    """What one transaction changes of the returns and their counts."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._rows: list[tuple[int, bytes, Return]] = []
        self._counts: Counter[tuple[int, int, int, str]] = Counter()
        self._known: dict[int, bool] = {}

    def known(self, account: int) -> bool:
        """Whether any address of an account had come back before. Most policies let none."""
        if account not in self._known:
            self._known[account] = self._db.execute(SQL["any"], (account,)).fetchone() is not None
        return self._known[account]

    def turn(self, page: "Page", fresh: Iterable[Return], told: Sequence[Event] = ()) -> None:
        """Look anew at all returns of an address; `fresh` are those of this turn, `told` its new events."""
        place = page.number, page.k
        known = [Return(*row) for row in self._db.execute(SQL["of_address"], place)]
        before = {each.number: each for each in known}
        whole = sorted({each.number: each for each in (*known, *fresh)}.values())
        if not whole:
            return
        events = (*page.events, *told)
        ends = [each.at for each in whole[1:]]
        for each, until in zip(whole, (*ends, None), strict=True):
            after = Return(*each[:3], *followed(events, page.deliveries, each.at, until))
            if after != before.get(each.number):
                self._rows.append((*place, after))
                self._count(page.number, before.get(each.number), -1)
                self._count(page.number, after, 1)

    def _count(self, account: int, each: Return | None, by: int) -> None:
        if each is None:
            return
        for what, at in (("freed", each.at), ("delivered", each.delivered), ("bounced", each.bounced)):
            if at is not None:
                self._counts[account, each.policy, at // DAY, what] += by

    def write(self) -> None:
        """Write the changes down, in the order of their keys."""
        rows = sorted(self._rows, key=lambda row: (row[0], row[1], row[2].number))
        self._db.executemany(SQL["put"], [(account, k, *each) for account, k, each in rows])
        counts = sorted((place, count) for place, count in self._counts.items() if count)
        self._db.executemany(SQL["count"], [(*place, count) for place, count in counts])
