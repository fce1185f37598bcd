"""The rows of a block in columns, with polars (the extra `lists`): most rows are never objects on their own.

What `quick` does with lists and sets is done here with columns; the files are the same. Blocks with quotation
marks, and such as are no UTF-8, are taken apart by the pattern of `quick`, and are columns from then on.

    frame → told, what its domain says of a row → met, what it has in common with others → written
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl

from retour.flow.listcheck.blocks import Block, Record
from retour.flow.listcheck.bloom import Bloom
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.frames import Frames
from retour.flow.listcheck.hosts import LOCAL, Host, Hosts, More
from retour.flow.listcheck.judge import Heard, Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.marks import Marks, Runs, mark, marks
from retour.flow.listcheck.plain_rows import MERGING
from retour.flow.listcheck.seen import octets
from retour.flow.listcheck.singly import Judged, Odd, Singly
from retour.flow.listcheck.special import HASH, suspected
from retour.flow.listcheck.tally import Tally
from retour.vet import Code, Finding

# What is known of a domain, by its number: the pile and the text of its rows, none where they are looked at
# one by one; and whether an address is proposed, which then differs from row to row.
_HOSTS = {"pile": pl.UInt8, "text": pl.String, "proposed": pl.Boolean}
# What may be found of a row beside its domain: numbers of repairs, of what lists and history say; a copy.
_MORE = ("repairs", "said", "stop", "copy")
_AHEAD = 2000  # addresses that the history is asked for together
_AT_ONCE = 100_000  # addresses of the history that become numbers together
_SAID = {"pile": pl.UInt8, "text": pl.String}
_JUDGED = {"pile": pl.UInt8, "address": pl.String, "text": pl.String, "line": pl.String}
_MERGING = pl.DataFrame(
    [(name.decode(), dots, kept.decode()) for name, (dots, kept) in MERGING.items()],
    schema={"domain": pl.String, "dots": pl.Boolean, "kept": pl.String},
    orient="row",
)


class Columns:
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        self._judge, self._layout, self._frames = judge, layout, Frames(layout)
        self._marks = judge.seen = Marks()
        self._hosts = Hosts(judge, layout.parts, tally)
        self._singly = Singly(judge, layout, tally, self._hosts)
        self._names = pl.Categorical(pl.Categories.random())  # numbers the domains as they come,
        self._numbering = pl.Series([], dtype=self._names)  # as long as there is one with these numbers
        self._known: list[Host | None] = []  # by these numbers, as the table
        self._table = pl.DataFrame(schema=_HOSTS)
        self._said: list[tuple[Finding, ...]] = [()]  # of local parts, and by a ledger: by their numbers
        self._history: list[tuple[Finding, ...]] = [()]  # of the addresses of a block: the same
        self._heard = judge.heard = Bloom(len(judge.know.history))
        self._stops = self._noted(judge.know.history)
        self._counts: list[pl.DataFrame] = []  # rows by domain since the last time that they were settled
        self._showing: set[int] = set()  # domains of which something is to be said
        self._wanting: set[int] = set()  # those of them without an example

    def _noted(self, history: Heard) -> Runs:
        """The numbers of all addresses that something is known of; none of them is held in clear."""
        stops, addresses = Runs(), iter(history)
        while batch := list(islice(addresses, _AT_ONCE)):
            stops.add(marks(batch))
            for address in batch:
                self._heard.add(octets(address))
        return stops

    def look(self, block: Block) -> Iterator[list[bytes]]:
        """The rows of a block by pile, as they are to be written, some at a time."""
        if block.rows:
            yield self._looked(block)

    def _looked(self, block: Block) -> list[bytes]:
        rows, theirs = self._told(self._frames.of(block))
        striking = self._slow(rows.filter(~pl.col("fast")), block.clean)
        texts = [text for odd in striking.values() for text in self._singly.texts(odd)]
        rows, related = self._met(rows, theirs, self._marks.told(texts))
        apart = self._apart(related)
        texts += [text for odd in apart.values() for text in self._singly.texts(odd)]
        self._marks.told(texts)
        odd = {**striking, **apart}
        made = {place: self._singly.judged(block.first + place, odd[place]) for place in sorted(odd)}
        noted = (rows["fast"] & ~rows["copy"]).scatter(list(apart), False)
        self._marks.end(rows["number"].filter(noted), theirs["other"].filter(noted.gather(theirs["place"])))
        rows = rows.with_columns(fast=rows["fast"].scatter(list(apart), False))
        more = pl.any_horizontal("copy", "proposed", pl.col("repairs", "said", "stop") > 0)
        rows = rows.with_columns(plain=pl.col("fast") & ~more)
        self._counted(rows.filter("plain"), block.first)
        varied = self._varied(rows.filter(pl.col("fast") & ~pl.col("plain")), block.first)
        return self._written(block.first, rows, varied, made)

    def _host(self, number: int) -> Host:
        host = self._known[number]
        assert host is not None  # its rows are judged by it
        return host

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: an earlier run has judged and committed the block."""
        if not block.rows:
            return
        rows = self._frames.of(block)
        lines = rows.filter(~pl.col("plain"))["line"].to_list()
        forms = [self._singly.forms_of(line.encode() if block.clean else _octets(line)) for line in lines]
        self._marks.begin(self._marks.told([text for each in forms for text in each]).sort())
        for each in forms:
            if each:
                self._marks.find(*each)
        self._marks.end(rows["number"].filter(rows["plain"]), _theirs(rows)["other"])

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        if self._counts:
            counts = pl.concat(self._counts).group_by("host").agg(pl.col("len").sum())
            for number, rows in _each(counts):
                self._host(number).tail.rows += rows
        self._counts, self._wanting = [], set(self._showing)
        self._hosts.settle()
        self._singly.settle()

    def _told(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What is known of rows beside them, and which are judged by that; and `_theirs` of those."""
        domain = pl.when("plain").then("domain").cast(self._names).to_physical()
        rows = frame.with_columns(host=domain)
        self._learn(rows)
        known = [self._table[name].gather(rows["host"]) for name in _HOSTS]
        rows = rows.with_columns(known)
        judged = pl.col("pile").is_not_null() & (pl.col("local").str.len_bytes() < HASH)
        rows = rows.with_columns(fast=judged, copy=pl.lit(False))
        theirs = _theirs(rows.filter("fast"))
        stop = self._stopped(rows, theirs)
        return rows.with_columns(said=self._listed(rows), stop=stop), theirs

    def _listed(self, rows: pl.DataFrame) -> pl.Series:
        """The numbers of what lists say of local parts."""
        none = pl.zeros(len(rows), dtype=pl.UInt32, eager=True)
        found = rows.filter(pl.col("fast") & pl.col("local").str.contains(suspected())).select(
            "place", "local"
        )
        if found.is_empty():
            return none
        numbers = {}
        for local in found["local"].unique():
            said = self._judge.of_local(local)
            if said not in self._said:
                self._said.append(said)
            numbers[local] = self._said.index(said)
        return none.scatter(found["place"], [numbers[local] for local in found["local"]])

    def _stopped(self, rows: pl.DataFrame, theirs: pl.DataFrame) -> pl.Series:
        """The numbers of what the account's own history knows, of addresses as Retour keeps them."""
        none = pl.zeros(len(rows), dtype=pl.UInt32, eager=True)
        self._history = [()]
        if not self._judge.knows:
            return none
        kept = rows["number"].scatter(theirs["place"], theirs["other"])
        met = kept.is_in(self._stops.among(kept.filter(rows["fast"])).implode())
        met = met.scatter(self._erased(rows, theirs), True) & rows["fast"]
        places, numbers = [], []
        hits = list(_each(rows.filter(met).select("place", "local", "host")))
        for number, (place, local, host) in enumerate(hits):
            if number % _AHEAD == 0:
                some = hits[number : number + _AHEAD]
                self._judge.ahead([self._singly.kept_of(local, self._host(host)) for _, local, host in some])
            if told := self._singly.told(local, self._host(host)):
                places.append(place)
                numbers.append(self._number(told))
        return none.scatter(places, numbers)

    def _number(self, told: tuple[Finding, ...]) -> int:
        """Its place in the history of a block; those who were erased have one and the same."""
        if told is not self._history[-1]:
            self._history.append(told)
        return len(self._history) - 1

    def _erased(self, rows: pl.DataFrame, theirs: pl.DataFrame) -> list[int]:
        """The places of those whom the history does not name."""
        erased = self._judge.know.erased
        if not erased:
            return []
        kept = rows["cell"].scatter(theirs["place"], theirs["text"])
        return erased.among(map(octets, kept.to_list()))

    def _learn(self, rows: pl.DataFrame) -> None:
        """Judge the domains that were not seen before."""
        fresh = rows.filter(pl.col("host") >= len(self._known)).select("host", "domain").unique("host")
        if fresh.is_empty():
            return
        said: list[tuple[int | None, str | None, bool]] = []
        for number, name in fresh.sort("host").iter_rows():
            host = self._hosts.get(name)
            self._known.append(host)
            if host is None:
                said.append((None, None, False))
                continue
            said.append((host.tail.pile, host.tail.text, bool(host.tail.suggested)))
            if host.tail.codes:
                self._showing.add(number)
                self._wanting.add(number)
        self._table = pl.concat([self._table, pl.DataFrame(said, schema=_HOSTS, orient="row")], rechunk=True)

    def _met(
        self, rows: pl.DataFrame, theirs: pl.DataFrame, texts: pl.Series
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Which rows are copies; and those that have something else in common with any before.

        Or with one of this block that is no copy. `texts`: the numbers of rows that are looked at one by one.
        """
        texts = texts.unique()
        pool = pl.concat([rows["number"].filter(rows["fast"]), theirs["other"], texts]).sort()
        exact, known = self._marks.begin(pool)
        some = pl.concat([pool.filter(pool == pool.shift(1)), exact, known]).unique().implode()
        alike = rows["fast"] & rows["number"].is_in(some)
        alike = alike.scatter(theirs["place"].filter(theirs["other"].is_in(some)), True)
        few = rows.filter(alike)
        few = few.join(theirs.select("place", "other"), on="place", how="left", maintain_order="left")
        first = few["number"].is_first_distinct()
        pool = pl.concat([few["number"].filter(first), few["other"].filter(first).drop_nulls(), texts])
        shared = pl.concat([known, pool.filter(pool.is_duplicated())]).unique()
        met = few["other"].is_in(pl.concat([shared, exact]).implode()).fill_null(False)
        copy = ~first | few["number"].is_in(exact.implode())
        related = ~copy & (few["number"].is_in(shared.implode()) | met)
        copies = rows["copy"].scatter(few["place"].filter(copy), True)
        return rows.with_columns(copy=copies), few.filter(related)

    def _apart(self, related: pl.DataFrame) -> dict[int, Odd]:
        """Rows that are judged by their domain and by what they have in common with others."""
        odd = {}
        for place, line, cell, local, host, repairs in _each(
            related.select("place", "line", "cell", "local", "host", "repairs")
        ):
            dressed = Cell((cell,), self._frames.repairs[repairs])
            odd[place] = Odd(Record(line, cell), dressed, local, self._host(host))
        return odd

    def _varied(self, rows: pl.DataFrame, first: int) -> pl.DataFrame:
        """Count rows of which more is to be said than of their domain; pile and text of each, by places."""
        said = []
        found = rows.group_by("host", *_MORE).agg(pl.len(), pl.col("place", "cell").first())
        for number, repairs, listed, stop, copy, count, place, cell in _each(found):
            duplicate = Code.DUP_EXACT if copy else None
            more = More(self._frames.repairs[repairs], duplicate, self._said[listed], self._history[stop])
            tail = self._hosts.tail_of(self._host(number), more)
            tail.seen(first + place, cell, count)
            said.append((tail.pile, tail.text))
        found = found.select("host", *_MORE).hstack(pl.DataFrame(said, schema=_SAID, orient="row"))
        varied = rows.select("place", "local", "host", *_MORE).join(found, on=("host", *_MORE), how="left")
        before, behind = (varied["text"].str.splitn(LOCAL, 2).struct.field(f"field_{n}") for n in (0, 1))
        own = pl.concat_str(before, "local", behind)
        return varied.select("place", "pile", text=pl.when(behind.is_null()).then("text").otherwise(own))

    def _slow(self, frame: pl.DataFrame, clean: bool) -> dict[int, Odd]:
        """Rows for the slow way, taken apart, by their places."""
        odd = {}
        for place, line, cell, local, domain, plain, repairs in _each(
            frame.select("place", "line", "cell", "local", "domain", "plain", "repairs")
        ):
            host = self._hosts.get(domain) if clean and plain and len(local) <= HASH else None
            if host is not None:
                odd[place] = Odd(
                    Record(line, cell), Cell((cell,), self._frames.repairs[repairs]), local, host
                )
            else:
                odd[place] = self._singly.parted(line if clean else _octets(line))
        return odd

    def _counted(self, rows: pl.DataFrame, first: int) -> None:
        """Count the rows that are judged by their domain; the first of each is an example."""
        self._counts.append(rows.group_by("host").len())
        if not self._wanting:
            return
        wanting = pl.Series(list(self._wanting), dtype=pl.UInt32)
        shown = rows.filter(pl.col("host").is_in(wanting.implode())).unique("host", keep="first")
        for number, place, cell in _each(shown.select("host", "place", "cell")):
            self._host(number).tail.seen(first + place, cell, 0)
            self._wanting.discard(number)

    def _written(
        self, first: int, rows: pl.DataFrame, varied: pl.DataFrame, made: Mapping[int, Judged]
    ) -> list[bytes]:
        """What is written of all rows, in their order."""
        own, places = pl.DataFrame(list(made.values()), schema=_JUDGED, orient="row"), list(made)
        columns = {
            "row": first + rows["place"],
            "address": rows["cell"].scatter(places, own["address"]),
            "text": rows["text"].scatter(varied["place"], varied["text"]).scatter(places, own["text"]),
            "line": rows["shown"].scatter(places, own["line"]),
        }
        pile = rows["pile"].scatter(varied["place"], varied["pile"]).scatter(places, own["pile"])
        written = pl.DataFrame(columns)
        return [_csv(written.filter(pile == number), self._layout.parts) for number in range(len(PILES))]


def _csv(rows: pl.DataFrame, delimiter: str) -> bytes:
    text = io.BytesIO()
    rows.write_csv(text, include_header=False, separator=delimiter, quote_style="never")
    return text.getvalue()


def _theirs(rows: pl.DataFrame) -> pl.DataFrame:
    """By places, the numbers of what their providers read instead of plain addresses, where that differs."""
    merging = rows.filter(pl.col("plain") & pl.col("domain").is_in(_MERGING["domain"].implode()))
    merging = merging.select("place", "cell", "local", "domain").join(_MERGING, on="domain", how="inner")
    bare = pl.col("local").str.replace_all(".", "", literal=True)
    theirs = pl.concat_str(pl.when("dots").then(bare).otherwise("local"), pl.lit("@"), "kept")
    others = merging.select("place", "cell", theirs=theirs).filter(pl.col("theirs") != pl.col("cell"))
    return others.select("place", other=mark(pl.col("theirs")), text=pl.col("theirs"))


def _each(frame: pl.DataFrame) -> Iterable[tuple[Any, ...]]:
    """The rows of a frame, one by one."""
    return zip(*(column.to_list() for column in frame.iter_columns()), strict=True)


def _octets(line: str) -> bytes:
    return line.encode("latin-1")
