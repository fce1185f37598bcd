"""Restore: support gives addresses back, for a reason that is stored (lifecycle rule 8; E24-E25, K25-K28)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from retour.address import CASELESS, domain_of, mailbox, normalise
from retour.address import domain as normalised_domain
from retour.identity import act_id
from retour.instants import Instant
from retour.model import FOR_ALL, VALID, Cause, Event, EventKind, Role, StateName
from retour.ports import Bus, Change, Ledger

MOST_ADDRESSES = 10
_ALLOWED = (Role.SUPPORT, Role.ADMIN)
_WHOLE_DOMAIN = 1000  # addresses in one commit


class Refusal(StrEnum):
    """Why a restore is not done. Nothing was changed."""

    ROLE = "role"  # an account user never restores, by console and API alike
    REASON = "reason"  # neither request nor reason was told
    TOO_MANY = "too_many"  # more than ten addresses: a wave is restored by query, by staff
    ADDRESS = "address"  # one of them is no address
    TARGET = "target"  # not either addresses or one domain


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be given back: at most ten addresses, or one domain."""

    account: str
    reason: str
    addresses: Sequence[str] = ()
    domain: str | None = None
    for_all: bool = False  # by the staff of the platform: older verdicts of no account count any more


@dataclass(frozen=True, slots=True)
class Restored:
    """The addresses that were restored, and what changed by it."""

    addresses: Sequence[str]
    changes: Sequence[Change]


def restore(
    request: Request, ledger: Ledger, bus: Bus, actor: str, role: Role, now: Instant
) -> Restored | Refusal:
    """Restore the addresses of a request; each becomes valid and clean, whatever the causes.

    `actor` is the key or person, kept with the reason. An address that never bounced is restored, too: it
    is then clean from now on, so that mails still in the queue do not undo it.
    """
    targets = _targets(request, ledger)
    if role not in _ALLOWED:
        return Refusal.ROLE
    if isinstance(targets, Refusal):
        return targets
    targets = spelled(targets, request.account, ledger)
    changes: list[Change] = []
    for start in range(0, len(targets), _WHOLE_DOMAIN):
        events = [_event(request, address, actor, now) for address in targets[start : start + _WHOLE_DOMAIN]]
        changed = ledger.record(events, now)
        bus.publish(changed)
        changes += changed
    return Restored(targets, changes)


def stop(
    request: Request, ledger: Ledger, bus: Bus, actor: str, role: Role, now: Instant, dry: bool = False
) -> Restored | Refusal:
    """Stop the addresses of a request, with the cause `support`, until support restores them (rule 7).

    A domain is those of its addresses that are known; the same terms as for a restore hold. A dry one tells
    what it would change, and does nothing.
    """
    targets = _targets(request, ledger)
    if role not in _ALLOWED:
        return Refusal.ROLE
    if isinstance(targets, Refusal):
        return targets
    changes: list[Change] = []
    for start in range(0, len(targets), _WHOLE_DOMAIN):
        batch = targets[start : start + _WHOLE_DOMAIN]
        if dry:
            changes += _would_stop(request, batch, ledger, now)
            continue
        changed = ledger.record([_stop(request, address, actor, now) for address in batch], now)
        bus.publish(changed)
        changes += changed
    return Restored(targets, changes)


def _would_stop(request: Request, batch: Sequence[str], ledger: Ledger, now: Instant) -> Iterator[Change]:
    for address in batch:
        state = ledger.state(request.account, address, now)
        if Cause.SUPPORT not in state.causes:
            stopped = state._replace(state=StateName.INVALID, causes=state.causes | {Cause.SUPPORT})
            yield Change(request.account, address, state, stopped, now)


def _stop(request: Request, address: str, actor: str, now: Instant) -> Event:
    restored = _event(request, address, actor, now)
    id = act_id("stop", request.account, address, now, actor)
    return restored._replace(id=id, kind=EventKind.STOP, outcome=None)


def would_restore(request: Request, ledger: Ledger, role: Role, now: Instant) -> Restored | Refusal:
    """What `restore` would do, with the changes that it would make; nothing is written."""
    targets = _targets(request, ledger)
    if role not in _ALLOWED:
        return Refusal.ROLE
    if isinstance(targets, Refusal):
        return targets
    targets = spelled(targets, request.account, ledger)
    states = ((address, ledger.state(request.account, address, now)) for address in targets)
    changes = [
        Change(request.account, address, state, VALID._replace(unsubscribed=state.unsubscribed), now)
        for address, state in states
        if state.state is not StateName.VALID
    ]
    return Restored(targets, changes)


def spelled(addresses: Sequence[str], account: str, ledger: Ledger) -> Sequence[str]:
    """These addresses, and the spellings of their mailboxes that are known besides.

    What stops one spelling stops them all (`address.mailbox`), so they are given back together.
    """
    whole = list(dict.fromkeys(mailbox(each) for each in addresses if domain_of(each) in CASELESS))
    if not whole:
        return addresses
    known = [each for each, kept in ledger.kept(account, whole).items() if not kept.erased]
    return list(dict.fromkeys([*addresses, *known, *ledger.spellings(account, whole)]))


def _targets(request: Request, ledger: Ledger) -> Sequence[str] | Refusal:
    if not request.reason.strip():
        return Refusal.REASON
    if bool(request.addresses) == (request.domain is not None):
        return Refusal.TARGET
    if request.domain is not None:
        domain = normalised_domain(request.domain.removeprefix("@"))
        return Refusal.ADDRESS if domain is None else ledger.of_domain(request.account, domain)
    if len(request.addresses) > MOST_ADDRESSES:
        return Refusal.TOO_MANY
    addresses = [normalise(address) for address in request.addresses]
    whole = [address for address in dict.fromkeys(addresses) if address is not None]
    return Refusal.ADDRESS if None in addresses else whole


def _event(request: Request, address: str, actor: str, now: Instant) -> Event:
    return Event(
        id=act_id("restore", request.account, address, now, actor),
        kind=EventKind.RESTORE,
        at=now,
        account=request.account,
        address=address,
        actor=actor,
        note=request.reason.strip(),
        outcome=FOR_ALL if request.for_all else None,
    )
