"""The order in which a life is played: by time, and at equal times by rank (lifecycle.md)."""

from enum import IntEnum
from typing import NamedTuple

from retour.instants import Instant
from retour.model import Event, EventKind


class Rank(IntEnum):
    """Who goes first at equal times; a reset, which comes of itself, is before them all."""

    POLICY = 0
    DELIVERY = 1
    BOUNCE = 2
    COMPLAINT = 3
    OTHER = 4
    RESTORE = 5
    NOW = 6


_RANKS = {
    EventKind.DELIVERED: Rank.DELIVERY,
    EventKind.BOUNCE: Rank.BOUNCE,
    EventKind.COMPLAINT: Rank.COMPLAINT,
    EventKind.RESTORE: Rank.RESTORE,
}


class Place(NamedTuple):
    """A point in the order of play: time, rank, and the event's id (of a policy: its number)."""

    at: Instant
    rank: Rank
    id: bytes | int = b""


def place_of(event: Event) -> Place:
    """Where an event stands in the order of play."""
    return Place(event.at, _RANKS.get(event.kind, Rank.OTHER), event.id)
