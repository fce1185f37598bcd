"""What either end of an incident would make of its addresses, seen before it is chosen. Pure reading.

The same lives are played with the event that the end would write, so that what is told is what happens.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from retour.flow.incident_acts import closing
from retour.flow.outage import holds, is_doubted
from retour.flow.policy import in_force
from retour.instants import Instant
from retour.lifecycle import PolicyVersion, fold
from retour.model import Event, EventKind, Standing, StateName
from retour.ports import History, Store
from retour.ports.incidents import Incident, Suspect

OUTCOMES = ("confirm", "revert")
MOST_PLAYED = 1000  # addresses whose ends are played for the totals
MOST_COUNTED = 10_000


class HeldAddress(NamedTuple):
    """One address that an incident holds or held."""

    address: str
    bounce: Event | None  # the latest hard bounce that it doubts
    is_reached: bool  # mail has reached it since the incident began
    ends: Mapping[str, StateName]  # by outcome; empty where it is closed
    number: int


@dataclass(frozen=True, slots=True)
class Effect:
    """How many addresses, and what would become of those that were played."""

    count: int  # `MOST_COUNTED` + 1 for more than so many
    played: int  # the first so many of them
    reached: int  # of these: mail has reached them since
    ends: Mapping[str, Mapping[StateName, int]] = field(default_factory=dict)


def effect(incident: Incident, store: Store, now: Instant) -> Effect:
    """The totals of both ends."""
    found = held_addresses(incident, store, now, MOST_PLAYED)
    ends = {outcome: Counter(each.ends[outcome] for each in found) for outcome in OUTCOMES}
    reached = sum(each.is_reached for each in found)
    count, _ = store.incidents.count_held(incident.id, MOST_COUNTED + 1)
    return Effect(count, len(found), reached, ends)


def held_addresses(
    incident: Incident, store: Store, now: Instant, limit: int, after: int = 0
) -> Sequence[HeldAddress]:
    """The addresses of an incident in the order in which they were held, each with both its ends."""
    suspects = store.incidents.held(incident.id, limit, after)
    histories = store.ledger.known(incident.account, [each.address for each in suspects])
    versions = store.accounts.policies(incident.account)
    return [
        _seen(incident, each, histories[each.address], versions, now)
        for each in suspects
        if each.address in histories
    ]


def _seen(
    incident: Incident, held: Suspect, history: History, versions: tuple[PolicyVersion, ...], now: Instant
) -> HeldAddress:
    doubted = [event for event in history.events if _is_doubted(incident, held.address, event, versions)]
    reached = any(at >= incident.begins for _, at in history.deliveries)
    return HeldAddress(
        held.address,
        max(doubted, key=lambda event: (event.at, event.id), default=None),
        reached,
        {} if incident.closed_at is not None else _ends(incident, held.address, history, versions, now),
        held.number,
    )


def _is_doubted(incident: Incident, address: str, event: Event, versions: tuple[PolicyVersion, ...]) -> bool:
    policy = in_force(versions, event.at).policy
    return (
        event.kind is EventKind.BOUNCE
        and event.standing is Standing.PROVEN
        and holds(incident, address, event.at)
        and is_doubted(event.kind, event.reason, event.status, policy)
    )


def _ends(
    incident: Incident, address: str, history: History, versions: tuple[PolicyVersion, ...], now: Instant
) -> Mapping[str, StateName]:
    at = max(now, incident.opened_at) + 1  # as the guard closes it
    found = {}
    for outcome in OUTCOMES:
        closed = replace(incident, outcome=outcome, turn=incident.turn + 1, closed_at=at)
        events = (*history.events, closing(closed, address, ""))
        found[outcome] = fold(events, versions, at, history.deliveries).state
    return found
