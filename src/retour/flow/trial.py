"""Own rules tried on what is stored, before they are used: what would change, and for which addresses.

Nothing is written. Evidence is judged again address by address, so that memory stays bounded however much
is stored; whoever asks takes each finding as it comes.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from typing import NamedTuple

from retour.classify import Classifier, packaged
from retour.flow.intake import read_batch
from retour.flow.judge import judge
from retour.flow.policy import in_force
from retour.flow.shapes import arrivals
from retour.instants import Instant
from retour.lifecycle import decide, fold
from retour.model import (
    GROUPS,
    MAIL,
    Answer,
    Decision,
    Event,
    EventKind,
    Evidence,
    Group,
    MailKind,
    Reason,
    Report,
    Standing,
    Verdict,
)
from retour.parse import parse
from retour.ports import History, Inbox, Outcome, Store
from retour.return_address import Keyring

BATCH = 25  # addresses in memory at once: each may have thousands of reports
_ARRIVALS = 100
SAMPLES = 3
UNPARSED = "unparsed"
_SIGNS_OF_LIFE = frozenset({EventKind.DELIVERED, EventKind.AUTOREPLY, EventKind.CHALLENGE})


class Change(NamedTuple):
    """A sort of changed verdicts: reasons (or kinds, of what is no bounce), and the rule that makes it."""

    before: str
    after: str
    rule: str
    provider: str  # "" where we know none


@dataclass(frozen=True, slots=True)
class Affected:
    """An address to which something would happen."""

    account: str
    address: str
    before: Decision
    after: Decision
    rules: tuple[str, ...]
    newly_dead: bool  # called dead for the first time
    sign_of_life: bool  # something came from it, or got into it, after the bounce that is called dead now

    @property
    def stops(self) -> bool:
        """It would newly be stopped, or held."""
        return _stops(self.after) and not _stops(self.before)

    @property
    def comes_back(self) -> bool:
        """It would be sent to again."""
        return _stops(self.before) and not _stops(self.after)


@dataclass(slots=True)
class Trial:
    """The sums so far."""

    looked_at: int = 0  # stored reports
    changes: Counter[Change] = field(default_factory=Counter)
    samples: dict[Change, list[tuple[str, str]]] = field(default_factory=dict)  # address, the server's words
    drifted: int = 0  # would be judged otherwise by Retour's rules of today; no own rule has a part in it
    unparsed: int = 0
    understood: int = 0  # of the unparsed
    stopped: int = 0
    back: int = 0
    newly_dead: int = 0
    living: int = 0  # of these, with a sign of life since

    def count(self, affected: Affected) -> None:
        """Add an address."""
        self.stopped += affected.stops
        self.back += affected.comes_back
        self.newly_dead += affected.newly_dead
        self.living += affected.newly_dead and affected.sign_of_life


class Place(NamedTuple):
    """What there is to look at, and with which rules."""

    store: Store
    inbox: Inbox
    keyring: Keyring
    rules: Classifier
    now: Instant


def tried(trial: Trial, place: Place) -> Iterator[Affected]:
    """Each address to which these rules would do something; `trial` has the sums so far."""
    for of in (_of_stored, _of_unparsed):
        for affected in of(trial, place):
            trial.count(affected)
            yield affected


def tried_on_queue(trial: Trial, place: Place, most: int) -> Iterator[Affected]:
    """The same for the latest of what was not understood alone."""
    for affected in _of_unparsed(trial, place, most):
        trial.count(affected)
        yield affected


# --- stored evidence ---------------------------------------------------------------------------------------


def _of_stored(trial: Trial, place: Place) -> Iterator[Affected]:
    after: str | None = None
    while True:
        histories, after = place.store.ledger.histories(BATCH, after)
        for history in histories:
            changed = _changed(trial, history, place)
            if changed and history.account:
                yield from _affected(history, changed, place)
        if after is None:
            return


def _changed(trial: Trial, history: History, place: Place) -> dict[bytes, tuple[Event, Verdict]]:
    """The events of an address that own rules would judge otherwise, as they would be, by their ids."""
    changed: dict[bytes, tuple[Event, Verdict]] = {}
    for event in history.events:
        if event.evidence is None:
            continue
        trial.looked_at += 1
        verdict = _again(event.evidence, place)
        if _meaning(verdict) == _meaning(event.evidence.verdict):
            continue
        if not _is_own(verdict.rule) and not _is_own(event.evidence.verdict.rule):
            trial.drifted += 1
            continue
        changed[event.id] = event._replace(kind=EventKind(verdict.kind), reason=verdict.reason), verdict
        before = event.evidence.verdict
        rule = verdict.rule if _is_own(verdict.rule) else before.rule
        _note(trial, _meaning(before), verdict, rule, event.evidence.report, history.address, place)
    return changed


def _again(evidence: Evidence, place: Place) -> Verdict:
    """The verdict under the rules that are tried; with the whole mail where the words alone told nothing."""
    verdict = place.rules.classify(evidence.report)
    told = _is_own(verdict.rule) or evidence.verdict.reason is not Reason.UNDETERMINED
    arrival = None if told or evidence.arrival is None else place.inbox.arrival(evidence.arrival)
    if arrival is None or arrival.form != MAIL:
        return verdict
    return place.rules.classify(evidence.report, parse(arrival.raw))


def _affected(
    history: History, changed: dict[bytes, tuple[Event, Verdict]], place: Place
) -> Iterator[Affected]:
    events = [changed[event.id][0] if event.id in changed else event for event in history.events]
    dead = [event for event, verdict in changed.values() if verdict.group is Group.DEAD and _counts(event)]
    yield from _compared(history, events, dead, {verdict.rule for _, verdict in changed.values()}, place)


def _compared(
    history: History, events: Sequence[Event], dead: Sequence[Event], rules: set[str], place: Place
) -> Iterator[Affected]:
    """The address, where its decision or its life would be another."""
    versions = place.store.accounts.policies(history.account)
    policy = in_force(versions, place.now).policy

    def decision(of: Sequence[Event]) -> Decision:
        state = fold(of, versions, place.now, history.deliveries)
        return decide(state, policy, MailKind.MAILING, history.address)

    before, after = decision(history.events), decision(events)
    newly = bool(dead) and not any(map(_is_dead, history.events))
    if newly or _stops(before) is not _stops(after):
        life = newly and _lives(history, min(event.at for event in dead))
        yield Affected(history.account, history.address, before, after, tuple(sorted(rules)), newly, life)


# --- the unparsed queue ------------------------------------------------------------------------------------


def _of_unparsed(trial: Trial, place: Place, most: int | None = None) -> Iterator[Affected]:
    queue = arrivals(place.inbox, most)
    judging = partial(judge, rules=place.rules)
    while batch := list(islice(queue, _ARRIVALS)):
        read = read_batch(batch, place.store, place.keyring, judging, place.now)
        trial.unparsed += len(batch)
        trial.understood += sum(outcome is Outcome.JUDGED for outcome in read.outcomes.values())
        by_address: dict[tuple[str, str], list[Event]] = {}
        for event in read.events:
            if event.evidence is not None and _is_own(event.evidence.verdict.rule):
                verdict, report = event.evidence.verdict, event.evidence.report
                _note(trial, UNPARSED, verdict, verdict.rule, report, event.address, place)
                by_address.setdefault((event.account, event.address), []).append(event)
        for (account, address), events in by_address.items():
            if account:
                yield from _joined(account, address, events, place)


def _joined(account: str, address: str, new: Sequence[Event], place: Place) -> Iterator[Affected]:
    """An address to whose life these events would come."""
    life = place.store.ledger.life(account, address, place.now)
    known = life.events if life else ()
    sends = life.sends if life else ()
    deliveries = tuple((send.id, send.delivered_at) for send in sends if send.delivered_at is not None)
    seen = {event.id for event in known}
    fresh = [event for event in new if event.id not in seen]
    dead = [event for event in fresh if _is_dead(event)]
    rules = {event.evidence.verdict.rule for event in fresh if event.evidence}
    history = History(account, address, known, deliveries)
    yield from _compared(history, [*known, *fresh], dead, rules, place)


# --- what is meant -----------------------------------------------------------------------------------------


def _note(
    trial: Trial, before: str, verdict: Verdict, rule: str, report: Report, address: str, place: Place
) -> None:
    provider = ", ".join(sorted(place.rules.providers(report)))
    change = Change(before, _meaning(verdict), rule, provider)
    trial.changes[change] += 1
    samples = trial.samples.setdefault(change, [])
    if len(samples) < SAMPLES:
        samples.append((address, report.diagnostic or report.text))


def _meaning(verdict: Verdict) -> str:
    """What a verdict says: a reason, or a kind of what is no bounce; that a delay is one is told as well."""
    if verdict.reason is None:
        return str(verdict.kind)
    return str(verdict.reason) if verdict.kind == "bounce" else f"{verdict.kind}: {verdict.reason}"


def _is_own(rule: str) -> bool:
    return rule not in _ours()


@cache
def _ours() -> frozenset[str]:
    return frozenset(rule.id for rule in packaged().rules) | {"none"}


def _counts(event: Event) -> bool:
    return event.kind is EventKind.BOUNCE and event.standing is Standing.PROVEN


def _is_dead(event: Event) -> bool:
    return _counts(event) and event.reason is not None and GROUPS[event.reason] is Group.DEAD


def _lives(history: History, since: Instant) -> bool:
    """Whether anything came from the mailbox, or got into it, after it is said to have been dead."""
    if any(at > since for _, at in history.deliveries):
        return True
    return any(event.kind in _SIGNS_OF_LIFE and event.at > since for event in history.events)


def _stops(decision: Decision) -> bool:
    """Whether mail stops; under a policy that only observes, whether it would."""
    return (decision.would_be or decision.answer) is not Answer.SEND
