"""What came from each source, and when last: gathered in memory, written down every few seconds.

A crash loses the counts of these seconds and nothing else: arrivals themselves lie in the inbox.
"""

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from retour.flow.lags import Lag, lagged
from retour.instants import SECOND, Instant
from retour.model import Arrival, Event
from retour.ports import Outcome

_EVERY: Instant = 5 * SECOND
_MOST = 10_000  # sources between two writings; names come from settings, so there are few


class FromSource(NamedTuple):
    """What came from one source for one account ("": for none)."""

    source: str
    account: str
    first_at: Instant
    last_at: Instant
    arrivals: int
    unparsed: int
    last_unparsed_at: Instant | None


class Standing(NamedTuple):
    """How a way in stands now, as it says itself."""

    state: str  # "open", "closed" (a setting is missing), "refused" (its posts are), "failing"
    since: Instant | None = None
    why: str = ""  # what is missing, or why it is refused
    behind: int | None = None  # seconds since all that lay there was read
    waiting: int | None = None  # seen there and not yet durable


OPEN = Standing("open")


class Kept(Protocol):
    """Where it is written down."""

    def add(self, told: Iterable[FromSource], late: Iterable[Lag] = ()) -> None:
        """Counts are added, times are widened; one commit."""

    def lags(self, account: str, first: int, last: int) -> list[Lag]:
        """How late it was known, of an account from one day to another."""

    def of(self, account: str | None = None) -> list[FromSource]:
        """Of an account, or of all."""


class Heard:
    """Counts arrivals by source. May be asked from any thread."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._new: dict[tuple[str, str], FromSource] = {}
        self._late: Counter[tuple[str, str, int, int]] = Counter()
        self._written: Instant = 0

    def note(
        self,
        arrivals: Sequence[Arrival],
        outcomes: Mapping[bytes, Outcome],
        events: Iterable[Event] = (),
        now: Instant = 0,
    ) -> None:
        """Arrivals that were judged just now, and what they told of.

        One of no account, as to an inlet that all share, came for those whose sends it names.
        """
        events = list(events)
        late, named = lagged(arrivals, events, now), _named(events)
        with self._lock:
            if len(self._late) < _MOST:
                self._late.update(late)
            for each in arrivals:
                strange = outcomes.get(each.id) is Outcome.UNPARSED
                for account in (each.account,) if each.account else named.get(each.id, ("",)):
                    self._count((each.inlet, account), each.received_at, strange)

    def _count(self, place: tuple[str, str], at: Instant, strange: bool) -> None:
        if place in self._new or len(self._new) < _MOST:
            self._new[place] = _more(self._new.get(place), place, at, strange)

    def flush(self, now: Instant, at_once: bool = False) -> None:
        """Write down what is new, if the last time was long ago. Raises what the store raises."""
        if not at_once and now - self._written < _EVERY:
            return
        with self._lock:
            new, self._new, self._written = self._new, {}, now
            late, self._late = self._late, Counter()
        if new or late:
            self._kept.add(new.values(), [Lag(*place, events) for place, events in late.items()])

    def lags(self, account: str, first: int, last: int) -> list[Lag]:
        """How late it was known so far, of an account from one UTC day to another."""
        self.flush(self._written, at_once=True)
        return self._kept.lags(account, first, last)

    def of(self, account: str | None = None) -> list[FromSource]:
        """What came so far, of an account or of all."""
        self.flush(self._written, at_once=True)
        return self._kept.of(account)


def _named(events: Iterable[Event]) -> Mapping[bytes, Collection[str]]:
    """For arrivals by their ids, the accounts that something was told of."""
    found: dict[bytes, set[str]] = {}
    for event in events:
        if event.evidence is not None and event.evidence.arrival and event.account:
            found.setdefault(event.evidence.arrival, set()).add(event.account)
    return found


def _more(before: FromSource | None, place: tuple[str, str], at: Instant, strange: bool) -> FromSource:
    if before is None:
        return FromSource(*place, at, at, 1, int(strange), at if strange else None)
    first, last = min(before.first_at, at), max(before.last_at, at)
    latest = max(before.last_unparsed_at or at, at) if strange else before.last_unparsed_at
    return FromSource(*place, first, last, before.arrivals + 1, before.unparsed + strange, latest)
