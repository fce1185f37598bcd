"""The rows of a block, quickly: what is plain is composed of what is known of its domain; all else goes to
the reference. About one row in fifty is not plain.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from retour.address import PROVIDERS, normalise
from retour.flow.listcheck.blocks import Block, Record, record_of
from retour.flow.listcheck.cells import Cell, cell_of
from retour.flow.listcheck.decision import PILES, Pile, pile_of
from retour.flow.listcheck.judge import Judge, Outcome, ordered, repairs_of, row_of, tail
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.seen import LEVELS
from retour.flow.listcheck.special import BEHIND, special_locals, squeezed
from retour.flow.listcheck.tally import Tally
from retour.vet import Checked, Code, Facts, Finding, Rfc
from retour.vet.decide import practical
from retour.vet.hosts import host
from retour.vet.lists import of_domain

# Letters that need no second look, and none that begins a formula. Longer ones are nobody's as a rule.
PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+\-]*(?:\.[A-Za-z0-9_+\-]+)*")
LONGEST_LOCAL = 64
_PLAIN_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")
_LONGEST_DOMAIN = 63
NEUTRAL = "ann.lee"  # a local part that nothing is to be said about
# The commonest: small letters alone, and no plus sign; read up to the @. Possessive: looked at once.
_QUICK_LOCAL = re.compile(r"[a-z0-9_][a-z0-9_\-]*+(?:\.[a-z0-9_\-]++)*+@")
_QUICK_END = LONGEST_LOCAL + 1
_OF_PROVIDER = LEVELS.index(Code.DUP_PROVIDER)
_HASH = 32
_MOST_VARIANTS = 200  # of one domain that are remembered
_NEEDS_MARKS = re.compile(r"[\",\n\r]")
_SIGNS = frozenset("=+-@\t\r'")
_LONGEST_ROLE = 24
_LONG, _SHORT = (1 << 60) - 1, (1 << 30) - 1  # as seen.key
_MOST_HOSTS = 4_000_000  # names remembered: a list of a hundred million rows has about two million


class Tail:
    """What is said of some rows of a domain, ready to be written; and how many there are."""

    __slots__ = ("address", "codes", "first", "pile", "rows", "suggested", "text")

    def __init__(self, pile: Pile, codes: tuple[Code, ...], text: str, suggested: tuple[str, str]) -> None:
        self.pile, self.codes, self.text, self.suggested = PILES.index(pile), codes, text, suggested
        self.rows = 0
        self.first, self.address = 0, ""  # an example

    def again(self) -> "Tail":
        """The same for another domain."""
        return Tail(PILES[self.pile], self.codes, self.text, ("", ""))


class Host:
    """A domain, and what holds for every plain address there."""

    __slots__ = ("checked", "domain", "dots", "facts", "folds", "kept", "reads", "tail", "variants")

    def __init__(self, domain: str, facts: Facts, checked: Checked, plain: Tail) -> None:
        self.domain, self.facts, self.checked, self.tail = domain, facts, checked, plain
        self.folds = _fold(domain)
        provider = PROVIDERS.get(domain)
        self.reads = provider is not None
        self.kept = domain if provider is None else provider.domain
        self.dots = provider is not None and provider.dots
        self.variants: dict[tuple[Finding, ...], Tail] = {}


def _fold(domain: str) -> Callable[[str], str] | None:
    """How a provider reads a local part in small letters; None where it is read as it stands."""
    provider = PROVIDERS.get(domain)
    if provider is None:
        return None

    def folded(local: str) -> str:
        if provider.cut:
            local = local.partition(provider.cut)[0] or local
        return (local.replace(".", "") or local) if provider.dots else local

    return folded


class Odd(NamedTuple):
    """A row that is not plain as it stands, taken apart."""

    record: Record
    cell: Cell
    local: str
    host: Host | None


class Quick:
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        self._judge, self._layout, self._tally = judge, layout, tally
        self._hosts: dict[str, Host | None] = {}
        self._texts: dict[str, str] = {}
        self._guarded: Callable[[str], str] | None = None  # of the block that is looked at
        self._ordinary: Host | None = None  # of which nothing is to be said

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: the block was committed by an earlier run."""
        self.look(block)
        self._tally.forget()
        for known in self._hosts.values():
            if known is not None:
                for each in (known.tail, *known.variants.values()):
                    each.rows = 0

    def look(self, block: Block) -> list[list[str]]:
        """The rows of a block by pile, as they are to be written."""
        piles: list[list[str]] = [[] for _ in PILES]
        if not block.plain:
            self._guarded = guarding(self._layout.delimiter) if self._layout.delimiter else None
            for row, raw in enumerate(raw_rows(block), start=block.first):
                self._odd(row, raw, piles)
            return piles
        lines = block.raw.decode("utf-8").split("\n")
        lines.pop()
        self._plain(block.first, lines, _cells(lines, self._layout), piles)
        return piles

    def _plain(self, first: int, lines: list[str], cells: list[str], piles: list[list[str]]) -> None:
        """The loop that all the time goes into: nothing in it is made twice, or called without need."""
        hosts, exact, folded = self._hosts, self._judge.seen.exact, self._judge.seen.folded
        quick, d, guarded = _QUICK_LOCAL.match, self._layout.parts, self._guard(lines)
        self._guarded = guarded
        stops, special, role = self._judge.know.history, special_locals(), BEHIND
        appends = [pile.append for pile in piles]
        for row, (line, cell) in enumerate(zip(lines, cells, strict=True), first):
            found = quick(cell)
            if found is None:
                self._odd(row, line, piles)
                continue
            end = found.end()
            host = hosts.get(cell[end:]) or self._host(cell[end:])
            if host is None or host.domain != cell[end:] or end > _QUICK_END:
                self._odd(row, line, piles)
                continue
            local = cell[: end - 1]
            stem = local.rstrip(role)
            number = (hash(cell) & _LONG) << 30 | hash(cell[::-1]) & _SHORT
            if (
                (number in exact or number in folded or stem in special or local in special)
                or (len(stem) < _LONGEST_ROLE and not stem.isalpha() and squeezed(stem) in special)
                or (len(local) >= _HASH or (stops and cell in stops))
            ):
                self._one(row, line, local, host, (), piles)
                continue
            if host.reads and (host.dots or host.kept != host.domain):
                theirs = f"{cell[:end].replace('.', '') if host.dots else cell[:end]}{host.kept}"
                if theirs != cell:
                    other = (hash(theirs) & _LONG) << 30 | hash(theirs[::-1]) & _SHORT
                    if other in exact or other in folded or (stops and theirs in stops):
                        self._one(row, line, local, host, (), piles)
                        continue
                    folded[other] = _OF_PROVIDER
            exact.add(number)
            said = host.tail
            if not said.rows:
                said.first, said.address = row, cell
            said.rows += 1
            text = said.text if not said.suggested[0] else said.text.replace("\0", local)
            if guarded is not None:
                line = guarded(line)
            appends[said.pile](f"{row}{d}{cell}{d}{text}{d}{line}")

    def _guard(self, lines: list[str]) -> Callable[[str], str] | None:
        """Takes the danger out of a line that a spreadsheet would run; None where no line needs it."""
        return guard(self._layout, "\n".join(("", *lines)) if lines else "")

    def _odd(self, row: int, line: str | bytes, piles: list[list[str]]) -> None:
        """A row that is not plain as it stands: perhaps it is when repaired, else it is the reference's."""
        self._judged(row, self._parted(line), piles)

    def _parted(self, line: str | bytes) -> "Odd":
        """What stands in a row, without a judgement; the host is none where the reference has to look."""
        record = record_of(line if isinstance(line, bytes) else line.encode(), self._layout)
        cell = cell_of(record.cell)
        local, _, name = cell.addresses[0].rpartition("@")
        plain = len(cell.addresses) == 1 and len(local) <= LONGEST_LOCAL and PLAIN_LOCAL.fullmatch(local)
        return Odd(record, cell, local, self._host(name) if plain else None)

    def _judged(self, row: int, odd: "Odd", piles: list[list[str]]) -> None:
        record, cell = odd.record, odd.cell
        if odd.host is not None:
            self._one(row, record.line, odd.local, odd.host, repairs_of(record, cell), piles)
            return
        outcome = self._judge.row(record, cell)
        self._tally.row(row, outcome)
        piles[PILES.index(outcome.pile)].append(rendered(row, record.line, outcome, self._layout))

    def _one(
        self, row: int, line: str, local: str, host: Host, extra: tuple[Code, ...], piles: list[list[str]]
    ) -> None:
        """A row with a plain address, composed of what is known of its domain and of itself."""
        address = f"{local}@{host.domain}"
        said_of = self._judge.of_local(local)
        found = self._judge.seen.find(address, *self._forms(local, host))
        more = (*said_of, *map(Finding, extra), *(() if found is None else (Finding(found),)))
        history = self._judge.know.history
        if history and (told := history.get(self._kept(local, host))) is not None:
            more = (*more, *told)
        said = self._variant(host, more) if more else host.tail
        if not said.rows or row < said.first:
            said.first, said.address = row, address
        said.rows += 1
        d = self._layout.parts
        text = said.text if not said.suggested[0] else said.text.replace("\0", local)
        piles[said.pile].append(f"{row}{d}{address}{d}{text}{d}{self._safe(line)}")

    def _safe(self, line: str) -> str:
        """A row as `kept` has it; most need nothing."""
        if self._layout.delimiter is None:
            return kept(line, self._layout) if _NEEDS_MARKS.search(line) or line[:1] in _SIGNS else line
        return line if self._guarded is None else self._guarded(line)

    def _forms(self, local: str, host: Host) -> tuple[str, ...]:
        """The forms of an address that duplicates are told by; none where all are the same."""
        small = local.lower()
        if host.folds is None:
            address = f"{small}@{host.domain}"
            return () if small == local else (f"{local}@{host.domain}", address, address)
        theirs = f"{host.folds(small)}@{host.kept}"
        return f"{local}@{host.domain}", f"{small}@{host.domain}", theirs

    def _kept(self, local: str, host: Host) -> str:
        """The address as Retour keeps it."""
        if host.folds is None:
            return f"{local}@{host.domain}"
        return normalise(f"{local}@{host.domain}") or ""

    def _composed(self, host: Host, more: tuple[Finding, ...], local: str) -> Checked:
        """What is to be said of an address about which more was found than about its domain."""
        findings = ordered((*host.checked.findings, *more))
        verdict = practical(host.checked.rfc, True, findings, host.facts, self._judge.know.policy)
        suggestion = host.checked.suggestion
        if suggestion is not None:
            suggestion = f"{local}@{suggestion.rpartition('@')[2]}"
        return replace(host.checked, findings=findings, practical=verdict, suggestion=suggestion)

    def _variant(self, host: Host, more: tuple[Finding, ...]) -> Tail:
        """What is said of rows of a domain about which more was found; the same for all ordinary domains."""
        found = host.variants.get(more)
        if found is not None:
            return found
        common = self._ordinary if host.checked is (self._ordinary and self._ordinary.checked) else None
        shared = None if common is None else common.variants.get(more)
        if shared is not None and not shared.suggested[0]:
            found = shared.again()
        else:
            checked = self._composed(host, more, "\0")
            found = self._tail(host.domain, host.facts, checked)
            shareable = common is not None and host is not common and not found.suggested[0]
            if common is not None and shareable and len(common.variants) < _MOST_VARIANTS:
                common.variants[more] = found.again()
        if len(host.variants) >= _MOST_VARIANTS:
            self._settle(host)
            host.variants.clear()
        host.variants[more] = found
        return found

    def _host(self, name: str) -> Host | None:
        """What is known of a domain as somebody wrote it; None where its rows go to the reference."""
        if name in self._hosts:
            return self._hosts[name]
        found: Host | None = None
        if len(name) <= _LONGEST_DOMAIN and _PLAIN_DOMAIN.fullmatch(name) is not None:
            found = self._hosts.get(name.lower()) if name != name.lower() else self._new(name)
            if found is None and name != name.lower():
                found = self._hosts[name.lower()] = self._new(name.lower())
        if len(self._hosts) < _MOST_HOSTS:
            self._hosts[name] = found
        return found

    def _new(self, domain: str) -> Host | None:
        """What is known of a domain; of most nothing is to be said, and then all of that is shared."""
        facts = self._judge.know.facts(domain)
        if self._ordinary is not None and self._is_ordinary(domain, facts):
            return Host(domain, facts, self._ordinary.checked, self._ordinary.tail.again())
        checked = self._judge.check(f"{NEUTRAL}@{domain}", facts)
        if checked.normalised is None:
            return None
        if checked.suggestion is not None:
            checked = replace(checked, suggestion=checked.suggestion.replace(f"{NEUTRAL}@", "\0@"))
        made = Host(domain, facts, checked, self._tail(domain, facts, checked))
        if not checked.findings and self._ordinary is None:
            self._ordinary = made
        return made

    def _is_ordinary(self, domain: str, facts: Facts) -> bool:
        """Whether there is nothing to be said about a plain domain: the parts of `vet`, without the whole."""
        if facts.dns is not None:
            return False
        found, policy = host(domain), self._judge.know.policy
        if found.rfc is not Rfc.VALID or found.codes or found.ascii != domain:
            return False
        if any(True for _ in of_domain(domain, facts, policy)):
            return False
        return domain in policy.allowed or not self._judge.speller.suggest(domain, facts, policy.typo_odds)

    def _tail(self, domain: str, facts: Facts, checked: Checked) -> Tail:
        pile = pile_of(checked, facts, self._judge.know.policy)
        suggestion = checked.suggestion or (f"\0@{domain}" if pile is Pile.CORRECTED else "")
        text = tail(Outcome(pile, "", checked, suggestion), self._layout.parts)
        text = self._texts.setdefault(text, text)
        suggested = suggestion.rpartition("@")[2], domain
        return Tail(pile, checked.reasons, text, suggested if suggestion else ("", domain))

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        for known in dict.fromkeys(self._hosts.values()):
            if known is not None:
                self._settle(known)

    def _settle(self, known: Host) -> None:
        for each in (known.tail, *known.variants.values()):
            if each.rows:
                self._tally.rows(each.rows, PILES[each.pile], each.codes, known.checked.rfc, known.domain)
                self._tally.example(each.codes, each.first, each.address)
                if each.suggested[0] not in ("", known.domain):
                    self._tally.typo(known.domain, each.suggested[0], each.rows)
                each.rows = 0


def raw_rows(block: Block) -> Iterator[bytes]:
    """The rows of a block as they stand there."""
    if block.records_:
        return (text.encode("utf-8", "surrogateescape") for text in block.records_)
    return iter(block.raw.split(b"\n")[:-1])


def _cells(lines: list[str], layout: Layout) -> list[str]:
    d, column = layout.delimiter, layout.column
    if d is None:
        return lines
    if column == 0:
        return [line.partition(d)[0] for line in lines]
    try:
        return [line.split(d, column + 1)[column] for line in lines]
    except IndexError:
        parted = (line.split(d, column + 1) for line in lines)
        return [fields[column] if column < len(fields) else "" for fields in parted]


def guard(layout: Layout, text: str) -> Callable[[str], str] | None:
    """As `Quick._guard`; `text` has a line feed before each line."""
    if layout.delimiter is None:
        return None  # a plain line is an address, and begins with none of these
    signs = [sign for sign in "=+-@\t" if sign != layout.delimiter and sign in text]
    if not any(f"{before}{sign}" in text for sign in signs for before in ("\n", layout.delimiter)):
        return None
    return guarding(layout.delimiter)


@cache
def guarding(delimiter: str) -> Callable[[str], str]:
    """What takes the danger out of a line of columns that are parted so."""
    d = re.escape(delimiter)
    signs = "".join(re.escape(sign) for sign in "=+-@\t\r" if sign != delimiter)
    pattern = re.compile(rf"(\A|{d})(\"?)(?='*[{signs}])")
    return lambda line: pattern.sub(r"\1\2'", line)


def rendered(row: int, line: str, outcome: Outcome, layout: Layout) -> str:
    """A row as it is written, with what was found before it."""
    d = layout.parts
    shown = row_of((outcome.address,), d)
    return f"{row}{d}{shown}{d}{tail(outcome, d)}{d}{kept(line, layout)}"


def kept(line: str, layout: Layout) -> str:
    """A row of the list as it stood there, but that no spreadsheet runs it."""
    return row_of((line,), layout.parts) if layout.delimiter is None else guarding(layout.delimiter)(line)
