"""A suppression list comes in (lifecycle rule 7), and is taken back as one.

An import stops and never revives: what is on the list is stopped, what is not on it stays as it is. A row is
dated as the list dates it, so that an address which was restored since then stays restored; and what it
would not change is not recorded, so that the same list may come every night.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from secrets import token_hex
from typing import NamedTuple

from retour.address import fault, normalise
from retour.flow.desk import Import, Imports
from retour.flow.facts import HORIZON
from retour.flow.lists import Defect, Form, Row
from retour.flow.withdrawal import Act, Undo, freed, known_of, marks, withdrawals
from retour.identity import act_id
from retour.instants import DAY, Instant
from retour.lifecycle import PolicyVersion, fold
from retour.model import Event, EventKind
from retour.ports import Bus, Clock, History, Ledger

BATCH = 1000
COUNTS = ("rows", "import", "complaint", "unsubscribe", "known", "restored", "repeated", "defects")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, by whom; `dry` only counts."""

    account: str
    form: Form
    actor: str
    dry: bool = False


class Place(NamedTuple):
    """Where imports lead."""

    ledger: Ledger
    bus: Bus
    imports: Imports
    clock: Clock
    policies: Sequence[PolicyVersion]


def bring_in(
    order: Order, found: Iterable[Row | Defect], place: Place, report: Callable[[Defect], None]
) -> Import:
    """Import the rows of a list, batch by batch; `report` hears of every line that was left out.

    The counts of the import: rows read; what they newly stopped, by kind; `known` were stopped for that
    cause before, `restored` were given back after the date in the list, `repeated` stand in it twice.
    """
    made = Import(token_hex(8), order.account, place.clock.now(), order.actor, order.form.name, {})
    place.imports.begin(made, order.dry)
    counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    rows = iter(found)
    try:
        while batch := list(islice(rows, BATCH)):
            counts["rows"] += len(batch)
            _batch(order, made, batch, place, report, counts)
    finally:
        place.imports.end(made.id, counts)
    return Import(made.id, made.account, made.at, made.actor, made.form, counts)


def _batch(
    order: Order,
    made: Import,
    batch: Sequence[Row | Defect],
    place: Place,
    report: Callable[[Defect], None],
    counts: Counter[str],
) -> None:
    rows = list(_whole(batch, report, counts))
    fresh = place.imports.fresh(made.id, [(address, row.kind.value) for address, row in rows])
    known = place.ledger.known(order.account, list(dict.fromkeys(address for address, _ in rows)))
    events: list[Event] = []
    before: dict[str, list[Event]] = {}
    for (address, row), is_fresh in zip(rows, fresh, strict=True):
        event = _event(order, made, address, row)
        history = known.get(address, History(order.account, address, ()))
        new = before.get(address, [])
        what = _meaning(event, history, new, place.policies, made.at) if is_fresh else "repeated"
        counts[what] += 1
        if what == event.kind.value:
            events.append(event)
            before.setdefault(address, []).append(event)
    if events and not order.dry:
        place.imports.stopped(made.id, [(event.address, event.kind.value, event.id) for event in events])
        place.bus.publish(place.ledger.record(events, place.clock.now()))


def _whole(
    batch: Sequence[Row | Defect], report: Callable[[Defect], None], counts: Counter[str]
) -> Iterator[tuple[str, Row]]:
    """The rows that name an address, with it."""
    for row in batch:
        defect = row if isinstance(row, Defect) else None
        address = None if isinstance(row, Defect) else normalise(row.address)
        if address is None and isinstance(row, Row):
            defect = Defect.of(row.line, f"address_{fault(row.address) or 'bad_local_part'}", row.address)
        if defect is not None:
            counts["defects"] += 1
            report(defect)
        elif address is not None and isinstance(row, Row):
            yield address, row


def _event(order: Order, made: Import, address: str, row: Row) -> Event:
    at = made.at if row.at is None else max(min(row.at, made.at), made.at - HORIZON + DAY)
    return Event(
        id=act_id(f"import {made.id} {row.kind.value}", order.account, address, at, order.actor),
        kind=row.kind,
        at=at,
        account=order.account,
        address=address,
        actor=order.actor,
        note=f"{row.note or row.cause} (import {made.id}, line {row.line})",
    )


def _meaning(
    event: Event, known: History, new: Sequence[Event], policies: Sequence[PolicyVersion], now: Instant
) -> str:
    """The event's kind when it moves the state; else "known" or "restored"."""
    if not known.events and not new:
        return event.kind.value
    events = (*known.events, *new)
    before = fold(events, policies, now, known.deliveries)
    after = fold((*events, event), policies, now, known.deliveries)
    if marks(before) != marks(after):
        return event.kind.value
    mark = event.kind.value if event.kind is not EventKind.UNSUBSCRIBE else "unsubscribed"
    return "known" if mark in marks(before) else "restored"


# --- taken back -------------------------------------------------------------------------------------------


def take_back(made: Import, actor: str, place: Place, dry: bool = False) -> Mapping[str, int]:
    """Undo an import: as though it had never been. What else stopped an address goes on stopping it.

    Returns how many events were withdrawn, and how many addresses may be written to again by it. Harmless
    to repeat; a dry one only counts.
    """
    counts: Counter[str] = Counter({"withdrawn": 0, "freed": 0})
    after = ("", "")
    while rows := place.imports.brought(made.id, BATCH, after):
        after = rows[-1][:2]
        undo = Undo(actor, f"import {made.id} was undone", place.clock.now())
        acts = [Act(made.account, address, id) for address, _, id in rows]
        known = known_of(acts, place.ledger)
        events = withdrawals(acts, undo, known)
        counts["withdrawn"] += len(events)
        counts["freed"] += freed(events, known, {made.account: place.policies}, undo.now)
        if events and not dry:
            place.bus.publish(place.ledger.record(events, undo.now))
    if not dry:
        place.imports.undone(made.id, place.clock.now())
    return counts
