"""The end of an incident: its addresses are let go, or held again, batch by batch (rule 12)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from retour.flow.incident_acts import closing, ended
from retour.flow.withdrawal import Act, Undo, known_of, withdrawals
from retour.lifecycle import fold
from retour.model import Event, StateName
from retour.ports import Clock, History, Store
from retour.ports.incidents import Incident, IncidentStage, Suspect

BATCH = 5000  # numbers of events in one step


class Ending:
    """Goes through what an incident holds. How far it is stands in the incident: it goes on after a crash."""

    def __init__(self, store: Store, clock: Clock, record: Callable[[Iterable[Event]], None]) -> None:
        self._store, self._kept, self._clock, self._record = store, store.incidents, clock, record

    def walk(self, incident: Incident, stopping: Callable[[], bool]) -> None:
        """Go through the addresses that it holds, and let them go or hold them again."""
        while not stopping():
            suspects, last = self._kept.heard(incident.done, BATCH)
            theirs = [each for each in suspects if each.incident == incident.id]
            if incident.stage is IncidentStage.CLOSING:
                incident = self._let_all_go(incident, theirs)
            else:
                self._hold_again(incident, theirs)
            if last == incident.done:
                self._kept.keep(ended(incident, self._clock.now()))
                return
            incident = replace(incident, done=last)
            self._kept.keep(incident)

    def _let_all_go(self, incident: Incident, suspects: Sequence[Suspect]) -> Incident:
        addresses = list(dict.fromkeys(suspect.address for suspect in suspects))
        known = self._held(incident, self._store.ledger.known(incident.account, addresses))
        reached = {
            address
            for address, history in known.items()
            if any(at >= incident.begins for _, at in history.deliveries)
        }
        self._record(
            closing(incident, address, "delivered since" if address in reached else "one retry")
            for address in addresses
        )
        return replace(
            incident,
            held=incident.held + len(known),
            delivered=incident.delivered + len(reached),
            retried=incident.retried + len(known) - len(reached),
        )

    def _held(self, incident: Incident, known: Mapping[str, History]) -> Mapping[str, History]:
        """Those of its addresses that were held when it ended: some bounced softly, or were given back.

        Told by the moment of the end, so that a second walk after a crash counts the same.
        """
        until = (incident.closed_at or self._clock.now()) - 1
        versions = self._store.accounts.policies(incident.account)
        return {
            address: history
            for address, history in known.items()
            if fold(history.events, versions, until, history.deliveries).state is StateName.HELD
        }

    def _hold_again(self, incident: Incident, suspects: Sequence[Suspect]) -> None:
        acts = [
            Act(incident.account, address, closing(incident, address, "").id)
            for address in dict.fromkeys(suspect.address for suspect in suspects)
        ]
        undo = Undo(incident.by, f"incident {incident.id} was reopened", self._clock.now())
        self._record(withdrawals(acts, undo, known_of(acts, self._store.ledger)))
