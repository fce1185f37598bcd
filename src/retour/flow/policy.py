"""A policy is changed by adding a version; stored states follow in batches (lifecycle rule 5)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retour.flow.never_stop import guard
from retour.instants import Instant
from retour.lifecycle import PolicyVersion, fold, policy_from
from retour.model import StateName
from retour.ports import Accounts, Bus, Clock, Ledger, StaleVersionError, Store

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rewriting of stored states has come."""

    batches: int
    changed: int


def in_force(versions: tuple[PolicyVersion, ...], now: Instant) -> PolicyVersion:
    """The version in force at a moment; before the first one's time, the first."""
    return next((version for version in reversed(versions) if version.at <= now), versions[0])


def change_policy(
    account: str, settings: Mapping[str, Any], expected: int, accounts: Accounts, author: str, now: Instant
) -> PolicyVersion:
    """Add a version in force from now on: the newest one with `settings` merged over it.

    A clock that was put back makes it as old as the newest: an older one would be superseded by that.
    `expected` is the number of the version that the author has seen. Raises StaleVersionError when it is not
    the newest any more, PolicyError for settings that cannot be, KeyError for an unknown account.
    """
    newest = accounts.policies(account)[-1]
    at = max(now, newest.at)
    policy = policy_from(settings, newest.policy)
    guard(newest.policy, policy)
    version = PolicyVersion(expected + 1, at, policy, author)
    accounts.add_policy(account, version, expected)
    return version


@dataclass(frozen=True, slots=True)
class Effect:
    """What a policy would mean for the addresses of an account, if it came into force now."""

    version: PolicyVersion
    looked_at: int
    whole: bool  # all addresses were looked at
    moves: Mapping[tuple[StateName, StateName], int]  # (before, after), where these differ


def would_change(
    account: str,
    settings: Mapping[str, Any],
    expected: int,
    store: Store,
    author: str,
    now: Instant,
    most: int,
) -> Effect:
    """What `change_policy` would do, played for at most so many addresses; nothing is written.

    Raises what `change_policy` raises.
    """
    versions = store.accounts.policies(account)
    newest = versions[-1]
    if newest.number != expected:
        raise StaleVersionError(newest.number, expected)
    policy = policy_from(settings, newest.policy)
    guard(newest.policy, policy)
    version = PolicyVersion(expected + 1, max(now, newest.at), policy, author)
    looked_at, moves = 0, Counter[tuple[StateName, StateName]]()
    place, whole = None, False
    while looked_at < most and not whole:
        found, place = store.ledger.histories(BATCH, place)
        for each in (history for history in found if history.account == account):
            looked_at += 1
            before = fold(each.events, versions, now, each.deliveries).state
            then = fold(each.events, (*versions, version), version.at, each.deliveries).state
            if before is not then:
                moves[before, then] += 1
        whole = place is None
    return Effect(version, looked_at, whole, moves)


def refold(ledger: Ledger, account: str, bus: Bus, clock: Clock) -> Iterator[Progress]:
    """Rewrite the stored states of an account under its policies, telling the progress after each batch.

    Check and console answer under the new version before it: states are folded on read. May be stopped
    and begun again at any time. Each batch has a moment of its own: bounces go on coming in meanwhile, and
    a state of before them would be no state.
    """
    batches = changed = 0
    after: str | None = None
    while True:
        changes, after = ledger.refold(account, clock.now(), BATCH, after)
        bus.publish(changes)
        batches, changed = batches + 1, changed + len(changes)
        yield Progress(batches, changed)
        if after is None:
            return
