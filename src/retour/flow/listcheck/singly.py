"""Rows one by one: most are plain when repaired, and judged by their domain; the rest is the reference's."""

import re
from dataclasses import replace
from typing import NamedTuple

from retour.flow.listcheck.alive import EVERY
from retour.flow.listcheck.blocks import Record, record_of, record_of_text
from retour.flow.listcheck.cells import Cell, cell_of
from retour.flow.listcheck.decision import PILES, pile_of
from retour.flow.listcheck.hosts import LOCAL, Host, Hosts, More, Tail
from retour.flow.listcheck.judge import Judge, Outcome, repairs_of, tail
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.seen import forms_of
from retour.flow.listcheck.tally import Tally
from retour.flow.listcheck.written import kept, rendered
from retour.vet import Code, Finding
from retour.vet.check import bared, undotted
from retour.vet.hosts import host
from retour.vet.tables import gives_dots, unmistakable

# Letters that need no second look, and none that begins a formula. Longer ones are nobody's as a rule.
PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+\-]*(?:\.[A-Za-z0-9_+\-]+)*")
LONGEST_LOCAL = 64
# What can only be wrong in one way: without an @, or with a dot too many before it.
_NO_AT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_DOTS = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.\-]*")

_NO_PROPOSAL = ("", "-")  # what a local part begins with that is none, or that a spreadsheet runs

Codes = tuple[Code, ...]


class Odd(NamedTuple):
    """A row taken apart."""

    record: Record
    cell: Cell
    local: str
    host: Host | None  # None where the reference has to look, or it is wrong as many are
    fault: tuple[Tail, str] | None = None  # what is said of all that are wrong like it, and what is proposed


class Judged(NamedTuple):
    """What was made of a row: the number of its pile, and what is written there behind the row's number."""

    pile: int
    address: str
    text: str
    line: str


class Singly:
    """Looks at rows, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally, hosts: Hosts) -> None:
        self._judge, self._layout, self._tally, self._hosts = judge, layout, tally, hosts
        self._faults: dict[tuple[object, ...], Tail] = {}
        self._looks = 0

    def parted(self, line: str | bytes) -> Odd:
        """What stands in a row, without a judgement."""
        self._looked()
        if isinstance(line, bytes):
            record = record_of(line, self._layout)
        else:
            record = record_of_text(line, self._layout)
        return self.taken(record)

    def taken(self, record: Record) -> Odd:
        """The same of a row that was parted already."""
        cell = cell_of(record.cell)
        local, _, name = cell.addresses[0].rpartition("@")
        plain = len(cell.addresses) == 1 and len(local) <= LONGEST_LOCAL and PLAIN_LOCAL.fullmatch(local)
        if plain and (host := self._hosts.get(name)) is not None:
            return Odd(record, cell, local, host)
        return Odd(record, cell, local, None, self._fault(record, cell))

    def _looked(self) -> None:
        """A block of nothing but such rows takes long, and may have to end."""
        self._looks += 1
        if self._looks % EVERY == 0:
            self._judge.alive(None)

    def texts(self, odd: Odd) -> tuple[str, ...]:
        """The forms of its address that duplicates are told by; none where it is no address."""
        if odd.host is not None:
            return self.texts_at(odd.local, odd.host)
        return () if odd.fault is not None else forms_of(odd.cell.addresses[0])

    def texts_at(self, local: str, at: Host) -> tuple[str, ...]:
        """The same of a plain address."""
        return f"{local}@{at.domain}", *self._forms(local, at)

    def forms_of(self, raw: bytes) -> tuple[str, ...]:
        """The same of a row that was judged before: nothing is asked but its syntax."""
        return forms_of(cell_of(record_of(raw, self._layout).cell).addresses[0])

    def fault_of(self, text: str) -> Tail | None:
        """What is said of a cell that is wrong as many are, and needs no repair; None of all others."""
        found = self._fault(Record(text, text), Cell((text,)))
        return None if found is None else found[0]

    def judged(self, row: int, odd: Odd) -> Judged:
        """A row for itself."""
        self._looked()
        if odd.host is not None:
            line = kept(odd.record.line, self._layout)
            said, repairs = self._judge.of_local(odd.local), repairs_of(odd.record, odd.cell)
            return self.plain(row, odd.local, odd.host, line, said, repairs)
        if odd.fault is not None:
            address, (fault, mended) = odd.cell.addresses[0], odd.fault
            fault.seen(row, address)
            told = fault.of(mended)
            return Judged(fault.pile, address, told, kept(odd.record.line, self._layout))
        outcome = self._judge.row(odd.record, odd.cell)
        self._tally.row(row, outcome)
        return Judged(PILES.index(outcome.pile), *rendered(odd.record.line, outcome, self._layout))

    def plain(
        self, row: int, local: str, at: Host, line: str, said: tuple[Finding, ...] = (), repairs: Codes = ()
    ) -> Judged:
        """A row with a plain address, composed of what is known of its domain and of itself.

        `said`: what lists say of its local part; `line`: the row as it is written.
        """
        judge = self._judge
        address = f"{local}@{at.domain}"
        found = judge.seen.find(address, *self._forms(local, at))
        told = self.told(local, at) if judge.knows else ()
        tailed = self._hosts.tail_of(at, More(repairs, found, said, told))
        tailed.seen(row, address)
        return Judged(tailed.pile, address, tailed.of(local), line)

    def _forms(self, local: str, at: Host) -> tuple[str, ...]:
        """The forms of an address that duplicates are told by; none where all are the same."""
        small = local.lower()
        if at.folds is None:
            address = f"{small}@{at.domain}"
            return () if small == local else (f"{local}@{at.domain}", address, address)
        return f"{local}@{at.domain}", f"{small}@{at.domain}", at.theirs(small)

    def told(self, local: str, at: Host) -> tuple[Finding, ...]:
        """What is known of a plain address: of its mailbox, or of it as it was erased."""
        return self._judge.told(f"{local}@{at.domain}" if at.spells else self.kept_of(local, at))

    def kept_of(self, local: str, at: Host) -> str:
        """The address as it is looked up: as Retour keeps it, or that which stands for its mailbox."""
        if at.folds is None:
            return f"{local}@{at.domain}"
        return at.theirs(local if at.heeds_case else local.lower())

    def _fault(self, record: Record, cell: Cell) -> tuple[Tail, str] | None:
        """What is said of all strings that are wrong in one and the same way, and what is proposed instead of
        this one; None of all others.
        """
        address = cell.addresses[0]
        if len(cell.addresses) > 1 or len(address) > LONGEST_LOCAL:
            return None
        repairs, kind, mended = repairs_of(record, cell), Codes(), ""
        if "@" in address:
            local, _, name = address.rpartition("@")
            known = self._hosts.get(name) if _DOTS.fullmatch(local) is not None else None
            mended = undotted(local)
            if known is None or PLAIN_LOCAL.fullmatch(local) is not None or mended[:1] in _NO_PROPOSAL:
                return None
            if gives_dots(known.domain) or not self._is_right(known):
                return None
            kind, mended = host(name).codes, f"{mended}@{name}"
        elif _NO_AT.fullmatch(address) is None:
            return None
        elif unmistakable(address.rstrip(".")):
            mended = bared(address) or ""
        shape = ("@" in address, bool(mended), repairs, kind)
        if shape not in self._faults:
            self._faults[shape] = self._said_of(address, repairs, mended)
        return self._faults[shape], mended

    def _is_right(self, known: Host) -> bool:
        """Whether no other domain was meant, without the DNS: of what is wrong it is not asked."""
        if known.facts.dns is None:
            return not known.tail.suggested
        judge, know = self._judge, self._judge.know
        return judge.speller.suggest(known.domain, know.facts(None), know.policy.typo_odds) is None

    def _said_of(self, address: str, repairs: Codes, mended: str) -> Tail:
        facts = replace(self._judge.know.facts(None), repairs=tuple(map(Finding, repairs)))
        checked = self._judge.check(address, facts)
        pile = pile_of(checked, facts, self._judge.know.policy)
        proposed = LOCAL if checked.suggestion is not None and checked.suggestion == mended else ""
        text = tail(Outcome(pile, address, checked, proposed), self._layout.parts)
        return Tail(PILES.index(pile), checked.reasons, text, proposed, checked.rfc, "")

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        for each in self._faults.values():
            each.settle(self._tally)
