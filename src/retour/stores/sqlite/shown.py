"""Roll-ups of what the Overview may show: every commit moves them (stores.sqlite.pending)."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from hashlib import blake2b

from retour.flow.suppressions import PROVIDERS, provider_of
from retour.ports.counts import MOST_LISTED
from retour.stores.sqlite import shown_anew
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.labels import Labels
from retour.stores.sqlite.shown_anew import Alike
from retour.stores.sqlite.statements import named

SQL = named("shown.sql")
BLOCK = 32  # days that are summed once more, so that a year is read as fast as a month
MOST_OF_BLOCK = 10 * MOST_LISTED
TERMS = blake2b(repr((BLOCK, sorted(PROVIDERS.items()))).encode(), digest_size=16).hexdigest()

_FEW = 200  # rows of a day that are looked for one by one; else all of the day are read

Listed = tuple[int, int, str, int | None, int | None]  # account, day, domain, label left, label reached
Facts = tuple[str, str, str]  # campaign, type, reason
Moved = tuple[int, int, str, Facts]  # account, day, domain
Day = tuple[int, str, int]  # account, "campaign" or "domain", day
Row = tuple[str, str, str]  # name, type, reason


class ShownCounts:
    """The roll-ups of a file, to be changed in somebody's transaction."""

    def __init__(self, db: sqlite3.Connection, labels: Labels) -> None:
        self._db, self._labels = db, labels
        self._facts: dict[int | None, Facts | None] = {None: None}  # by label

    def count(self, alike: Mapping[Alike, int], listed: Mapping[Listed, int]) -> None:
        """Write changes down, in the order of their keys."""
        self.count_alike(alike)
        moved: Counter[Moved] = Counter()
        for (account, day, domain, left, reached), count in listed.items():
            for label, by in ((left, -count), (reached, count)):
                if (facts := self._told(label)) is not None:
                    moved[account, day, domain, facts] += by
        for each, rows in sorted(_by_day(moved).items()):
            self._write_day(each, {row: count for row, count in rows.items() if count})

    def count_alike(self, moved: Mapping[Alike, int]) -> None:
        """The same of addresses alone."""
        alike: Counter[tuple[int, str, str, str, str]] = Counter()
        for (account, provider, state, labels), count in moved.items():
            for campaign, marks in self._marked(labels).items() if count else ():
                alike[account, campaign, provider, state, marks] += count
        changed = sorted((place, count) for place, count in alike.items() if count)
        self._db.executemany(SQL["count_shown"], [(*place, count) for place, count in changed])
        self._db.executemany(SQL["drop_shown"], [place for place, count in changed if count < 0])

    def _told(self, label: int | None) -> Facts | None:
        if label is not None and label not in self._facts:
            told = self._labels.label(label)
            self._facts[label] = (told.campaign or "", told.type or "", told.reason or "")
        return self._facts[label]

    def _marked(self, labels: Iterable[int]) -> Mapping[str, str]:
        """The marks of an address with these labels, by campaign; under "" those of all."""
        told: dict[str, set[str]] = {"": set()}
        for label in map(self._labels.label, labels):
            mark = f"{label.type or ''} {label.reason or ''} {label.mail_kind or ''}"
            told[""].add(mark)
            told.setdefault(label.campaign or "", set()).add(mark)
        return {each: ",".join(sorted(marks)) for each, marks in told.items()}

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


def _by_day(moved: Mapping[Moved, int]) -> Mapping[Day, Counter[Row]]:
    days: dict[Day, Counter[Row]] = defaultdict(Counter)
    for (account, day, domain, (campaign, type_, reason)), count in moved.items():
        if count:
            for of, name in (("campaign", campaign), ("domain", domain)):
                days[account, of, day][name, type_, reason] += count
                days[account, f"{of}s", day // BLOCK][name, type_, reason] += count
    return days


def prepare(
    database: Database, fold: Callable[[sqlite3.Connection], object], upgrading: Callable[[], object]
) -> None:
    """Make the roll-ups of all that the file holds, unless they are there under the terms of now.

    Once after an upgrade, and when domains of providers have changed. What pends is folded before: it is
    counted in what is made.
    """
    if database.read().execute(SQL["terms"]).fetchone() == (TERMS,):
        return
    with database.write() as db:
        if db.execute(SQL["any_event"]).fetchone() is not None:
            upgrading()
        fold(db)
        for name in ("clear_shown", "clear_listed", "drop_terms"):
            db.execute(SQL[name])
        spans = {"": (1, MOST_LISTED), "s": (BLOCK, MOST_OF_BLOCK)}
        shown_anew.make(db, ShownCounts(db, Labels(db)).count_alike, spans)
        db.execute(SQL["set_terms"], (TERMS,))
