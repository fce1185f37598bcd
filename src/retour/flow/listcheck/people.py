"""Who stands in the rows that an import takes over: address, name, and what the list's other columns say."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from retour.address import normalise
from retour.flow.contacts import attributes_of
from retour.flow.listcheck.headings import FIRST_NAMES, LAST_NAMES, OURS, bare
from retour.flow.listcheck.judge import COLUMNS
from retour.flow.listcheck.proposals import Accepted, fields_of
from retour.flow.lists.table import unguarded

# What the column of a whole name is called, beside those of its parts.
_WHOLE_NAMES = frozenset(
    (
        *("fullname", "displayname", "contactname", "vollername", "vollständigername", "anzeigename"),
        *("nomcomplet", "nombrecompleto", "nomecompleto"),
    )
)
# A whole name, but beside a first or a last one the other of the two: "Vorname;Name", "Nome;Cognome".
_NAMES = frozenset(("name", "nom", "nombre", "nome"))
_NOTHING = "{}"
_AGAIN = "dup_exact"
MOST_OF_NAME = 300  # characters, as the API takes them


class Person(NamedTuple):
    """One address that is taken over."""

    address: str  # normalised
    name: str  # empty where the list tells none
    attributes: str  # a JSON object: by the heads of the columns
    cut: int = 0  # columns that were too long to be kept
    is_again: bool = False  # a row that was dropped, for an address that a row before it has


def people_of(results: Path, accepted: Accepted) -> Iterator[Person]:
    """Who was kept, and who of corrected.csv was decided on; after them the rows that say it again."""
    for row, cells in _rows(results / "kept.csv"):
        yield from _persons([unguarded(row["retour_address"])], cells)
    for row, cells in _rows(results / "corrected.csv") if accepted != Accepted() else ():
        yield from _persons(accepted.of(row), cells)
    for row, cells in _rows(results / "dropped.csv"):
        if _AGAIN in row["retour_reasons"].split():
            for each in _persons([unguarded(row["retour_address"])], cells):
                yield each._replace(is_again=True)


def _rows(path: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """What a check says of each row, and what is filled of the list's own columns.

    The columns of an earlier check, in a file that came back, are not the list's own.
    """
    rows = fields_of(path)
    heads = _told_apart(next(rows)[len(COLUMNS) :])
    for fields in rows:
        own = (
            (head, unguarded(cell).strip()) for head, cell in zip(heads, fields[len(COLUMNS) :], strict=False)
        )
        cells = {head: cell for head, cell in own if cell and not bare(head).startswith(OURS)}
        yield dict(zip(COLUMNS, fields, strict=False)), cells


def _told_apart(heads: Sequence[str]) -> list[str]:
    """The heads of columns, each once: what has none, or is there twice, is called by its number."""
    found: list[str] = []
    for number, head in enumerate(map(str.strip, heads), start=1):
        name = head or f"column_{number}"
        again = (f"{name} {count}" for count in range(2, len(heads) + 2))
        found.append(name if name not in found else next(each for each in again if each not in found))
    return found


def _persons(texts: Sequence[str], cells: Mapping[str, str]) -> Iterator[Person]:
    """Those of one row. Who shares a row with others has no name: whose it is, nobody can say."""
    name = _name(cells) if len(texts) == 1 else ""
    rest = {
        head: cell for head, cell in cells.items() if cell != name or bare(head) not in _WHOLE_NAMES | _NAMES
    }
    if len(texts) > 1:  # a cell that has them all says no more than they do
        rest = {
            head: cell
            for head, cell in rest.items()
            if not all(text.lower() in cell.lower() for text in texts)
        }
    for text in texts:
        if (address := normalise(text)) is not None:
            attributes, cut = _kept({head: cell for head, cell in rest.items() if not _is_it(cell, address)})
            yield Person(address, name, attributes, cut)


def _is_it(cell: str, address: str) -> bool:
    """Whether a cell says no more than the address.

    How it was written stays, where the contact's own is another spelling of its mailbox.
    """
    return cell.lower() == address.lower()


def _name(cells: Mapping[str, str]) -> str:
    """The name of a person, whole or of its parts; empty where none is told, or one that is no name."""
    by_head = {bare(head): cell for head, cell in cells.items()}

    def of(heads: frozenset[str]) -> str:
        return next((cell for head, cell in by_head.items() if head in heads), "")

    whole, first, last, either = of(_WHOLE_NAMES), of(FIRST_NAMES), of(LAST_NAMES), of(_NAMES)
    if not whole and (first or last):
        whole = " ".join(filter(None, (first or either, last or either)))
    told = whole or either
    return told if len(told) <= MOST_OF_NAME else ""


def _kept(cells: Mapping[str, str]) -> tuple[str, int]:
    """As many columns as a contact has room for, in their order, and how many had none."""
    kept: dict[str, str] = {}
    for head, cell in cells.items():
        if attributes_of({**kept, head: cell}) is not None:
            kept[head] = cell
    return attributes_of(kept) or _NOTHING, len(cells) - len(kept)
