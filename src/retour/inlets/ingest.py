"""What `retour ingest` does with messages at rest: keep a batch, and only then put its files away."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from retour.inlets.arrivals import arrival
from retour.inlets.delivered import delivered_to
from retour.inlets.mailboxes import Found, Unreadable
from retour.instants import Instant
from retour.model import Arrival, Proof

INLET = "ingest"
BATCH_MESSAGES = 1000
BATCH_OCTETS = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Terms:
    """How the messages of one call are taken: as an envelope would have told it, and with which proof."""

    proof: Proof = Proof.TOKEN
    account: str | None = None
    rcpt: str | None = None
    mail_from: str | None = None

    @property
    def inlet(self) -> str:
        """Name of the source, a different one for other terms: who takes a file again on better terms
        wants it taken, who takes it twice on the same does not."""
        terms = ("" if self.proof is Proof.TOKEN else self.proof, self.account)
        return ":".join((INLET, *filter(None, terms)))


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that is durable."""

    source: str
    arrival: Arrival


Put = Callable[[Sequence[Arrival]], None]
Clock = Callable[[], Instant]


def ingest(
    messages: Iterable[Found | Unreadable], terms: Terms, put: Put, clock: Clock
) -> Iterator[list[Kept | Unreadable]]:
    """Batch by batch, in order: what is durable and what could not be read.

    What `put` raises goes through; the messages of that batch are then not put away and will come again.
    """
    for batch in _batches(messages):
        taken = [_taken(message, terms, clock) for message in batch]
        put([each.arrival for each in taken if isinstance(each, Kept)])
        for message in batch:
            if isinstance(message, Found):
                message.put_away()
        yield taken


def _batches(messages: Iterable[Found | Unreadable]) -> Iterator[list[Found | Unreadable]]:
    batch: list[Found | Unreadable] = []
    octets = 0
    for message in messages:
        batch.append(message)
        octets += len(message.raw) if isinstance(message, Found) else 0
        if len(batch) >= BATCH_MESSAGES or octets >= BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch


def _taken(message: Found | Unreadable, terms: Terms, clock: Clock) -> Kept | Unreadable:
    if isinstance(message, Unreadable):
        return message
    made = arrival(
        terms.inlet,
        message.raw,
        message.size,
        clock(),
        mail_from=terms.mail_from,
        rcpt_to=terms.rcpt or delivered_to(message.raw),
        proof=terms.proof,
        account=terms.account,
    )
    return Kept(message.source, made)
