"""A slip before the @ is found where the row itself says what the contact is called (`w.wislon` of a Wilson).

Only lists with columns of first or last names are looked at so, and of them the rows that would be kept: the
few with a slip move from kept.csv to corrected.csv, with what was probably meant. A proposal, as every other.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from retour.flow.listcheck.alive import Alive, beating, unheard
from retour.flow.listcheck.judge import COLUMNS, row_of
from retour.flow.listcheck.layout import Layout
from retour.flow.listcheck.piles import opened, records
from retour.flow.listcheck.tally import Tally
from retour.flow.lists.table import unguarded
from retour.vet import Code, Policy, Practical, Suggestion
from retour.vet.names import suggest_local

_SHORTEST = 4  # letters of a word that can be mistyped, as vet has it
_WORD = re.compile(r"[^\W\d_]+")
_ORDER = {code.value: place for place, code in enumerate(Code)}
_PLACE = {name: place for place, name in enumerate(COLUMNS)}
_AFTER = len(COLUMNS)  # where the list's own columns begin
_PIECE = 1 << 20  # octets copied at once


class Slip(NamedTuple):
    """A row of kept.csv that moves: where it stands there, and what is written instead."""

    start: int
    end: int
    row: int
    fields: Sequence[str]
    text: bytes


def proposed(out: Path, layout: Layout, policy: Policy, tally: Tally, alive: Alive = unheard) -> list[Path]:
    """Write the two piles anew where rows move; the new files, to be put in place of the old ones.

    The counts are those after it.
    """
    if not layout.names or layout.delimiter is None:
        return []
    slips = list(_slips(out / "kept.csv", layout, policy, alive))
    if not slips:
        return []
    for slip in slips:
        _count(slip, tally)
    kept, corrected = _new(out / "kept.csv"), _new(out / "corrected.csv")
    with (out / "kept.csv").open("rb") as old, kept.open("wb") as new:
        place = 0
        for slip in slips:
            _copy(old, new, slip.start - place)
            place = old.seek(slip.end)
        _copy(old, new, -1)
        _durable(new)
    with (out / "corrected.csv").open("rb") as old, corrected.open("wb") as new:
        new.write(old.readline())
        _merge(old, new, slips, layout.parts)
        _durable(new)
    return [kept, corrected]


def settle(made: Sequence[Path]) -> None:
    """Put the new files in place of the old ones."""
    for path in made:
        path.replace(path.with_name(path.name.removeprefix(".").removesuffix(".new")))


def _slips(path: Path, layout: Layout, policy: Policy, alive: Alive) -> Iterator[Slip]:
    """The rows whose address almost has a word of their name."""
    columns = [_AFTER + column for column in layout.names]
    address, last = _PLACE["retour_address"], max(columns)
    file, _, delimiter = opened(path)
    with file:
        for fields, start, end in beating(records(file, delimiter), alive):
            if len(fields) <= last:
                continue
            local, _, domain = fields[address].rpartition("@")
            words = [fields[column] for column in columns]
            small = local.lower()
            if all(word.lower() in small for word in words) or not _is_near(small, words):
                continue
            words = list(map(unguarded, words))
            found = suggest_local(unguarded(local), words, least=policy.typo_odds)
            if found is not None:
                yield _moved(fields, start, end, found, domain, layout)


def _is_near(local: str, words: Sequence[str]) -> bool:
    """Cheap, and true of all that one slip parts: a part of it and a word have nearly the same letters."""
    parts = [part for part in _WORD.findall(local) if len(part) >= _SHORTEST]
    return any(
        -2 <= len(part) - len(word) <= 2 and len(set(part) ^ set(word.lower())) <= 3
        for word in words
        if len(word) >= _SHORTEST
        for part in parts
    )


def _moved(
    fields: Sequence[str], start: int, end: int, found: Suggestion, domain: str, layout: Layout
) -> Slip:
    """The row as it stands in corrected.csv."""
    told = list(fields)
    codes = {*told[_PLACE["retour_reasons"]].split(), Code.TYPO_LOCAL.value}
    told[_PLACE["retour_practical"]] = Practical.WARN.value
    told[_PLACE["retour_reasons"]] = " ".join(sorted(codes, key=_ORDER.__getitem__))
    told[_PLACE["retour_suggestion"]] = f"{found.text}@{domain}"
    told[_PLACE["retour_odds"]] = f"{found.odds:.3g}"
    said = filter(None, (told[_PLACE["retour_evidence"]], f"{Code.TYPO_LOCAL}=unknown by retour typos"))
    told[_PLACE["retour_evidence"]] = " / ".join(said)
    text = row_of(tuple(map(unguarded, told)), layout.parts).encode("utf-8", "replace") + b"\n"
    return Slip(start, end, int(fields[0]), told, text)


def _count(slip: Slip, tally: Tally) -> None:
    """The row is counted in the other pile, and with one reason more."""
    counts, address = tally.counts, slip.fields[_PLACE["retour_address"]]
    for code in slip.fields[_PLACE["retour_reasons"]].split():
        if code != Code.TYPO_LOCAL:
            counts[f"kept.{code}"] -= 1
        counts[f"corrected.{code}"] += 1
    counts[f"reason.{Code.TYPO_LOCAL}"] += 1
    counts["pile.kept"] -= 1
    counts["pile.corrected"] += 1
    domain = address.rpartition("@")[2]
    tally.kept[domain] -= 1
    if not tally.kept[domain]:
        del tally.kept[domain]
    tally.example((Code.TYPO_LOCAL,), slip.row, unguarded(address))


def _merge(old: IO[bytes], new: IO[bytes], slips: Sequence[Slip], delimiter: str) -> None:
    """All rows in the order of the list."""
    left = iter(slips)
    slip = next(left, None)
    with Path(str(old.name)).open("rb") as same:
        same.seek(old.tell())
        for fields, start, end in records(old, delimiter):
            while slip is not None and slip.row < int(fields[0]):
                new.write(slip.text)
                slip = next(left, None)
            new.write(same.read(end - start))
    for each in (*([slip] if slip is not None else []), *left):
        new.write(each.text)


def _copy(old: IO[bytes], new: IO[bytes], length: int) -> None:
    """So many octets; -1: all that are left."""
    while length and (piece := old.read(_PIECE if length < 0 else min(_PIECE, length))):
        new.write(piece)
        length -= len(piece) if length > 0 else 0


def _new(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _durable(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
