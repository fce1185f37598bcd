"""What an account's own ledger says before a list is read: who is stopped, and where its mail has arrived."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from math import ceil

from retour.address import CASELESS, domain_of, mailbox
from retour.flow.listcheck.alive import EVERY, Alive, beating, unheard
from retour.flow.listcheck.judge import Heard, Knowledge, ReadAhead
from retour.instants import DAY, Instant, to_datetime
from retour.model import BounceType, Cause, EventKind, State, StateName
from retour.ports import Erased, Kept, Ledger, Sends, Tallies
from retour.vet import DEFAULT, Answer, Code, Evidence, Finding, Policy

# Plain addresses in a piece of a list, each from its first sign on: a long row without an @ is read once.
PLAIN = re.compile(rb"(?<![A-Za-z0-9_.+\-])([A-Za-z0-9_.+\-]++)@([A-Za-z0-9.\-]++)")
_PAGE = 1000
_FEW = 50_000  # addresses of a list that are looked up one by one
_DEARER = 12  # so many times as long as to read an address of the account, which a longer list has to
_ALL = (1 << 63) - 1
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
    """Counts of mails as rates of addresses; `mails`: how many each has had.

    Nothing where that is not known, or where no delivery was told: bounces alone would make all of them dead.
    A dead address bounces once and is stopped; a soft bounce may come with every mail.
    """
    if mails is None or not told.delivered:
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
    account: str,
    ledger: Ledger,
    sends: Sends,
    tallies: Tallies,
    now: Instant,
    addresses: Iterable[str],
    policy: Policy = DEFAULT,
    alive: Alive = unheard,
) -> tuple[Knowledge, Rates]:
    """What is known of an account's addresses, and of domains. Raises KeyError for an unknown account.

    `addresses`: those of the list, normalised, which are read no further than is of use; may raise whatever
    reading them does. What is known is asked of the ledger while the list is checked.
    """
    told = _counted(account, ledger, tallies, now)
    rates = rates_of(told, sends.mails_per_address(account, now - LOOKED_BACK))
    history: Heard | None = _of_few(account, ledger, beating(addresses, alive))
    erased = Erased() if history is not None else ledger.erased(account)
    history = OfLedger(account, ledger, alive) if history is None else history
    return Knowledge(policy, {}, told.delivered, told.hard, history, erased), rates


def _of_few(account: str, ledger: Ledger, addresses: Iterable[str]) -> dict[str, tuple[Finding, ...]] | None:
    """What is known of the addresses of a list that is short beside the account; None of a longer one."""
    most = ledger.size(account, _FEW * _DEARER) // _DEARER
    few = list(dict.fromkeys(islice(addresses, most + 1)))
    if len(few) > most:
        return None
    found: dict[str, tuple[Finding, ...]] = {}
    for start in range(0, len(few), _PAGE):
        some = few[start : start + _PAGE]
        found |= _heard(account, ledger, dict.fromkeys([*some, *map(mailbox, some)]))
    return found


def _heard(account: str, ledger: Ledger, some: Iterable[str]) -> dict[str, tuple[Finding, ...]]:
    """What is known of some addresses; of those that stand for a mailbox, what is of all its spellings."""
    asked = list(some)
    found: dict[str, tuple[Finding, ...]] = {}
    whole = [each for each in asked if domain_of(each) in CASELESS]
    spelt = ledger.spellings(account, whole) if whole else []
    for address, kept in ledger.kept(account, list(dict.fromkeys([*asked, *spelt]))).items():
        if told := findings_of(kept):
            found[address] = told
    for address in spelt:
        if address in found:
            of_all = mailbox(address)
            found[of_all] = (*found.get(of_all, ()), *found[address])
    return found


class OfLedger:
    """What a ledger knows of an account's addresses. None is held here but those that were read ahead."""

    def __init__(self, account: str, ledger: Ledger, alive: Alive = unheard) -> None:
        self._account, self._ledger, self._alive = account, ledger, alive
        self._size, self._asked = ledger.size(account, _ALL), 0
        self._ahead: dict[str, tuple[Finding, ...]] = {}

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        return map(mailbox, beating(self._ledger.addresses(self._account), self._alive))

    def get(self, address: str, nothing: tuple[Finding, ...], /) -> tuple[Finding, ...]:
        """What is known of one, also of one that was erased."""
        self._asked += 1
        if self._asked % EVERY == 0:  # a block of a list may have a quarter of a million of them
            self._alive(None)
        if (told := self._ahead.get(address)) is not None:
            return told or nothing
        return _heard(self._account, self._ledger, (address,)).get(address, nothing)

    def ahead(self, addresses: Sequence[str]) -> None:
        """Read some hundreds at once, which are asked for next; those read before are forgotten."""
        self._ahead = {}
        for start in range(0, len(addresses), _PAGE):
            self._alive(None)
            some = addresses[start : start + _PAGE]
            self._ahead |= dict.fromkeys(some, ()) | _heard(self._account, self._ledger, dict.fromkeys(some))


class Joined:
    """What a ledger knows, and what somebody else has said of addresses of the list."""

    def __init__(self, ours: Heard, theirs: Mapping[str, tuple[Finding, ...]]) -> None:
        self._ours, self._theirs = ours, theirs

    def __len__(self) -> int:
        return len(self._ours) + len(self._theirs)

    def __iter__(self) -> Iterator[str]:
        return chain(self._ours, self._theirs)

    def get(self, address: str, nothing: tuple[Finding, ...], /) -> tuple[Finding, ...]:
        """What both say of one."""
        ours, theirs = self._ours.get(address, ()), self._theirs.get(address, ())
        return (*ours, *theirs) or nothing

    def ahead(self, addresses: Sequence[str]) -> None:
        """As `OfLedger.ahead`, of what the ledger knows."""
        if isinstance(self._ours, ReadAhead):
            self._ours.ahead(addresses)


def findings_of(kept: Kept) -> tuple[Finding, ...]:
    """Why an address is stopped, and what else happened to it; of one that was erased, only that it is."""
    if kept.erased:
        return ERASED if _is_stopped(kept.state) else ()
    return tuple(_findings(kept.state, kept.delivered))


def _is_stopped(state: State) -> bool:
    return state.state is StateName.INVALID or state.unsubscribed


def _findings(state: State, delivered: Instant | None) -> Iterator[Finding]:
    if _is_stopped(state):
        yield _finding(Code.SUPPRESSED, state.since)
    codes = {_CODES[cause] for cause in state.causes if cause in _CODES}
    if state.listed and not codes:
        codes = {Code.BOUNCED_SOFT}
    yield from (_finding(code, state.last_bounce) for code in sorted(codes))
    if Cause.COMPLAINT in state.causes:
        yield _finding(Code.COMPLAINED, state.since)
    if delivered is not None:
        yield _finding(Code.DELIVERED, delivered)


def _finding(code: Code, at: Instant | None) -> Finding:
    when: datetime | None = None if at is None else to_datetime(at)
    return Finding(code, Evidence("history", Answer.YES, _SOURCE, when))


ERASED = (_finding(Code.SUPPRESSED, None),)  # nothing that tells of a person: neither why nor since when
