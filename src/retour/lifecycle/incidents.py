"""Outages at an address's provider: which of its bounces are doubted, and how that ended (rule 12)."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from retour.instants import Instant
from retour.lifecycle.order import Place, Rank, place_of
from retour.model import Event, EventKind, Standing

_NEVER: Instant = 2**63
_MARKS = frozenset((EventKind.INCIDENT_OPEN, EventKind.INCIDENT_CLOSE, EventKind.WITHDRAWAL))


class Incident(NamedTuple):
    """Since when hard bounces are doubted, and where and how the doubt ended; both None while open.

    What one close ends is one incident, from the earliest beginning on. An opening that names an incident is
    the outage guard's: since then what else stops at once is doubted, too.
    """

    begins: Instant
    closes: Place | None = None
    outcome: str | None = None
    guarded: Instant = _NEVER


def incidents(events: Iterable[Event]) -> Sequence[Incident]:
    """The incidents of the address's provider in the order of their ends; a close ends all that are open."""
    marks = [e for e in events if e.kind in (EventKind.INCIDENT_OPEN, EventKind.INCIDENT_CLOSE)]
    found: list[Incident] = []
    begins = guarded = _NEVER
    for mark in sorted(marks, key=place_of):
        if mark.kind is EventKind.INCIDENT_OPEN:
            since = mark.at if mark.begins is None else mark.begins
            begins, guarded = min(begins, since), min(guarded, since if mark.outcome else _NEVER)
        elif mark.outcome in ("confirm", "revert") and begins < _NEVER:
            found.append(Incident(begins, place_of(mark), mark.outcome, guarded))
            begins = guarded = _NEVER
    return found if begins == _NEVER else [*found, Incident(begins, guarded=guarded)]


def reverted(events: Iterable[Event]) -> Callable[[Instant], bool]:
    """Whether a revert has undone the hard bounces of a time, by all that is known of an address."""
    marks = [event for event in events if event.kind in _MARKS and event.standing is Standing.PROVEN]
    if not marks:
        return _never  # as of nearly all
    withdrawn = {event.outcome for event in marks if event.kind is EventKind.WITHDRAWAL}
    standing = (event for event in marks if event.id.hex() not in withdrawn)
    return Doubts(incidents(standing), Place(_NEVER, Rank.NOW)).void


def _never(at: Instant) -> bool:
    return False


class Doubts:
    """What the incidents mean to a bounce, as far as it is known at a place in the order of play."""

    __slots__ = ("_ends", "_open", "_reverted")

    def __init__(self, incidents: Sequence[Incident], until: Place) -> None:
        self._ends = [_NEVER if i.closes is None else i.closes.at for i in incidents]
        self._reverted, self._open = [_NEVER], [_NEVER]  # earliest beginnings, from each incident on
        for incident in reversed(incidents):
            over = incident.closes is not None and incident.closes <= until
            self._note(self._reverted, incident, over and incident.outcome == "revert")
            self._note(self._open, incident, not over)
        self._reverted.reverse()
        self._open.reverse()

    def _note(self, earliest: list[Instant], incident: Incident, counts: bool) -> None:
        earliest.append(min(earliest[-1], incident.begins) if counts else earliest[-1])

    def void(self, at: Instant) -> bool:
        """Whether a revert has undone the bounces of this time."""
        return self._reverted[bisect_right(self._ends, at)] <= at

    def doubted(self, at: Instant) -> bool:
        """Whether an incident that is still open holds the bounces of this time."""
        return self._open[bisect_right(self._ends, at)] <= at
