"""A slip before the @ is found where the row itself says what the contact is called (`w.wislon` of a Wilson).

Only lists with columns of first or last names are looked at so. It is a pass of its own that finds the few
rows whose address almost has a word of its name; what to make of each, `vet` says when the row is judged.
"""

import re
from collections.abc import Iterator, Sequence

from retour.address import normalise
from retour.flow.listcheck.blocks import Block
from retour.flow.listcheck.cells import cell_of
from retour.flow.listcheck.encoding import mended
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.parting import fields
from retour.flow.listcheck.source import Source
from retour.vet.facts import DEFAULT, Policy
from retour.vet.names import suggest_local

MOST = 200_000  # addresses that are kept: beyond them slips are not looked for, and memory stays bounded
_SHORTEST = 4  # letters of a word that can be mistyped, as vet has it
_WORD = re.compile(r"[^\W\d_]+")


def named(source: Source, policy: Policy = DEFAULT) -> dict[str, tuple[str, ...]]:
    """The words of the name columns, by normalised address, of rows whose address seems to miss them."""
    layout, found = source.layout, dict[str, tuple[str, ...]]()
    if not layout.names or layout.delimiter is None:
        return found
    for block in source.blocks():
        for columns in _rows(block, layout):
            if (slip := _slip(columns, layout, policy)) is not None:
                found.setdefault(*slip)
                if len(found) == MOST:
                    return found
    return found


def _rows(block: Block, layout: Layout) -> Iterator[Sequence[str]]:
    """The columns of each row."""
    delimiter = layout.delimiter or ","
    if block.plain:
        for line in block.raw.decode("utf-8").split("\n")[:-1]:
            yield line.split(delimiter)
        return
    raws = (
        (text.encode("utf-8", "surrogateescape") for text in block.records_)
        if block.records_
        else iter(block.raw.split(b"\n")[:-1])
    )
    for raw in raws:
        yield fields(mended(raw)[0], delimiter)


def _slip(columns: Sequence[str], layout: Layout, policy: Policy) -> tuple[str, tuple[str, ...]] | None:
    """The address of a row with the words of its name, where it seems to have one of them mistyped."""
    if len(columns) <= max(layout.column, *layout.names):
        return None
    cell = columns[layout.column]
    local, at, _ = cell.partition("@")
    small = local.lower()
    words = tuple(columns[column] for column in layout.names)
    if not at or all(word.lower() in small for word in words) or not _is_near(small, words):
        return None
    address = normalise(cell_of(cell).addresses[0])
    if address is None or suggest_local(address.rpartition("@")[0], words, least=policy.typo_odds) is None:
        return None
    return address, words


def _is_near(local: str, words: Sequence[str]) -> bool:
    """Whether a part of a local part and a word of a name have as good as the same letters."""
    parts = [part for part in _WORD.findall(local) if len(part) >= _SHORTEST]
    return any(_alike(part, word.lower()) for word in words for part in parts if len(word) >= _SHORTEST)


def _alike(part: str, word: str) -> bool:
    """Cheap, and true of all that one slip parts, with an initial before them too."""
    return -2 <= len(part) - len(word) <= 2 and len(set(part) ^ set(word)) <= 3
