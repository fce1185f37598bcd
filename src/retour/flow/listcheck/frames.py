"""The rows of a block as columns: as they stand there, as they are written, and their addresses apart.

Most addresses are plain as they stand. Around many others something stands that can be taken off without
guessing.
"""

import polars as pl

from retour.flow.listcheck.blocks import Block
from retour.flow.listcheck.dresses import A_NAME, AS_IT_IS, DRESSED, LONGEST, NAME, PLAIN, Dresses
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.marks import mark
from retour.flow.listcheck.plain_rows import pieces
from retour.flow.listcheck.written import guarded
from retour.vet import Code

_NAME = f"^{NAME}$"
_LINE = {"line": pl.String}
_NOTHING = "\x01"  # parts no columns
_MARK = b"\xef\xbb\xbf"  # at the beginning of a block it would be taken for that of a file


class Frames:
    """Makes them, and remembers what stands around addresses."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.repairs: list[tuple[Code, ...]] = [()]  # by the number in the column `repairs`
        self._dresses = Dresses()

    def of(self, block: Block) -> pl.DataFrame:
        """Line, line as it is written, address, its halves, its repairs and its number, each with its place.

        Where `plain` says no, the cell is as it stands there and its halves are nothing.
        """
        raw = block.raw
        if block.records_ or not block.clean or b'"' in raw or b"\x01" in raw or raw.startswith(_MARK):
            frame = self._parted(block)
        else:
            frame = self._undressed(self._plain(raw))
        return frame.with_columns(number=mark(pl.col("cell")))

    def _plain(self, raw: bytes) -> pl.DataFrame:
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
        frame = pl.DataFrame(columns).with_row_index("place")
        return frame.with_columns(plain=pl.col("cell").str.contains(PLAIN), repairs=pl.lit(0, pl.UInt32))

    def _undressed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The same with the addresses that are plain when something around them is taken off."""
        found = self._found(frame.filter(~pl.col("plain")))
        if found.is_empty():
            return frame
        columns = {name: frame[name].scatter(found["place"], found[name]) for name in found.columns[1:]}
        return frame.with_columns(plain=frame["plain"].scatter(found["place"], True), **columns)

    def _found(self, odd: pl.DataFrame) -> pl.DataFrame:
        d = self._layout.delimiter
        if d is None:
            odd = odd.filter(pl.col("line").str.contains(AS_IT_IS))
        else:  # it may stand in another column
            odd = odd.filter(pl.col("line").str.count_matches(d, literal=True) == self._layout.width - 1)
        odd = odd.filter(pl.col("cell").str.len_bytes() < LONGEST)
        parts = odd.select("place", pl.col("cell").str.extract_groups(DRESSED)).unnest("cell")
        parts = parts.drop_nulls("local").with_columns(pl.col("before").str.replace(_NAME, A_NAME))
        around = ["before", "between", "behind"]
        dresses = parts.select(around).unique()
        repairs = [self._repairs(*dress) for dress in dresses.iter_rows()]
        dresses = dresses.with_columns(repairs=pl.Series(repairs, dtype=pl.UInt32))
        parts = parts.join(dresses.drop_nulls("repairs"), on=around, how="inner")
        cell = pl.concat_str("local", pl.lit("@"), "domain")
        return parts.select("place", "local", "domain", "repairs", cell=cell)

    def _repairs(self, before: str, between: str, behind: str) -> int | None:
        """The number of what has to be done to read an address; None where it is not read so."""
        repairs = self._dresses.repairs(before, between, behind)
        if repairs is None:
            return None
        if repairs not in self.repairs:
            self.repairs.append(repairs)
        return self.repairs.index(repairs)

    def _parted(self, block: Block) -> pl.DataFrame:
        """The same by the pattern of `quick`."""
        columns: dict[str, list[str]] = {"line": [], "shown": [], "cell": [], "local": [], "domain": []}
        codec = "utf-8" if block.clean else "latin-1"  # what may be no UTF-8 is only held: nobody reads it so
        for piece in pieces(block):
            rows = piece.plain(self._layout)
            safe = guarded(piece.text, self._layout)
            columns["line"] += [line.decode(codec) for line in piece.lines]
            columns["shown"] += safe.decode("utf-8", "replace").split("\n")
            for name, values in zip(("cell", "local", "domain"), rows[:3], strict=True):
                columns[name] += b"\n".join(values).decode().split("\n")
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_row_index("place")
        return frame.with_columns(plain=pl.col("cell") != "", repairs=pl.lit(0, pl.UInt32))


def _lines(raw: bytes) -> pl.Series:
    """The lines of some text, none of which has the sign for nothing."""
    frame = pl.read_csv(raw, has_header=False, separator=_NOTHING, quote_char=None, schema=_LINE)
    return frame["line"].fill_null("")
