"""Roll-ups of what the Overview may show, written in the transaction that changes what it shows."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING

from retour.address import domain_of
from retour.flow.suppressions import PROVIDERS, provider_of
from retour.instants import DAY, Instant
from retour.model import Event, StateName
from retour.ports.counts import MOST_LISTED, ListedCount, Mark, Shown
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.labels import Labels
from retour.stores.sqlite.statements import named

if TYPE_CHECKING:
    from retour.stores.sqlite.pages import Page

SQL = named("shown.sql")
TERMS = blake2b(repr(sorted(PROVIDERS.items())).encode(), digest_size=16).hexdigest()
_VALID = StateName.VALID

Alike = tuple[int, str, str, str, str]  # account, campaign, provider, state, marks
Listed = tuple[int, str, int, str, str, str]  # account, of, day, name, type, reason


class ShownCounts:
    """What one transaction changes of the roll-ups."""

    def __init__(self, db: sqlite3.Connection, labels: Labels) -> None:
        self._db, self._labels = db, labels
        self._alike: Counter[Alike] = Counter()
        self._listed: Counter[Listed] = Counter()
        self._marks: dict[frozenset[int], Mapping[str, str]] = {}

    def move(
        self, page: "Page", state: StateName, labels: Mapping[bytes, int], told: Iterable[Event] = ()
    ) -> None:
        """An address goes from what its page holds to this state and these labels; `told` is new on it."""
        if state is page.state.state and labels == page.labels:
            return
        domain = domain_of(page.address)
        place = page.number, provider_of(domain) or ""
        self._count(place, page.state.state, page.labels, -1)
        self._count(place, state, labels, 1)
        for event in (*page.events, *told):
            before, after = page.labels.get(event.id), labels.get(event.id)
            if before != after:
                self._list(page.number, domain, event.at // DAY, before, -1)
                self._list(page.number, domain, event.at // DAY, after, 1)

    def _count(self, place: tuple[int, str], state: StateName, labels: Mapping[bytes, int], by: int) -> None:
        if labels and state is not _VALID:
            account, provider = place
            for campaign, marks in self._marked(frozenset(labels.values())).items():
                self._alike[account, campaign, provider, state.value, marks] += by

    def _marked(self, labels: frozenset[int]) -> Mapping[str, str]:
        """The marks of an address with these labels, by campaign; under "" those of all."""
        found = self._marks.get(labels)
        if found is None:
            told: dict[str, set[str]] = {"": set()}
            for label in map(self._labels.label, labels):
                mark = f"{label.type or ''} {label.reason or ''} {label.mail_kind or ''}"
                told[""].add(mark)
                told.setdefault(label.campaign or "", set()).add(mark)
            found = self._marks[labels] = {each: ",".join(sorted(marks)) for each, marks in told.items()}
        return found

    def _list(self, account: int, domain: str, day: int, label: int | None, by: int) -> None:
        if label is not None:
            told = self._labels.label(label)
            type_, reason = told.type or "", told.reason or ""
            self._listed[account, "campaign", day, told.campaign or "", type_, reason] += by
            self._listed[account, "domain", day, domain, type_, reason] += by

    def write(self) -> None:
        """Write the changes down, in the order of their keys."""
        alike = sorted((place, count) for place, count in self._alike.items() if count)
        self._db.executemany(SQL["count_shown"], [(*place, count) for place, count in alike])
        self._db.executemany(SQL["drop_shown"], [place for place, count in alike if count < 0])
        rows: dict[tuple[int, str, int], int] = {}
        for place, count in sorted(each for each in self._listed.items() if each[1]):
            self._write_listed(place, count, rows)

    def _write_listed(self, place: Listed, count: int, rows: dict[tuple[int, str, int], int]) -> None:
        if self._db.execute(SQL["more_listed"], (count, *place)).rowcount:
            if count < 0:
                self._db.execute(SQL["drop_listed"], place)
            return
        account, of, day, name, *rest = place
        if (account, of, day) not in rows:
            rows[account, of, day] = self._db.execute(SQL["rows_of_day"], place[:3]).fetchone()[0]
        known = of == "domain" and provider_of(name) is not None
        if count < 0 or (rows[account, of, day] >= MOST_LISTED and not known):
            name = ""
        self._db.execute(SQL["begin_listed"], (count, account, of, day, name, *rest))
        rows[account, of, day] += 1


def prepare(database: Database) -> None:
    """Make the roll-ups of all that the file holds, unless they are there under the terms of now.

    Once after an upgrade, and when domains of providers have changed.
    """
    if database.read().execute(SQL["terms"]).fetchone() == (TERMS,):
        return
    with database.write() as db:
        db.create_function("provider_of", 1, lambda domain: provider_of(domain) or "", deterministic=True)
        for name in ("clear_shown", "clear_listed", "drop_terms", "make_shown"):
            db.execute(SQL[name])
        for name in ("make_campaigns", "make_domains"):
            db.execute(SQL[name], {"day": DAY, "most": MOST_LISTED})
        db.execute(SQL["set_terms"], (TERMS,))


class SqliteCounts:
    """Counts of one file."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def shown(self, account: str, campaign: str | None = None) -> list[Shown]:
        db = self._database.read()
        place = (self._accounts.number(db, account), campaign or "")
        rows = db.execute(SQL["shown"], place)
        return [Shown(by, StateName(state), _marks(marks), count) for by, state, marks, count in rows]

    def campaigns(self, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        return self._of("campaign", account, since, until)

    def domains(self, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        return self._of("domain", account, since, until)

    def _of(self, of: str, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        db = self._database.read()
        days = {"first": since // DAY, "last": (until - 1) // DAY}
        place = {"account": self._accounts.number(db, account), "of": of, **days}
        return [ListedCount(*row) for row in db.execute(SQL["listed"], place)]


def _marks(told: str) -> frozenset[Mark]:
    return frozenset(Mark(*mark.split(" ")) for mark in told.split(","))
