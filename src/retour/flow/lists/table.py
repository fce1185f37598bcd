"""CSV (RFC 4180), read line by line and written with a guard against formulas.

A spreadsheet runs what begins with = + - @ TAB or CR (OWASP, "CSV Injection"): such a field gets an
apostrophe before it, and so does one that begins with apostrophes and then such a sign. So the guard can be
taken off again exactly.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import IO

from retour.address import normalise
from retour.flow.lists.row import LONGEST, Defect, Element

# As OWASP lists them; the wide signs begin a formula where Excel speaks Japanese or Chinese.
_SIGNS = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(f"'*{_SIGNS}")
_LINES = 100  # of one row; more are a quote that nobody closes
_ADDRESS = re.compile(r'[^\s<>(),;:"]{1,320}')  # one word, as an address stands in a column
_GUARDED = re.compile(f"'+{_SIGNS}")


def is_formula(field: str) -> bool:
    """Whether a spreadsheet could run it."""
    return _FORMULA.match(field) is not None


def guarded(field: str) -> str:
    """A field that no spreadsheet runs."""
    return f"'{field}" if is_formula(field) else field


def unguarded(field: str) -> str:
    """The field as it was before `guarded`."""
    return field[1:] if _GUARDED.match(field) else field


def rows(file: IO[bytes], names: Mapping[str, str], address: str) -> Iterator[Element | Defect]:
    """The lines by the names of their columns, in lower case; `names` makes other names ours.

    A file whose first line is an address itself has no head: its first column is the address.
    """
    cut: list[int] = []
    head: list[str] | None = None

    def is_row(fields: Sequence[str]) -> bool:
        """Whether a line within quotes is one of the table: as many fields as the head, and an address."""
        place = head.index(address) if head else 0
        return len(fields) == len(head or fields) > place and _is_address(fields[place])

    told_lines = _lines(file, cut)
    first = list(_to_the_first(told_lines))
    sign = _sign("".join(first[-1:]), names, address)
    lines = _Lines(chain(first, told_lines), is_row, sign)
    while True:
        try:
            fields = lines.row()
        except StopIteration:
            break
        except csv.Error as error:
            yield Defect.of(lines.number, "no_csv", error)
            continue
        yield from (Defect(line, "too_long") for line in cut)
        cut.clear()
        if not any(fields):
            continue
        if head is None:
            told = [field.strip().lower() for field in fields]
            head = [names.get(name, name) for name in told]
            if address in head:
                continue
            if normalise(unguarded(fields[0].strip())) is None:
                yield Defect.of(lines.number, "no_column", ", ".join(told))
                return
            head = [address]
        yield lines.number, dict(zip(head, map(unguarded, fields), strict=False))
    yield from (Defect(line, "too_long") for line in cut)


def _to_the_first(lines: Iterator[str]) -> Iterator[str]:
    """Lines to the first that is not empty."""
    for line in lines:
        yield line
        if line.strip():
            return


def _sign(head: str, names: Mapping[str, str], address: str) -> str:
    """What parts the fields: a comma, or what spreadsheets write where the comma is in numbers. Only a head
    that names the address so shows it: a line of addresses with semicolons between them is no table."""
    for sign in ";\t":
        told = [field.strip().lower() for field in _fields(head, sign)]
        if sign in head and address in (names.get(name, name) for name in told):
            return sign
    return ","


def _fields(line: str, sign: str) -> list[str]:
    """Of a line by itself; none where it is no row."""
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=sign), [])
    except csv.Error:
        return []


def _is_address(field: str) -> bool:
    """Whether a field is an address and nothing else: words of servers name addresses, too."""
    plain = unguarded(field.strip())
    return _ADDRESS.fullmatch(plain) is not None and normalise(plain) is not None


class _Lines:
    """The lines of a file, from which rows are read. A quote that nobody closes ends with its own line.

    Nobody closes it where it is the last of the file, where words stand behind what would close it, as the
    next open quote does, or where it would swallow a line that `is_row`.
    """

    def __init__(self, lines: Iterator[str], is_row: Callable[[Sequence[str]], bool], sign: str) -> None:
        self._lines, self._is_row, self._sign = lines, is_row, sign
        self._again: deque[str] = deque()  # lines that an open quote had swallowed
        self._taken: list[str] = []  # of the row at hand
        self._ended = False
        self.number = 0  # of the last line that was read
        self._reader = csv.reader(self, delimiter=self._sign, strict=True)

    def row(self) -> list[str]:
        """The fields of the next row. Raises csv.Error, and StopIteration at the end."""
        self._taken, self._ended = [], False
        try:
            fields = next(self._reader)
        except csv.Error:  # a field that is longer than any, or a quote within words
            self._go_back()
            return self._first()
        if self._ended or any(map(self._is_whole, self._taken[1:])):
            self._go_back()
            return self._first()
        return fields

    def _first(self) -> list[str]:
        """The first line of the row at hand by itself, however its quotes stand. Raises csv.Error."""
        return next(csv.reader([self._taken[0].rstrip("\r\n")], delimiter=self._sign))

    def _is_whole(self, line: str) -> bool:
        return self._is_row(_fields(line, self._sign))

    def _go_back(self) -> None:
        """Behind the first line of the row at hand."""
        others = self._taken[1:]
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        self._reader = csv.reader(self, delimiter=self._sign, strict=True)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = None
        if len(self._taken) < _LINES:
            line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            self._ended = True
            raise StopIteration
        self._taken.append(line)
        self.number += 1
        return line


def _lines(file: IO[bytes], cut: list[int]) -> Iterator[str]:
    """Lines of text, each with its end; one that is too long is empty, and noted."""
    number = 0
    while raw := file.readline(LONGEST + 1):
        number += 1
        if len(raw) > LONGEST and not raw.endswith(b"\n"):
            cut.append(number)
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(LONGEST)
            raw = b"\n"
        yield raw.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape").replace("\0", "\ufffd")


def written(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A table, line by line."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    yield text.getvalue().encode()
    for fields in rows:
        text.seek(0)
        text.truncate()
        writer.writerow([guarded(field) for field in fields])
        yield text.getvalue().encode("utf-8", "replace")
