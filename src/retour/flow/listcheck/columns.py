"""The rows of a block in columns, with polars (the extra `lists`): most rows are never objects on their own.

What is plain, at a known domain, and has nothing in common with another row, is judged by its domain and
written column by column. All else goes the way of `quick`, in the order of the rows.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple

import polars as pl

from retour.flow.listcheck.blocks import Block
from retour.flow.listcheck.decision import PILES
from retour.flow.listcheck.judge import Judge
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.marks import Marks
from retour.flow.listcheck.quick import Host, Odd, Quick, guard, guarding, raw_rows
from retour.flow.listcheck.seen import forms
from retour.flow.listcheck.special import BEHIND, special_locals
from retour.flow.listcheck.tally import Tally
from retour.vet.syntax import read

_QUICK = r"^[a-z0-9_][a-z0-9_\-]*(?:\.[a-z0-9_\-]+)*@"  # as quick._QUICK_LOCAL
_HASH = 32  # letters of a local part that may be a hash: nobody's
_SPECIAL = pl.Series(sorted(special_locals()), dtype=pl.String).implode()
_HOSTS = {
    "domain": pl.String,
    "host": pl.UInt32,
    "pile": pl.UInt8,
    "text": pl.String,
    "dots": pl.Boolean,
    "kept": pl.String,
}
_NONE = pl.Series([], dtype=pl.UInt64)


class _Slow(NamedTuple):
    """A row for the way of `quick`: taken apart already, or plain."""

    row: int
    line: str
    local: str
    host: Host | None
    odd: Odd | None = None


class Columns(Quick):
    """Looks at blocks of a list, one after the other."""

    def __init__(self, judge: Judge, layout: Layout, tally: Tally) -> None:
        super().__init__(judge, layout, tally)
        self._marks = judge.seen = Marks()
        self._known: list[Host] = []
        self._table = pl.DataFrame(schema=_HOSTS)
        self._stops = pl.Series(sorted(judge.know.history), dtype=pl.String).hash().sort()

    def look(self, block: Block) -> list[list[str]]:
        """The rows of a block by pile, as they are to be written."""
        if not block.rows:
            return [[] for _ in PILES]
        if not block.plain:
            self._guarded = guarding(self._layout.delimiter) if self._layout.delimiter else None
            odd = [self._slow(row, raw) for row, raw in enumerate(raw_rows(block), block.first)]
            self._marks.begin(self._marks.told(self._texts_of(odd)))
            piles = self._walked(odd)
            self._marks.end(_NONE, _NONE)
            return [list(pile.values()) for pile in piles]
        text = block.raw.decode("utf-8")[:-1]
        lines = pl.Series("line", [text]).str.split("\n").explode()
        self._guarded = guard(self._layout, f"\n{text}")
        return self._parts(self._with_hosts(self._cells(lines, block.first)))

    def _cells(self, lines: pl.Series, first: int) -> pl.DataFrame:
        """The cells of a block, and their halves where they are plain."""
        d, column = self._layout.delimiter, self._layout.column
        cell = lines
        if d is not None:
            cell = lines.str.splitn(d, column + 2).struct.field(f"field_{column}").fill_null("")
        halves = cell.str.splitn("@", 2)
        local, domain = halves.struct.field("field_0"), halves.struct.field("field_1")
        bare = local.str.strip_chars_end(BEHIND)
        special = local.is_in(_SPECIAL) | bare.is_in(_SPECIAL)
        special |= bare.str.replace_all("[._-]", "").is_in(_SPECIAL)
        quick = cell.str.contains(_QUICK) & (local.str.len_bytes() < _HASH)
        number = cell.hash()
        special |= _held(self._stops, number)
        columns = {"line": lines, "cell": cell, "local": local, "domain": domain, "number": number}
        made = pl.DataFrame({**columns, "quick": quick, "special": special})
        return made.with_row_index("row", offset=first)

    def _with_hosts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What is known of the domains beside their rows: each is looked up once."""
        named = frame.filter("quick").select("domain").unique()
        self._know(named.join(self._table, on="domain", how="anti")["domain"].to_list())
        joined = frame.join(self._table, on="domain", how="left", maintain_order="left")
        fast = pl.col("quick") & ~pl.col("special") & pl.col("pile").is_not_null()
        theirs = pl.concat_str(
            pl.when("dots").then(pl.col("local").str.replace_all(".", "", literal=True)).otherwise("local"),
            pl.lit("@"),
            "kept",
        )
        joined = joined.with_columns(fast=fast, theirs=theirs)
        other = pl.when(pl.col("theirs") != pl.col("cell")).then(pl.col("theirs").hash())
        return joined.with_columns(other=other)

    def _know(self, names: list[str]) -> None:
        """Put domains into the table; those whose rows are looked at one by one have no pile there."""
        rows: list[tuple[str | int | bool | None, ...]] = []
        for name in names:
            host = self._host(name)
            if host is None or host.domain != name or host.tail.suggested[0]:
                rows.append((name, None, None, None, None, None))
                continue
            kept = host.kept if host.reads and (host.dots or host.kept != name) else None
            rows.append((name, len(self._known), host.tail.pile, host.tail.text, host.dots, kept))
            self._known.append(host)
        self._table = pl.concat([self._table, pl.DataFrame(rows, schema=_HOSTS, orient="row")])

    def _parts(self, frame: pl.DataFrame) -> list[list[str]]:
        """Rows that have nothing in common with others at once, and those that have, one by one."""
        odd = frame.filter(~pl.col("quick") | pl.col("pile").is_null()).select("row", "line")
        slow = [self._slow(row, line) for row, line in zip(*_lists(odd), strict=True)]
        named = frame.filter(pl.col("quick") & pl.col("pile").is_not_null() & ~pl.col("fast"))
        slow += self._at_hosts(named)
        plain = frame.filter("fast").with_columns(first=pl.col("number").is_first_distinct())
        lone = plain["first"] & self._alone(plain, self._texts_of(slow))
        slow += self._at_hosts(plain.filter(~lone))
        slow.sort(key=itemgetter(0))
        self._marks.told(self._texts_of(slow))
        piles = self._walked(slow)
        plain = plain.filter(lone)
        self._marks.end(plain["number"], plain["other"].drop_nulls())
        self._counted(plain)
        return self._merged(plain, piles)

    def _alone(self, plain: pl.DataFrame, texts: list[str]) -> pl.Series:
        """Which rows have nothing in common with any before, nor with one of this block that is copy."""
        firsts = plain.filter("first")
        others = firsts["other"].drop_nulls()
        pool = pl.concat([firsts["number"], others, pl.Series(texts, dtype=pl.String).hash()])
        # A copy's other form is asked for too, though it shares it with the first.
        shared = pl.concat([self._marks.begin(pool), pool.filter(pool.is_duplicated())]).unique()
        every = plain.select(
            one=pl.col("number").is_in(shared.implode()),
            two=pl.col("other").is_in(shared.implode()).fill_null(False),
        )
        stopped = _held(self._stops, plain["other"].fill_null(0)) & plain["other"].is_not_null()
        alone = ~(every["one"] | every["two"] | stopped)
        self._marks.copied(plain["number"].filter(alone & ~plain["first"]))
        return alone

    def _at_hosts(self, frame: pl.DataFrame) -> Iterator[_Slow]:
        """Plain rows of which something more is to be said than of their domain."""
        for row, line, local, host in zip(*_lists(frame.select("row", "line", "local", "host")), strict=True):
            yield _Slow(row, line, local, self._known[host])

    def _slow(self, row: int, line: str | bytes) -> _Slow:
        return _Slow(row, "", "", None, self._parted(line))

    def _texts_of(self, slow: Iterable[_Slow]) -> list[str]:
        """All forms that rows will be compared by, each once a row."""
        texts: list[str] = []
        for each in slow:
            local, host = each.local, each.host
            if each.odd is not None:
                local, host = each.odd.local, each.odd.host
            if host is not None:
                texts += {f"{local}@{host.domain}", *self._forms(local, host)}
            elif each.odd is not None and "@" in (address := each.odd.cell.addresses[0]):
                parts = read(address)
                if parts.local is not None and parts.domain is not None:
                    texts += set(forms(parts.local, parts.domain))
        return texts

    def _walked(self, slow: Iterable[_Slow]) -> list[dict[int, str]]:
        """Rows one by one; for each pile what is to be written, by row."""
        piles: list[list[str]] = [[] for _ in PILES]
        made: list[dict[int, str]] = [{} for _ in PILES]
        for each in slow:
            if each.odd is not None:
                self._judged(each.row, each.odd, piles)
            elif each.host is not None:
                self._one(each.row, each.line, each.local, each.host, (), piles)
            for pile, rows in zip(piles, made, strict=True):
                if pile:
                    rows[each.row] = pile.pop()
        return made

    def _counted(self, plain: pl.DataFrame) -> None:
        """What `settle` counts of rows that were never looked at one by one."""
        found = plain.group_by("host").agg(pl.len(), pl.col("row").first(), pl.col("cell").first())
        for host, count, row, cell in zip(*_lists(found), strict=True):
            said = self._known[host].tail
            if not said.rows or row < said.first:
                said.first, said.address = row, cell
            said.rows += count

    def _merged(self, plain: pl.DataFrame, piles: list[dict[int, str]]) -> list[list[str]]:
        """What is written of all rows, in their order."""
        d = self._layout.parts
        line: pl.Expr | pl.Series = pl.col("line")
        if self._guarded is not None:
            line = pl.Series("line", _each(self._guarded, plain["line"]), dtype=pl.String)
        parts = [pl.col("row").cast(pl.String), "cell", "text", line]
        written = plain.select("row", "pile", text=pl.concat_str(parts, separator=d))
        out: list[list[str]] = []
        for number, rows in enumerate(piles):
            mine = written.filter(pl.col("pile") == number).select("row", "text")
            if rows:
                others = pl.DataFrame(
                    {"row": list(rows), "text": list(rows.values())},
                    schema={"row": mine.schema["row"], "text": pl.String},
                )
                mine = pl.concat([mine, others]).sort("row")
            out.append(mine["text"].to_list())
        return out


def _lists(frame: pl.DataFrame) -> Iterator[list[Any]]:
    return (column.to_list() for column in frame.iter_columns())


def _each(change: Callable[[str], str], lines: pl.Series) -> list[str]:
    return [change(line) for line in lines.to_list()]


def _held(stops: pl.Series, numbers: pl.Series) -> pl.Series:
    """Which numbers are among sorted ones."""
    if not len(stops):
        return pl.repeat(False, len(numbers), dtype=pl.Boolean, eager=True)
    return stops.gather(stops.search_sorted(numbers).clip(upper_bound=len(stops) - 1)) == numbers
