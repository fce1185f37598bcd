"""What-if: what a policy would do to every address of an account, before it is saved (N3, E16-E23).

Pure reading, share by share, so that several processes may look at once. Its numbers are those of the saving
itself: the same lives are played under the same versions (lifecycle rule 5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from retour.address import domain_of
from retour.flow.findings import Finding, Move, Piece, move_of, named, signs, state_of
from retour.flow.never_stop import guard
from retour.flow.suppressions import provider_of
from retour.instants import DAY, Instant, text
from retour.lifecycle import Policy, PolicyVersion, decide, policy_from, spared
from retour.lifecycle.foreseen import Foreseen, foresee
from retour.model import MailKind, State
from retour.ports import LOOKED_BACK, WHOLE, Accounts, Part, StaleVersionError, Store, Swept

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


def look(asked: Question, store: Store, part: Part = WHOLE) -> Iterator[Piece]:
    """What would happen to the addresses of a share, batch by batch."""
    after: str | None = None
    while True:
        lives, after = store.sweep.lives(asked.account, BATCH, asked.now, after, part)
        yield _piece(asked, store, lives)
        if after is None:
            return


def _piece(asked: Question, store: Store, lives: Sequence[Swept]) -> Piece:
    piece, moved = Piece(len(lives)), list[tuple[Swept, Foreseen, Move]]()
    for life in lives:
        if life.settled:
            found = Foreseen(life.state, life.state)
        else:
            found = foresee(life.events, asked.versions, asked.version, life.deliveries)
            _count(piece, found)
        if asked.is_about_answers:
            _count_answers(piece, asked, life.address, found)
        move = move_of(found.before, found.after)
        if move is not None:
            moved.append((life, found, move))
    since = asked.now - LOOKED_BACK
    active = store.engagements.latest(asked.account, [life.address for life, _, _ in moved], since)
    for life, found, move in moved:
        seen = signs(active.get(life.address, {}), life.events, life.deliveries, since)
        piece.add(finding(life, found.before, found.after, move, named(found.reason), seen))
    return piece


def finding(life: Swept, before: State, after: State, move: Move, reason: str, active: str) -> Finding:
    """What is kept of an address."""
    provider = provider_of(domain_of(life.address)) or ""
    return Finding(life.place, move, state_of(before), state_of(after), reason, provider, active, after.until)


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
