"""Looking over an account in memory."""

from collections.abc import Iterator, Mapping, Sequence

from retour.address import key
from retour.instants import Instant
from retour.lifecycle.foreseen import untouched
from retour.lifecycle.glance import Told
from retour.lifecycle.judgements import RETOLD
from retour.model import Event, EventKind, Evidence, Standing, State
from retour.ports import WHOLE, Brief, History, Part, Reported, Swept
from retour.stores.memory.ledger import MemoryLedger
from retour.stores.memory.sends import MemorySends


class MemorySweep:
    """Every call looks at everything; events are numbered as they stand there."""

    def __init__(self, ledger: MemoryLedger, sends: MemorySends) -> None:
        self._ledger, self._sends = ledger, sends

    def size(self, account: str) -> tuple[int, int]:
        histories = self._histories(account)
        return len(histories), sum(len(each.events) for each in histories)

    def lives(
        self,
        account: str,
        limit: int,
        now: Instant,
        after: str | None = None,
        part: Part = WHOLE,
        whole: bool = False,
    ) -> tuple[list[Brief], str | None]:
        first = int(after or 0)
        own = self._histories(account)[part[0] :: part[1]]
        found = [self._brief(history, None if whole else now) for history in own[first : first + limit]]
        return found, str(first + limit) if len(found) == limit else None

    def reports(self, account: str, span: int, after: int = 0) -> list[Reported]:
        numbered = [
            (place_of(history.address), event)
            for history in self._histories(account)
            for event in history.events
        ]
        return [
            _reported(place, event, event.evidence)
            for place, event in numbered[after : after + span]
            if event.evidence and event.kind in RETOLD and event.standing is Standing.PROVEN
        ]

    def at(self, account: str, places: Sequence[str]) -> list[Swept]:
        known = {place_of(each.address): each for each in self._histories(account)}
        return [_swept(known[place]) for place in places if place in known]

    def briefs(self, account: str, places: Sequence[str]) -> list[Brief]:
        return [
            Brief(each.place, each.address, [_told(e) for e in each.events], ids=[e.id for e in each.events])
            for each in self.at(account, places)
        ]

    def deliveries(
        self, account: str, places: Sequence[str]
    ) -> Mapping[str, Sequence[tuple[int | None, Instant]]]:
        return {each.place: each.deliveries for each in self.at(account, places) if each.deliveries}

    def judged(self, account: str, span: int, after: int = 0) -> list[str]:
        made = [
            (place_of(history.address), event)
            for history in self._histories(account)
            for event in history.events
        ]
        found = [
            place
            for place, event in made[after : after + span]
            if event.kind is EventKind.REJUDGED and (event.outcome or "").startswith("bounce ")
        ]
        return list(dict.fromkeys(found))

    def names(self, account: str, places: Sequence[str]) -> Mapping[str, str]:
        known = {each.place: each.address for each in self.at(account, places)}
        sent = {place_of(address): address for address in self._sends.addresses(account)}
        return {place: sent[place] for place in places if place in sent} | known

    def place(self, address: str) -> str:
        return place_of(address)

    def _histories(self, account: str) -> Sequence[History]:
        self._ledger.of_domain(account, "")  # KeyError for an unknown account
        return [each for each in self._every() if each.account == account]

    def _every(self) -> Iterator[History]:
        after: str | None = None
        while True:
            found, after = self._ledger.histories(1000, after)
            yield from found
            if after is None:
                return

    def _brief(self, history: History, now: Instant | None) -> Brief:
        place, state = place_of(history.address), self._stored(history)
        late = now is not None and state.changes_at is not None and state.changes_at <= now
        if now is not None and untouched(state) and not late:
            return Brief(place, history.address, settled=state)
        return Brief(place, history.address, [_told(event) for event in history.events])

    def _stored(self, history: History) -> State:
        domain = history.address.rpartition("@")[2]
        rows = self._ledger.states(history.account, 1_000_000, domain=domain)
        return next(row.state for row in rows if row.address == history.address)


def _swept(history: History) -> Swept:
    events = [event._replace(evidence=None) for event in history.events]
    return Swept(place_of(history.address), history.address, events, history.deliveries)


def _told(event: Event) -> Told:
    reason = None if event.reason is None else event.reason.value
    return event.at, event.kind.value, event.standing.value, reason, event.status, event.send


def _reported(place: str, event: Event, evidence: Evidence) -> Reported:
    return Reported(place, event.id, event.kind, event.reason, evidence.report, lambda: evidence)


def place_of(address: str) -> str:
    """What an address is called where its name may not stand."""
    return key(b"", address).hex()
