"""What-if: what a policy would do to every address of an account, before it is saved (N3, E16-E23).

Pure reading, share by share, so that several processes may look at once. Its numbers are those of the saving
itself: the same lives are played under the same versions (lifecycle rule 5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from retour.address import domain_of
from retour.flow.findings import Finding, Move, Piece, move_of, named, signs, signs_beside, state_of
from retour.flow.never_stop import guard
from retour.flow.suppressions import provider_of
from retour.instants import DAY, Instant, text
from retour.lifecycle import Policy, PolicyVersion, decide, policy_from, spared
from retour.lifecycle.foreseen import Foreseen, foresee, foresee_plain
from retour.lifecycle.glance import Ruled, Told, plain, ruled, sends_of
from retour.model import MailKind, State
from retour.ports import LOOKED_BACK, WHOLE, Accounts, Brief, Part, StaleVersionError, Store, Swept

BATCH = 2000
_ASKED = (MailKind.MAILING, MailKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class Question:
    """A policy to be looked at: the versions there are, and the one there would be."""

    account: str
    versions: tuple[PolicyVersion, ...]
    version: PolicyVersion
    is_about_answers: bool = field(init=False)  # it changes what follows from a state, too

    def __post_init__(self) -> None:
        before, after = self.versions[-1].policy, self.version.policy
        object.__setattr__(self, "is_about_answers", _answers_of(before) != _answers_of(after))

    @property
    def now(self) -> Instant:
        """The moment at which it would be saved."""
        return self.version.at


def _answers_of(policy: Policy) -> tuple[object, ...]:
    return policy.mode, policy.never_stop, policy.complaint_stops


def question(
    account: str,
    settings: Mapping[str, object],
    expected: int,
    accounts: Accounts,
    author: str,
    now: Instant,
) -> Question:
    """The question that saving these settings now would answer.

    Raises what `flow.policy.change_policy` raises.
    """
    versions = accounts.policies(account)
    newest = versions[-1]
    if newest.number != expected:
        raise StaleVersionError(newest.number, expected)
    policy = policy_from(settings, newest.policy)
    guard(newest.policy, policy)
    return Question(account, versions, PolicyVersion(expected + 1, max(now, newest.at), policy, author))


class Moved(NamedTuple):
    """An address to which something would happen."""

    life: Swept | Brief
    found: Foreseen
    move: Move


def look(asked: Question, store: Store, part: Part = WHOLE) -> Iterator[Piece]:
    """What would happen to the addresses of a share, batch by batch."""
    after: str | None = None
    rows = ruled((*asked.versions, asked.version))
    while True:
        briefs, after = store.sweep.lives(asked.account, BATCH, asked.now, after, part)
        yield _piece(asked, store, briefs, rows)
        if after is None:
            return


def _piece(asked: Question, store: Store, briefs: Sequence[Brief], rows: Sequence[Ruled] | None) -> Piece:
    piece, moved, whole = Piece(len(briefs)), list[Moved](), list[str]()
    for brief in briefs:
        if brief.settled is not None:
            if asked.is_about_answers:
                _count_answers(piece, asked, brief.address, Foreseen(brief.settled, brief.settled))
            continue
        found = _at_a_glance(brief.told, rows, asked.now)
        if found is None:
            whole.append(brief.place)
        elif (move := _noted(piece, asked, brief.address, found)) is not None:
            moved.append(Moved(brief, found, move))
    for life in store.sweep.at(asked.account, whole) if whole else ():
        found = foresee(life.events, asked.versions, asked.version, life.deliveries)
        if (move := _noted(piece, asked, life.address, found)) is not None:
            moved.append(Moved(life, found, move))
    _add(piece, asked, store, moved)
    return piece


def _at_a_glance(told: Sequence[Told], rows: Sequence[Ruled] | None, now: Instant) -> Foreseen | None:
    """What most lives are told by alone; None for those that must be played in full."""
    if rows is None:
        return None
    bounces = plain(told, now)
    return None if bounces is None else foresee_plain(bounces, rows)


def _noted(piece: Piece, asked: Question, address: str, found: Foreseen) -> Move | None:
    """Count what was found, and tell whether it is a move."""
    _count(piece, found)
    if asked.is_about_answers:
        _count_answers(piece, asked, address, found)
    return move_of(found.before, found.after)


def _add(piece: Piece, asked: Question, store: Store, moved: Sequence[Moved]) -> None:
    told = signs_of(asked.account, [each.life for each in moved], store, asked.now - LOOKED_BACK)
    for (life, found, move), seen in zip(moved, told, strict=True):
        reason = named(found.reason)
        piece.add(finding(life.place, life.address, found.before, found.after, move, reason, seen))


def signs_of(account: str, lives: Sequence[Swept | Brief], store: Store, since: Instant) -> list[str]:
    """The signs of life of each since then."""
    active = store.engagements.latest(account, [life.address for life in lives], since)
    glanced = [life.place for life in lives if isinstance(life, Brief)]
    deliveries = store.sweep.deliveries(account, glanced) if glanced else {}
    found = list[str]()
    for life in lives:
        latest = active.get(life.address, {})
        if isinstance(life, Brief):
            bounced = sends_of(life.told)
            found.append(signs_beside(latest, bounced, deliveries.get(life.place, ()), since))
        else:
            found.append(signs(latest, life.events, life.deliveries, since))
    return found


def finding(
    place: str, address: str, before: State, after: State, move: Move, reason: str, active: str
) -> Finding:
    """What is kept of an address."""
    provider = provider_of(domain_of(address)) or ""
    return Finding(place, move, state_of(before), state_of(after), reason, provider, active, after.until)


def _count(piece: Piece, found: Foreseen) -> None:
    """States where these differ, and the resets that are due, by day, before and after."""
    before, after = found.before, found.after
    if before.state is not after.state:
        piece.counts["states", before.state.value, after.state.value] += 1
    for name, until in (("resets_before", before.until), ("resets", after.until)):
        if until is not None:
            piece.counts[name, _day(until // DAY)] += 1


@lru_cache(maxsize=1024)
def _day(day: int) -> str:
    return text(day * DAY)[:10]


def _count_answers(piece: Piece, asked: Question, address: str, found: Foreseen) -> None:
    """Answers of the check, where these differ: under another mode, or by an exception that ends."""
    old, new = asked.versions[-1].policy, asked.version.policy
    for kind in _ASKED:
        before = decide(found.before, old, kind, address).answer
        after = decide(found.after, new, kind, address).answer
        if before is not after:
            piece.counts["answers", kind.value, before.value, after.value] += 1
    if found.after.causes and spared(address, new):
        piece.counts[("never_stopped",)] += 1
