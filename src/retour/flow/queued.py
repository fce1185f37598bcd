"""What was not understood when it came, under other rules: the bounces that these would make of it.

A part of a replay: they are found with its preview and recorded with its wave, as events of its own, so that
undone they were never there. The arrivals stay in the queue, which holds what the rules in use do not
understand; what these make of it later takes the place of what a replay has made (lifecycle.judgements). What
would be no bounce is only told of: it comes with the rules in use alone (`retour unparsed retry`).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from retour.flow.findings import Findings, Piece, Understood, named
from retour.flow.intake import read_batch
from retour.flow.reads import Judge
from retour.flow.shapes import arrivals
from retour.flow.tie import claim_of
from retour.identity import act_id
from retour.instants import Instant
from retour.lifecycle import as_judged
from retour.lifecycle.judgements import of_understood, stands_for
from retour.model import NOTHING_RETURNED, Arrival, Event, EventKind, Reason, Standing
from retour.parse.providers.generic import Map
from retour.ports import WHOLE, History, Inbox, Outcome, Part, Store
from retour.return_address import Keyring

SAMPLES = 5  # arrivals of each reason that are named
_BATCH = 100
_UNDERSTOOD = EventKind.UNDERSTOOD


@dataclass(frozen=True, slots=True)
class Queue:
    """What is needed to read what was not understood."""

    store: Store
    inbox: Inbox
    keyring: Keyring
    judge: Judge
    mappings: Mapping[str, Map] = field(default_factory=dict)  # as `flow.intake.read_batch` has them


# --- looking ----------------------------------------------------------------------------------------------


def queued(account: str, queue: Queue, now: Instant, part: Part = WHOLE) -> Iterator[Piece]:
    """What of the queue would be understood of an account, batch by batch; a share has some of them."""
    waiting, number, named_so_far = _about(account, queue), 0, Counter[str]()
    while batch := list(islice(waiting, _BATCH)):
        number += 1
        if number % part[1] == part[0] and (events := _read(batch, account, queue, now)):
            yield _piece(account, events, queue.store, named_so_far)


def _about(account: str, queue: Queue) -> Iterator[Arrival]:
    """The arrivals that may be about an account. Whose source or return address each came by is soon told;
    to read all is not, for a replay of every account looks at the queue once for each."""
    accounts = {each.number: each for each in queue.store.accounts.accounts()}
    for arrival in arrivals(queue.inbox):
        theirs = arrival.account
        if theirs is None:
            theirs = claim_of(arrival, NOTHING_RETURNED, queue.keyring, accounts).account or None
        if theirs in (None, account):
            yield arrival


def _read(batch: Sequence[Arrival], account: str, queue: Queue, now: Instant) -> list[Event]:
    """The proven reports about addresses of the account in arrivals that are understood."""
    read = read_batch(batch, queue.store, queue.keyring, queue.judge, now, queue.mappings)
    known = {id for id, outcome in read.outcomes.items() if outcome is Outcome.JUDGED}
    return [event for event in read.events if event.account == account and _tells(event, known)]


def _tells(event: Event, understood: set[bytes]) -> bool:
    evidence = event.evidence
    return evidence is not None and evidence.arrival in understood and event.standing is Standing.PROVEN


def _piece(account: str, events: Sequence[Event], store: Store, named_so_far: Counter[str]) -> Piece:
    piece = Piece()
    known = store.ledger.known(account, list({event.address for event in events}))
    for event in events:
        history = known.get(event.address)
        if event.id in _ids(history) or event.evidence is None or event.evidence.arrival is None:
            continue
        if event.kind is not EventKind.BOUNCE:
            piece.counts["unparsed", "others", event.kind.value] += 1
            continue
        row = _row(store.sweep.place(event.address), event, event.evidence.arrival)
        if not fresh([row], () if history is None else history.events):
            continue
        piece.understood.append(row)
        piece.counts["unparsed", "understood", row.reason] += 1
        if named_so_far[row.reason] < SAMPLES:
            named_so_far[row.reason] += 1
            piece.counts["unparsed", "samples", row.reason, row.arrival.hex()] = 1
    return piece


def _ids(history: History | None) -> Collection[bytes]:
    return () if history is None else {event.id for event in history.events}


def _row(place: str, event: Event, arrival: bytes) -> Understood:
    rule = event.evidence.verdict.rule if event.evidence else ""
    facts = event.at, named(event.reason), event.status, event.send, event.handed_over
    return Understood(place, event.id, arrival, *facts, rule)


def fresh(rows: Sequence[Understood], events: Sequence[Event]) -> list[Understood]:
    """Those that say something else than what is known of their address."""
    ids = {event.id for event in events}
    read = {
        stands_for(event): named(event.reason)
        for event, now in zip(events, as_judged(events)[0], strict=True)
        if event.kind is _UNDERSTOOD and now.kind is EventKind.BOUNCE
    }
    return [row for row in rows if row.id not in ids and read.get(row.id.hex()) != row.reason]


# --- doing ------------------------------------------------------------------------------------------------


def read_again(
    account: str, findings: Findings, queue: Queue, now: Instant, part: Part = WHOLE
) -> Iterator[Piece]:
    """The events of what was understood, with their evidence; none where the arrival is gone, or says
    something else than it did when the preview was made."""
    after, number = b"", 0
    while ids := findings.arrivals(_BATCH, after):
        after, number = ids[-1], number + 1
        if number % part[1] == part[0]:
            wanted = {(row.id, row.reason) for row in findings.understood_of(ids)}
            batch = [arrival for id in ids if (arrival := queue.inbox.arrival(id)) is not None]
            events = _read(batch, account, queue, now)
            found = [event for event in events if (event.id, named(event.reason)) in wanted]
            yield Piece(events=found)


def applied(
    events: Sequence[Event], store: Store, replay: str, at: Instant, by: tuple[str, str]
) -> list[Event]:
    """The events by which a replay takes these in; none for what is known by now. `by`: actor and reason."""
    if not events:
        return []
    known = store.ledger.known(events[0].account, list({event.address for event in events}))
    made = []
    for event in events:
        history = known.get(event.address)
        row = _row("", event, b"")
        if fresh([row], () if history is None else history.events):
            told = act_of(row, replay, event.account, event.address, at, *by)
            made.append(told._replace(evidence=event.evidence, defects=event.defects))
    return made


def act_of(
    row: Understood, replay: str, account: str, address: str, at: Instant, actor: str, note: str = ""
) -> Event:
    """The event that something understood is. Its id is the same however often it is made."""
    said = f"{row.reason} by {row.rule} (replay {replay})"
    return Event(
        id=act_id(f"replay {replay} {row.id.hex()}", account, address, at, ""),
        kind=_UNDERSTOOD,
        at=row.at,
        reason=Reason(row.reason) if row.reason else None,
        status=row.status,
        send=row.send,
        handed_over=row.handed_over,
        outcome=of_understood(row.id, at),
        account=account,
        address=address,
        actor=actor,
        note=f"{said}: {note}" if note else said,
    )
