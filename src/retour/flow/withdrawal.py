"""Acts are undone as though they had never been, and nothing is deleted: an event says so of each.

What else is known of an address goes on counting; the state is folded anew without the act.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retour.identity import act_id
from retour.instants import Instant
from retour.lifecycle import PolicyVersion, fold
from retour.model import Event, EventKind, State
from retour.ports import History, Ledger

Place = tuple[str, str]  # account and address


class Act(NamedTuple):
    """What was done to one address: the event that did it."""

    account: str
    address: str
    event: bytes


@dataclass(frozen=True, slots=True)
class Undo:
    """Who undoes something, when, and in which words."""

    actor: str
    note: str
    now: Instant


def known_of(acts: Iterable[Act], ledger: Ledger) -> Mapping[Place, History]:
    """What is known of the addresses of acts. Raises KeyError for an unknown account."""
    by_account: dict[str, dict[str, None]] = defaultdict(dict)
    for act in acts:
        by_account[act.account][act.address] = None
    return {
        (account, address): history
        for account, addresses in by_account.items()
        for address, history in ledger.known(account, list(addresses)).items()
    }


def withdrawals(acts: Sequence[Act], undo: Undo, known: Mapping[Place, History]) -> list[Event]:
    """The events that take acts back; none for what was never recorded, or taken back before.

    Their ids follow from the acts alone, so that it is harmless to take something back twice.
    """
    return [event for act in acts if (event := _withdrawal(act, undo, known)) is not None]


def _withdrawal(act: Act, undo: Undo, known: Mapping[Place, History]) -> Event | None:
    history = known.get((act.account, act.address))
    events = () if history is None else history.events
    gone = {event.outcome for event in events if event.kind is EventKind.WITHDRAWAL}
    if act.event.hex() in gone or all(event.id != act.event for event in events):
        return None
    return Event(
        id=act_id(f"undo {act.event.hex()}", act.account, act.address, 0, ""),
        kind=EventKind.WITHDRAWAL,
        at=undo.now,
        outcome=act.event.hex(),
        account=act.account,
        address=act.address,
        actor=undo.actor,
        note=undo.note,
    )


def freed(
    undone: Sequence[Event],
    known: Mapping[Place, History],
    policies: Mapping[str, Sequence[PolicyVersion]],
    now: Instant,
) -> int:
    """How many addresses may be written to again by these withdrawals."""
    by_place: dict[Place, list[Event]] = defaultdict(list)
    for event in undone:
        by_place[event.account, event.address].append(event)
    count = 0
    for place, events in by_place.items():
        history, versions = known[place], policies[place[0]]
        before = fold(history.events, versions, now, history.deliveries)
        after = fold((*history.events, *events), versions, now, history.deliveries)
        count += bool(marks(before)) and not marks(after)
    return count


def marks(state: State) -> frozenset[str]:
    """Why an address is stopped, in one set."""
    causes = frozenset(cause.value for cause in state.causes)
    return causes | {"unsubscribed"} if state.unsubscribed else causes
