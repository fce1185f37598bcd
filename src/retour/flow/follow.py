"""Following a log: lines as they are written → arrivals, each the lines that one event was read from.

What the lines say is found out when the arrival is judged; here it is only decided what is worth keeping, and
whose it is. Correlation outlives a restart: the lines of open mails are kept beside the cursor.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from retour.identity import arrival_id
from retour.instants import Instant
from retour.model import Arrival, Kind, Proof
from retour.parse.logs import Entry, Feed
from retour.return_address import looks_like

_TOGETHER = 500  # deliveries that share an arrival at most
_OCTETS = 256 * 1024  # of an arrival of deliveries
_OPEN = 20_000  # delays that are remembered; the oldest go


@dataclass(frozen=True, slots=True)
class Terms:
    """How a log is taken: what wrote it, whose mails are in it, and what it has to prove."""

    name: str
    form: str  # of parse.logs.LOGS
    proof: Proof = Proof.TRUSTED
    account: str | None = None  # of all mails in it
    senders: Mapping[str, str] = field(default_factory=dict)  # account by envelope sender, or its domain
    deliveries: bool = True  # whether successes are taken, too

    @property
    def inlet(self) -> str:
        """Name of the source in events."""
        return f"log:{self.name}"

    def account_of(self, sender: str | None) -> str | None:
        """Whose mail it was by its envelope sender. A signed return address tells it by itself, later.

        A bounce that our own server sends (null sender) is nobody's send: its failure says nothing of an
        address that anyone here wrote to.
        """
        if sender is None:
            return self.account
        address = sender.lower()
        named = self.senders.get(address) or self.senders.get(address.rpartition("@")[2])
        return named or (self.account if sender else None)


class LogReader:
    """Reads one log on its terms."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._feed = Feed(terms.form, terms.deliveries)
        self._delays: dict[tuple[str | None, ...], tuple[str | None, ...]] = {}
        self.lines = self.defects = 0
        self.kept = 0  # events

    def read(self, lines: bytes, now: Instant) -> list[Arrival]:
        """What these lines tell that is worth keeping; one that has no end yet is read with the next."""
        self.lines += lines.count(b"\n")
        return self._arrivals(self._feed.take(lines), now)

    def end(self, now: Instant) -> list[Arrival]:
        """What the last line tells, where it has no end and none will come."""
        self.lines += bool(self._feed.held)
        return self._arrivals(self._feed.end(), now)

    def _arrivals(self, entries: Sequence[Entry], now: Instant) -> list[Arrival]:
        told = [entry for entry in entries if self._is_news(entry)]
        self.kept += len(told)
        self.defects += sum(not entry.reading.reports for entry in told)
        passing = [entry for entry in told if entry.reading.kind is Kind.DELIVERED]
        others = [entry for entry in told if entry.reading.kind is not Kind.DELIVERED]
        return [*self._one_by_one(others, now), *self._together(passing, now)]

    def recall(self, lines: bytes) -> None:
        """Lines that were read before: only what they lend to later ones is taken."""
        for entry in self._feed.take(lines):
            self._is_news(entry)

    def open_lines(self) -> bytes:
        """What another reader has to recall to go on in this one's place."""
        return b"".join(line + b"\n" for line in self._feed.open_lines())

    def _is_news(self, entry: Entry) -> bool:
        """Whether an entry says something that is not known, about a mail that somebody sent.

        A mail that waits for days is told of at each attempt: kept is the first delay, and each that has
        another code than the one before. Probes of addresses send no mail (Postfix, verify(8)).
        """
        reading = entry.reading
        if not reading.reports:
            return True
        report = reading.reports[0]
        mail = entry.host, entry.queue_id, report.recipient
        if reading.kind is not Kind.DELAY:
            self._delays.pop(mail, None)
            return reading.kind is not Kind.OTHER and (
                reading.kind is not Kind.DELIVERED or self._is_somebodys(entry)
            )
        code = report.status, report.reply_code
        if self._delays.get(mail) == code:
            return False
        if len(self._delays) >= _OPEN:
            del self._delays[next(iter(self._delays))]
        self._delays[mail] = code
        return True

    def _is_somebodys(self, entry: Entry) -> bool:
        """Whether a delivery can be tied to a send: its sender is an account's, or a return address."""
        sender = entry.sender or ""
        return self._terms.account_of(entry.sender) is not None or looks_like(sender.rpartition("@")[0])

    def _one_by_one(self, entries: Sequence[Entry], now: Instant) -> Iterator[Arrival]:
        """An arrival for each line that tells of failures or delays, with those it was understood by."""
        for lines, told in groupby(entries, key=lambda entry: entry.lines):
            raw = b"".join(line + b"\n" for line in lines)
            yield self._arrival(raw, self._terms.account_of(next(told).sender), now)

    def _together(self, entries: Sequence[Entry], now: Instant) -> Iterator[Arrival]:
        """Deliveries in their order, many in an arrival of their account."""
        gathered: dict[str | None, list[Sequence[bytes]]] = {}
        for entry in entries:
            gathered.setdefault(self._terms.account_of(entry.sender), []).append(entry.lines)
        for account, told in gathered.items():
            for raw in _packed(told):
                yield self._arrival(raw, account, now, passing=True)

    def _arrival(self, raw: bytes, account: str | None, now: Instant, passing: bool = False) -> Arrival:
        terms = self._terms
        return Arrival(
            arrival_id(terms.inlet, raw, account),
            terms.inlet,
            now,
            raw,
            len(raw),
            proof=terms.proof,
            account=account,
            form=terms.form,
            passing=passing,
        )


def _packed(told: Sequence[Sequence[bytes]]) -> Iterator[bytes]:
    """The lines of deliveries, so many together as an arrival may hold.

    What several recipients of a mail have in common stands there once.
    """
    gathered: list[bytes] = []
    octets = count = 0
    before: Sequence[bytes] = ()
    for lines in told:
        if gathered and (count >= _TOGETHER or octets > _OCTETS):
            yield b"".join(gathered)
            gathered, octets, count, before = [], 0, 0, ()
        new = lines[-1:] if lines[:-1] == before else lines
        gathered += [line + b"\n" for line in new]
        octets += sum(map(len, new))
        before, count = lines[:-1], count + 1
    if gathered:
        yield b"".join(gathered)
