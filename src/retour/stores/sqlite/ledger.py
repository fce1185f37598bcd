"""Events, the states folded out of them, and the decision ledger, in retour.sqlite3.

A long file, for it is the whole of one port: what is written and what is read lie in one transaction.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

from retour.address import hasher, key, mailbox
from retour.instants import Instant
from retour.model import VALID, Event, State
from retour.ports import (
    BouncedAddress,
    BounceQuery,
    Change,
    Counted,
    Counting,
    DomainCount,
    Erased,
    History,
    Kept,
    Life,
    Record,
    RecordQuery,
    SecondName,
    Stored,
)
from retour.stores.advance import elapse, noted, recorded, refolded, surplus, within
from retour.stores.overview import place_of
from retour.stores.sqlite import overview, overview_count, whom
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.counts import SqliteCounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.many import asked
from retour.stores.sqlite.pages import SQL, Page, Sheaf, living, load
from retour.stores.sqlite.rows import Encode, event_of, plain_json, state_of, with_body
from retour.stores.sqlite.sends import SqliteSends

Place = tuple[bytes, int]  # key of an address, number of an account
_LAST = (1 << 63) - 1
_PAGE = 5000


class SqliteLedger:
    """The ledger of one file. A batch is read with a few statements, worked on in memory, and written."""

    def __init__(
        self,
        database: Database,
        accounts: SqliteAccounts,
        sends: SqliteSends,
        pepper: bytes,
        encode: Encode = plain_json,
    ) -> None:
        self._database, self._accounts, self._sends, self._pepper = database, accounts, sends, pepper
        self._encode = encode

    # --- writing ----------------------------------------------------------------------------------------

    def record(self, events: Sequence[Event], now: Instant, names: Sequence[SecondName] = ()) -> list[Change]:
        changes: list[Change] = []
        with self._database.write() as db:
            refiled = {self._refile(db, each) for each in names if self._sends.name(db, each.name, each.send)}
            events, delivered = self._deliver(db, events)
            told = self._told(db, events)
            load(db, told)
            sheaf = Sheaf(db, self._encode)
            sheaf.look_at(told)
            for page, by_id in told.items():
                fresh = [e for id, e in by_id.items() if id not in page.numbers and id not in delivered]
                new, beyond = within(page.events, fresh)
                for event in beyond:
                    sheaf.keep(page, event)
                again = (page.k, page.number) in refiled or not delivered.isdisjoint(by_id)
                if new or (page.first and again):
                    turn = recorded(page.known(), new, now)
                    # Mostly there is none; even a statement about nothing has its price.
                    if old := surplus(page.events, page.deliveries):
                        db.executemany(SQL["drop_delivery"], [(page.k, page.number, send) for send in old])
                    sheaf.turn(page, turn, new)
                    changes += turn.changes
            sheaf.write()
        return changes

    def due(self, now: Instant, limit: int) -> list[Change]:
        while True:
            with self._database.write() as db:
                alarms = db.execute(SQL["ringing"], (now, limit)).fetchall()
                db.executemany(SQL["drop_alarm"], alarms)
                changes = self._elapse(db, list({(k, number) for _, k, number in alarms}), now)
            if changes or not alarms:
                return changes

    def _elapse(self, db: sqlite3.Connection, places: Sequence[Place], now: Instant) -> list[Change]:
        pages, changes = self._stored(db, places), list[Change]()
        sheaf = Sheaf(db, self._encode)
        for page in pages:
            if page.state.changes_at is not None and page.state.changes_at <= now:
                turn = elapse(page.known(), now)
                sheaf.turn(page, turn)
                changes += turn.changes
        sheaf.write()
        return changes

    def refold(
        self, account: str, now: Instant, limit: int, after: str | None
    ) -> tuple[list[Change], str | None]:
        domain, _, first = (after or " 0").partition(" ")
        changes: list[Change] = []
        with self._database.write() as db:
            number = self._accounts.number(db, account)
            place = {"account": number, "domain": domain, "first": int(first), "limit": limit}
            rows = db.execute(SQL["after_domain"], place).fetchall()
            sheaf = Sheaf(db, self._encode)
            for page in self._stored(db, [(k, number) for k, _, _ in rows]):
                turn = refolded(page.known(), now)
                sheaf.turn(page, turn)
                changes += turn.changes
            sheaf.write()
        return changes, f"{rows[-1][1]} {rows[-1][2]}" if len(rows) == limit else None

    # --- reading ----------------------------------------------------------------------------------------

    def state(self, account: str, address: str, now: Instant) -> State:
        with self._reading() as db:
            page = self._page(db, account, address)
            load(db, [page])
        return page.known().at(now)

    def life(self, account: str, address: str, now: Instant) -> Life | None:
        with self._reading() as db:
            page = self._page(db, account, address)
            load(db, [page])
            sends = tuple(self._sends.of_address(db, page.k, page.number))
            if not page.first and not sends:
                return None
            events = overview.events(db, [page], set(page.numbers.values())).values()
            records = overview.records(db, page)
        in_order = tuple(sorted(events, key=lambda event: (event.at, event.id)))
        return Life(address, page.known().at(now), in_order, sends, records, page.erased)

    def bounces(self, query: BounceQuery, now: Instant) -> list[BouncedAddress]:
        found: list[BouncedAddress] = []
        with self._reading() as db:
            wanted = overview.wanted(db, query, self._accounts.number(db, query.account), self._pepper)
            with closing(overview.rows(db, wanted)) as rows:
                while batch := list(islice(rows, query.limit - len(found))):
                    pages = self._stored(db, [(row.k, wanted.account) for row in batch])
                    sends = self._sends.by_id({row.send for row in batch if row.send is not None})
                    found += overview.shown(db, wanted, batch, pages, sends, query, now)
        return found

    def bounced(self, query: BounceQuery, now: Instant, most: int | None, seconds: float) -> Counted | None:
        with self._reading() as db:
            place = self._accounts.number(db, query.account), self._pepper
            return overview_count.addresses(db, overview.wanted(db, query, *place), most, seconds)

    def counting(self, query: BounceQuery, now: Instant) -> Iterator[Counting]:
        with self._database.apart() as db:
            place = self._accounts.number(db, query.account), self._pepper
            yield from whom.listed(db, overview.wanted(db, query, *place))

    def of_domain(self, account: str, domain: str) -> list[str]:
        db = self._database.read()
        number = self._accounts.number(db, account)
        return [address for (address,) in db.execute(SQL["of_domain"], (number, domain))]

    def known(self, account: str, addresses: Sequence[str]) -> Mapping[str, History]:
        with self._reading() as db:
            blank = self._blank(db, account)
            pages = [blank.of(key(self._pepper, address), address) for address in addresses]
            load(db, pages)
        return {
            page.address: History(page.account, page.address, tuple(page.events), tuple(page.deliveries))
            for page in pages
            if page.first
        }

    def kept(self, account: str, addresses: Sequence[str]) -> Mapping[str, Kept]:
        place, by_key = asked(self._pepper, addresses)
        with self._reading() as db:
            place["account"] = self._accounts.number(db, account)
            rows = db.execute(SQL["kept"], place).fetchall()
        return {
            by_key[k]: Kept(state_of(state), delivered, not domain) for k, domain, delivered, *state in rows
        }

    def spellings(self, account: str, mailboxes: Sequence[str]) -> list[str]:
        db = self._database.read()
        place = {"account": self._accounts.number(db, account), "small": json.dumps(mailboxes)}
        asked_for = set(mailboxes)
        return [each for (each,) in db.execute(SQL["spelt"], place) if mailbox(each) in asked_for]

    def size(self, account: str, most: int) -> int:
        db = self._database.read()
        place = {"account": self._accounts.number(db, account), "most": most}
        counted: int = db.execute(SQL["size"], place).fetchone()[0]
        return counted

    def addresses(self, account: str) -> Iterator[str]:
        number = self._accounts.number(self._database.read(), account)
        return self._addresses(number)

    def _addresses(self, account: int) -> Iterator[str]:
        """A page in a statement: who reads for long keeps others from being erased."""
        place: dict[str, Any] = {"account": account, "after": "", "first": 0, "limit": _PAGE}
        while rows := self._database.read().execute(SQL["addresses"], place).fetchall():
            place["after"], place["first"], _ = rows[-1]
            for _, _, address in rows:
                yield address

    def erased(self, account: str) -> Erased:
        db = self._database.read()
        keys = [k for (k,) in db.execute(SQL["erased"], (self._accounts.number(db, account),))]
        return Erased(hasher(self._pepper).copy, keys)

    def states(
        self, account: str, limit: int, after: str | None = None, domain: str | None = None
    ) -> list[Stored]:
        before, first = place_of(after) or ("", 0)
        place: dict[str, Any] = {"after": before, "first": first, "limit": limit, "domain": domain}
        with self._reading() as db:
            place["account"] = self._accounts.number(db, account)
            rows = db.execute(SQL["states" if domain is None else "states_in_domain"], place).fetchall()
        return [Stored(address, state_of(state), f"{name} {n}") for name, n, address, *state in rows]

    def standing(self, now: Instant) -> Iterator[Change]:
        db = self._database.read()
        names = self._accounts.names(db)
        for number, address, *state in db.execute(SQL["standing"]):
            yield Change(names[number], address, VALID, state_of(state), now)

    def newest(self) -> int:
        last: int = self._database.read().execute(SQL["last_record"]).fetchone()[0]
        return last

    def moved(self, after: int, limit: int) -> tuple[list[Change], int]:
        with self._reading() as db:
            until = min(db.execute(SQL["last_record"]).fetchone()[0], after + limit)
            if until <= after:
                return [], after
            names = self._accounts.names(db)
            rows = db.execute(SQL["moved"], {"after": after, "until": until}).fetchall()
        return [Change(names[n], address, VALID, state_of(state), 0) for n, address, *state in rows], until

    def of_nobody(self, limit: int, after: int | None = None) -> list[tuple[int, Event]]:
        return self._numbered("of_nobody", limit, after)

    def undetermined(
        self, limit: int, after: int | None = None, account: str | None = None
    ) -> list[tuple[int, Event]]:
        number = None if account is None else self._accounts.number(self._database.read(), account)
        return self._numbered("undetermined", limit, after, account=number)

    def _numbered(
        self, name: str, limit: int, after: int | None, **told: int | None
    ) -> list[tuple[int, Event]]:
        place = {"limit": limit, "before": _LAST if after is None else after, **told}
        with self._reading() as db:
            names = self._accounts.names(db)
            rows = db.execute(SQL[name], place).fetchall()
        return [
            (number, with_body(event_of(facts), names[account], address or "", body))
            for number, account, address, body, *facts in rows
        ]

    def records(self, query: RecordQuery) -> list[Record]:
        names = ("since", "until", "after", "cause", "limit")
        place: dict[str, Any] = {name: getattr(query, name) for name in names}
        place["before"] = _LAST if query.before is None else query.before
        with self._reading() as db:
            place["account"] = self._accounts.number(db, query.account)
            rows = db.execute(SQL["records_of_account"], place).fetchall()
        return [
            Record(number, at, query.account, address or "", *rest) for number, at, address, *rest in rows
        ]

    def domains(self, account: str, since: Instant, until: Instant) -> list[DomainCount]:
        found = SqliteCounts(self._database, self._accounts).domains(account, since, until)
        return [DomainCount(of, type_ or None, reason or None, count) for of, type_, reason, count in found]

    def ends(self) -> tuple[int, int]:
        with self._reading() as db:
            record, event = (db.execute(SQL[name]).fetchone()[0] for name in ("last_record", "last_event"))
        return record, event

    def happened(self, after: int, limit: int) -> tuple[list[Record], int]:
        last = max(min(self.ends()[0], after + limit), after)
        with self._reading() as db:
            names = self._accounts.names(db)
            rows = db.execute(SQL["happened"], {"after": after, "last": last}).fetchall()
        return [Record(number, at, names[account], *rest) for number, at, account, *rest in rows], last

    def acts(self, after: int, limit: int) -> tuple[list[tuple[int, Event]], int]:
        last = max(min(self.ends()[1], after + limit), after)
        with self._reading() as db:
            names = self._accounts.names(db)
            rows = db.execute(SQL["acts"], {"after": after, "last": last}).fetchall()
        return [
            (number, event_of(facts)._replace(account=names[account], address=address))
            for number, account, address, *facts in rows
        ], last

    def histories(self, limit: int, after: str | None = None) -> tuple[list[History], str | None]:
        k, _, number = (after or " -1").partition(" ")
        with self._reading() as db:
            place = {"k": bytes.fromhex(k), "account": int(number), "limit": limit}
            places = db.execute(SQL["after_place"], place).fetchall()
            pages = self._stored(db, places)
            events = overview.events(
                db, pages, {number for page in pages for number in page.numbers.values()}
            )
        found = [
            History(
                page.account,
                page.address,
                tuple(events[page.numbers[event.id]] for event in page.events),
                tuple(page.deliveries),
            )
            for page in pages
        ]
        return found, f"{places[-1][0].hex()} {places[-1][1]}" if len(places) == limit else None

    # --- pages ------------------------------------------------------------------------------------------

    def _told(self, db: sqlite3.Connection, events: Sequence[Event]) -> dict[Page, dict[bytes, Event]]:
        """The events by page and id, in the order in which their addresses first stand in the batch."""
        blank = {name: self._blank(db, name) for name in {event.account for event in events}}
        pages: dict[tuple[str, str], Page] = {}
        told: dict[Page, dict[bytes, Event]] = {}
        for event in events:
            place = event.account, event.address
            page = pages.get(place)
            if page is None:
                page = pages[place] = blank[event.account].of(key(self._pepper, event.address), event.address)
                told[page] = {}
            told[page].setdefault(event.id, event)
        return told

    def _refile(self, db: sqlite3.Connection, each: SecondName) -> Place:
        """Give a send what was filed under that which stood for it."""
        place = key(self._pepper, each.address), self._accounts.number(db, each.account)
        filed = {"k": place[0], "account": place[1], "send": each.send, "stood_for": each.stood_for}
        db.execute(SQL["refile"], filed)
        if delivery := db.execute(SQL["delivery_of"], (*place, each.stood_for)).fetchone():
            self._sends.deliver(db, each.send, delivery[0])
            db.execute(SQL["drop_delivery"], (*place, each.stood_for))
        return place

    def _deliver(self, db: sqlite3.Connection, events: Sequence[Event]) -> tuple[Sequence[Event], set[bytes]]:
        """Note the deliveries; returns the events to go on with, and the ids of those that this was all of.

        Of the latter only those go on whose address has events, for it is to be folded anew.
        """
        told = [event for event in events if noted(event) and self._note(db, event)]
        if not told:
            return events, set()
        all_of = {event.id for event in told}
        beside = {(event.account, event.address) for event in events if event.id not in all_of}
        places = self._places(db, told)
        known = living(db, places)
        kept = [slot for slot, e in enumerate(told) if slot in known or (e.account, e.address) in beside]
        rows = [(*places[n], told[n].send, told[n].at) for n in kept if (told[n].send or 0) < 0]
        db.executemany(SQL["add_delivery"], sorted(rows))
        going_on = {told[slot].id for slot in kept}
        return [e for e in events if e.id not in all_of or e.id in going_on], all_of

    def _note(self, db: sqlite3.Connection, event: Event) -> bool:
        """Whether a delivery was noted on its send, or is of one that nobody registered."""
        send = event.send or 0
        return send < 0 or self._sends.deliver(db, send, event.at)

    def _places(self, db: sqlite3.Connection, events: Sequence[Event]) -> list[Place]:
        numbers = {name: self._accounts.number(db, name) for name in {event.account for event in events}}
        return [(key(self._pepper, event.address), numbers[event.account]) for event in events]

    def _blank(self, db: sqlite3.Connection, account: str) -> Page:
        """A page of an account, without address. Raises KeyError for an unknown account."""
        number = self._accounts.number(db, account)
        return Page(b"", number, account, "", self._accounts.versions(db, number))

    def _page(self, db: sqlite3.Connection, account: str, address: str) -> Page:
        return self._blank(db, account).of(key(self._pepper, address), address)

    def _stored(self, db: sqlite3.Connection, places: Sequence[Place]) -> list[Page]:
        """The pages of rows in `states`, loaded, in the order asked for."""
        names = self._accounts.names(db)
        blank = {number: self._blank(db, names[number]) for number in {number for _, number in places}}
        pages = [blank[number].of(k) for k, number in places]
        load(db, pages)
        return [page for page in pages if page.first]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One view of the file for all statements within."""
        db = self._database.read()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("COMMIT")
