"""The rows of a block in columns, with polars (the extra `lists`): most rows are never objects on their own.

What `quick` does with lists and sets is done here with columns; the files are the same. Blocks with quotation
marks, and such as are no UTF-8, are taken apart by the pattern of `quick`, and are columns from then on.
"""

import io
from collections.abc import Iterable, Mapping
from itertools import compress
from typing import Any, NamedTuple

import polars as pl

from retour.flow.listcheck.blocks import Block, Record
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.hosts import COPY, Host, Hosts
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.marks import Marks, held, mark, marks
from retour.flow.listcheck.plain_rows import MERGING, pieces
from retour.flow.listcheck.singly import Judged, Odd, Singly
from retour.flow.listcheck.special import HASH, LEFT_OUT, special
from retour.flow.listcheck.tally import Tally
from retour.flow.listcheck.written import guarded
from retour.vet.lists import suspects

_PLAIN = r"^[a-z0-9_][a-z0-9_\-]*(?:\.[a-z0-9_\-]+)*@[a-z0-9.\-]+$"  # as plain_rows.LOCAL and DOMAIN
_HOSTS = {"domain": pl.String, "host": pl.UInt32, "pile": pl.UInt8, "text": pl.String}
_MERGING = pl.DataFrame(
    [(name.decode(), dots, kept.decode()) for name, (dots, kept) in MERGING.items()],
    schema={"domain": pl.String, "dots": pl.Boolean, "kept": pl.String},
    orient="row",
)


class _Related(NamedTuple):
    local: str
    host: Host
    shown: str  # the row as it is written


class Columns:
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        self._judge, self._layout = judge, layout
        self._marks = judge.seen = Marks()
        self._hosts = Hosts(judge, layout.parts, tally)
        self._singly = Singly(judge, layout, tally, self._hosts)
        self._suspect = suspects(judge.know.policy)
        self._known: list[Host] = []  # those in the table, by their numbers there
        self._table = pl.DataFrame(schema=_HOSTS)
        self._stops = marks(judge.know.history).sort()

    def look(self, block: Block) -> list[bytes]:
        """The rows of a block by pile, as they are to be written."""
        if not block.rows:
            return [b"" for _ in PILES]
        frame = self._judged(self._frame(block))
        plain = frame.filter("fast")
        striking = self._slow(frame.filter(~pl.col("fast")), block.clean)
        texts = [text for odd in striking.values() for text in self._singly.texts(odd)]
        plain = self._met(plain, self._marks.told(texts))
        copies, plain = plain.filter("copy"), plain.filter(~pl.col("copy"))
        related = self._related(plain.filter("shared"))
        texts += [text for at in related.values() for text in self._singly.texts_at(at.local, at.host)]
        self._marks.told(texts)
        plain = plain.filter(~pl.col("shared"))
        made = {
            row: self._made(row, striking.get(row), related.get(row)) for row in sorted({*striking, *related})
        }
        self._marks.end(plain["number"], plain["other"].drop_nulls())
        self._counted(plain)
        return self._written(plain, self._copied(copies), made)

    def _made(self, row: int, odd: Odd | None, related: _Related | None) -> Judged:
        """A row that is looked at for itself."""
        if related is not None:
            return self._singly.plain(row, related.local, related.host, related.shown)
        assert odd is not None  # it is one of the two
        return self._singly.judged(row, odd)

    def _copied(self, copies: pl.DataFrame) -> pl.DataFrame:
        """Rows whose very address stood further up, with what is said of such; and count them."""
        known: list[tuple[int, int, str]] = []
        found = copies.group_by("host").agg(pl.len(), pl.col("row").first(), pl.col("cell").first())
        for host, rows, row, cell in zip(*_lists(found), strict=True):
            tail = self._hosts.tail_of(self._known[host], COPY)
            tail.seen(row, cell, rows)
            known.append((host, tail.pile, tail.text))
        table = pl.DataFrame(
            known, schema={name: _HOSTS[name] for name in ("host", "pile", "text")}, orient="row"
        )
        return copies.drop("pile", "text").join(table, on="host", how="left", maintain_order="left")

    def _related(self, frame: pl.DataFrame) -> dict[int, _Related]:
        """Rows that are judged by their domain and by what they have in common with others."""
        columns = frame.select("row", "local", "host", "shown")
        each = zip(*_lists(columns), strict=True)
        return {row: _Related(local, self._known[host], shown) for row, local, host, shown in each}

    def remember(self, block: Block) -> None:
        """Only what stands there, for duplicates: an earlier run has judged and committed the block."""
        if not block.rows:
            return
        frame = self._frame(block)
        lines = frame.filter(~pl.col("plain"))["line"].to_list()
        forms = [self._singly.forms_of(line.encode() if block.clean else _octets(line)) for line in lines]
        self._marks.begin(self._marks.told([text for each in forms for text in each]))
        for each in forms:
            if each:
                self._marks.find(*each)
        plain = frame.filter("plain")
        self._marks.end(plain["number"], plain["other"].drop_nulls())

    def settle(self) -> None:
        """Count what was looked at since the last time."""
        self._hosts.settle()
        self._singly.settle()

    def _frame(self, block: Block) -> pl.DataFrame:
        """The rows of a block as they stand there and as they are written, and the plain addresses apart."""
        if block.records_ or not block.clean or b'"' in block.raw:
            frame = self._parted(block)
        else:
            raw = block.raw[:-1]
            lines = pl.Series("line", [raw.decode()]).str.split("\n").explode()
            safe = guarded(raw, self._layout)
            shown = lines if safe is raw else pl.Series([safe.decode()]).str.split("\n").explode()
            cell, d, column = lines, self._layout.delimiter, self._layout.column
            if d is not None:
                cell = lines.str.splitn(d, column + 2).struct.field(f"field_{column}").fill_null("")
            halves = cell.str.splitn("@", 2)
            local, domain = halves.struct.field("field_0"), halves.struct.field("field_1")
            columns = {"line": lines, "shown": shown, "cell": cell, "local": local, "domain": domain}
            frame = pl.DataFrame(columns).with_columns(plain=pl.col("cell").str.contains(_PLAIN))
        frame = frame.with_row_index("row", offset=block.first).with_columns(number=mark(pl.col("cell")))
        return _with_theirs(frame)

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

    def _judged(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What is known of the domains beside their rows, and which rows are judged by it."""
        named = frame.filter("plain").select("domain").unique()
        self._learn(named.join(self._table, on="domain", how="anti")["domain"].to_list())
        joined = frame.join(self._table, on="domain", how="left", maintain_order="left")
        suspect = pl.Series(self._suspects(joined.filter("plain")["local"]), dtype=pl.String)
        return joined.with_columns(
            fast=pl.col("plain")
            & pl.col("pile").is_not_null()
            & (pl.col("local").str.len_bytes() < HASH)
            & ~joined["local"].is_in(suspect.implode())
            & ~held(self._stops, joined["number"])
            & ~held(self._stops, joined["other"].fill_null(0))
        )

    def _suspects(self, locals_: pl.Series) -> list[str]:
        """The local parts of which a list may have something to say."""
        text = (locals_.str.join("\n").item() or "").encode()
        left = text.translate(None, LEFT_OUT).split(b"\n")
        met = special().intersection(left)
        found = compress(text.split(b"\n"), map(met.__contains__, left)) if met else ()
        return [each for each in {local.decode() for local in found} if self._suspect(each)]

    def _learn(self, names: Iterable[str]) -> None:
        rows: list[tuple[str | int | None, ...]] = []
        for name in names:
            host = self._hosts.get(name)
            if host is None or host.tail.suggested:
                rows.append((name, None, None, None))
                continue
            rows.append((name, len(self._known), host.tail.pile, host.tail.text))
            self._known.append(host)
        self._table = pl.concat([self._table, pl.DataFrame(rows, schema=_HOSTS, orient="row")])

    def _met(self, plain: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
        """Which rows are copies, and which have something else in common with any before.

        Or with one of this block that is no copy.
        """
        first = plain["number"].is_first_distinct()
        numbers, others = plain["number"].filter(first), plain["other"].filter(first).drop_nulls()
        pool = pl.concat([numbers, others, texts.unique()])
        held, known = self._marks.begin(pool)
        copy = ~first | plain["number"].is_in(held.implode())
        shared = pl.concat([known, pool.filter(pool.is_duplicated())]).unique()
        met = plain["other"].is_in(pl.concat([shared, held]).implode()).fill_null(False)
        return plain.with_columns(copy=copy, shared=plain["number"].is_in(shared.implode()) | met)

    def _slow(self, frame: pl.DataFrame, clean: bool) -> dict[int, Odd]:
        """Rows for the slow way, taken apart, by their numbers."""
        odd = {}
        columns = frame.select("row", "line", "cell", "local", "domain", "plain")
        for row, line, cell, local, domain, plain in zip(*_lists(columns), strict=True):
            host = self._hosts.get(domain) if clean and plain and len(local) <= HASH else None
            if host is not None:
                odd[row] = Odd(Record(line, cell), Cell((cell,)), local, host)
            else:
                odd[row] = self._singly.parted(line if clean else _octets(line))
        return odd

    def _counted(self, plain: pl.DataFrame) -> None:
        """Count the rows that are judged by their domain; the first of each is an example."""
        found = plain.group_by("host").agg(pl.len(), pl.col("row").first(), pl.col("cell").first())
        for host, rows, row, cell in zip(*_lists(found), strict=True):
            self._known[host].tail.seen(row, cell, rows)

    def _written(self, plain: pl.DataFrame, copies: pl.DataFrame, made: Mapping[int, Judged]) -> list[bytes]:
        """What is written of all rows, in their order."""
        wanted = ("row", "pile", "cell", "text", "shown")
        columns = [list(made), *map(list, zip(*made.values(), strict=True))] if made else [[]] * len(wanted)
        parts = [each.select(wanted) for each in (plain, copies)]
        parts.append(pl.DataFrame(dict(zip(wanted, columns, strict=True)), schema=parts[0].schema))
        written = pl.concat(parts).sort("row")
        return [self._pile(written.filter(pl.col("pile") == number)) for number in range(len(PILES))]

    def _pile(self, rows: pl.DataFrame) -> bytes:
        text = io.BytesIO()
        parts = rows.drop("pile")
        parts.write_csv(text, include_header=False, separator=self._layout.parts, quote_style="never")
        return text.getvalue()


def _with_theirs(frame: pl.DataFrame) -> pl.DataFrame:
    """The number of what the provider of a plain address reads instead, where that is something else."""
    merging = frame.select("row", "cell", "local", "domain", "plain").filter("plain")
    merging = merging.join(_MERGING, on="domain", how="inner")
    bare = pl.col("local").str.replace_all(".", "", literal=True)
    theirs = pl.concat_str(pl.when("dots").then(bare).otherwise("local"), pl.lit("@"), "kept")
    others = merging.select("row", "cell", theirs=theirs).filter(pl.col("theirs") != pl.col("cell"))
    others = others.select("row", other=mark(pl.col("theirs")))
    return frame.join(others, on="row", how="left", maintain_order="left")


def _lists(frame: pl.DataFrame) -> Iterable[list[Any]]:
    return (column.to_list() for column in frame.iter_columns())


def _octets(line: str) -> bytes:
    return line.encode("latin-1")
