"""What a what-if or a replay found, before anything is done: counts, and which addresses.

The counts are small and lie with the job; who it is lies in a file of its own, by keyed hashes alone: an
address that is erased meanwhile is in no finding either.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from retour.instants import Instant
from retour.lifecycle import as_judged
from retour.model import Cause, Event, EventKind, Reason, State, StateName
from retour.ports import Latest

SAMPLES = 10  # addresses of each move that are shown with the counts

Tally = tuple[str, ...]
"""What is counted: its name first, then what it is counted by."""


class Move(StrEnum):
    """What would happen to an address."""

    STOPS = "stops"  # becomes invalid
    RETURNS = "returns"  # is invalid no more
    CAUSES = "causes"  # stays invalid, for other causes
    LATER = "later"  # is invalid, and comes back at another time than it would have


class Finding(NamedTuple):
    """An address to which something would happen."""

    place: str
    move: Move
    before: str  # state, with the causes of an invalid one: "invalid: soft"
    after: str
    reason: str  # of its latest bounce; "" where there is none
    provider: str  # "" where the domain does not tell
    active: str  # signs of life within the last 90 days, "delivery open"
    at: Instant | None = None  # when it comes back by itself, from then on


class Judgement(NamedTuple):
    """What a replay makes of one report; of a whole life where `id` is empty."""

    place: str
    id: bytes
    kind: str
    reason: str  # "" for what is no bounce
    rule: str  # that says so; of a life the number of the version


class Understood(NamedTuple):
    """A bounce that rules would make of an arrival that was not understood when it came."""

    place: str
    id: bytes  # that its event would have
    arrival: bytes
    at: Instant
    reason: str
    status: str | None
    send: int | None
    handed_over: Instant | None
    rule: str


@dataclass(slots=True)
class Piece:
    """What a share of the work found."""

    looked_at: int = 0
    counts: Counter[Tally] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    understood: list[Understood] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)  # what is to be applied of that, read once more

    def add(self, finding: Finding) -> None:
        """Take an address, and count it."""
        move = finding.move.value
        self.findings.append(finding)
        self.counts["move", move] += 1
        self.counts["reason", move, finding.reason] += 1
        self.counts["provider", move, finding.provider] += 1
        if finding.active:
            self.counts["active", move] += 1
            self.counts.update(("active_by", move, sign) for sign in finding.active.split(" "))


class Findings(Protocol):
    """The addresses of one what-if or replay, on disk."""

    def add(self, piece: Piece) -> None:
        """Commit what a piece has found."""

    def judged(self) -> object:
        """All judgements were added, and all that was understood: they can be looked up by place."""

    def done(self) -> None:
        """All were added: they are put in order, by place."""

    def page(self, move: Move | None, limit: int, after: int = 0) -> list[tuple[int, Finding]]:
        """Findings with the numbers to page on by, by place."""

    def places(self, limit: int, after: str = "") -> list[str]:
        """The places that judgements were made for, or where something was understood, in order."""

    def judgements(self, places: Sequence[str]) -> list[Judgement]:
        """The judgements made for these places."""

    def understood(self, places: Sequence[str]) -> list[Understood]:
        """What was understood at these places."""

    def arrivals(self, limit: int, after: bytes = b"") -> list[bytes]:
        """The arrivals that were understood, in the order of their ids."""

    def understood_of(self, arrivals: Sequence[bytes]) -> list[Understood]:
        """What was understood of these arrivals."""

    def close(self) -> None: ...


class Shelf(Protocol):
    """Where findings lie, each under the id of the job that made them."""

    def begin(self, id: str) -> Findings:
        """Empty findings; those of an attempt before are gone."""

    def find(self, id: str) -> Findings | None:
        """Those of a job that was done; None when they are gone."""

    def expire(self, before: Instant) -> int:
        """Drop those made before; returns how many."""


def state_of(state: State) -> str:
    """A state in a word, with the causes of an invalid one."""
    if state.state is not StateName.INVALID:
        return state.state.value
    return f"invalid: {', '.join(cause.value for cause in Cause if cause in state.causes)}"


def move_of(before: State, after: State) -> Move | None:
    """What happens between two states; None for nothing that anybody would notice."""
    stopped, stops = before.state is StateName.INVALID, after.state is StateName.INVALID
    if stopped is not stops:
        return Move.STOPS if stops else Move.RETURNS
    if stops and before.causes != after.causes:
        return Move.CAUSES
    return Move.LATER if stops and before.until != after.until else None


def signs(
    latest: Latest, events: Sequence[Event], deliveries: Sequence[tuple[int | None, Instant]], since: Instant
) -> str:
    """What an address did since then: delivered to, opened, clicked, replied, logged in."""
    bounced = {event.send for event in as_judged(events)[0] if event.kind is EventKind.BOUNCE}
    told = [(event.send, event.at) for event in events if event.kind is EventKind.DELIVERED]
    return signs_beside(latest, bounced, [*deliveries, *told], since)


def signs_beside(
    latest: Latest,
    bounced: Collection[int | None],
    deliveries: Sequence[tuple[int | None, Instant]],
    since: Instant,
) -> str:
    """The same where these sends bounced: a delivery of theirs was none."""
    told = [at for send, at in deliveries if send is None or send not in bounced]
    known = ["delivery"] if any(at >= since for at in told) else []
    return " ".join([*known, *(sign.value for sign in latest if latest[sign] >= since)])


def named(reason: Reason | None) -> str:
    """A reason as findings hold it."""
    return "" if reason is None else reason.value


def summed(counts: Mapping[Tally, int]) -> dict[str, object]:
    """Counts as JSON has them: an object for each word of the tally."""
    whole: dict[str, Any] = {}
    for (*way, last), count in sorted(counts.items()):
        inner = whole
        for word in way:
            inner = inner.setdefault(word, {})
        inner[last] = count
    return whole
