"""What was not understood when it came, under other rules: how much of it would be, and what that would do.

A part of a replay's preview, and it only reads. It is taken in by those rules once they are in use
(`retour unparsed retry`): then its events are there as though they had been understood at once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from retour.flow.findings import Move, Piece, move_of, named
from retour.flow.intake import read_batch
from retour.flow.reads import Judge
from retour.flow.shapes import arrivals
from retour.instants import Instant
from retour.lifecycle import fold
from retour.model import Event, EventKind, Standing
from retour.parse.providers.generic import Map
from retour.ports import WHOLE, Inbox, Outcome, Part, Store
from retour.return_address import Keyring

SAMPLES = 5  # arrivals of each reason that are named
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Queue:
    """What is needed to read what was not understood."""

    store: Store
    inbox: Inbox
    keyring: Keyring
    judge: Judge
    mappings: Mapping[str, Map] = field(default_factory=dict)  # as `flow.intake.read_batch` has them


def queued(account: str, queue: Queue, now: Instant, part: Part = WHOLE) -> Iterator[Piece]:
    """What of the queue would be understood of an account, batch by batch; a share has some of them."""
    waiting, number, named_so_far = arrivals(queue.inbox), 0, Counter[str]()
    while batch := list(islice(waiting, _BATCH)):
        number += 1
        if number % part[1] != part[0]:
            continue
        read = read_batch(batch, queue.store, queue.keyring, queue.judge, now, queue.mappings)
        known = {id for id, outcome in read.outcomes.items() if outcome is Outcome.JUDGED}
        events = [event for event in read.events if event.account == account and _tells(event, known)]
        if events:
            yield _piece(account, events, queue.store, now, named_so_far)


def _tells(event: Event, understood: set[bytes]) -> bool:
    evidence = event.evidence
    return evidence is not None and evidence.arrival in understood and event.standing is Standing.PROVEN


def _piece(account: str, events: Sequence[Event], store: Store, now: Instant, sampled: Counter[str]) -> Piece:
    piece, of = Piece(), dict[str, list[Event]]()
    for event in events:
        said = named(event.reason) if event.kind is EventKind.BOUNCE else event.kind.value
        piece.counts["unparsed", "understood", said] += 1
        of.setdefault(event.address, []).append(event)
        if event.evidence is not None and event.evidence.arrival and sampled[said] < SAMPLES:
            sampled[said] += 1
            piece.counts["unparsed", "samples", said, event.evidence.arrival.hex()] = 1
    for address, new in of.items():
        if (move := _move(account, address, new, store, now)) is not None:
            piece.counts["unparsed", "move", move.value] += 1
    return piece


def _move(account: str, address: str, new: Sequence[Event], store: Store, now: Instant) -> Move | None:
    """What would happen to an address, were these understood besides all that is known of it."""
    history = store.ledger.known(account, [address]).get(address)
    known = () if history is None else history.events
    deliveries = () if history is None else history.deliveries
    versions = store.accounts.policies(account)
    before = fold(known, versions, now, deliveries)
    return move_of(before, fold((*known, *new), versions, now, deliveries))
