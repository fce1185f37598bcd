"""What a check proposes to correct, counted by what somebody has to decide once, and what was decided.

A proposal for the domain is decided by domain: one look at `gmial.com` is enough for all its rows. The others
are decided by their form: `(at)` for @, several addresses in a cell, a slip before the @, signs around it.
"""

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retour.address import normalise
from retour.flow.lists.table import unguarded
from retour.vet import Code

PROPOSALS, DECISIONS = "proposals.json", "decisions.json"
MOST_DOMAINS = 1000  # of the most rows; the rest can be looked at in corrected.csv
FORMS = ("at_spelled", "several_in_cell", "typo_local", "form")
_FORM = "form"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What somebody has called right: domains as they stand in the list, and forms."""

    domains: frozenset[str] = field(default_factory=frozenset)
    forms: frozenset[str] = field(default_factory=frozenset)

    def takes(self, row: Mapping[str, str]) -> bool:
        """Whether the proposal of a row is among them."""
        domain, form = sort_of(row)
        return domain in self.domains if form is None else form in self.forms


def sort_of(row: Mapping[str, str]) -> tuple[str, str | None]:
    """What decides a row of corrected.csv: its domain, where that is corrected, else its form."""
    codes = row["retour_reasons"].split()
    stands = unguarded(row["retour_address"]).rpartition("@")[2].strip()
    meant = unguarded(row["retour_suggestion"]).rpartition("@")[2]
    if Code.SEVERAL_IN_CELL not in codes and stands != meant:
        return stands, None
    return stands, next((form for form in FORMS if form in codes), _FORM)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a pile, as they were written."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        delimiter = next(sign for sign in ",;\t|" if f"retour_row{sign}" in head)
        yield from csv.DictReader(file, delimiter=delimiter)


def proposals_of(results: Path) -> Mapping[str, Any]:
    """What there is to decide; counted once, and kept beside the results."""
    kept = results / PROPOSALS
    if kept.exists():
        told: Mapping[str, Any] = json.loads(kept.read_text("utf-8"))
        return told
    domains: Counter[tuple[str, str]] = Counter()
    forms: Counter[str] = Counter()
    for row in rows_of(results / "corrected.csv"):
        domain, form = sort_of(row)
        if form is None:
            domains[domain, unguarded(row["retour_suggestion"]).rpartition("@")[2]] += 1
        else:
            forms[form] += 1
    most = sorted(domains.items(), key=lambda each: (-each[1], each[0]))
    made = {
        "domains": [
            {"domain": domain, "suggestion": meant, "rows": count}
            for (domain, meant), count in most[:MOST_DOMAINS]
        ],
        "more": sum(count for _, count in most[MOST_DOMAINS:]),
        "forms": [{"form": form, "rows": forms[form]} for form in FORMS if forms[form]],
    }
    _put(kept, made)
    return made


def decisions_of(place: Path) -> Mapping[str, Mapping[str, Any]]:
    """What was decided of each domain and each form: accepted or left, by whom, when."""
    path = place / DECISIONS
    told = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {"domains": told.get("domains", {}), "forms": told.get("forms", {})}


def decide(
    place: Path, domains: Mapping[str, bool | None], forms: Mapping[str, bool | None], actor: str, at: str
) -> None:
    """Keep decisions over those made before; None takes one back."""
    told = {name: dict(each) for name, each in decisions_of(place).items()}
    for name, new in (("domains", domains), ("forms", forms)):
        for key, accepted in new.items():
            told[name].pop(key, None)
            if accepted is not None:
                told[name][key] = {"accepted": accepted, "by": actor, "at": at}
    _put(place / DECISIONS, told)


def accepted_of(place: Path) -> Accepted:
    """All that was accepted up to now."""
    told = decisions_of(place)
    chosen = {
        name: frozenset(key for key, each in told[name].items() if each["accepted"])
        for name in ("domains", "forms")
    }
    return Accepted(chosen["domains"], chosen["forms"])


def addresses_of(results: Path, accepted: Accepted) -> Iterator[str]:
    """Those that were kept, and those of the proposals that were accepted; normalised."""
    for row in rows_of(results / "kept.csv"):
        if (address := normalise(unguarded(row["retour_address"]))) is not None:
            yield address
    for row in rows_of(results / "corrected.csv") if accepted != Accepted() else ():
        if accepted.takes(row):
            yield from _addresses(unguarded(row["retour_suggestion"]).split())


def rows_taken(results: Path, accepted: Accepted) -> int:
    """How many rows of the list an import would take over."""
    kept = json.loads((results / "report.json").read_text("utf-8"))["piles"]["kept"]
    told = proposals_of(results)
    of_domains = sum(each["rows"] for each in told["domains"] if each["domain"] in accepted.domains)
    return int(kept + of_domains + sum(e["rows"] for e in told["forms"] if e["form"] in accepted.forms))


def _addresses(texts: Sequence[str]) -> Iterator[str]:
    yield from (address for text in texts if (address := normalise(text)) is not None)


def _put(path: Path, content: Mapping[str, Any]) -> None:
    """As a whole or not at all."""
    made = path.with_name(f".{path.name}.new")
    with made.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
