"""Roll-ups of what the Overview may show, written in the transaction that changes what it shows."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from retour.address import domain_of
from retour.flow.suppressions import PROVIDERS, provider_of
from retour.instants import DAY, Instant
from retour.model import Event, StateName
from retour.ports.counts import MOST_LISTED, Effect, ListedCount, Mark, Shown
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.labels import Labels
from retour.stores.sqlite.returned import SQL as RETURNED
from retour.stores.sqlite.statements import named

if TYPE_CHECKING:
    from retour.stores.sqlite.pages import Page

SQL = named("shown.sql")
BLOCK = 32  # days that are summed once more, so that a year is read as fast as a month
MOST_OF_BLOCK = 10 * MOST_LISTED
TERMS = blake2b(repr((BLOCK, sorted(PROVIDERS.items()))).encode(), digest_size=16).hexdigest()
_VALID = StateName.VALID

_FEW = 200  # rows of a day that are looked for one by one; else all of the day are read

Alike = tuple[int, str, StateName, frozenset[int]]  # account, provider, state, labels
Facts = tuple[str, str, str]  # campaign, type, reason
Moved = tuple[int, int, str, Facts]  # account, day, domain
Day = tuple[int, str, int]  # account, "campaign" or "domain", day
Row = tuple[str, str, str]  # name, type, reason


class ShownCounts:
    """What one transaction changes of the roll-ups: gathered as it comes, told apart when it is written."""

    def __init__(self, db: sqlite3.Connection, labels: Labels) -> None:
        self._db, self._labels = db, labels
        self._alike: Counter[Alike] = Counter()
        self._moved: Counter[Moved] = Counter()
        self._facts: dict[int | None, Facts | None] = {None: None}  # by label

    def move(
        self, page: "Page", state: StateName, labels: Mapping[bytes, int], told: Iterable[Event] = ()
    ) -> None:
        """An address goes from what its page holds to this state and these labels; `told` is new on it."""
        known, was = page.labels, page.state.state
        if labels == known and state is was:
            return
        account, domain = page.number, domain_of(page.address)
        provider = provider_of(domain) or ""
        if known and was is not _VALID:
            self._alike[account, provider, was, frozenset(known.values())] -= 1
        if labels and state is not _VALID:
            self._alike[account, provider, state, frozenset(labels.values())] += 1
        for event in (*page.events, *told):
            before, after = known.get(event.id), labels.get(event.id)
            if before != after:
                self._list(account, event.at // DAY, domain, before, after)

    def _list(self, account: int, day: int, domain: str, before: int | None, after: int | None) -> None:
        left, reached = self._told(before), self._told(after)
        if left == reached:  # another status of the address alone
            return
        if left is not None:
            self._moved[account, day, domain, left] -= 1
        if reached is not None:
            self._moved[account, day, domain, reached] += 1

    def _told(self, label: int | None) -> Facts | None:
        if label is not None and label not in self._facts:
            told = self._labels.label(label)
            self._facts[label] = (told.campaign or "", told.type or "", told.reason or "")
        return self._facts[label]

    def write(self) -> None:
        """Write the changes down, in the order of their keys."""
        alike: Counter[tuple[int, str, str, str, str]] = Counter()
        for (account, provider, state, labels), count in self._alike.items():
            for campaign, marks in self._marked(labels).items():
                alike[account, campaign, provider, state.value, marks] += count
        changed = sorted((place, count) for place, count in alike.items() if count)
        self._db.executemany(SQL["count_shown"], [(*place, count) for place, count in changed])
        self._db.executemany(SQL["drop_shown"], [place for place, count in changed if count < 0])
        for day, rows in sorted(self._by_day().items()):
            self._write_day(day, {row: count for row, count in rows.items() if count})

    def _marked(self, labels: frozenset[int]) -> Mapping[str, str]:
        """The marks of an address with these labels, by campaign; under "" those of all."""
        told: dict[str, set[str]] = {"": set()}
        for label in map(self._labels.label, labels):
            mark = f"{label.type or ''} {label.reason or ''} {label.mail_kind or ''}"
            told[""].add(mark)
            told.setdefault(label.campaign or "", set()).add(mark)
        return {each: ",".join(sorted(marks)) for each, marks in told.items()}

    def _by_day(self) -> Mapping[Day, Counter[Row]]:
        days: dict[Day, Counter[Row]] = defaultdict(Counter)
        for (account, day, domain, (campaign, type_, reason)), count in self._moved.items():
            for of, name in (("campaign", campaign), ("domain", domain)):
                days[account, of, day][name, type_, reason] += count
                days[account, f"{of}s", day // BLOCK][name, type_, reason] += count
        return days

    def _write_day(self, day: Day, counts: Mapping[Row, int]) -> None:
        known = self._known(day, counts)
        of = day[1]
        room = MOST_OF_BLOCK if of.endswith("s") else MOST_LISTED
        if len(known) < len(counts):
            room -= self._db.execute(SQL["rows_of_day"], day).fetchone()[0]
        placed: Counter[Row] = Counter()
        for row, count in sorted(counts.items()):
            if row not in known:
                is_known = of.startswith("domain") and provider_of(row[0]) is not None
                is_told = count > 0 and (room > 0 or is_known)
                row, room = row if is_told else ("", *row[1:]), room - 1
            placed[row] += count
        rows = sorted(placed.items())
        self._db.executemany(SQL["begin_listed"], [(count, *day, *row) for row, count in rows])
        less = [(*day, *row) for row, count in rows if count < 0]
        self._db.executemany(SQL["carry_listed"], less)
        self._db.executemany(SQL["drop_listed"], less)

    def _known(self, day: Day, counts: Mapping[Row, int]) -> Set[Row]:
        """Which of these rows are there; and others, where all of a day are read at once."""
        if len(counts) < _FEW:
            return {row for row in counts if self._db.execute(SQL["has_listed"], (*day, *row)).fetchone()}
        return counts.keys() & set(self._db.execute(SQL["listed_of_day"], day))


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
        for of in ("campaign", "domain"):
            for name, span, most in ((of, DAY, MOST_LISTED), (f"{of}s", BLOCK * DAY, MOST_OF_BLOCK)):
                db.execute(SQL[f"make_{of}s"], {"of": name, "day": span, "most": most})
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

    def effects(self, account: str) -> list[Effect]:
        db = self._database.read()
        place = (self._accounts.number(db, account),)
        return [Effect(*row) for row in db.execute(RETURNED["effects"], place)]

    def _of(self, of: str, account: str, since: Instant, until: Instant) -> list[ListedCount]:
        db = self._database.read()
        first, last = since // DAY, (until - 1) // DAY
        begin, end = -(-first // BLOCK), (last + 1) // BLOCK  # whole blocks between
        head, tail = (begin * BLOCK, end * BLOCK) if begin < end else (last + 1, last + 1)
        days = {"first": first, "head": head - 1, "begin": begin, "end": end - 1, "tail": tail, "last": last}
        place = {"account": self._accounts.number(db, account), "of": of, "ofs": f"{of}s", **days}
        return [ListedCount(*row) for row in db.execute(SQL["listed"], place)]


@lru_cache(maxsize=10_000)
def _marks(told: str) -> frozenset[Mark]:
    return frozenset(Mark(*mark.split(" ")) for mark in told.split(","))
