"""The rows of a block, quickly: what is plain and has nothing in common with another row is judged by its
domain, and written without a look at it alone. All else, one row in twenty, is looked at one by one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import compress, count, repeat

from retour.flow.listcheck.blocks import Block, Record
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.hosts import Hosts
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.plain_rows import MERGING, Piece, Plain, pieces
from retour.flow.listcheck.seen import Numbers, key
from retour.flow.listcheck.singly import LONGEST_LOCAL, Odd, Singly
from retour.flow.listcheck.special import HASH, bare, special
from retour.flow.listcheck.tally import Tally
from retour.flow.listcheck.written import guarded
from retour.vet.lists import suspects

# For each pile, which of the numbers of piles are its own.
_CHOSEN = [bytes(number == pile for number in range(256)) for pile in range(len(PILES))]


class Quick:
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        self._judge, self._layout, self._tally = judge, layout, tally
        self._exact, self._theirs = Numbers(), Numbers()
        judge.seen.exact, judge.seen.theirs = self._exact, self._theirs
        self._hosts = Hosts(judge, layout.parts, tally)
        self._singly = Singly(judge, layout, tally, self._hosts)
        self._suspect = suspects(judge.know.policy)
        # Of the domains by which rows are judged: what is written behind an address, and in which pile.
        self._texts: dict[str, str] = {}
        self._same: dict[str, str] = {}  # each text once
        self._piles: dict[str, int] = {}  # but those of the first
        self._told: set[str] = set()  # domains about which there is something to be said
        self._wanting: set[str] = set()  # those of them without an example
        self._rows = Counter[str]()

    def look(self, block: Block) -> list[bytes]:
        """The rows of a block by pile, as they are to be written."""
        piles: list[list[bytes]] = [[] for _ in PILES]
        for piece in pieces(block):
            self._piece(piece, piles)
        return [b"".join(rows) for rows in piles]

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: an earlier run has judged and committed the block."""
        for piece in pieces(block):
            rows = piece.plain(self._layout)
            odd = [place for place, cell in enumerate(rows.cells) if not cell]
            self._exact.known(rows.numbers(), frozenset(odd))
            for text in rows.theirs().values():
                self._theirs.add(key(text))
            for place in odd:
                forms = self._singly.forms_of(piece.lines[place].encode("utf-8", "surrogateescape"))
                if forms:
                    self._judge.seen.find(*forms)

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        for domain, rows in self._rows.items():
            host = self._hosts.known[domain] if rows else None
            if host is not None:
                host.tail.rows += rows
        self._rows.clear()
        self._wanting = set(self._told)
        self._hosts.settle()
        self._singly.settle()

    def _piece(self, piece: Piece, piles: list[list[bytes]]) -> None:
        rows = piece.plain(self._layout)
        present = set(rows.domains)
        self._learn(present.difference(self._hosts.known))
        texts = list(map(self._texts.get, rows.domains))
        theirs = rows.theirs()
        slow = self._striking(rows, texts)
        slow.update(place for place, text in theirs.items() if text in self._judge.know.history)
        odd = {place: self._apart(piece, place, rows) for place in slow}
        slow.update(self._related(rows, theirs, odd))
        self._counted(piece.first, rows, present, slow)
        self._written(piece, rows, texts, {place: odd.get(place) for place in sorted(slow)}, piles)

    def _written(
        self,
        piece: Piece,
        rows: Plain,
        texts: Sequence[str | None],
        slow: Mapping[int, Odd | None],
        piles: list[list[bytes]],
    ) -> None:
        """Every row into its pile, in their order."""
        safe, d = guarded(piece.text, self._layout), self._layout.parts
        lines = piece.lines if safe is piece.text else safe.split("\n")
        told = zip(count(piece.first), rows.cells, texts, lines, strict=False)
        made = [f"{row}{d}{cell}{text}{line}" for row, cell, text, line in told]
        chosen = bytearray(len(made))
        if not self._piles.keys().isdisjoint(rows.domains):
            chosen = bytearray(map(self._piles.get, rows.domains, repeat(0)))
        for place, odd in slow.items():
            row, host = piece.first + place, self._hosts.known[rows.domains[place]]
            if odd is not None:
                chosen[place], made[place] = self._singly.judged(row, odd)
            elif host is not None:
                chosen[place], made[place] = self._singly.plain(row, rows.locals[place], host, lines[place])
        for pile, parts in enumerate(piles):
            if pile in chosen:
                mine = compress(made, chosen.translate(_CHOSEN[pile]))
                parts.append(("\n".join(mine) + "\n").encode("utf-8", "replace"))

    def _learn(self, names: Iterable[str]) -> None:
        d = self._layout.parts
        for name in names:
            host = self._hosts.get(name)
            if host is not None and not host.tail.suggested:
                text = f"{d}{host.tail.text}{d}"
                self._texts[name] = self._same.setdefault(text, text)
                if host.tail.pile:
                    self._piles[name] = host.tail.pile
                if host.tail.codes:
                    self._told.add(name)
                    self._wanting.add(name)

    def _striking(self, rows: Plain, texts: Sequence[str | None]) -> set[int]:
        """The places of rows that are not judged by their domain."""
        stops, listed, suspect = self._judge.know.history, special(), self._suspect
        slow = {
            place
            for place, (cell, text, left) in enumerate(zip(rows.cells, texts, bare(rows.locals), strict=True))
            if text is None or (left in listed and suspect(rows.locals[place])) or cell in stops
        }
        if max(map(len, rows.locals)) >= HASH:
            slow.update(place for place, local in enumerate(rows.locals) if len(local) >= HASH)
        return slow

    def _apart(self, piece: Piece, place: int, rows: Plain) -> Odd:
        """A row for the slow way."""
        line, cell, local = piece.lines[place], rows.cells[place], rows.locals[place]
        host = self._hosts.get(rows.domains[place]) if cell else None
        if host is not None and len(local) <= LONGEST_LOCAL:
            return Odd(Record(line, cell), Cell((cell,)), local, host)
        return self._singly.parted(line if piece.clean else line.encode("utf-8", "surrogateescape"))

    def _related(self, rows: Plain, theirs: Mapping[int, str], odd: Mapping[int, Odd]) -> set[int]:
        """The places of rows that have something in common with others; all others are noted as seen."""
        exact, provider, rare = self._exact, self._theirs, self._judge.seen.rare
        numbers = rows.numbers()
        slow = set(exact.known(numbers, odd))
        folded = {n: key(text) for n, text in theirs.items() if n not in slow and n not in odd}
        texts = {key(text) for each in odd.values() for text in self._singly.texts(each)}
        twice = {number for number, times in Counter(folded.values()).items() if times > 1}
        wanted = texts.union(folded.values())
        more = {n for n, number in enumerate(numbers) if number in wanted or number in rare}
        merging = {n: numbers[n] for n, name in enumerate(rows.domains) if name in MERGING}
        met = provider.among(set(merging.values()))
        more.update(n for n, number in merging.items() if number in met)
        others = set(folded.values())
        met = exact.among(others) | provider.among(others) | (others & texts) | (others & rare.keys()) | twice
        more.update(n for n, number in folded.items() if number in met)
        more.difference_update(slow, odd)
        exact.discard(numbers[n] for n in more)
        provider.update(others.difference(folded[n] for n in more if n in folded))
        return slow | more

    def _counted(self, first: int, rows: Plain, present: AbstractSet[str], slow: AbstractSet[int]) -> None:
        """Count the rows that are judged by their domain; the first of each is an example."""
        self._rows.update(rows.domains)
        for place in slow:
            self._rows[rows.domains[place]] -= 1
        for domain in present & self._wanting:
            places = (n for n, name in enumerate(rows.domains) if name == domain and n not in slow)
            host, example = self._hosts.known[domain], next(places, None)
            if host is not None and example is not None:
                self._wanting.discard(domain)
                host.tail.seen(first + example, rows.cells[example], 0)
