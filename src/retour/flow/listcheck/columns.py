"""The rows of a block in columns, with polars (the extra `lists`): most rows are never objects on their own.

What `quick` does with lists and sets is done here with columns; the files are the same. Blocks with quotation
marks, and such as are no UTF-8, are taken apart by the pattern of `quick`, and are columns from then on.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from retour.flow.listcheck.blocks import Block, Record
from retour.flow.listcheck.cells import Cell
from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.hosts import Host, Hosts
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.marks import Marks, held
from retour.flow.listcheck.plain_rows import MERGING, pieces
from retour.flow.listcheck.singly import Odd, Singly
from retour.flow.listcheck.special import HASH, special
from retour.flow.listcheck.tally import Tally
from retour.flow.listcheck.written import guarded
from retour.vet.lists import suspects

_PLAIN = r"^[a-z0-9_][a-z0-9_\-]*(?:\.[a-z0-9_\-]+)*@[a-z0-9.\-]+$"  # as plain_rows.LOCAL and DOMAIN
_SPECIAL = pl.Series([each.decode() for each in sorted(special())], dtype=pl.String).implode()
_LINE = "\n"
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
        self._stops = pl.Series(sorted(judge.know.history), dtype=pl.String).hash().sort()

    def look(self, block: Block) -> list[bytes]:
        """The rows of a block by pile, as they are to be written."""
        if not block.rows:
            return [b"" for _ in PILES]
        frame = self._judged(self._frame(block))
        plain = frame.filter("fast")
        first = plain["number"].is_first_distinct()
        striking = self._slow(frame.filter(~pl.col("fast")), block.clean)
        texts = [text for odd in striking.values() for text in self._singly.texts(odd)]
        shared = self._shared(plain, first, self._marks.told(texts))
        related = self._related(plain.filter(~first | shared))
        texts += [text for at in related.values() for text in self._singly.texts_at(at.local, at.host)]
        self._marks.told(texts)
        self._marks.copied(plain["number"].filter(~first & ~shared))
        plain = plain.filter(first & ~shared)
        made = {
            row: self._made(row, striking.get(row), related.get(row)) for row in sorted({*striking, *related})
        }
        self._marks.end(plain["number"], plain["other"].drop_nulls())
        self._counted(plain)
        return self._written(plain, made)

    def _made(self, row: int, odd: Odd | None, related: _Related | None) -> tuple[int, str]:
        """A row that is looked at for itself."""
        if related is not None:
            return self._singly.plain(row, related.local, related.host, related.shown)
        assert odd is not None  # it is one of the two
        return self._singly.judged(row, odd)

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
        frame = frame.with_row_index("row", offset=block.first).with_columns(number=pl.col("cell").hash())
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
        bare = joined["local"].str.replace_all("[0-9._-]", "").is_in(_SPECIAL)
        listed = joined.filter(bare & pl.Series(joined["plain"]))["local"].unique().to_list()
        suspect = pl.Series([each for each in listed if self._suspect(each)], dtype=pl.String)
        return joined.with_columns(
            fast=pl.col("plain")
            & pl.col("pile").is_not_null()
            & (pl.col("local").str.len_bytes() < HASH)
            & ~(bare & joined["local"].is_in(suspect.implode()))
            & ~held(self._stops, joined["number"])
            & ~held(self._stops, joined["other"].fill_null(0))
        )

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

    def _shared(self, plain: pl.DataFrame, first: pl.Series, texts: pl.Series) -> pl.Series:
        """Which rows have something in common with any before, or with one of this block that is no copy."""
        numbers, others = plain["number"].filter(first), plain["other"].filter(first).drop_nulls()
        pool = pl.concat([numbers, others, texts.unique()])
        # A copy's other form is asked for too, though it shares it with the first.
        shared = pl.concat([self._marks.begin(pool), pool.filter(pool.is_duplicated())]).unique().implode()
        return plain["number"].is_in(shared) | plain["other"].is_in(shared).fill_null(False)

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

    def _written(self, plain: pl.DataFrame, made: Mapping[int, tuple[int, str]]) -> list[bytes]:
        """What is written of all rows, in their order."""
        parts = [pl.col("row").cast(pl.String), "cell", "text", "shown"]
        written = plain.select("row", "pile", text=pl.concat_str(parts, separator=self._layout.parts))
        columns: dict[str, list[Any]] = {
            "row": list(made),
            "pile": [pile for pile, _ in made.values()],
            "text": [text for _, text in made.values()],
        }
        others = pl.DataFrame(columns, schema=written.schema)
        written = pl.concat([written, others]).sort("row")
        files = []
        for number in range(len(PILES)):
            mine = written.filter(pl.col("pile") == number)["text"]
            text = "" if mine.is_empty() else f"{mine.str.join(_LINE).item()}{_LINE}"
            files.append(text.encode("utf-8", "replace"))
        return files


def _with_theirs(frame: pl.DataFrame) -> pl.DataFrame:
    """The number of what the provider of a plain address reads instead, where that is something else."""
    joined = frame.join(_MERGING, on="domain", how="left", maintain_order="left")
    bare = pl.col("local").str.replace_all(".", "", literal=True)
    theirs = pl.concat_str(pl.when("dots").then(bare).otherwise("local"), pl.lit("@"), "kept")
    other = pl.when(pl.col("plain") & (theirs != pl.col("cell"))).then(theirs.hash())
    return joined.with_columns(other=other).drop("dots", "kept")


def _lists(frame: pl.DataFrame) -> Iterable[list[Any]]:
    return (column.to_list() for column in frame.iter_columns())


def _octets(line: str) -> bytes:
    return line.encode("latin-1")
