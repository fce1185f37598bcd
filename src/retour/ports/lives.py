"""What is read of addresses: their lives, and rows of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple, Protocol

from retour.instants import Instant
from retour.model import BounceType, Event, MailKind, Reason, Send, State, StateName
from retour.ports.records import Record


class Hasher(Protocol):
    """Makes a keyed hash, as those of hashlib do."""

    def update(self, octets: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


VALID, HELD, INVALID = "valid", "held", "invalid"
STATUSES: Mapping[StateName, tuple[str, ...]] = {
    StateName.BOUNCING: (VALID,),
    StateName.HELD: (VALID, HELD),
    StateName.INVALID: (INVALID,),
}
"""Under which statuses of the filter an address that bounced is found: who is held is not deactivated."""


@dataclass(frozen=True, slots=True)
class BounceQuery:
    """Filters of the Overview (E26-E30) and beyond; None means all.

    An address is found when one of its listed bounces since it was last clean passes all filters of a bounce
    (type, reason, campaign, mail kind, time) together; the status is of the address.
    """

    account: str
    status: str | None = None  # "valid" (bounced, not deactivated), of these "held", or "invalid"
    type: BounceType | None = None
    campaign: str | None = None
    reason: Reason | None = None
    mail_kind: MailKind | None = None
    since: Instant | None = None
    until: Instant | None = None
    search: str | None = None  # an address, or a domain as "@b.example"
    domains: frozenset[str] | None = None  # of the addresses: those of a provider
    corrected: bool | None = None  # whether somebody has corrected the address, and not taken it back
    after: str | None = None  # opaque cursor of the page before
    limit: int = 50


@dataclass(frozen=True, slots=True)
class BouncedAddress:
    """A row of the Overview: an address with its state and its latest listed bounce that was asked for."""

    address: str
    state: State
    event: Event
    type: BounceType | None
    send: Send | None
    cursor: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Addresses that were counted; where not `whole`, there may be more of them."""

    addresses: int
    whole: bool


class Counting(NamedTuple):
    """How far a count has come."""

    done: int  # days that were looked at, or what an incident holds
    total: int  # 0 where nothing knows it
    addresses: int  # that were found so far, each once


@dataclass(frozen=True, slots=True)
class Life:
    """All that is known of one address in one account."""

    address: str
    state: State
    events: tuple[Event, ...] = ()  # with evidence, by time
    sends: tuple[Send, ...] = ()
    records: tuple[Record, ...] = field(default=())
    erased: bool = False  # on request: its state alone stands yet, under a keyed hash


@dataclass(frozen=True, slots=True)
class History:
    """All that a state of one address is folded out of; its events with their evidence."""

    account: str
    address: str
    events: tuple[Event, ...]
    deliveries: tuple[tuple[int | None, Instant], ...] = ()


class Kept(NamedTuple):
    """What is stored of an address: the state that was folded last, and its latest delivery."""

    state: State
    delivered: Instant | None
    erased: bool  # nothing of it may be shown but that it is stopped


class Erased:
    """Whom an account has erased and goes on stopping: keyed hashes, and how they are made of addresses."""

    def __init__(self, fresh: Callable[[], Hasher] = blake2b, keys: Iterable[bytes] = ()) -> None:
        self._fresh, self._keys = fresh, frozenset(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, octets: bytes) -> bool:
        hasher = self._fresh()
        hasher.update(octets)
        return hasher.digest() in self._keys

    def among(self, addresses: Iterable[bytes]) -> list[int]:
        """The places of those who are, among normalised addresses in UTF-8."""
        found, fresh, keys = [], self._fresh, self._keys
        for place, octets in enumerate(addresses):
            hasher = fresh()
            hasher.update(octets)
            if hasher.digest() in keys:
                found.append(place)
        return found


class DomainCount(NamedTuple):
    """How many listed bounces the addresses of a domain have had of one type and reason."""

    domain: str
    type: str | None
    reason: str | None
    bounces: int


class Stored(NamedTuple):
    """An address with the state that was folded last, and the cursor that leads on from it."""

    address: str
    state: State
    cursor: str
