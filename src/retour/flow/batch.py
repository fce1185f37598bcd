"""What a batch of arrivals states, gathered: events, what is only counted, and what was not understood."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from retour.flow.facts import Read, events_of, outcome_of, passing_of, second_names
from retour.flow.late import counts
from retour.flow.reads import Reader
from retour.flow.tie import Known, Tie, known, ties
from retour.instants import DAY, Instant
from retour.model import LATE_COUNTED, UNDATED, Arrival, Event, Kind, Standing
from retour.ports import REMEMBERED_DAYS, Engagement, Outcome, Passing, SecondName, Sends


@dataclass(slots=True)
class Batch:
    """Grows by `add`."""

    reader: Reader
    sends: Sends
    now: Instant
    events: list[Event] = field(default_factory=list)
    passing: list[Passing] = field(default_factory=list)
    signs: list[Engagement] = field(default_factory=list)
    names: list[SecondName] = field(default_factory=list)
    faults: dict[bytes, Exception] = field(default_factory=dict)  # arrivals that our code fails on
    unread: set[bytes] = field(default_factory=set)  # arrivals of which something was not understood
    spent: set[bytes] = field(default_factory=set)  # posts and lines that tell of what passes alone
    strange: Counter[str] = field(default_factory=Counter)  # events of kinds that we do not know, by form

    def add(self, arrivals: Sequence[Arrival]) -> None:
        """Read arrivals and tie what they say to sends."""
        found = self.reader.read(arrivals)
        names = frozenset(account.name for account in self.reader.accounts.values())
        sends = known([(read.claim, read.reading) for read in found.reads], self.sends)
        self.faults |= found.faults
        self.unread |= found.unread
        if found.passing and not counts(arrivals[0]):
            self.unread.add(arrivals[0].id)
        else:
            self.passing += [each for each in found.passing if self._counts(each, arrivals[0], names)]
            self.signs += [sign for sign in found.signs if sign.account in names]
        stays = False
        for read in found.reads:
            stays |= self._tie(read, sends, names)
        if not stays and (found.passing or found.reads) and UNDATED not in arrivals[0].defects:
            self.spent.add(arrivals[0].id)

    def filed(self) -> list[Event]:
        """The events, under their sends also where only a later one tells what theirs is called."""
        sends = {each.stood_for: each.send for each in self.names}
        if not sends:
            return self.events
        return [event._replace(send=sends.get(event.send or 0, event.send)) for event in self.events]

    def _counts(self, told: Passing, arrival: Arrival, names: AbstractSet[str]) -> bool:
        """Not again what is judged again when a repetition is no longer known, unless somebody wants it."""
        known = arrival.received_at > self.now - (REMEMBERED_DAYS - 1) * DAY
        return told.account in names and (known or LATE_COUNTED in arrival.defects)

    def _tie(self, read: Read, sends: Known, names: AbstractSet[str]) -> bool:
        """Whether the read says more than that a mail was delivered."""
        if read.reading.kind is Kind.DELIVERED and not counts(read.arrival):
            self.unread.add(read.arrival.id)
            return False
        tied = [_within(names, tie) for tie in ties(read.arrival, read.reading, read.claim, sends)]
        made = events_of(read, tied, self.now)
        self.names += second_names(read, tied)
        if outcome_of(read, made, tied) is Outcome.UNPARSED:
            self.unread.add(read.arrival.id)
        self.events += made
        if read.stated is None:
            return True
        if read.reading.kind is Kind.DELIVERED:
            told = passing_of(read, tied, made)
            if told is not None and self._counts(told, read.arrival, names):
                self.passing.append(told)
            return False
        self.strange[read.arrival.form] += read.reading.kind is Kind.OTHER
        return True


def _within(names: AbstractSet[str], tie: Tie | None) -> Tie | None:
    """The tie of a source whose account does not exist (a slip in the settings) has no effect."""
    if tie is None or not tie.account or tie.account in names:
        return tie
    defects = (*tie.defects, "unknown_account")
    return replace(tie, account="", send=None, standing=Standing.UNPROVEN, defects=defects)
