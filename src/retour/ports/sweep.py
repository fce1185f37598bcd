"""Looking over all addresses of an account, or all their reports, without holding the writer up.

What a what-if and a replay read: narrow rows in batches, in constant memory, in several processes if wanted.
A place is what an address is called where its name may not stand: a keyed hash. It outlives an erasure, and
then leads nowhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from retour.instants import Instant
from retour.lifecycle.glance import Told
from retour.model import Event, EventKind, Evidence, Reason, Report, State

WHOLE = (0, 1)

Part = tuple[int, int]
"""Which share of how many."""


class Brief(NamedTuple):
    """An address in one account, with as much of it as tells of most what would become of them."""

    place: str
    address: str
    told: Sequence[Told] = ()
    settled: State | None = None  # as stored, where no version of a policy can move it: nothing else was read
    ids: Sequence[bytes] = ()  # of what is told, where they were asked for


class Swept(NamedTuple):
    """An address in one account; its events are without evidence."""

    place: str
    address: str
    events: Sequence[Event] = ()
    deliveries: Sequence[tuple[int | None, Instant]] = ()


class Reported(NamedTuple):
    """A proven report with what it was judged on."""

    place: str
    id: bytes
    kind: EventKind
    reason: Reason | None
    report: Report
    evidence: Callable[[], Evidence]  # with the rest; few are asked for


class Sweep(Protocol):
    """Reading over an account. Every call raises KeyError for an unknown account."""

    def size(self, account: str) -> tuple[int, int]:
        """How many addresses have events, and the number of the latest event of all accounts."""

    def lives(
        self,
        account: str,
        limit: int,
        now: Instant,
        after: str | None = None,
        part: Part = WHOLE,
        whole: bool = False,
    ) -> tuple[list[Brief], str | None]:
        """The next addresses of a share; the cursor is None at the end.

        Unless all are wanted (`whole`), those that `lifecycle.foreseen.untouched` names at `now` are settled.
        """

    def reports(self, account: str, span: int, after: int = 0) -> list[Reported]:
        """The proven reports among the next `span` numbers of events, that a judgement may be made of."""

    def at(self, account: str, places: Sequence[str]) -> list[Swept]:
        """The addresses at these places, with their events; those that lead nowhere are left out."""

    def briefs(self, account: str, places: Sequence[str]) -> list[Brief]:
        """The same as `at` in brief, with the ids of the events."""

    def deliveries(
        self, account: str, places: Sequence[str]
    ) -> Mapping[str, Sequence[tuple[int | None, Instant]]]:
        """Deliveries to the addresses at these places, each its send and time; no key where none was."""

    def judged(self, account: str, span: int, after: int = 0) -> list[str]:
        """Where the next `span` numbers of events have judgements of reports."""

    def names(self, account: str, places: Sequence[str]) -> Mapping[str, str]:
        """The addresses at these places: those that have events, or that a send is known to."""

    def place(self, address: str) -> str:
        """Where an address is, or would be."""
