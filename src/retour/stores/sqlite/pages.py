"""A page: one address in one account, as it is read, worked on and written within one transaction."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from retour.address import ERASED, domain_of
from retour.chain import BEGINNING, Line, link
from retour.instants import Instant, text
from retour.lifecycle import PolicyVersion
from retour.model import VALID, Event, State
from retour.ports import Change
from retour.ports.records import cause_of
from retour.stores.advance import Delivery, Known, Turn, in_force
from retour.stores.sqlite.labels import Labels
from retour.stores.sqlite.pending import Moves
from retour.stores.sqlite.returned import Return, Returns, comes_back
from retour.stores.sqlite.rows import (
    TEXTS,
    Encode,
    body_of,
    event_of,
    plain_json,
    row_of_event,
    row_of_state,
    state_of,
)
from retour.stores.sqlite.statements import named

SQL = named("ledger.sql")
DELIVERIES = SQL["deliveries"]  # of what is touched
_text = lru_cache(maxsize=16)(text)  # the lines of a batch mostly have one time
_PLACE = itemgetter(15, 16)  # k and account in a row of `states`


@dataclass(slots=True, eq=False)
class Page:
    """What the file holds of an address; `first` is 0 while it holds nothing."""

    k: bytes
    number: int  # of the account
    account: str
    address: str
    policies: Sequence[PolicyVersion] = ()
    first: int = 0
    latest: int | None = None
    trail: int | None = None
    state: State = VALID
    events: list[Event] = field(default_factory=list)
    numbers: dict[bytes, int] = field(default_factory=dict)  # of the events, by their ids
    labels: dict[bytes, int] = field(default_factory=dict)  # of those that the Overview may show
    deliveries: list[Delivery] = field(default_factory=list)
    erased: bool = False  # nothing of it is shown any more

    def of(self, k: bytes, address: str = "") -> "Page":
        """An empty page of the same account."""
        return Page(k, self.number, self.account, address, self.policies)

    def hold(self, number: int, _: int | None, label: int | None, facts: Sequence[Any]) -> None:
        """Take an event as it is stored."""
        event = event_of(facts)
        self.events.append(event)
        self.numbers[event.id] = number
        if label is not None:
            self.labels[event.id] = label

    def known(self) -> Known:
        """What the next state is computed from."""
        return Known(self.account, self.address, self.events, self.deliveries, self.state, self.policies)


def load(db: sqlite3.Connection, pages: Iterable[Page]) -> None:
    """Fill pages from the file, a whole batch with a few statements, in the order of their keys."""
    ordered = sorted(pages, key=lambda page: (page.k, page.number))
    touch(db, [(page.k, page.number) for page in ordered])
    ends = []
    for row in db.execute(SQL["stored"]).fetchall():
        page = ordered[row[0]]
        stored, page.first, page.latest, page.trail = row[1:5]
        page.erased = stored.startswith(ERASED)  # whoever asks by the address itself knows it
        page.address = page.address or stored if page.erased else stored
        page.state = state_of(row[5:18])
        page.hold(*row[18:21], row[21:])
        if row[19] is not None:
            ends.append((row[0], row[19]))
    if ends:
        for slot, number, previous, label, *facts in db.execute(SQL["history"], (json.dumps(ends),)):
            ordered[slot].hold(number, previous, label, facts)
    for slot, send, at in db.execute(SQL["deliveries"]):
        ordered[slot].deliveries.append((send, at))


def living(db: sqlite3.Connection, places: Sequence[tuple[bytes, int]]) -> set[int]:
    """Which of these places, by their position, the file holds events of."""
    touch(db, places)
    return {slot for (slot,) in db.execute(SQL["have_events"])}


def touch(db: sqlite3.Connection, places: Iterable[tuple[bytes, int]]) -> None:
    """Say which places, by their position, the statements on `touched` are about."""
    db.execute(SQL["make_touched"])
    db.execute(SQL["clear_touched"])
    db.executemany(SQL["touch"], [(slot, *place) for slot, place in enumerate(places)])


class Sheaf:
    """The rows of a transaction, gathered and then written table by table, each in its order."""

    def __init__(self, db: sqlite3.Connection, encode: Encode = plain_json) -> None:
        self._db = db
        self._encode = encode  # of evidence
        self._labels = Labels(db)
        self._last_event: int = db.execute(SQL["last_event"]).fetchone()[0]
        self._last_record: int = db.execute(SQL["last_record"]).fetchone()[0]
        self._events: list[tuple[Any, ...]] = []
        self._relabelled: list[tuple[int | None, int]] = []
        self._bodies: list[tuple[int, str]] = []
        self._records: list[tuple[Any, ...]] = []
        self._new_states: list[tuple[Any, ...]] = []
        self._states: list[tuple[Any, ...]] = []
        self._alarms: list[tuple[Instant, bytes, int]] = []
        self._moves = Moves(db, self._labels, encode)
        self._returns = Returns(db)
        self._chains: dict[int, tuple[int, str]] = {}  # latest line and its link, by account

    def look_at(self, told: Mapping[Page, Mapping[bytes, Event]]) -> None:
        """Read what the turns of a batch may need, all at once: the sends of bounces not listed before."""
        sends = [event.send for new in told.values() for event in new.values()]
        sends += [event.send for page in told for event in page.events if event.id not in page.labels]
        self._labels.read_sends(sends)

    def keep(self, page: Page, event: Event) -> None:
        """Append an event that no chain leads to: it has no effect."""
        self._append(page, event, None, None)

    def turn(self, page: Page, turn: Turn, new: Sequence[Event] = ()) -> None:
        """Append the new events of an address, set its state, and write its changes down."""
        labels = {} if page.erased else self._labels.of(page.number, turn, page.labels)
        self._relabel(page, labels)
        domain = domain_of(page.address)
        self._moves.move(page, domain, turn.state.state, labels, new)
        if new:
            self._moves.rate(page, domain, new)
        is_new = not page.first
        for event in new:
            number = page.numbers[event.id] = self._append(page, event, page.latest, labels.get(event.id))
            page.first, page.latest = page.first or number, number
        returns, had_changed = list[Return](), page.trail is not None
        for change in turn.changes:
            number = self._record(page, change)
            if comes_back(change):
                returns.append(Return(number, change.at, in_force(page.policies, change.at)))
        if returns or (had_changed and self._returns.known(page.number)):
            self._returns.turn(page, returns, new)
        row = (page.latest, page.trail, *row_of_state(turn.state), page.k, page.number)
        if is_new:
            self._new_states.append((*row, page.address, domain, page.first))
        else:
            self._states.append(row)
        alarm = turn.state.changes_at
        if alarm is not None and alarm != page.state.changes_at:
            self._alarms.append((alarm, page.k, page.number))

    def _relabel(self, page: Page, labels: Mapping[bytes, int]) -> None:
        """Rewrite the labels of known events that are others now, or none."""
        for id, number in page.numbers.items():
            if page.labels.get(id) != (label := labels.get(id)):
                self._relabelled.append((label, number))

    def _append(self, page: Page, event: Event, previous: int | None, label: int | None) -> int:
        self._last_event += 1
        number = self._last_event
        facts = row_of_event(event)
        self._events.append((number, event.id, page.k, page.number, previous, label, *facts))
        if (body := body_of(event, self._encode)) is not None:
            self._bodies.append((number, body))
        return number

    def write(self) -> None:
        """What grows, at its end; then the states in the order of their keys."""
        self._db.executemany(SQL["add_event"], self._events)
        self._db.executemany(SQL["relabel"], self._relabelled)
        self._labels.write()
        self._moves.write()
        self._returns.write()
        self._db.executemany(SQL["add_evidence"], self._bodies)
        self._db.executemany(SQL["add_record"], self._records)
        self._db.executemany(SQL["set_chain"], [(account, *end) for account, end in self._chains.items()])
        self._db.executemany(SQL["add_state"], sorted(self._new_states, key=_PLACE))
        self._db.executemany(SQL["set_state"], sorted(self._states, key=_PLACE))
        self._db.executemany(SQL["set_alarm"], sorted(self._alarms))

    def _record(self, page: Page, change: Change) -> int:
        self._last_record += 1
        number = self._last_record
        before, after = TEXTS[change.before.state] or "", TEXTS[change.after.state] or ""
        told = cause_of(change)
        cause, policy = TEXTS.get(told, told), in_force(page.policies, change.at)
        event = None if change.event is None else change.event.hex()
        who, at = page.k.hex(), _text(change.at)
        line = Line(number, at, who, change.actor, before, after, cause, event, policy)
        chained = link(self._before(page.number), line)
        made = (change.actor, before, after, cause, change.event, policy, chained)
        self._records.append((number, page.trail, change.at, page.k, page.number, *made))
        self._chains[page.number] = (number, chained)
        page.trail = number
        return number

    def _before(self, account: int) -> str:
        """The link of the latest line of an account."""
        known = self._chains.get(account) or self._db.execute(SQL["chain"], (account,)).fetchone()
        return BEGINNING if known is None else known[1]
