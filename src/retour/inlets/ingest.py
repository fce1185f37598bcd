"""What `retour ingest` does with messages at rest: keep a batch, and only then put its files away."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from retour import return_address
from retour.inlets.arrivals import arrival
from retour.inlets.mailboxes import Found, Unreadable
from retour.instants import Instant
from retour.model import Arrival, Proof

INLET = "ingest"
BATCH_MESSAGES = 1000
BATCH_OCTETS = 16 * 1024 * 1024

_HEADERS = 128 * 1024  # security.md §3
_HEADERS_END = re.compile(rb"(?:\A|\n)\r?\n")  # an empty line, were it the first
# Our own MTA writes them on top of all that the sender wrote (postconf(5), prepend_delivered_header), so that
# the topmost of each name is the one to look at.
_DELIVERED_TO = (
    re.compile(rb"^X-Original-To:[ \t]*<?([^\s<>]+)", re.IGNORECASE | re.MULTILINE),
    re.compile(rb"^Delivered-To:[ \t]*<?([^\s<>]+)", re.IGNORECASE | re.MULTILINE),
)


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


def delivered_to(raw: bytes) -> str | None:
    """The return address to which our MTA delivered a mail, None when it names none.

    Only what has the shape of a return address is told. Whether it is genuine the intake finds out, so that
    a header that a stranger wrote gains him nothing that mail to that same address would not.
    """
    end = _HEADERS_END.search(raw, 0, _HEADERS)
    headers = raw[: end.start() if end else _HEADERS]
    for pattern in _DELIVERED_TO:
        topmost = pattern.search(headers)
        if topmost is not None:
            candidate = topmost[1].decode("utf-8", "replace")
            if return_address.looks_like(candidate.rpartition("@")[0]):
                return candidate
    return None
