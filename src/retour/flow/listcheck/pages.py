"""Rows of a pile, page by page: those of one reason, or of one domain."""

from collections.abc import Mapping
from pathlib import Path

from retour.flow.listcheck.judge import COLUMNS
from retour.flow.listcheck.piles import opened, records
from retour.flow.lists.table import unguarded

LOOKED_AT = 50_000  # rows of a file that one page is looked for in
_OURS = "retour_"


def page_of(
    path: Path, after: int, limit: int, reason: str = "", domain: str = ""
) -> tuple[list[Mapping[str, str]], int | None]:
    """What is said of the rows behind the place `after`, and the place to go on from; None at the end.

    A page may have fewer rows than wanted, or none, with more to come: rare ones are not waited for.
    """
    found: list[Mapping[str, str]] = []
    file, _, delimiter = opened(path)
    with file:
        file.seek(max(after, file.tell()))
        for looked, (fields, _, place) in enumerate(records(file, delimiter), start=1):
            row = dict(zip(COLUMNS, map(unguarded, fields), strict=False))
            if _is_wanted(row, reason, domain):
                found.append(row)
            if len(found) == limit or looked == LOOKED_AT:
                return found, place
    return found, None


def _is_wanted(row: Mapping[str, str], reason: str, domain: str) -> bool:
    if reason and reason not in row["retour_reasons"].split():
        return False
    return not domain or row["retour_address"].rpartition("@")[2].strip() == domain


def ours(row: Mapping[str, str]) -> Mapping[str, str]:
    """A row by the names that the API has."""
    return {name.removeprefix(_OURS): value for name, value in row.items()}
