"""Who stands in the rows that an import takes over: address, name, and what the list's other columns say."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from retour.address import normalise
from retour.flow.contacts import attributes_of
from retour.flow.listcheck.judge import COLUMNS
from retour.flow.listcheck.layout import FIRST_NAMES, LAST_NAMES, OURS, bare
from retour.flow.listcheck.proposals import Accepted, fields_of
from retour.flow.lists.table import unguarded

# What the column of a whole name is called, beside those of its parts.
_WHOLE_NAMES = frozenset(
    (
        *("name", "fullname", "displayname", "contactname", "vollername", "vollständigername", "anzeigename"),
        *("nom", "nombre", "nome", "nomcomplet", "nombrecompleto", "nomecompleto"),
    )
)
_NOTHING = "{}"
MOST_OF_NAME = 300  # characters, as the API takes them


class Person(NamedTuple):
    """One address that is taken over."""

    address: str  # normalised
    name: str  # empty where the list tells none
    attributes: str  # a JSON object: by the heads of the columns
    cut: int = 0  # columns that were too long to be kept


def people_of(results: Path, accepted: Accepted) -> Iterator[Person]:
    """Who was kept, and who of corrected.csv was decided on. A list without a head tells addresses alone."""
    for row, cells in _rows(results / "kept.csv"):
        yield from _persons([unguarded(row["retour_address"])], cells)
    for row, cells in _rows(results / "corrected.csv") if accepted != Accepted() else ():
        yield from _persons(accepted.of(row), cells)


def _rows(path: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """What a check says of each row, and the list's own columns that have a head and are filled.

    The columns of an earlier check, in a file that came back, are not the list's own.
    """
    rows = fields_of(path)
    heads = next(rows)[len(COLUMNS) :]
    is_headless = heads == [f"column_{number}" for number, _ in zip(count(1), heads, strict=False)]
    for fields in rows:
        own = zip(heads, fields[len(COLUMNS) :], strict=False) if not is_headless else ()
        cells = {head: unguarded(cell).strip() for head, cell in own if not bare(head).startswith(OURS)}
        yield (
            dict(zip(COLUMNS, fields, strict=False)),
            {head: cell for head, cell in cells.items() if head.strip() and cell},
        )


def _persons(texts: Sequence[str], cells: Mapping[str, str]) -> Iterator[Person]:
    """Those of one row. Who shares a row with others has no name: whose it is, nobody can say."""
    name = _name(cells) if len(texts) == 1 else ""
    rest = {head: cell for head, cell in cells.items() if cell != name or bare(head) not in _WHOLE_NAMES}
    for text in texts:
        if (address := normalise(text)) is not None:
            # How an address was written stays, where the contact's own is another spelling of its mailbox.
            said = {head: cell for head, cell in rest.items() if cell.lower() != address.lower()}
            attributes, cut = _kept(said)
            yield Person(address, name, attributes, cut)


def _name(cells: Mapping[str, str]) -> str:
    """The name of a person, whole or of its parts; empty where none is told, or one that is no name."""
    by_head = {bare(head): cell for head, cell in cells.items()}
    first = next((cell for head, cell in by_head.items() if head in FIRST_NAMES), "")
    last = next((cell for head, cell in by_head.items() if head in LAST_NAMES), "")
    whole = next((cell for head, cell in by_head.items() if head in _WHOLE_NAMES), "")
    told = whole or " ".join(filter(None, (first, last)))
    return told if len(told) <= MOST_OF_NAME else ""


def _kept(cells: Mapping[str, str]) -> tuple[str, int]:
    """As many columns as a contact has room for, in their order, and how many had none."""
    kept: dict[str, str] = {}
    for head, cell in cells.items():
        if attributes_of({**kept, head: cell}) is not None:
            kept[head] = cell
    return attributes_of(kept) or _NOTHING, len(cells) - len(kept)
