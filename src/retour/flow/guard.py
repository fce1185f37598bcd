"""The outage guard: opens, follows and closes incidents (N4, lifecycle rule 12).

It looks about once a minute at what has bounced and been tried since an hour ago. What bounces while an
incident is open is held in the same commit (`doubting`); what bounced before it opened, by an opening dated
back. Every step may be repeated: the ids of its events follow from the incident and the address.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from secrets import token_hex

from retour.flow.incident_acts import against, closing, hour_of, line, opening
from retour.flow.incident_end import BATCH, Ending
from retour.flow.outage import (
    LATE,
    LATELY,
    NORM_DAYS,
    Counted,
    GuardTerms,
    families,
    holds,
    is_doubted,
    is_doubtful,
    is_out,
    judged,
    rated_as,
    rated_doubted,
)
from retour.flow.policy import in_force
from retour.flow.rates import Figures
from retour.instants import DAY, HOUR, Instant
from retour.model import Event, EventKind, Reason, Standing
from retour.ports import Bus, Clock, RateQuery, Record, Store
from retour.ports.incidents import GuardMark, Incident, IncidentStage, Suspect
from retour.ports.records import GUARD

_MOST_WATCHED = 200_000  # hard bounces of an hour that are looked at, the latest
_MOST_KNOWN = 1000  # addresses whose deliveries are looked at
_MOST_CLOSED = 50  # of an account, for what comes late

Note = Callable[[bytes, Record], None]


class IncidentStageError(Exception):
    """An incident is in no stage for what is asked of it."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(f"incident {incident.id} is {incident.stage.value}")
        self.incident = incident


class Guard:
    """Watches what bounces. `note` writes a line of the ledger that is about no single address."""

    def __init__(self, store: Store, bus: Bus, clock: Clock, terms: GuardTerms, note: Note) -> None:
        self._store, self._bus, self._clock, self._terms, self._note = store, bus, clock, terms, note
        self._kept = store.incidents
        self._turn = threading.RLock()
        self._ending = Ending(store, clock, self._record)
        self._window: list[Suspect] = []  # hard bounces since the mark
        self._number: int | None = None  # how far the events were read
        self._looked_at: Instant | None = None
        self._holding: Mapping[str, Sequence[Incident]] = {}  # open or closed lately, by account

    # --- in the way of arrivals -------------------------------------------------------------------------

    def doubting(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events that hold the addresses of these, for the same commit. Nothing while all is well."""
        holding = self._holding
        if not holding:
            return ()
        found: list[Event] = []
        for event in events:
            if event.standing is Standing.PROVEN and event.account in holding:
                found += self._doubts(event, holding[event.account])
        return found

    def _doubts(self, told: Event | Suspect, incidents: Sequence[Incident]) -> Sequence[Event]:
        """Openings; and for a bounce that comes late to an incident that is closed, or is just closing, its
        close."""
        incident = next((each for each in incidents if holds(each, told.address, told.at)), None)
        if incident is None or not self._is_doubted(told.account, told):
            return ()
        opened = opening(incident, told.address)
        if incident.closed_at is None:
            return (opened,)
        return (opened, closing(incident, told.address, "came after it"))

    # --- by the hour ------------------------------------------------------------------------------------

    def load(self) -> None:
        """Learn which incidents stand, and mark where to look from: before the first arrival is taken in."""
        with self._turn:
            self._begin(self._clock.now())
            for incident in self._kept.standing():
                self._tell(incident)
            self._refresh()

    def follow(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Close what is being closed; and look, if it is time. Called about once a second."""
        with self._turn:
            for incident in self._kept.standing():
                if incident.stage is not IncidentStage.OPEN and not stopping():
                    self._ending.walk(incident, stopping)
                    self._refresh()
            now = self._clock.now()
            if self._looked_at is None:
                self._looked_at = now
                self._begin(now)
            elif now - self._looked_at >= self._terms.look:
                self._looked_at = now
                self.look(now, stopping)

    def look(self, now: Instant, stopping: Callable[[], bool] = lambda: False) -> None:
        """Look at the hour behind: open what is to be opened, close what has been quiet."""
        with self._turn:
            marks = self._begin(now)
            if not self._read(now, stopping):
                return
            mark = next((each for each in reversed(marks) if each.at <= now - HOUR), marks[0])
            attempts = self._attempts(mark.at - DAY, now)
            self._window = [
                each for each in self._window if each.number > mark.number and each.at > mark.at - HOUR
            ]
            by_account: dict[str, list[Suspect]] = defaultdict(list)
            for suspect in self._window:
                by_account[suspect.account].append(suspect)
            for account in by_account.keys() | self._holding.keys():
                self._look_at(account, by_account[account], mark, attempts, now)
            self._kept.mark(GuardMark(now, self._number or 0, self._attempts(now - DAY, now)), mark.at)
            self._refresh()

    def _begin(self, now: Instant) -> Sequence[GuardMark]:
        """The marks to go by; the first there ever is, is made now."""
        marks = self._kept.marks()
        if not marks:
            marks = [GuardMark(now, self._store.ledger.ends()[1], self._attempts(now - DAY, now))]
            self._kept.mark(marks[0], 0)
        if self._number is None:
            old = next((each for each in reversed(marks) if each.at <= now - HOUR), marks[0])
            self._number = old.number
        return marks

    def _read(self, now: Instant, stopping: Callable[[], bool]) -> bool:
        """Go on in the events; False where that was stopped before the end.

        What an incident holds, and what came too late to be let go, is written.
        """
        while not stopping():
            suspects, last = self._kept.heard(self._number or 0, BATCH)
            hard = [
                each
                for each in suspects
                if each.kind is EventKind.BOUNCE and self._is_doubted(each.account, each)
            ]
            self._window += [each for each in hard if each.at > now - 3 * HOUR]
            del self._window[:-_MOST_WATCHED]
            self._record(event for each in hard for event in self._missed(each))
            self._let_go([each for each in suspects if each.kind is EventKind.INCIDENT_OPEN])
            if last == self._number:
                return True
            self._number = last
        return False

    def _missed(self, suspect: Suspect) -> Iterable[Event]:
        """What was not written with the bounce itself: by a command, or before a crash."""
        return self._doubts(suspect, self._holding.get(suspect.account, ()))

    def _let_go(self, openings: Sequence[Suspect]) -> None:
        """Close what was opened in the moment in which its incident was closed."""
        for suspect in openings:
            incident = self._kept.one(suspect.incident or "")
            is_over = incident is not None and incident.stage is IncidentStage.CLOSED
            if incident is not None and is_over and suspect.number > incident.done:
                self._record([closing(incident, suspect.address, "came after it")])

    def _look_at(
        self,
        account: str,
        suspects: Sequence[Suspect],
        mark: GuardMark,
        attempts: Mapping[str, int],
        now: Instant,
    ) -> None:
        """One account: its incidents first, for what they hold opens no other."""
        found = families(suspects, self._terms)
        known = self._holding.get(account, ())
        for incident in [each for each in known if each.stage is IncidentStage.OPEN]:
            theirs = found.get(incident.family, ())
            hour = hour_of(incident.family, theirs, account, mark, attempts)
            if is_out(hour, against(hour, incident), self._terms):
                self._kept.keep(replace(incident, seen_at=now))
            elif now - incident.seen_at >= self._terms.quiet:
                self._close(incident, "revert", GUARD, "the rate has been normal again", now)
        for family, theirs in found.items():
            free = [each for each in theirs if not any(holds(i, each.address, each.at) for i in known)]
            if free:
                hour = hour_of(family, free, account, mark, attempts)
                self._weigh(account, family, free, hour, mark, now)

    def _weigh(
        self,
        account: str,
        family: str,
        suspects: Sequence[Suspect],
        hour: Counted,
        mark: GuardMark,
        now: Instant,
    ) -> None:
        """Open an incident, if the hour is one."""
        if hour.hard < min(self._terms.hard, self._terms.living):
            return
        found = judged(hour, self._month(account, family, now))
        if is_out(hour, found, self._terms):
            sign = "rate"
        elif is_doubtful(self._living(account, suspects), found, self._terms):
            sign = "living"
        else:
            return
        incident = Incident(
            token_hex(8),
            account,
            family,
            min(suspect.at for suspect in suspects),
            now,
            mark.number,
            sign,
            hour.hard,
            found.rate,
            found.norm,
            seen_at=now,
            by=GUARD,
            done=mark.number,
        )
        self._kept.keep(incident)
        self._tell(incident)
        self._refresh()
        self._record(opening(incident, suspect.address) for suspect in suspects)

    def _living(self, account: str, suspects: Sequence[Suspect]) -> int:
        """How many of them took mail lately, and are now said not to exist."""
        gone = {each.address: each.at for each in suspects if each.reason is Reason.ADDRESS_UNKNOWN}
        known = self._store.ledger.known(account, list(gone)[:_MOST_KNOWN])
        return sum(
            any(gone[address] - LATELY <= at <= gone[address] for _, at in history.deliveries)
            for address, history in known.items()
        )

    def _month(self, account: str, family: str, now: Instant) -> Counted:
        provider = rated_as(family)
        if provider is None:
            return Counted(0, None)
        query = RateQuery(account, now - NORM_DAYS * DAY, now - DAY, False, True, False, provider)
        figures = Figures()
        for rate in self._store.rates.of(query):
            figures.counts[rate.kind] += rate.times
        doubted = rated_doubted(in_force(self._store.accounts.policies(account), now).policy)
        return Counted(sum(figures.counts[kind] for kind in doubted), figures.attempts)

    def _attempts(self, since: Instant, now: Instant) -> dict[str, int]:
        """What was attempted on the days since then, by account and provider; as the rates count it."""
        found: dict[str, int] = {}
        for account in self._store.accounts.accounts():
            query = RateQuery(account.name, since, now + DAY, False, True, False)
            by_provider: dict[str, Figures] = defaultdict(Figures)
            for rate in self._store.rates.of(query):
                by_provider[rate.provider].counts[rate.kind] += rate.times
            for provider, figures in by_provider.items():
                if figures.attempts:
                    found[f"{account.name} {provider}"] = figures.attempts
        return found

    # --- the end of one ---------------------------------------------------------------------------------

    def close(self, id: str, outcome: str, by: str, note: str) -> Incident:
        """Let its addresses go: their bounces count at their own time (`confirm`), or never were (`revert`).

        Raises KeyError, IncidentStageError. Done within a second or so by `follow`.
        """
        with self._turn:
            incident = self._staged(id, IncidentStage.OPEN)
            return self._close(incident, outcome, by, note, self._clock.now())

    def reopen(self, id: str, by: str, note: str) -> Incident:
        """Take a closing back, as though it had never been. Raises KeyError, IncidentStageError."""
        with self._turn:
            incident = self._staged(id, IncidentStage.CLOSED)
            stage, done = IncidentStage.REOPENING, incident.first
            begun = replace(incident, stage=stage, closed_at=None, by=by, note=note, done=done)
            self._kept.keep(begun)
            self._tell(begun)
            self._refresh()
            return begun

    def _staged(self, id: str, stage: IncidentStage) -> Incident:
        incident = self._kept.one(id)
        if incident is None:
            raise KeyError(id)
        if incident.stage is not stage:
            raise IncidentStageError(incident)
        return incident

    def _close(self, incident: Incident, outcome: str, by: str, note: str, now: Instant) -> Incident:
        begun = replace(
            incident,
            stage=IncidentStage.CLOSING,
            outcome=outcome,
            turn=incident.turn + 1,
            closed_at=max(now, incident.opened_at) + 1,  # what bounced by now is within
            by=by,
            note=note,
            done=incident.first,
            held=0,
            delivered=0,
            retried=0,
        )
        self._kept.keep(begun)
        self._tell(begun)
        self._refresh()
        return begun

    # --- the ledger -------------------------------------------------------------------------------------

    def _record(self, events: Iterable[Event]) -> None:
        if told := list(events):
            self._bus.publish(self._store.ledger.record(told, self._clock.now()))

    def _tell(self, incident: Incident) -> None:
        """The line for the incident itself; once, however often it is told."""
        self._note(*line(incident, self._clock.now()))

    def _refresh(self) -> None:
        """Which incidents hold what arrives from now on."""
        now, found = self._clock.now(), dict[str, Sequence[Incident]]()
        for account in self._store.accounts.accounts():
            listed = self._kept.listed(account.name, _MOST_CLOSED)
            lately = [each for each in listed if each.closed_at is None or each.closed_at > now - LATE]
            if lately:
                found[account.name] = sorted(lately, key=lambda each: each.closed_at is not None)
        self._holding = found

    def _is_doubted(self, account: str, told: Event | Suspect) -> bool:
        policy = in_force(self._store.accounts.policies(account), told.at).policy
        return is_doubted(told.kind, told.reason, told.status, policy)
