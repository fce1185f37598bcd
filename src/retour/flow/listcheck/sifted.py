"""The rows of a block, sifted in C (`retour._sieve`, in the compiled form): what is plain, and has nothing in
common with another row, is written there as its domain says. About all else it asks here, row by row.
"""

from collections.abc import Callable, Iterator
from secrets import token_bytes
from typing import Any, NamedTuple, TypeVar

from retour._sieve import Sieve
from retour.address import LOOKED_UP
from retour.flow.listcheck.blocks import Block, Record
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.dresses import Dresses
from retour.flow.listcheck.history import PLAIN
from retour.flow.listcheck.hosts import Host, Hosts, More, Tail
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.seen import LEVELS, Seen, octets
from retour.flow.listcheck.singly import LONGEST_LOCAL, Odd, Singly
from retour.flow.listcheck.special import bare, special
from retour.flow.listcheck.tally import Tally
from retour.vet import Code, Finding
from retour.vet.lists import listed_locals
from retour.vet.tables import unmistakable_names

PIECE = 256 * 1024  # octets that are looked at before other threads have a turn
_EXACT, _THEIRS, _LEVELS, _TOLD = 1, 2, (4, 8), 16  # flags of an address there
_TAGS = "", "+"  # before which a provider may cut a plain local part, as the sieve knows them

_MANY = 500  # of a piece that the ledger knows: it is asked for those of the next one together

_T = TypeVar("_T")
Told = tuple[int, bytes, bool, bool]  # pile, text, whether there is a reason, whether it proposes an address


class Asked(NamedTuple):
    """Whom the sieve asks, in the order in which it has them."""

    domain: Callable[[int, bytes], Told | None]
    more: Callable[[int, int, int, int, int], Told]
    wrong: Callable[[int, int, bytes], Told | None]
    around: Callable[[bytes, bytes, bytes], int]
    local: Callable[[bytes], int]
    stopped: Callable[[int, int, int, int, int, bytes], tuple[int, bytes]]
    row: Callable[[int, bytes, bytes | None, int], tuple[int, bytes]]
    erased: Callable[[bytes], bool] | None = None  # None where nobody is


class Sifted:
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        self._judge, self._layout, self._tally = judge, layout, tally
        self._hosts = Hosts(judge, layout.parts, tally)
        self._singly = Singly(judge, layout, tally, self._hosts)
        self._dresses = Dresses()
        self._sieve = _sieve(layout)
        for address in judge.know.history:
            self._sieve.note(octets(address), _TOLD)
        self._heard = judge.heard = _Flagged(self._sieve, _TOLD)
        self._hits = 0  # in the piece before, of addresses that may be in the ledger
        judge.seen = _Seen(self._sieve)
        self._known: dict[int, Host] = {}  # domains, by the numbers that they have there
        self._cases: dict[int, Tail] = {}  # the same of what is said where more is known than of a domain
        self._repairs: list[tuple[Code, ...]] = [()]  # by their numbers
        self._listed: list[tuple[Finding, ...]] = [()]  # what lists say of local parts: the same
        self._block: Block | None = None
        erased = judge.know.erased
        self._asked = Asked(
            *(self._learn, self._more, self._wrong, self._around, self._local, self._stopped, self._odd),
            erased=erased.__contains__ if erased else None,
        )

    def look(self, block: Block) -> Iterator[list[bytes]]:
        """The rows of a block by pile, as they are to be written, some at a time."""
        self._block, raw, row = block, _text(block), block.first
        for start, end in _pieces(raw):
            if self._hits > _MANY:
                self._ahead(raw[start:end])
            self._hits = 0
            _, row = self._sieve.look(raw, start, end, row, block.clean, self._asked)
            yield self._sieve.taken()

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: an earlier run has judged and committed the block."""
        self._block, raw, row = block, _text(block), block.first
        asked = self._asked._replace(row=self._noted)
        for start, end in _pieces(raw):
            _, row = self._sieve.remember(raw, start, end, row, block.clean, asked)

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        for number, is_case, address, first, rows in self._sieve.counted():
            tail = self._cases[number] if is_case else self._known[number].tail
            tail.seen(first, "" if address is None else address.decode(), rows)
        for tail in self._cases.values():  # which their domains may have forgotten
            tail.settle(self._tally)
        self._hosts.settle()
        self._singly.settle()

    def _learn(self, number: int, name: bytes) -> Told | None:
        """What is said of the rows of a domain; None where they are looked at one by one."""
        host = self._hosts.get(name.decode())
        if host is None or name.decode() not in self._hosts.known:
            return None  # who is not remembered there would not be counted
        self._known[number] = host
        return self._written(host.tail)

    def _more(self, case: int, number: int, repairs: int, listed: int, level: int) -> Told:
        """The same of rows there of which more is known."""
        host = self._known[number]
        tail = self._cases[case] = self._hosts.tail_of(host, self._told(repairs, listed, level))
        return self._written(tail)

    def _told(self, repairs: int, listed: int, level: int) -> More:
        duplicate = LEVELS[level - 1] if level else None
        return More(self._repairs[repairs], duplicate, self._listed[listed])

    def _wrong(self, case: int, number: int, text: bytes) -> Told | None:
        """What is said of a string that is wrong as many are; None where each is looked at for itself."""
        # What has no @ may have it in another column.
        tail = None if number < 0 and self._layout.others else self._singly.fault_of(text.decode())
        if tail is None:
            return None
        self._cases[case] = tail
        return self._written(tail)

    def _written(self, tail: Tail) -> Told:
        return tail.pile, self._text(tail.text), bool(tail.codes), bool(tail.suggested)

    def _text(self, text: str) -> bytes:
        d = self._layout.parts
        return f"{d}{text}{d}".encode()

    def _around(self, before: bytes, between: bytes, behind: bytes) -> int:
        """The number of the repairs to read an address within this; -1 where it is not read so."""
        repairs = self._dresses.repairs(before.decode(), between.decode(), behind.decode())
        return -1 if repairs is None else _number(self._repairs, repairs)

    def _local(self, local: bytes) -> int:
        """The number of what lists say of a local part."""
        return _number(self._listed, self._judge.of_local(local.decode()))

    def _stopped(
        self, number: int, repairs: int, listed: int, level: int, row: int, address: bytes
    ) -> tuple[int, bytes]:
        """What is said of a row whose address may be in the ledger."""
        self._hits += 1
        host, text = self._known[number], address.decode()
        local = text.rpartition("@")[0]
        told = self._singly.told(local, host)
        tail = self._hosts.tail_of(host, self._told(repairs, listed, level)._replace(told=told))
        tail.seen(row, text)
        return tail.pile, self._text(tail.of(local))

    def _ahead(self, piece: bytes) -> None:
        """Where the ledger knows many, it is asked for those of a piece at once."""
        kept = []
        for local, name in PLAIN.findall(piece):
            host = self._hosts.known.get(name.decode().lower())
            if (
                host is not None
                and octets(whole := self._singly.kept_of(local.decode(), host)) in self._heard
            ):
                kept.append(whole)
        self._judge.ahead(list(dict.fromkeys(kept)))

    def _odd(self, row: int, line: bytes, cell: bytes | None, at: int) -> tuple[int, bytes]:
        """A row that is looked at for itself."""
        pile, *parts = self._singly.judged(row, self._apart(row, line, cell, at))
        return pile, self._layout.parts.join((str(row), *parts)).encode("utf-8", "replace")

    def _apart(self, row: int, line: bytes, cell: bytes | None, at: int) -> Odd:
        """What stands in a row. `at`: where the @ is in a plain cell, else -1."""
        if cell is not None:
            text, repairs = cell.decode(), tuple[Code, ...]()
            local, name = text[: max(at, 0)], text[at + 1 :].lower()
            if at < 0 and (found := self._dresses.undressed(text, self._layout.delimiter is None)):
                local, name, repairs = found
            host = self._hosts.get(name) if local else None
            if host is not None and len(local) <= LONGEST_LOCAL:
                address = f"{local}@{name}"
                return Odd(Record(line.decode(), text), Cell((address,), repairs), local, host)
        raw = self._raw(row, line)
        if cell is not None and at < 0 and raw is line and not self._layout.others:
            return self._singly.taken(Record(line.decode(), text, self._layout.guessed))
        return self._singly.parted(raw.decode() if self._is_clean() else raw)

    def _noted(self, row: int, line: bytes, cell: bytes | None, at: int) -> tuple[int, bytes]:
        """A row that was judged before."""
        if forms := self._singly.forms_of(self._raw(row, line)):
            self._judge.seen.find(*forms)
        return 0, b""

    def _raw(self, row: int, line: bytes) -> bytes:
        """A row as it stands there, however many lines it has."""
        block = self._block
        if block is None or not block.records_:
            return line
        return block.records_[row - block.first].encode("utf-8", "surrogateescape")

    def _is_clean(self) -> bool:
        return self._block is not None and self._block.clean


def _sieve(layout: Layout) -> Sieve:
    providers = {
        name.encode(): (rule.dots, bool(rule.cut), not rule.case, rule.domain.encode())
        if rule.cut in _TAGS
        else None
        for name, rule in LOOKED_UP.items()
    }
    listed = [local.encode() for local in sorted(listed_locals())]
    # Of digits alone nothing is left: these are told as a whole.
    digits = [local for local, left in zip(listed, bare(listed), strict=True) if not left]
    heeded = [*sorted(special() - {b""}), *digits]
    delimiter = (layout.delimiter or "").encode()
    endings = tuple(name.encode() for name in unmistakable_names())
    return Sieve(token_bytes(16), delimiter, layout.column, layout.width, providers, heeded, endings)


def _number(known: list[_T], each: _T) -> int:
    """The place of something among what is known, which it is from now on."""
    if each not in known:
        known.append(each)
    return known.index(each)


def _text(block: Block) -> bytes:
    """A block with one line for each row; an empty one where it has several."""
    if not block.records_:
        return block.raw
    lines = [line.encode("utf-8", "surrogateescape") for line in block.records_]
    return b"".join([b"\n" if b"\n" in line else line + b"\n" for line in lines])


def _pieces(raw: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(raw):
        end = raw.find(b"\n", start + PIECE) + 1 or len(raw)
        yield start, end
        start = end


class _Flagged:
    """The addresses with a flag."""

    def __init__(self, sieve: Sieve, flag: int) -> None:
        self._sieve, self._flag = sieve, flag

    def __contains__(self, address: object, /) -> bool:
        return isinstance(address, bytes) and bool(self._sieve.flags(address) & self._flag)

    def add(self, address: bytes, /) -> None:
        self._sieve.note(address, self._flag)


class _Levels:
    """The lowest notion by which others of them are known."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve

    def get(self, address: bytes, /) -> int | None:
        flags = self._sieve.flags(address)
        return next((level for level, flag in enumerate(_LEVELS, start=1) if flags & flag), None)

    def __setitem__(self, address: bytes, level: int, /) -> None:
        self._sieve.note(address, _LEVELS[level - 1])


class _Seen(Seen):
    """What stood in the list already, as the sieve remembers it."""

    def __init__(self, sieve: Sieve) -> None:
        super().__init__()
        self.key: Any = octets
        self.exact, self.theirs, self.rare = _Flagged(sieve, _EXACT), _Flagged(sieve, _THEIRS), _Levels(sieve)
