"""Arrivals → reads: a mail is one, a post or some lines of a log may be many."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from retour.address import domain_of, normalise
from retour.flow.facts import Read, occurred, with_reports
from retour.flow.stated import Stated, stated_in
from retour.flow.tie import claim_of, claim_of_stated
from retour.model import MAIL, NULL_SENDER_ALONE, Arrival, Kind, Proof, Reading, Verdict
from retour.parse.providers.generic import Map
from retour.ports import Account, Engagement, Passing, Sign
from retour.return_address import Keyring

_BELIEVED = (Proof.TRUSTED, Proof.OPEN)
_SIGNS = {"opened": Sign.OPEN, "clicked": Sign.CLICK}


class Judged(Protocol):
    """A reading with a verdict for each of its reports."""

    @property
    def reading(self) -> Reading: ...
    @property
    def verdicts(self) -> Sequence[Verdict]: ...


Judge = Callable[[bytes | Reading], Judged]
"""Judges a mail, or what was read of another form."""


@dataclass(slots=True)
class Readings:
    """What was read of a batch, and what of it was not."""

    reads: list[Read] = field(default_factory=list)
    faults: dict[bytes, Exception] = field(default_factory=dict)  # arrivals that our code fails on
    unread: set[bytes] = field(default_factory=set)  # arrivals of which something could not be read
    passing: list[Passing] = field(default_factory=list)  # what is only counted
    signs: list[Engagement] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """What is needed to read arrivals."""

    judge: Judge
    keyring: Keyring
    accounts: Mapping[int, Account]
    mappings: Mapping[str, Map]  # of generic posts, by the name of their source

    def read(self, arrivals: Sequence[Arrival]) -> Readings:
        """All of a batch. What we fail on is unparsed: one mail, or one event, never stops the others."""
        found = Readings()
        for arrival in arrivals:
            try:
                if arrival.form == MAIL:
                    found.reads.append(self._mail(arrival))
                else:
                    self._stated(arrival, found)
            except Exception as fault:  # a bug of ours, to be reported; the arrival waits for its repair
                found.faults[arrival.id] = fault
        return found

    def _mail(self, arrival: Arrival) -> Read:
        found = self.judge(arrival.raw)
        reading, verdicts = with_reports(arrival, found.reading, found.verdicts)
        claim = claim_of(arrival, reading.original, self.keyring, self.accounts)
        named = found.reading.kind is not Kind.OTHER or bool(found.reading.reports)
        understood = named and NULL_SENDER_ALONE not in found.reading.defects
        return Read(arrival, reading, verdicts, claim, understood)

    def _stated(self, arrival: Arrival, found: Readings) -> None:
        body = stated_in(arrival, self.mappings.get(arrival.inlet))
        if not body.whole:
            found.unread.add(arrival.id)
        for stated in body.stated:
            try:
                if stated.passing:
                    found.passing.append(_counted(arrival, stated))
                    found.signs += _signs(arrival, stated)
                else:
                    found.reads.append(self._event(arrival, stated))
            except Exception as fault:
                found.faults[arrival.id] = fault

    def _event(self, arrival: Arrival, stated: Stated) -> Read:
        reading = stated.reading
        if reading.kind is Kind.DELIVERED:  # what no rule needs to look at
            verdicts: Sequence[Verdict] = [_passing(report.kind) for report in reading.reports]
        else:
            verdicts = self.judge(reading).verdicts
        claim = claim_of(arrival, reading.original, self.keyring, self.accounts)
        whole = claim_of_stated(claim, stated.send, stated.ambiguous, stated.others)
        return Read(arrival, reading, verdicts, whole, stated=stated)


def _counted(arrival: Arrival, stated: Stated) -> Passing:
    report = stated.reading.reports[0]
    at, _ = occurred(report, None, arrival.received_at)
    domain = domain_of(report.recipient) if report.recipient else ""
    return Passing(stated.id, arrival.account or "", at, stated.passing, domain, stated.campaign)


def _signs(arrival: Arrival, stated: Stated) -> list[Engagement]:
    """A mail opened or a link of it followed, where the source is believed about addresses of its account."""
    report, kind = stated.reading.reports[0], _SIGNS.get(stated.passing)
    address = normalise(report.recipient) if report.recipient else None
    if kind is None or address is None or not arrival.account or arrival.proof not in _BELIEVED:
        return []
    at, _ = occurred(report, None, arrival.received_at)
    return [Engagement(arrival.account, address, kind, at)]


def _passing(kind: Kind) -> Verdict:
    return Verdict(kind, None, None, rule="none", matched="", confidence=0.0)
