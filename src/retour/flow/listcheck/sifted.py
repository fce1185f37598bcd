"""The rows of a block, sifted in C (`retour._sieve`, in the compiled form): what is plain, and has nothing in
common with another row, is written there as its domain says. About all else it asks here, row by row.
"""

from collections.abc import Iterator
from secrets import token_bytes
from typing import Any

from retour._sieve import Sieve
from retour.address import PROVIDERS
from retour.flow.listcheck.blocks import Block, Record
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.dresses import Dresses
from retour.flow.listcheck.hosts import Host, Hosts, More, Tail
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.plain_rows import MERGING
from retour.flow.listcheck.seen import Seen, octets
from retour.flow.listcheck.singly import LONGEST_LOCAL, Odd, Singly
from retour.flow.listcheck.special import bare, special
from retour.flow.listcheck.tally import Tally
from retour.vet import Code
from retour.vet.lists import listed_locals

PIECE = 256 * 1024  # octets that are looked at before other threads have a turn
_EXACT, _THEIRS, _LEVELS, _TOLD = 1, 2, (4, 8), 16  # flags of an address there


class Sifted:
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        self._judge, self._layout = judge, layout
        self._hosts = Hosts(judge, layout.parts, tally)
        self._singly = Singly(judge, layout, tally, self._hosts)
        self._dresses = Dresses()
        self._sieve = _sieve(layout)
        for address in judge.know.history:
            self._sieve.note(octets(address), _TOLD)
        judge.seen = _Seen(self._sieve)
        self._told: dict[int, tuple[Host, Tail | None]] = {}  # by the number of a domain; and of its copies
        self._block: Block | None = None

    def look(self, block: Block) -> list[bytes]:
        """The rows of a block by pile, as they are to be written."""
        self._block, raw, row = block, _text(block), block.first
        for start, end in _pieces(raw):
            parts = raw, start, end, row, block.clean
            _, row = self._sieve.look(*parts, self._learn, self._copied, self._odd)
        return self._sieve.taken()

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: an earlier run has judged and committed the block."""
        self._block, raw, row = block, _text(block), block.first
        for start, end in _pieces(raw):
            parts = raw, start, end, row, block.clean
            _, row = self._sieve.remember(*parts, self._learn, self._copied, self._noted)

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        for number, copies, address, first, rows in self._sieve.counted():
            host, copied = self._told[number]
            tail = copied if copies and copied is not None else host.tail
            tail.seen(first, "" if address is None else address.decode(), rows)
        self._hosts.settle()
        self._singly.settle()

    def _learn(self, number: int, name: bytes) -> tuple[int, bytes, bool] | None:
        """What is said of the rows of a domain; None where they are looked at one by one."""
        host = self._hosts.get(name.decode())
        if host is None or host.tail.suggested or name.decode() not in self._hosts.known:
            return None  # who is not remembered there would not be counted
        self._told[number] = host, None
        return self._written(host.tail)

    def _copied(self, number: int) -> tuple[int, bytes, bool]:
        """The same of exact duplicates there."""
        host, _ = self._told[number]
        tail = self._hosts.tail_of(host, More(duplicate=Code.DUP_EXACT))
        self._told[number] = host, tail
        return self._written(tail)

    def _written(self, tail: Tail) -> tuple[int, bytes, bool]:
        d = self._layout.parts
        return tail.pile, f"{d}{tail.text}{d}".encode(), bool(tail.codes)

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
    merging = {
        name: (dots, not PROVIDERS[name.decode()].case, kept) for name, (dots, kept) in MERGING.items()
    }
    listed = [local.encode() for local in sorted(listed_locals())]
    # Of digits alone nothing is left: these are told as a whole.
    digits = [local for local, left in zip(listed, bare(listed), strict=True) if not left]
    heeded = [*sorted(special() - {b""}), *digits]
    delimiter = (layout.delimiter or "").encode()
    return Sieve(token_bytes(16), delimiter, layout.column, layout.width, merging, heeded)


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
