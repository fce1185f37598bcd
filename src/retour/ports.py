"""The few Protocols that the stories in `flow` need. Bodies stand in stores/, snapshot/, bus/; contract tests
run one suite against every body.

All calls are synchronous and thread-safe; whoever lives in an event loop calls them from a thread. A call
that returns has committed (promise 1). Repeating a call with the same ids changes nothing (promise 2).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

from retour.chain import Line
from retour.instants import Instant, text
from retour.lifecycle import Policy, PolicyVersion
from retour.model import (
    Arrival,
    BounceType,
    Decision,
    Event,
    MailKind,
    Reason,
    Role,
    Send,
    State,
)


class Clock(Protocol):
    """Where the present comes from; tests bring their own."""

    def now(self) -> Instant: ...


class Outcome(StrEnum):
    """Where an arrival stands on disk (the picture is in ARCHITECTURE.md)."""

    WAITING = "waiting"  # durable, acknowledged, not yet judged
    JUDGED = "judged"  # its events are in the ledger
    UNPARSED = "unparsed"  # kept with its bytes until somebody writes a rule for it
    EXPIRED = "expired"  # nobody did in its time: id and size alone


NO_CURSORS: Mapping[str, bytes | None] = MappingProxyType({})

BATCH_OCTETS = 16 * 1024 * 1024  # what a worker holds in memory at once


class Inbox(Protocol):
    """Arrivals on disk. What was put is never lost before it is settled."""

    def put(self, arrivals: Sequence[Arrival], cursors: Mapping[str, bytes | None] = NO_CURSORS) -> None:
        """Commit the arrivals, one fsync for all. An id already there is ignored.

        With them, in the same transaction, how far their sources were read: a cursor by its name, in the
        source's own octets; None forgets it.
        """

    def cursors(self, prefix: str = "") -> Mapping[str, bytes]:
        """How far the sources were read: every cursor whose name begins so."""

    def waiting(self, limit: int) -> list[Arrival]:
        """The oldest arrivals not yet settled; empty when there are none.

        At most `limit`, and no more than BATCH_OCTETS of them together unless the first alone has more.
        """

    def settle(
        self, outcomes: Mapping[bytes, Outcome], now: Instant, spent: AbstractSet[bytes] = frozenset()
    ) -> None:
        """Mark arrivals as judged or unparsed, after the ledger's commit.

        Of a judged one that is `passing` nothing stays: if it were put again, it would be judged again. Of
        those `spent`, which turned out to be evidence of nothing, the id stays until `forget`.
        """

    def arrival(self, id: bytes) -> Arrival | None:
        """One arrival with its bytes; None when unknown or past its retention."""

    def outcomes(self, ids: Sequence[bytes]) -> Mapping[bytes, Outcome]:
        """Where these arrivals stand; one that is not known is left out."""

    def unparsed(self, limit: int, after: bytes | None = None) -> list[Arrival]:
        """What was not understood, newest first; `after` is the last id of the page before.

        As many as `waiting` would give; [] at the end.
        """

    def counts(self) -> Mapping[Outcome, int]:
        """How many arrivals stand where."""

    def expire(self, before: Instant) -> int:
        """Drop the bytes of judged arrivals received before; returns how many. Unparsed ones stay."""

    def give_up(self, before: Instant) -> int:
        """Drop the bytes of unparsed arrivals received before, which are EXPIRED then; returns how many."""

    def forget(self, before: Instant) -> int:
        """Drop what is left of spent arrivals received before; returns how many."""

    def again(self, account: str | None = None) -> int:
        """Let everything unparsed wait once more, to be judged under other rules; returns how many.

        Of all sources, or of those of an account.
        """


@dataclass(frozen=True, slots=True)
class Account:
    """One customer of the platform. `number` (1 … 2^24-1) stands in its return addresses."""

    name: str
    number: int
    return_domain: str


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as it is known after authentication; its secret is never kept."""

    id: str
    account: str  # "" for staff keys, which see all accounts
    role: Role


class StaleVersionError(ValueError):
    """Somebody else changed the policy since it was read."""

    def __init__(self, newest: int, expected: int) -> None:
        super().__init__(f"the newest version is {newest}, not {expected}; read it again, then change it")
        self.newest = newest


class Accounts(Protocol):
    """Accounts, their keys and their policies."""

    def accounts(self) -> list[Account]: ...

    def add_account(self, name: str, return_domain: str, policy: Policy, now: Instant) -> Account:
        """Raises ValueError when the name or the return domain is taken."""

    def add_key(self, key: Key, digest: bytes, now: Instant) -> None:
        """Raises ValueError when the id is taken."""

    def keys(self) -> list[Key]:
        """All keys that are not revoked."""

    def revoke_key(self, id: str, now: Instant) -> bool:
        """End a key; False when there is none of this id."""

    def key(self, digest: bytes) -> Key | None:
        """The key whose secret has this digest; None when unknown or revoked."""

    def policies(self, account: str) -> tuple[PolicyVersion, ...]:
        """All versions, oldest first. Raises KeyError for an unknown account."""

    def add_policy(self, account: str, version: PolicyVersion, expected: int) -> None:
        """Append a version. Raises StaleVersionError when the newest is not `expected`: no silent merge."""


class Sends(Protocol):
    """Sends, so that an arrival can be tied to one."""

    def add(self, sends: Sequence[Send]) -> None:
        """Commit the sends. An id already there is ignored. Raises KeyError for an unknown account."""

    def by_id(self, ids: Iterable[int]) -> Mapping[int, Send]: ...

    def by_message_id(self, message_id: str, addresses: Sequence[str]) -> list[Send]:
        """The send with this Message-ID, over all accounts; [] when it is not ours.

        One message to many has many: then those to these normalised addresses, or any two where none is.
        """

    def expire(self, before: Instant, limit: int, after: int = 0) -> int | None:
        """Look at `limit` sends beyond the id `after`, and drop those handed over before.

        Sends to an address that has events stay: its life counts their deliveries. Returns the id to go on
        from, None when all were looked at.
        """


@dataclass(frozen=True, slots=True)
class Change:
    """What the recording of events did to one address: the delta that gates follow, and a ledger entry."""

    account: str
    address: str
    before: State
    after: State
    at: Instant  # when it takes effect
    event: bytes | None = None  # id of the event that moved it; None when time alone did
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the decision ledger, append-only (N13)."""

    number: int
    at: Instant
    account: str
    address: str
    actor: str
    before: str  # state names
    after: str
    cause: str | None
    event: bytes | None
    policy: int  # version
    who: str = field(default="", compare=False)  # keyed hash of the address, in hex; told by `records` alone
    link: str = field(default="", compare=False)  # of the chain (retour.chain), as above; "" before it began

    def line(self) -> Line:
        """What the link is made of."""
        event = None if self.event is None else self.event.hex()
        return Line(
            self.number,
            text(self.at),
            self.who,
            self.actor,
            self.before,
            self.after,
            self.cause,
            event,
            self.policy,
        )


@dataclass(frozen=True, slots=True)
class BounceQuery:
    """Filters of the Overview (E26-E30) and beyond; None means all.

    An address is found when one of its listed bounces since it was last clean passes all filters of a bounce
    (type, reason, campaign, mail kind, time) together; the status is of the address.
    """

    account: str
    status: str | None = None  # "valid" (bounced, not deactivated) or "invalid"
    type: BounceType | None = None
    campaign: str | None = None
    reason: Reason | None = None
    mail_kind: MailKind | None = None
    since: Instant | None = None
    until: Instant | None = None
    search: str | None = None  # an address, or a domain as "@b.example"
    domains: frozenset[str] | None = None  # of the addresses: those of a provider
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
class Life:
    """All that is known of one address in one account."""

    address: str
    state: State
    events: tuple[Event, ...] = ()  # with evidence, by time
    sends: tuple[Send, ...] = ()
    records: tuple[Record, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class History:
    """All that a state of one address is folded out of; its events with their evidence."""

    account: str
    address: str
    events: tuple[Event, ...]
    deliveries: tuple[tuple[int | None, Instant], ...] = ()


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which lines of an account's decision ledger are looked for; None means all."""

    account: str
    since: Instant | None = None
    until: Instant | None = None
    after: str | None = None  # the state that they led to
    cause: str | None = None
    before: int | None = None  # number of the last line of the page before: the latest come first
    limit: int = 50


class CampaignCount(NamedTuple):
    """How many listed bounces a campaign has had of one type and reason."""

    campaign: str | None  # None: of no campaign, or of no send that is known
    type: str | None
    reason: str | None
    bounces: int


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


class Ledger(Protocol):
    """Events and the states folded out of them, written in one transaction."""

    def record(self, events: Sequence[Event], now: Instant) -> list[Change]:
        """Add events (known ids are ignored), fold the states they touch, write the ledger; one commit.

        The id of an event belongs to one address for ever. A proven delivery that names a send is noted on
        that send instead (lifecycle rule 15), the earliest of several; where nobody registered the send (its
        id is below 0) it is kept for an address that has events, or gets one in this call, and else nowhere.
        Reports beyond the thousandth of an address that may move it, or that may not, are kept without
        effect, and in no life. Returns the changes of state, in the order in which their addresses first
        stand in the events. Raises KeyError for an unknown account.
        """

    def state(self, account: str, address: str, now: Instant) -> State:
        """The state at `now`, folded under the policies of now. Never seen: VALID."""

    def life(self, account: str, address: str, now: Instant) -> Life | None:
        """Everything known of one address; None when it was never seen."""

    def bounces(self, query: BounceQuery, now: Instant) -> list[BouncedAddress]:
        """A page of the Overview, latest bounce first.

        What arrives while pages are read is on none of them: no address is missed or comes twice. Raises
        KeyError for an unknown account, ValueError for a cursor that was never given out.
        """

    def due(self, now: Instant, limit: int) -> list[Change]:
        """Write the changes that time alone made up to now, dated at their due time; [] at the end.

        About `limit` addresses in a call and commit; call again until nothing comes.
        """

    def refold(
        self, account: str, now: Instant, limit: int, after: str | None
    ) -> tuple[list[Change], str | None]:
        """After a change of policy: rewrite a batch of stored states; the cursor is None at the end."""

    def of_domain(self, account: str, domain: str) -> list[str]:
        """Addresses of a domain that have events in this account, oldest first; [] when there are none."""

    def standing(self, now: Instant) -> Iterator[Change]:
        """Every stored state that is not plainly `send`, as changes from VALID: what a gate loads."""

    def newest(self) -> int:
        """Number of the latest line of the decision ledger; 0 while it is empty."""

    def moved(self, after: int, limit: int) -> tuple[list[Change], int]:
        """What the lines of the decision ledger beyond the number `after` led to, for a gate elsewhere.

        Every address that they name, with the state stored now, as a change from VALID; and the number to
        go on from, `after` itself when there is nothing new. At most `limit` lines are looked at in a call.
        """

    def of_nobody(self, limit: int, after: int | None = None) -> list[tuple[int, Event]]:
        """Reports that belong to no account, the latest to arrive first, with the numbers to page on by."""

    def undetermined(
        self, limit: int, after: int | None = None, account: str | None = None
    ) -> list[tuple[int, Event]]:
        """Bounces whose cause nothing told, as above; over all accounts, or of one."""

    def known(self, account: str, addresses: Sequence[str]) -> Mapping[str, History]:
        """What the states of these normalised addresses are folded out of; those never seen are left out.

        Their events are without evidence. Raises KeyError for an unknown account.
        """

    def states(
        self, account: str, limit: int, after: str | None = None, domain: str | None = None
    ) -> list[Stored]:
        """Addresses with their stored states, by domain, at most `limit`; `after` is a cursor of a row.

        Raises KeyError for an unknown account, ValueError for a cursor that was never given out.
        """

    def records(self, query: RecordQuery) -> list[Record]:
        """Lines of the decision ledger, latest first; of erased addresses with an empty address.

        Raises KeyError for an unknown account.
        """

    def campaigns(self, account: str, since: Instant, until: Instant) -> list[CampaignCount]:
        """Listed bounces of this time, since their addresses were last clean, counted.

        Raises KeyError for an unknown account.
        """

    def domains(self, account: str, since: Instant, until: Instant) -> list[DomainCount]:
        """As `campaigns`, by the domain of the address."""

    def ends(self) -> tuple[int, int]:
        """The numbers of the latest record and of the latest event."""

    def happened(self, after: int, limit: int) -> tuple[list[Record], int]:
        """The records of all accounts among the next `limit`, oldest first; those of erased addresses not.

        With the number to go on from, which is `after` at the end.
        """

    def acts(self, after: int, limit: int) -> tuple[list[tuple[int, Event]], int]:
        """Proven complaints, unsubscribes and incidents among the next `limit` events, without evidence.

        Oldest first, with the number to go on from, which is `after` at the end.
        """

    def histories(self, limit: int, after: str | None = None) -> tuple[list[History], str | None]:
        """Every address that has events, `limit` in a call, in no order; the cursor is None at the end."""


MOST_TALLIES = 2000  # of one account and day that are told apart
REMEMBERED_DAYS = 4  # how long a repetition of what was only counted is known; providers try again for 36 h


class Passing(NamedTuple):
    """Something that is only counted: a delivery, a mail opened."""

    id: bytes  # of the event
    account: str
    at: Instant
    kind: str
    domain: str = ""  # of the recipient
    campaign: str = ""


class Tally(NamedTuple):
    """How often something of a kind was told of a day."""

    day: int  # since 1970, UTC
    kind: str
    domain: str
    campaign: str
    times: int


class Tallies(Protocol):
    """What is only counted, by day and never by address."""

    def count(self, told: Sequence[Passing]) -> None:
        """Commit and count each once, whatever comes again within REMEMBERED_DAYS.

        Beyond MOST_TALLIES of a day, domain and campaign are left empty. Raises KeyError for an unknown
        account.
        """

    def of(self, account: str, since: Instant, until: Instant) -> list[Tally]:
        """The tallies of these UTC days, both included. Raises KeyError for an unknown account."""

    def expire(self, before: Instant, now: Instant) -> None:
        """Drop the tallies of days before, and the memory of what was counted long ago."""


@dataclass(frozen=True, slots=True)
class Store:
    """The system of record: four ports of one place on disk."""

    accounts: Accounts
    sends: Sends
    ledger: Ledger
    tallies: Tallies
    close: Callable[[], None]  # nothing may be asked of the ports afterwards


class Snapshot(Protocol):
    """What a gate looks up. No SQL, no parser, no network."""

    def decision(self, account: str, address: str, kind: MailKind, now: Instant) -> Decision:
        """The answer for a normalised address."""

    def decisions(
        self, account: str, addresses: Sequence[str], kind: MailKind, now: Instant
    ) -> list[Decision]:
        """The answers for many normalised addresses, in their order."""

    def slow(self, account: str) -> bool:
        """Whether the ledger answers for this account just now: then ask for many in a thread."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Follow the ledger."""


class Bus(Protocol):
    """Carries changes from the worker to the gates."""

    def publish(self, changes: Sequence[Change]) -> None: ...
