"""The rows of a block in columns, with polars (the extra `lists`): most rows are never objects on their own.

What `quick` does with lists and sets is done here with columns; the files are the same. Blocks with quotation
marks, and such as are no UTF-8, are taken apart by the pattern of `quick`, and are columns from then on.

    frame → told, what its domain says of a row → met, what it has in common with others → written
"""

import io
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from retour.flow.listcheck.blocks import Block, Record
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.hosts import COPY, Host, Hosts
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.marks import Marks, mark, marks
from retour.flow.listcheck.plain_rows import MERGING, pieces
from retour.flow.listcheck.singly import Judged, Odd, Singly
from retour.flow.listcheck.special import HASH, suspected
from retour.flow.listcheck.tally import Tally
from retour.flow.listcheck.written import guarded

_PLAIN = r"^[a-z0-9_][a-z0-9_\-]*(?:\.[a-z0-9_\-]+)*@[a-z0-9.\-]+$"  # as plain_rows.LOCAL and DOMAIN
# What is known of a domain, by its number: the pile and the text of its rows, none where they are looked at
# one by one.
_HOSTS = {"pile": pl.UInt8, "text": pl.String}
_JUDGED = {"pile": pl.UInt8, "address": pl.String, "text": pl.String, "line": pl.String}
_MERGING = pl.DataFrame(
    [(name.decode(), dots, kept.decode()) for name, (dots, kept) in MERGING.items()],
    schema={"domain": pl.String, "dots": pl.Boolean, "kept": pl.String},
    orient="row",
)
_LINE = {"line": pl.String}
_NOTHING = "\x01"  # parts no columns
_MARK = b"\xef\xbb\xbf"  # at the beginning of a block it would be taken for that of a file


class _Met(NamedTuple):
    """Rows that are judged by their domain, and have something in common with others."""

    copies: pl.DataFrame  # their very address stood further up
    related: pl.DataFrame


class Columns:
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        self._layout = layout
        self._marks = judge.seen = Marks()
        self._hosts = Hosts(judge, layout.parts, tally)
        self._singly = Singly(judge, layout, tally, self._hosts)
        self._names = pl.Categorical(pl.Categories.random())  # numbers the domains as they come,
        self._numbering = pl.Series([], dtype=self._names)  # as long as there is one with these numbers
        self._known: list[Host | None] = []  # by these numbers, as the table
        self._table = pl.DataFrame(schema=_HOSTS)
        self._stops = marks(judge.know.history)
        self._counts: list[pl.DataFrame] = []  # rows by domain since the last time that they were settled
        self._showing: set[int] = set()  # domains of which something is to be said
        self._wanting: set[int] = set()  # those of them without an example

    def look(self, block: Block) -> list[bytes]:
        """The rows of a block by pile, as they are to be written."""
        if not block.rows:
            return [b"" for _ in PILES]
        rows, theirs = self._told(self._frame(block))
        striking = self._slow(rows.filter(~pl.col("fast")), block.clean)
        texts = [text for odd in striking.values() for text in self._singly.texts(odd)]
        met = self._met(rows, theirs, self._marks.told(texts))
        related = {place: (local, self._host(at), shown) for place, local, at, shown in _each(met.related)}
        texts += [text for local, at, _ in related.values() for text in self._singly.texts_at(local, at)]
        self._marks.told(texts)
        made: dict[int, Judged] = {}
        for place in sorted({*striking, *related}):
            if place in related:
                made[place] = self._singly.plain(block.first + place, *related[place])
            else:
                made[place] = self._singly.judged(block.first + place, striking[place])
        bulk = rows["fast"].scatter([*made, *met.copies["place"]], False)
        self._marks.end(rows["number"].filter(bulk), theirs["other"].filter(bulk.gather(theirs["place"])))
        self._counted(rows.filter(bulk), block.first)
        return self._written(block.first, rows, self._copied(met.copies, block.first), made)

    def _host(self, number: int) -> Host:
        host = self._known[number]
        assert host is not None  # its rows are judged by it
        return host

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: an earlier run has judged and committed the block."""
        if not block.rows:
            return
        rows = self._frame(block)
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

    def _frame(self, block: Block) -> pl.DataFrame:
        """The rows of a block as they stand there and as they are written, and the plain addresses apart."""
        raw = block.raw
        if block.records_ or not block.clean or b'"' in raw or b"\x01" in raw or raw.startswith(_MARK):
            frame = self._parted(block)
        else:
            lines, safe = _lines(raw), guarded(raw, self._layout)
            cell, d, column = lines, self._layout.delimiter, self._layout.column
            if d is not None:
                cell = lines.str.splitn(d, column + 2).struct.field(f"field_{column}").fill_null("")
            halves = cell.str.splitn("@", 2)
            columns = {
                "line": lines,
                "shown": lines if safe is raw else _lines(safe),
                "cell": cell,
                "local": halves.struct.field("field_0"),
                "domain": halves.struct.field("field_1"),
            }
            frame = pl.DataFrame(columns).with_columns(plain=pl.col("cell").str.contains(_PLAIN))
        return frame.with_row_index("place").with_columns(number=mark(pl.col("cell")))

    def _parted(self, block: Block) -> pl.DataFrame:
        """The same by the pattern of `quick`."""
        columns: dict[str, list[str]] = {"line": [], "shown": [], "cell": [], "local": [], "domain": []}
        codec = "utf-8" if block.clean else "latin-1"  # what may be no UTF-8 is only held: nobody reads it so
        for piece in pieces(block):
            rows = piece.plain(self._layout)
            safe = guarded(piece.text, self._layout)
            columns["line"] += [line.decode(codec) for line in piece.lines]
            columns["shown"] += safe.decode("utf-8", "replace").split("\n")
            for name, values in zip(("cell", "local", "domain"), rows, strict=True):
                columns[name] += b"\n".join(values).decode().split("\n")
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
        return frame.with_columns(plain=pl.col("cell") != "")

    def _told(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What is known of the domains beside their rows, and which are judged by it; `_theirs` of those."""
        domain = pl.when("plain").then("domain").cast(self._names).to_physical()
        rows = frame.with_columns(host=domain)
        self._learn(rows)
        host, stops = rows["host"], self._stops.implode()
        rows = rows.with_columns(pile=self._table["pile"].gather(host))
        theirs = _theirs(rows)
        fast = rows.select(
            pl.col("pile").is_not_null()
            & (pl.col("local").str.len_bytes() < HASH)
            & ~pl.col("local").str.contains(suspected())
            & ~pl.col("number").is_in(stops)
        ).to_series()
        fast = fast.scatter(theirs["place"].filter(theirs["other"].is_in(stops)), False)
        return rows.with_columns(fast=fast), theirs.filter(fast.gather(theirs["place"]))

    def _learn(self, rows: pl.DataFrame) -> None:
        """Judge the domains that were not seen before."""
        fresh = rows.filter(pl.col("host") >= len(self._known)).select("host", "domain").unique("host")
        if fresh.is_empty():
            return
        said: list[tuple[int | None, str | None]] = []
        for number, name in fresh.sort("host").iter_rows():
            host = self._hosts.get(name)
            if host is None or host.tail.suggested:
                host = None
            elif host.tail.codes:
                self._showing.add(number)
                self._wanting.add(number)
            self._known.append(host)
            said.append((None, None) if host is None else (host.tail.pile, host.tail.text))
        self._table = pl.concat([self._table, pl.DataFrame(said, schema=_HOSTS, orient="row")], rechunk=True)

    def _met(self, rows: pl.DataFrame, theirs: pl.DataFrame, texts: pl.Series) -> _Met:
        """Which rows are copies, and which have something else in common with any before.

        Or with one of this block that is no copy. `texts`: the numbers of rows that are looked at one by one.
        """
        texts = texts.unique()
        pool = pl.concat([rows["number"].filter(rows["fast"]), theirs["other"], texts]).sort()
        exact, known = self._marks.begin(pool)
        some = pl.concat([pool.filter(pool == pool.shift(1)), exact, known]).unique().implode()
        alike = rows["fast"] & rows["number"].is_in(some)
        alike = alike.scatter(theirs["place"].filter(theirs["other"].is_in(some)), True)
        few = rows.filter(alike).select("place", "cell", "local", "host", "shown", "number")
        few = few.join(theirs, on="place", how="left", maintain_order="left")
        first = few["number"].is_first_distinct()
        pool = pl.concat([few["number"].filter(first), few["other"].filter(first).drop_nulls(), texts])
        shared = pl.concat([known, pool.filter(pool.is_duplicated())]).unique()
        met = few["other"].is_in(pl.concat([shared, exact]).implode()).fill_null(False)
        copy = ~first | few["number"].is_in(exact.implode())
        related = ~copy & (few["number"].is_in(shared.implode()) | met)
        return _Met(few.filter(copy), few.filter(related).select("place", "local", "host", "shown"))

    def _copied(self, copies: pl.DataFrame, first: int) -> pl.DataFrame:
        """Count rows whose very address stood further up; what is said of such, by their places."""
        known: list[tuple[int, int, str]] = []
        found = copies.group_by("host").agg(pl.len(), pl.col("place").first(), pl.col("cell").first())
        for number, rows, place, cell in _each(found):
            tail = self._hosts.tail_of(self._host(number), COPY)
            tail.seen(first + place, cell, rows)
            known.append((number, tail.pile, tail.text))
        table = pl.DataFrame(known, schema={"host": pl.UInt32, **_HOSTS}, orient="row")
        return copies.select("place", "host").join(table, on="host", how="left", maintain_order="left")

    def _slow(self, frame: pl.DataFrame, clean: bool) -> dict[int, Odd]:
        """Rows for the slow way, taken apart, by their places."""
        odd = {}
        for place, line, cell, local, domain, plain in _each(
            frame.select("place", "line", "cell", "local", "domain", "plain")
        ):
            host = self._hosts.get(domain) if clean and plain and len(local) <= HASH else None
            if host is not None:
                odd[place] = Odd(Record(line, cell), Cell((cell,)), local, host)
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
        self, first: int, rows: pl.DataFrame, copies: pl.DataFrame, made: Mapping[int, Judged]
    ) -> list[bytes]:
        """What is written of all rows, in their order.

        A row is put together of what stands at three places: address and line at one, unless it was looked at
        for itself, and what is said of it at another.
        """
        own = pl.DataFrame(list(made.values()), schema=_JUDGED, orient="row")
        places, count, texts = list(made), len(rows), len(self._table)
        at = rows["place"].scatter(places, pl.int_range(count, count + len(own), dtype=pl.UInt32, eager=True))
        said = rows["host"].scatter(
            copies["place"], pl.int_range(texts, texts + len(copies), dtype=pl.UInt32, eager=True)
        )
        texts += len(copies)
        said = said.scatter(places, pl.int_range(texts, texts + len(own), dtype=pl.UInt32, eager=True))
        pile = rows["pile"].scatter(copies["place"], copies["pile"]).scatter(places, own["pile"])
        frame = pl.DataFrame({"row": first + rows["place"], "at": at, "said": said, "pile": pile})
        cells, shown = pl.concat([rows["cell"], own["address"]]), pl.concat([rows["shown"], own["line"]])
        told = pl.concat([self._table["text"], copies["text"], own["text"]])
        piles = []
        for number in range(len(PILES)):
            row, place, text, _ = frame.filter(pl.col("pile") == number)
            columns = {
                "row": row,
                "cell": cells.gather(place),
                "text": told.gather(text),
                "shown": shown.gather(place),
            }
            piles.append(_csv(pl.DataFrame(columns), self._layout.parts))
        return piles


def _csv(rows: pl.DataFrame, delimiter: str) -> bytes:
    text = io.BytesIO()
    rows.write_csv(text, include_header=False, separator=delimiter, quote_style="never")
    return text.getvalue()


def _lines(raw: bytes) -> pl.Series:
    """The lines of some text, none of which has the sign for nothing."""
    frame = pl.read_csv(raw, has_header=False, separator=_NOTHING, quote_char=None, schema=_LINE)
    return frame["line"].fill_null("")


def _theirs(rows: pl.DataFrame) -> pl.DataFrame:
    """By places, the numbers of what their providers read instead of plain addresses, where that differs."""
    merging = rows.filter(pl.col("plain") & pl.col("domain").is_in(_MERGING["domain"].implode()))
    merging = merging.select("place", "cell", "local", "domain").join(_MERGING, on="domain", how="inner")
    bare = pl.col("local").str.replace_all(".", "", literal=True)
    theirs = pl.concat_str(pl.when("dots").then(bare).otherwise("local"), pl.lit("@"), "kept")
    others = merging.select("place", "cell", theirs=theirs).filter(pl.col("theirs") != pl.col("cell"))
    return others.select("place", other=mark(pl.col("theirs")))


def _each(frame: pl.DataFrame) -> Iterable[tuple[Any, ...]]:
    """The rows of a frame, one by one."""
    return zip(*(column.to_list() for column in frame.iter_columns()), strict=True)


def _octets(line: str) -> bytes:
    return line.encode("latin-1")
