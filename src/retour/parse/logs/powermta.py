"""The accounting file of PowerMTA: CSV (RFC 4180), as parse/providers/powermta.py reads its rows.

The header names the columns; their order varies, and a later header takes an earlier one's place. A quoted
field may hold line breaks, so a record may have several lines.
"""

from collections.abc import Iterable
from typing import Final

from retour.model import Kind
from retour.parse.logs.entry import BROKEN_LINE, Entry, LogReader, defective
from retour.parse.logs.told import entry_of
from retour.parse.providers import powermta

NO_HEADER: Final = "no_header"  # rows whose columns nobody has named


class PowerLog(LogReader):
    """Reads PowerMTA's accounting. Deliveries that succeeded are passed over unless they are asked for."""

    longest = 64 * 1024

    def __init__(self, successes: bool = False) -> None:
        self._successes = successes
        self._header = b""
        self._columns: list[str] = []
        self._begun: list[bytes] = []  # the lines of a record whose quote is not closed yet

    def read(self, block: bytes) -> list[Entry]:
        """What these rows tell: one entry an attempt, with one report."""
        found: list[Entry] = []
        for octets in block.removesuffix(b"\n").split(b"\n"):
            if self._begun or not self._passes_over(octets):
                self._line(octets[: self.longest], found)
        return found

    def _passes_over(self, octets: bytes) -> bool:
        """Whether a row is seen to be of no interest without being split."""
        if self._successes or self._columns[:1] != ["type"] or not octets.startswith((b"d,", b"r,")):
            return False
        return octets.count(b'"') % 2 == 0

    def open_lines(self) -> Iterable[bytes]:
        """The header, and the lines of a record that is not whole yet."""
        return [each for each in (self._header, *self._begun) if each]

    def _line(self, octets: bytes, found: list[Entry]) -> None:
        self._begun.append(octets)
        if sum(line.count(b'"') for line in self._begun) % 2 == 0:
            lines, self._begun = self._begun, []
            self._record(lines, found)
        elif len(self._begun) == powermta.LINES:
            self._give_up(found)

    def end(self) -> list[Entry]:
        """What the lines of a record tell whose end will not come."""
        found: list[Entry] = []
        while self._begun:
            self._give_up(found)
        return found

    def _give_up(self, found: list[Entry]) -> None:
        """The quote that nobody closes belongs to no field: only its line is lost."""
        header, lines, self._begun = self._header, self._begun, []
        told: list[Entry] = []
        self._broken(lines[0], BROKEN_LINE, told)
        for line in lines[1:]:
            self._line(line, told)
        for entry in told:
            entry.lines = tuple(filter(None, (header, *lines)))
        found += told

    def _record(self, lines: list[bytes], found: list[Entry]) -> None:
        raw = b"\n".join(lines).rstrip(b"\r")
        text = raw.decode("utf-8-sig", "replace").replace("\0", "\ufffd")
        row = powermta.row_of(text)
        if powermta.is_header(row):
            self._header, self._columns = raw, row
        elif row and not self._columns:
            self._broken(lines[0], NO_HEADER, found)
            found[-1].lines = tuple(lines)
        elif not row and text.strip():
            self._broken(lines[0], BROKEN_LINE, found)
            found[-1].lines = (self._header, *lines) if self._header else tuple(lines)
        elif row:
            self._row(dict(zip(self._columns, row, strict=False)), lines, found)

    def _row(self, row: dict[str, str], lines: list[bytes], found: list[Entry]) -> None:
        for told in powermta.events(row):
            kind = told.report.kind
            if kind is Kind.OTHER or (kind is Kind.DELIVERED and not self._successes):
                continue
            found.append(
                entry_of(
                    told,
                    row,
                    (self._header, *lines),
                    sender=row.get("orig"),
                    time=row.get("timeLogged"),
                    envid=row.get("envId"),
                )
            )

    def _broken(self, line: bytes, defect: str, found: list[Entry]) -> None:
        found.append(defective(defect, "powermta", line, None, None, "", line, self.longest))
