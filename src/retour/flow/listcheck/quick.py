"""The rows of a block, quickly: what is plain and has nothing in common with another row is judged by its
domain, and written without a look at it alone. All else, one row in twenty, is looked at one by one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from retour.flow.listcheck.blocks import Block, Record
from retour.flow.listcheck.bloom import Bloom
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.dresses import Dresses
from retour.flow.listcheck.hosts import MOST_HOSTS, NOTHING, Hosts, More, Tail
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.meeting import Distinct, Meeting
from retour.flow.listcheck.plain_rows import Piece, Plain, pieces
from retour.flow.listcheck.seen import octets
from retour.flow.listcheck.singly import LONGEST_LOCAL, Odd, Singly
from retour.flow.listcheck.special import HASH, bare, special
from retour.flow.listcheck.tally import Tally
from retour.flow.listcheck.written import Rows, guarded
from retour.vet import Code


class Quick:
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        self._judge, self._layout, self._tally = judge, layout, tally
        self._meeting = Meeting(judge.seen)
        self._hosts = Hosts(judge, layout.parts, tally)
        self._singly = Singly(judge, layout, tally, self._hosts)
        self._dresses = Dresses()
        self._heard = judge.heard = Bloom(len(judge.know.history), map(octets, judge.know.history))
        self._rows = Rows(layout)
        self._same: dict[bytes, bytes] = {}  # what is written behind an address, each text once
        self._tails: dict[bytes, Tail | None] = {b"": None}  # of the domains by which rows are judged
        self._told: set[bytes] = set()  # domains about which there is something to be said
        self._wanting: set[bytes] = set()  # those of them without an example

    def look(self, block: Block) -> Iterator[Sequence[bytes]]:
        """The rows of a block by pile, as they are to be written, some at a time."""
        return map(self._piece, pieces(block))

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: an earlier run has judged and committed the block."""
        for piece in pieces(block):
            rows = piece.plain(self._layout)
            self._meeting.remember(rows.cells, rows.theirs(set(rows.domains)))
            for place in [place for place, cell in enumerate(rows.cells) if not cell]:
                forms = self._singly.forms_of(piece.lines[place])
                if forms:
                    self._judge.seen.find(*forms)

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        self._wanting = set(self._told)
        self._hosts.settle()
        self._singly.settle()

    def _piece(self, piece: Piece) -> Sequence[bytes]:
        """The rows of a piece by pile."""
        rows = piece.plain(self._layout)
        more = self._undressed(rows)
        tails = self._known(Counter(rows.domains))
        texts = list(map({name: tail.row for name, tail in tails.items()}.get, rows.domains))
        theirs, distinct = rows.theirs(tails), Distinct(rows.cells)
        odd = {place: self._apart(piece, place, rows, more) for place in self._striking(rows, texts)}
        self._listed(rows, more)
        self._stopping(rows.cells, theirs, more)
        forms = {place: map(octets, self._singly.texts(each)) for place, each in odd.items()}
        copies, related = self._meeting.of(rows.cells, distinct, theirs, forms)
        safe = guarded(piece.text, self._layout)
        lines = piece.lines if safe is piece.text else safe.split(b"\n")
        made = {}
        for place in copies.union(more).difference(odd, related):
            told = more.get(place, NOTHING)
            told = told._replace(duplicate=Code.DUP_EXACT) if place in copies else told
            made[place] = self._varied(piece.first + place, rows, place, lines[place], told)
        for place in sorted({*odd, *related}):
            each = odd.get(place) or self._apart(piece, place, rows, more)
            made[place] = self._made(piece.first + place, each)
        self._counted(piece.first, rows, tails, made)
        self._piled(piece.first, rows, tails, lines, made)
        return self._rows.written(piece.first, (rows.cells, texts, lines), made)

    def _known(self, counts: Mapping[bytes, int]) -> dict[bytes, Tail]:
        """What is said of the rows of some domains, without those whose rows are looked at one by one."""
        known = {}
        for name, rows in counts.items():
            tail = self._tails[name] if name in self._tails else self._learned(name)
            if tail is not None:
                known[name] = tail
                tail.rows += rows
        return known

    def _learned(self, name: bytes) -> Tail | None:
        """What is said of the rows of a domain that was not seen before."""
        host, d = self._hosts.get(name.decode()), self._layout.parts
        tail = None if host is None or host.tail.suggested else host.tail
        if len(self._tails) < MOST_HOSTS:
            self._tails[name] = tail
        if tail is not None:
            text = f"{d}{tail.text}{d}".encode()
            tail.row = self._same.setdefault(text, text)
            if tail.codes:
                self._told.add(name)
                self._wanting.add(name)
        return tail

    def _undressed(self, rows: Plain) -> dict[int, More]:
        """Rows are plain when something around their address is taken off: what, by their places."""
        more = {}
        for place, cell in rows.odd.items():
            found = self._dresses.undressed(cell.decode(), self._layout.delimiter is None)
            if found is not None:
                rows.put(place, found.local.encode(), found.domain.encode())
                more[place] = NOTHING._replace(repairs=found.repairs)
        return more

    def _striking(self, rows: Plain, texts: Sequence[bytes | None]) -> set[int]:
        """The places of rows that are not judged by their domain."""
        slow = {place for place, text in enumerate(texts) if text is None}
        if max(map(len, rows.locals)) >= HASH:
            slow.update(place for place, local in enumerate(rows.locals) if len(local) >= HASH)
        return slow

    def _listed(self, rows: Plain, more: dict[int, More]) -> None:
        """What lists say of local parts, to be said besides."""
        left = bare(rows.locals)
        listed = special().intersection(left)
        for place in [place for place, each in enumerate(left) if each in listed] if listed else ():
            if said := self._judge.of_local(rows.locals[place].decode()):
                more[place] = more.get(place, NOTHING)._replace(said=said)

    def _stopping(self, cells: Sequence[bytes], theirs: Mapping[int, bytes], more: dict[int, More]) -> None:
        """What the account's own history knows of addresses as Retour keeps them, to be said besides."""
        if not self._judge.knows:
            return
        kept = [theirs.get(place, cell) for place, cell in enumerate(cells)] if theirs else cells
        found = {*self._heard.among(kept), *self._erased(kept)}
        found = {place for place in found if cells[place]}
        self._judge.ahead([kept[place].decode() for place in found])
        for place in found:
            if told := self._judge.know.history.get(kept[place].decode(), ()):
                more[place] = more.get(place, NOTHING)._replace(told=told)

    def _erased(self, kept: Sequence[bytes]) -> Sequence[int]:
        """The places of those whom the history does not name."""
        erased = self._judge.know.erased
        return erased.among(kept) if erased else ()

    def _apart(self, piece: Piece, place: int, rows: Plain, more: Mapping[int, More]) -> Odd:
        """A row for the slow way."""
        line, cell = piece.lines[place], rows.cells[place].decode()
        host = self._hosts.get(rows.domains[place].decode()) if cell else None
        if host is not None and len(rows.locals[place]) <= LONGEST_LOCAL:
            dressed = Cell((cell,), more.get(place, NOTHING).repairs)
            return Odd(Record(line.decode(), cell), dressed, rows.locals[place].decode(), host)
        return self._singly.parted(line.decode() if piece.clean else line)

    def _varied(self, row: int, rows: Plain, place: int, line: bytes, more: More) -> tuple[int, bytes]:
        """A row of which more is to be said than of its domain."""
        host, cell = self._hosts.get(rows.domains[place].decode()), rows.cells[place]
        assert host is not None  # the row is judged by its domain
        tail, d = self._hosts.tail_of(host, more), self._layout.parts.encode()
        tail.seen(row, cell.decode())
        text = tail.of(rows.locals[place].decode()).encode()
        return tail.pile, b"%d%b%b%b%b%b%b" % (row, d, cell, d, text, d, line)

    def _made(self, row: int, odd: Odd) -> tuple[int, bytes]:
        """A row that is looked at for itself."""
        pile, *parts = self._singly.judged(row, odd)
        return pile, self._layout.parts.join((str(row), *parts)).encode("utf-8", "replace")

    def _piled(
        self,
        first: int,
        rows: Plain,
        tails: Mapping[bytes, Tail],
        lines: Sequence[bytes],
        made: dict[int, tuple[int, bytes]],
    ) -> None:
        """Rows that are judged by their domain, and are of another pile than the first."""
        others = {name: tail for name, tail in tails.items() if tail.pile}
        if not others:
            return
        d = self._layout.parts.encode()
        for place, name in enumerate(rows.domains):
            if name in others and place not in made:
                parts = first + place, d, rows.cells[place], others[name].row, lines[place]
                made[place] = others[name].pile, b"%d%b%b%b%b" % parts

    def _counted(
        self, first: int, rows: Plain, tails: Mapping[bytes, Tail], made: Mapping[int, object]
    ) -> None:
        """Rows that are looked at one by one are counted there; the first of all others is an example."""
        for tail in [tails[name] for name in map(rows.domains.__getitem__, made) if name in tails]:
            tail.rows -= 1
        for domain in self._wanting.intersection(tails):
            places = (n for n, name in enumerate(rows.domains) if name == domain and n not in made)
            if (example := next(places, None)) is not None:
                self._wanting.discard(domain)
                tails[domain].seen(first + example, rows.cells[example].decode(), 0)
