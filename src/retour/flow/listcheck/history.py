"""What an account's own ledger says before a list is read: who is stopped, and where its mail has arrived."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from retour.flow.listcheck.judge import Knowledge
from retour.instants import DAY, Instant, to_datetime
from retour.model import BounceType, Cause, EventKind, State, StateName
from retour.ports import History, Ledger, Sends, Tallies
from retour.vet import DEFAULT, Answer, Code, Evidence, Finding, Policy

_PAGE = 1000
LOOKED_BACK: Instant = 400 * DAY  # bounces and deliveries that rates are made of
_SOURCE = "own ledger"
_CODES = {Cause.HARD: Code.BOUNCED_HARD, Cause.SOFT: Code.BOUNCED_SOFT, Cause.BLOCK: Code.BOUNCED_SOFT}


@dataclass(frozen=True, slots=True)
class Rates:
    """What happened at a domain: addresses that mail reached, and that bounced, by type.

    Of addresses, for that is what a list has: of twelve mails to one that is dead the first one bounces.
    """

    delivered: Mapping[str, int]
    hard: Mapping[str, int]
    soft: Mapping[str, int]


def rates_of(told: Rates, mails: float | None) -> Rates:
    """Counts of mails as rates of addresses; `mails`: how many each has had. Nothing where that is not known.

    A dead address bounces once and is stopped; a soft bounce may come with every mail.
    """
    if mails is None:
        return Rates({}, {}, {})
    each = max(mails, 1.0)
    delivered = {name: ceil(times / each) for name, times in told.delivered.items()}
    return Rates(delivered, told.hard, {name: ceil(times / each) for name, times in told.soft.items()})


def _counted(account: str, ledger: Ledger, tallies: Tallies, now: Instant) -> Rates:
    """The same of mails."""
    since = now - LOOKED_BACK
    delivered: Counter[str] = Counter()
    for tally in tallies.of(account, since, now):
        if tally.kind == EventKind.DELIVERED.value and tally.domain:
            delivered[tally.domain] += tally.times
    hard: Counter[str] = Counter()
    soft: Counter[str] = Counter()
    for count in ledger.domains(account, since, now):
        if count.type is not None:
            (hard if count.type == BounceType.HARD.value else soft)[count.domain] += count.bounces
    return Rates(delivered, hard, soft)


def known_of(
    account: str, ledger: Ledger, sends: Sends, tallies: Tallies, now: Instant, policy: Policy = DEFAULT
) -> tuple[Knowledge, Rates]:
    """What is known of an account's addresses, and of domains. Raises KeyError for an unknown account."""
    told = _counted(account, ledger, tallies, now)
    rates = rates_of(told, sends.mails_per_address(account, now - LOOKED_BACK))
    history: dict[str, tuple[Finding, ...]] = {}
    for page in _pages(account, ledger):
        known = ledger.known(account, [address for address, _ in page])
        for address, state in page:
            found = tuple(_findings(state, known.get(address)))
            if found:
                history[address] = found
    return Knowledge(policy, delivered=told.delivered, bounced=told.hard, history=history), rates


def _pages(account: str, ledger: Ledger) -> Iterator[Sequence[tuple[str, State]]]:
    after: str | None = None
    while rows := ledger.states(account, _PAGE, after):
        yield [(row.address, row.state) for row in rows]
        after = rows[-1].cursor


def _findings(state: State, known: History | None) -> Iterator[Finding]:
    """Why an address is stopped, and what else happened to it."""
    if state.state is StateName.INVALID or state.unsubscribed:
        yield _finding(Code.SUPPRESSED, state.since)
    codes = {_CODES[cause] for cause in state.causes if cause in _CODES}
    if state.listed and not codes:
        codes = {Code.BOUNCED_SOFT}
    yield from (_finding(code, state.last_bounce) for code in sorted(codes))
    if Cause.COMPLAINT in state.causes:
        yield _finding(Code.COMPLAINED, state.since)
    if known is not None and known.deliveries:
        yield _finding(Code.DELIVERED, max(at for _, at in known.deliveries))


def _finding(code: Code, at: Instant | None) -> Finding:
    when: datetime | None = None if at is None else to_datetime(at)
    return Finding(code, Evidence("history", Answer.YES, _SOURCE, when))
