"""Events, the states folded out of them, and the decision ledger, in memory.

A long file, for it is the whole of one port: what is written and what is read lie in one transaction.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from retour.address import domain_of, mailbox
from retour.chain import BEGINNING, link
from retour.instants import Instant
from retour.lifecycle import PolicyVersion
from retour.lifecycle.judgements import is_of_replay
from retour.model import VALID, BounceType, Event, Reason, Send, Standing, State, StateName
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
from retour.ports.records import cause_told
from retour.stores.advance import (
    ACTS,
    Delivery,
    Known,
    Turn,
    elapse,
    noted,
    plainly_send,
    recorded,
    refolded,
    surplus,
    within,
)
from retour.stores.failures import Failure, more
from retour.stores.memory.accounts import MemoryAccounts
from retour.stores.memory.corrections import MemoryCorrections
from retour.stores.memory.page import Entry, Listed, Page, is_due, latest_of, record_of, sought
from retour.stores.memory.rates import MemoryRates
from retour.stores.memory.sends import MemorySends
from retour.stores.overview import Cursor, fits, place_of


class MemoryLedger:
    """A page for each address in an account."""

    def __init__(
        self,
        accounts: MemoryAccounts,
        sends: MemorySends,
        rates: MemoryRates,
        corrections: MemoryCorrections,
    ) -> None:
        self._lock, self._corrections = threading.RLock(), corrections
        self._accounts, self._sends, self._rates = accounts, sends, rates
        self._pages: dict[Page, Entry] = {}
        sends.has_events = lambda account, address: Page(account, address) in self._pages
        self._delivered: dict[Page, dict[int, Instant]] = {}
        self._written = self._arrived = 0
        self._chains: dict[str, str] = {}  # link of the latest line, by account
        self._beyond: list[Event] = []  # reports that an address has no room for

    def record(self, events: Sequence[Event], now: Instant, names: Sequence[SecondName] = ()) -> list[Change]:
        with self._lock:
            for event in events:
                self._policies(event.account)  # KeyError for an unknown account, before anything is written
            refiled = {self._refile(each) for each in names if self._sends.name(each.name, each.send)}
            touched: dict[Page, dict[bytes, Event]] = {}
            for event in events:
                touched.setdefault(Page(event.account, event.address), {}).setdefault(event.id, event)
            return [c for page, new in touched.items() for c in self._record(page, new, now, page in refiled)]

    def _record(
        self, page: Page, told: Mapping[bytes, Event], now: Instant, refiled: bool
    ) -> Sequence[Change]:
        deliveries = [(event.send or 0, event.at) for event in told.values() if noted(event)]
        noted_on = {send for send, at in deliveries if send < 0 or self._sends.deliver(send, at)}
        if page in self._pages or any(not (noted(e) and e.send in noted_on) for e in told.values()):
            self._keep(page, [each for each in deliveries if each[0] < 0])
        known = self._known(page)
        seen = {event.id for event in known.events}
        fresh = [e for e in told.values() if e.id not in seen and not (noted(e) and e.send in noted_on)]
        new, beyond = within(known.events, fresh)
        self._beyond += beyond
        if not new and (not (noted_on or refiled) or page not in self._pages):
            return ()  # known already; or delivered, and never bounced: no page is needed
        self._rate(page, more(known.events, new, known.policies))
        entry = self._pages.setdefault(page, Entry())
        for event in new:
            self._arrived += 1
            entry.events[event.id], entry.numbers[event.id] = event, self._arrived
        for send in surplus(known.events, known.deliveries):
            del self._delivered[page][send]
        return self._write(page, recorded(known, new, now))

    def _rate(self, page: Page, failures: Iterable[tuple[Failure, int]]) -> None:
        for failure, times in failures:
            sends = self._sends.by_id([failure.send] if failure.send is not None else [])
            campaign = next((send.campaign for send in sends.values()), None) or ""
            place = page.account, failure.day, domain_of(page.address), campaign, failure.type
            self._rates.tally(*place, times)

    def _keep(self, page: Page, deliveries: Sequence[tuple[int, Instant]]) -> None:
        """Deliveries of sends that nobody registered, the earliest of several."""
        kept = self._delivered.setdefault(page, {})
        for send, at in deliveries:
            kept[send] = min(at, kept.get(send, at))

    def _write(self, page: Page, turn: Turn) -> Sequence[Change]:
        entry, policies = self._pages[page], self._policies(page.account)
        entry.state, before = turn.state, entry.listed
        entry.listed = {e.id: self._listed(entry, e, type_, before.get(e.id)) for e, type_ in turn.listed}
        for change in turn.changes:
            self._written += 1
            record = record_of(change, self._written, policies)
            record = replace(record, link=link(self._chains.get(page.account, BEGINNING), record.line()))
            self._chains[page.account] = record.link
            entry.records.append(record)
        return turn.changes

    def _refile(self, each: SecondName) -> Page:
        """Give a send what was filed under that which stood for it."""
        page = Page(each.account, each.address)
        entry = self._pages.get(page, Entry())
        for id, event in entry.events.items():
            if event.send == each.stood_for:
                entry.events[id] = event._replace(send=each.send)
        at = self._delivered.get(page, {}).pop(each.stood_for, None)
        if at is not None:
            self._sends.deliver(each.send, at)
        return page

    def state(self, account: str, address: str, now: Instant) -> State:
        with self._lock:
            return self._known(Page(account, address)).at(now)

    def is_held(self, account: str, address: str) -> bool:
        """Whether an address is held, as its state is stored."""
        with self._lock:
            return self._pages.get(Page(account, address), Entry()).state.state is StateName.HELD

    def life(self, account: str, address: str, now: Instant) -> Life | None:
        self._policies(account)
        with self._lock:
            page = Page(account, address)
            sends = tuple(self._sends.of_address(account, address))
            entry = self._pages.get(page, Entry())
            if page not in self._pages and not sends:
                return None
            events = tuple(sorted(entry.events.values(), key=lambda event: (event.at, event.id)))
            return Life(address, self._known(page).at(now), events, sends, tuple(entry.records))

    def bounces(self, query: BounceQuery, now: Instant) -> list[BouncedAddress]:
        self._policies(query.account)  # KeyError for an unknown account
        cursor = Cursor.of(query.after, self._arrived)
        with self._lock:
            found = [
                (latest, page)
                for page, entry in self._pages.items()
                if page.account == query.account
                and (query.search is None or sought(page.address, query.search))
                and (query.domains is None or domain_of(page.address) in query.domains)
                and query.corrected in (None, self._corrections.is_corrected(*page))
                and (latest := latest_of(entry, query, cursor.newest)) is not None
                and (latest.event.at, latest.number) < cursor[:2]
                and fits(self._known(page).at(now), query)
            ]
            found.sort(key=lambda row: (row[0].event.at, row[0].number), reverse=True)
            return [self._row(page, latest, cursor, now) for latest, page in found[: query.limit]]

    def bounced(self, query: BounceQuery, now: Instant, most: int | None, seconds: float) -> Counted | None:
        found = len(self.bounces(replace(query, limit=len(self._pages)), now))
        return Counted(found, whole=most is None or found <= most)

    def counting(self, query: BounceQuery, now: Instant) -> Iterator[Counting]:
        yield Counting(1, 1, len(self.bounces(replace(query, limit=len(self._pages)), now)))

    def due(self, now: Instant, limit: int) -> list[Change]:
        with self._lock:
            while late := [page for page, entry in self._pages.items() if is_due(entry.state, now)]:
                if changes := [
                    change
                    for page in late[:limit]
                    for change in self._write(page, elapse(self._known(page), now))
                ]:
                    return changes
            return []

    def refold(
        self, account: str, now: Instant, limit: int, after: str | None
    ) -> tuple[list[Change], str | None]:
        self._policies(account)
        with self._lock:
            addresses = sorted(page.address for page in self._pages if page.account == account)
            batch = [address for address in addresses if after is None or address > after][:limit]
            pages = [Page(account, address) for address in batch]
            changes = [c for page in pages for c in self._write(page, refolded(self._known(page), now))]
            return changes, batch[-1] if len(batch) == limit else None

    def of_domain(self, account: str, domain: str) -> list[str]:
        self._policies(account)
        with self._lock:
            addresses = [page.address for page in self._pages if page.account == account]
        return [address for address in addresses if domain_of(address) == domain]

    def standing(self, now: Instant) -> Iterator[Change]:
        with self._lock:
            pages = [(page, entry.state) for page, entry in self._pages.items()]
        for page, state in pages:
            if not plainly_send(state):
                yield Change(page.account, page.address, VALID, state, now)

    def newest(self) -> int:
        return self._written

    def moved(self, after: int, limit: int) -> tuple[list[Change], int]:
        with self._lock:
            until = max(after, min(self._written, after + limit))
            return [
                Change(page.account, page.address, VALID, entry.state, 0)
                for page, entry in self._pages.items()
                if any(after < record.number <= until for record in entry.records)
            ], until

    def of_nobody(self, limit: int, after: int | None = None) -> list[tuple[int, Event]]:
        return self._numbered(limit, after, lambda event: not event.account)

    def undetermined(
        self, limit: int, after: int | None = None, account: str | None = None
    ) -> list[tuple[int, Event]]:
        if account is not None:
            self._policies(account)
        return self._numbered(
            limit,
            after,
            lambda event: (
                event.reason is Reason.UNDETERMINED
                and not is_of_replay(event)
                and account in (None, event.account)
            ),
        )

    def _numbered(
        self, limit: int, after: int | None, wanted: Callable[[Event], bool]
    ) -> list[tuple[int, Event]]:
        with self._lock:
            found = [
                (entry.numbers[event.id], event)
                for entry in self._pages.values()
                for event in entry.events.values()
                if wanted(event) and (after is None or entry.numbers[event.id] < after)
            ]
        return sorted(found, key=lambda each: each[0], reverse=True)[:limit]

    def known(self, account: str, addresses: Sequence[str]) -> Mapping[str, History]:
        self._policies(account)
        with self._lock:
            pages = [page for address in addresses if (page := Page(account, address)) in self._pages]
            return {
                page.address: History(
                    account, page.address, tuple(self._known(page).events), tuple(self._deliveries(page))
                )
                for page in pages
            }

    def kept(self, account: str, addresses: Sequence[str]) -> Mapping[str, Kept]:
        self._policies(account)
        with self._lock:
            pages = [page for address in addresses if (page := Page(account, address)) in self._pages]
            return {
                page.address: Kept(
                    self._pages[page].state,
                    max((at for _, at in self._deliveries(page)), default=None),
                    False,
                )
                for page in pages
            }

    def spellings(self, account: str, mailboxes: Sequence[str]) -> list[str]:
        asked = set(mailboxes)
        return [each for each in self.addresses(account) if each not in asked and mailbox(each) in asked]

    def size(self, account: str, most: int) -> int:
        return min(most, sum(1 for _ in self.addresses(account)))

    def addresses(self, account: str) -> Iterator[str]:
        self._policies(account)
        with self._lock:
            found = [page.address for page in self._pages if page.account == account]
        return iter(found)

    def erased(self, account: str) -> Erased:
        """Nobody: nothing is erased in memory."""
        self._policies(account)
        return Erased()

    def states(
        self, account: str, limit: int, after: str | None = None, domain: str | None = None
    ) -> list[Stored]:
        self._policies(account)
        with self._lock:
            found = sorted(
                (domain_of(page.address), min(entry.numbers.values(), default=0), page.address, entry.state)
                for page, entry in self._pages.items()
                if page.account == account and domain in (None, domain_of(page.address))
            )
        place = place_of(after)
        rows = [row for row in found if place is None or row[:2] > place][:limit]
        return [Stored(address, state, f"{name} {first}") for name, first, address, state in rows]

    def records(self, query: RecordQuery) -> list[Record]:
        self._policies(query.account)
        with self._lock:
            every = [
                record
                for page, entry in self._pages.items()
                if page.account == query.account
                for record in entry.records
                if (query.before is None or record.number < query.before)
                and (query.since is None or record.at >= query.since)
                and (query.until is None or record.at < query.until)
                and query.after in (None, record.after)
                and query.cause in (None, _cause_of(record))
            ]
        return sorted(every, key=lambda record: -record.number)[: query.limit]

    def domains(self, account: str, since: Instant, until: Instant) -> list[DomainCount]:
        self._policies(account)
        with self._lock:
            counted = Counter(
                (domain_of(page.address), one.type, one.event.reason)
                for page, entry in self._pages.items()
                if page.account == account
                for one in entry.listed.values()
                if since <= one.event.at < until
            )
        return [DomainCount(*place, count) for place, count in counted.items()]

    def ends(self) -> tuple[int, int]:
        with self._lock:
            return self._written, self._arrived

    def happened(self, after: int, limit: int) -> tuple[list[Record], int]:
        with self._lock:
            last = max(min(after + limit, self._written), after)
            every = [record for entry in self._pages.values() for record in entry.records]
        return sorted((r for r in every if after < r.number <= last), key=lambda r: r.number), last

    def acts(self, after: int, limit: int) -> tuple[list[tuple[int, Event]], int]:
        last = max(min(after + limit, self.ends()[1]), after)
        told = [
            (number, event._replace(evidence=None))
            for number, event in self.numbered(after, last)
            if event.kind in ACTS and event.standing is Standing.PROVEN
        ]
        return told, last

    def numbered(self, after: int, last: int) -> list[tuple[int, Event]]:
        """The events of these numbers, in their order."""
        with self._lock:
            every = [
                (entry.numbers[event.id], event)
                for entry in self._pages.values()
                for event in entry.events.values()
            ]
        return sorted((each for each in every if after < each[0] <= last), key=lambda each: each[0])

    def histories(self, limit: int, after: str | None = None) -> tuple[list[History], str | None]:
        with self._lock:
            pages = sorted(self._pages)[int(after or 0) :][:limit]
            found = [
                History(
                    page.account,
                    page.address,
                    tuple(self._pages[page].events.values()),
                    tuple(self._deliveries(page)),
                )
                for page in pages
            ]
        return found, str(int(after or 0) + limit) if len(pages) == limit else None

    def _policies(self, account: str) -> tuple[PolicyVersion, ...]:
        return self._accounts.policies(account) if account else ()

    def _deliveries(self, page: Page) -> list[Delivery]:
        sends = self._sends.of_address(page.account, page.address)
        noted_on = [(send.id, send.delivered_at) for send in sends if send.delivered_at is not None]
        return [*noted_on, *self._delivered.get(page, {}).items()]

    def _known(self, page: Page) -> Known:
        entry = self._pages.get(page, Entry())
        events, policies = tuple(entry.events.values()), self._policies(page.account)
        return Known(page.account, page.address, events, self._deliveries(page), entry.state, policies)

    def _listed(self, entry: Entry, event: Event, type_: BounceType | None, before: Listed | None) -> Listed:
        send = before.send if before else self._send_of(event)
        return Listed(event, entry.numbers[event.id], type_, send)

    def _send_of(self, event: Event) -> Send | None:
        return None if event.send is None else self._sends.by_id([event.send]).get(event.send)

    def _row(self, page: Page, shown: Listed, cursor: Cursor, now: Instant) -> BouncedAddress:
        event, number, type_, _ = shown
        place = cursor.text(event.at, number)
        state = self._known(page).at(now)
        return BouncedAddress(page.address, state, event, type_, self._send_of(event), place)


def _cause_of(record: Record) -> str | None:
    return cause_told(record.cause, record.actor, record.before, record.after)
