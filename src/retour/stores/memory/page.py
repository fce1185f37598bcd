"""A page of the ledger in memory: all that is known of one address, and what is asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from retour.address import domain, domain_of, key, normalise
from retour.instants import Instant
from retour.lifecycle import PolicyVersion
from retour.model import VALID, BounceType, Event, Send, State
from retour.ports import BounceQuery, Change, Record
from retour.ports.records import cause_of
from retour.stores.advance import in_force


class Page(NamedTuple):
    """What is known of one address in one account."""

    account: str
    address: str


class Listed(NamedTuple):
    """A listed bounce, with what was known of its send when it was listed first."""

    event: Event
    number: int
    type: BounceType | None
    send: Send | None


@dataclass(slots=True)
class Entry:
    """What is kept on a page."""

    events: dict[bytes, Event] = field(default_factory=dict)
    state: State = VALID
    numbers: dict[bytes, int] = field(default_factory=dict)  # of the events, in the order of arrival
    listed: dict[bytes, Listed] = field(default_factory=dict)  # what the Overview may show of it
    records: list[Record] = field(default_factory=list)


def record_of(change: Change, number: int, policies: Sequence[PolicyVersion]) -> Record:
    """The line of the ledger that a change makes."""
    return Record(
        number,
        change.at,
        change.account,
        change.address,
        change.actor,
        change.before.state,
        change.after.state,
        cause_of(change),
        change.event,
        in_force(policies, change.at),
        key(b"", change.address).hex(),
    )


def is_due(state: State, now: Instant) -> bool:
    """Whether time alone has changed a state."""
    return state.changes_at is not None and state.changes_at <= now


def latest_of(entry: Entry, query: BounceQuery, newest: int) -> Listed | None:
    """The listed bounce that an address is shown with; None when none passes the filters."""
    found = [one for one in entry.listed.values() if one.number <= newest and _wanted(one, query)]
    return max(found, key=lambda one: (one.event.at, one.number), default=None)


def _wanted(one: Listed, query: BounceQuery) -> bool:
    """Whether a bounce passes all filters of a bounce and of its send together."""
    event, _, type_, send = one
    return (
        query.type in (None, type_)
        and query.reason in (None, event.reason)
        and (query.campaign is None or (send is not None and send.campaign == query.campaign))
        and (query.mail_kind is None or (send is not None and send.kind is query.mail_kind))
        and (query.since is None or event.at >= query.since)
        and (query.until is None or event.at < query.until)
    )


def sought(address: str, search: str) -> bool:
    """Whether an address is the one searched for, or of the domain."""
    if search.startswith("@"):
        return domain_of(address) == domain(search[1:])
    return address == normalise(search)
