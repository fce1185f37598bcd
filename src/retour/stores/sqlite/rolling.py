"""How events become roll-ups: each bounce is counted under its facet, its day and its domain."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from retour.instants import DAY, Instant
from retour.lifecycle import PolicyVersion
from retour.lifecycle.policy import TypeRule
from retour.model import Reason
from retour.ports.segments import MOST_REPLIES, Shape
from retour.stores.advance import in_force
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.statements import named

SQL = named("segments.sql")
_TYPES = {TypeRule.HARD_CONFIRMED: TypeRule.SOFT}  # hard where its label says so (lifecycle rule 2)


class Roll:
    """The roll-ups of one transaction."""

    def __init__(self, db: sqlite3.Connection, accounts: SqliteAccounts, shape: Shape) -> None:
        self._db, self._accounts, self._shape = db, accounts, shape
        self._policies: dict[int, Sequence[PolicyVersion]] = {}
        self._replies: dict[tuple[int, str], int] = {}
        self._facets: dict[tuple[Any, ...], int] = {}
        self._bounced: list[tuple[int, int, int, int, str]] = []
        self._days: Counter[tuple[int, int, int]] = Counter()
        self._domains: Counter[tuple[int, str, int, int]] = Counter()

    def add(self, rows: Iterable[Sequence[Any]], sign: int = 1) -> None:
        """Count bounces, rows of the statement `new`; or, with -1, uncount them."""
        for number, account, at, reason, status, type_, campaign, domain, diagnostic, text in rows:
            named = type_ or self._type(account, reason, at)
            reply = self._reply(account, diagnostic or text or "")
            facet = self._facet((account, reply, reason, status, named, campaign or ""))
            day = at // DAY
            self._bounced.append((account, day, facet, number, domain))
            self._days[account, facet, day] += sign
            self._domains[account, domain, facet, day] += sign

    def write(self) -> None:
        """Write the counts down, in the order of their keys."""
        self._db.executemany(SQL["add_bounced"], sorted(self._bounced))
        self.write_counts()

    def write_counts(self) -> None:
        """The counts alone."""
        totals: Counter[int] = Counter()
        for (_, facet, _), count in self._days.items():
            totals[facet] += count
        self._db.executemany(SQL["add_total"], [(count, facet) for facet, count in totals.items()])
        days = sorted((*place, count) for place, count in self._days.items())
        self._db.executemany(SQL["add_day"], days)
        domains = sorted((*place, count) for place, count in self._domains.items())
        self._db.executemany(SQL["add_domain"], domains)

    def _type(self, account: int, reason: str, at: Instant) -> str:
        """What the policy of its time made of a bounce that is not listed."""
        if account not in self._policies:
            self._policies[account] = self._accounts.versions(self._db, account)
        versions = self._policies[account]
        number = in_force(versions, at)
        policy = next((each.policy for each in versions if each.number == number), None)
        rule = policy.types.get(Reason(reason), TypeRule.IGNORE) if policy and reason else TypeRule.IGNORE
        return _TYPES.get(rule, rule).value

    def _reply(self, account: int, text: str) -> int:
        told = self._shape(text[:4096])
        if not told:
            return 0
        place = account, told
        if place not in self._replies:
            self._replies[place] = self._known_reply(account, told)
        return self._replies[place]

    def _known_reply(self, account: int, told: str) -> int:
        found = self._db.execute(SQL["reply"], (account, told)).fetchone()
        if found is None:
            if self._db.execute(SQL["replies"], (account,)).fetchone()[0] >= MOST_REPLIES:
                return 0
            found = self._db.execute(SQL["add_reply"], (account, told)).fetchone()
        return int(found[0])

    def _facet(self, facet: tuple[Any, ...]) -> int:
        if facet not in self._facets:
            found = self._db.execute(SQL["facet"], facet).fetchone()
            found = found or self._db.execute(SQL["add_facet"], facet).fetchone()
            self._facets[facet] = int(found[0])
        return self._facets[facet]
