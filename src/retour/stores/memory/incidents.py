"""Incidents in memory."""

import threading
from collections.abc import Sequence

from retour.address import domain_of
from retour.instants import Instant
from retour.model import EventKind, Standing
from retour.ports.incidents import GuardMark, Incident, IncidentStage, Suspect
from retour.stores.memory.accounts import MemoryAccounts
from retour.stores.memory.ledger import MemoryLedger

_HEARD = (EventKind.BOUNCE, EventKind.INCIDENT_OPEN)


class MemoryIncidents:
    """Incidents by id."""

    def __init__(self, accounts: MemoryAccounts, ledger: MemoryLedger) -> None:
        self._lock = threading.Lock()
        self._accounts, self._ledger = accounts, ledger
        self._kept: dict[str, Incident] = {}
        self._marks: dict[Instant, GuardMark] = {}

    def keep(self, incident: Incident) -> None:
        self._accounts.policies(incident.account)  # KeyError for an unknown account
        with self._lock:
            self._kept[incident.id] = incident

    def one(self, id: str) -> Incident | None:
        return self._kept.get(id)

    def listed(self, account: str, limit: int, before: str | None = None) -> list[Incident]:
        self._accounts.policies(account)
        place = None if before is None else self._kept.get(before)
        found = [
            each
            for each in self._sorted()
            if each.account == account
            and (before is None or (place is not None and _place(each) < _place(place)))
        ]
        return found[::-1][:limit]

    def standing(self) -> list[Incident]:
        return [each for each in self._sorted() if each.stage is not IncidentStage.CLOSED]

    def heard(self, after: int, limit: int) -> tuple[list[Suspect], int]:
        last = max(min(after + limit, self._ledger.ends()[1]), after)
        return self._suspects(after, last), last

    def held(self, id: str, limit: int, after: int = 0) -> list[Suspect]:
        incident = self._kept.get(id)
        is_open = incident is not None and incident.stage is IncidentStage.OPEN
        found = [each for each in self._openings(id) if each.number > after]
        if is_open:
            found = [each for each in found if self._ledger.is_held(each.account, each.address)]
        return found[:limit]

    def count_held(self, id: str, most: int, after: int = 0) -> tuple[int, int]:
        found = self.held(id, most, after)
        return len(found), found[-1].number if found else after

    def _openings(self, id: str) -> list[Suspect]:
        return [each for each in self._suspects(0, self._ledger.ends()[1]) if each.incident == id]

    def _suspects(self, after: int, last: int) -> list[Suspect]:
        return [
            Suspect(
                number,
                event.account,
                event.address,
                event.id,
                event.kind,
                event.at,
                event.reason,
                event.status,
                event.outcome if event.kind is EventKind.INCIDENT_OPEN else None,
            )
            for number, event in self._ledger.numbered(after, last)
            if event.kind in _HEARD
            and event.standing is Standing.PROVEN
            and event.account
            and domain_of(event.address)
        ]

    def mark(self, mark: GuardMark, keep_from: Instant) -> None:
        with self._lock:
            kept = {at: each for at, each in self._marks.items() if at >= keep_from}
            self._marks = {**kept, mark.at: mark}

    def marks(self) -> Sequence[GuardMark]:
        with self._lock:
            return [self._marks[at] for at in sorted(self._marks)]

    def _sorted(self) -> list[Incident]:
        with self._lock:
            return sorted(self._kept.values(), key=_place)


def _place(incident: Incident) -> tuple[Instant, str]:
    return incident.opened_at, incident.id
