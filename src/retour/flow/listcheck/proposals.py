"""What a check proposes to correct, counted by what somebody has to decide once, and what was decided.

A proposal for the domain is decided by domain: one look at `gmial.com` is enough for all its rows. The others
are decided by their form: `(at)` for @, several addresses in a cell, a slip before the @, signs around it.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retour.address import normalise
from retour.flow.listcheck.alive import Alive, beating, unheard
from retour.flow.listcheck.judge import COLUMNS
from retour.flow.listcheck.piles import opened, records
from retour.flow.lists.table import unguarded
from retour.vet import Code, Practical

PROPOSALS, DECISIONS = "proposals.json", "decisions.json"
MOST_DOMAINS = 1000  # of the most rows; the rest can be looked at in corrected.csv
FORMS = ("at_spelled", "several_in_cell", "typo_local", "form")
_FORM = "form"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What somebody has decided: proposals that are right, and addresses that are right as they stand.

    Both by the domain as it stands in the list, or by form.
    """

    domains: frozenset[str] = field(default_factory=frozenset)
    forms: frozenset[str] = field(default_factory=frozenset)
    left: frozenset[str] = field(default_factory=frozenset)
    left_forms: frozenset[str] = field(default_factory=frozenset)

    def of(self, row: Mapping[str, str]) -> Sequence[str]:
        """What a row of corrected.csv gives: what is proposed, the address as it stands, or nothing."""
        domain, form = sort_of(row)
        if domain in self.domains if form is None else form in self.forms:
            return self._kept(row) if form == Code.SEVERAL_IN_CELL else [unguarded(row["retour_suggestion"])]
        if domain in self.left if form is None else form in self.left_forms:
            return [unguarded(row["retour_address"])] if _stands(row, form) else []
        return []

    def _kept(self, row: Mapping[str, str]) -> Sequence[str]:
        """What is proposed of a cell with several, but for a domain that is right as it stands."""
        stands = unguarded(row["retour_address"]).split()
        left = {local: each for each in stands for local, _, of in [each.rpartition("@")] if of in self.left}
        proposed = unguarded(row["retour_suggestion"]).split()
        return [each if each in stands else left.get(each.rpartition("@")[0], each) for each in proposed]


def sort_of(row: Mapping[str, str]) -> tuple[str, str | None]:
    """What decides a row of corrected.csv: its domain, where that is corrected, else its form."""
    codes = row["retour_reasons"].split()
    stands = unguarded(row["retour_address"]).rpartition("@")[2].strip()
    meant = unguarded(row["retour_suggestion"]).rpartition("@")[2]
    if Code.SEVERAL_IN_CELL not in codes and stands != meant:
        return stands, None
    return stands, next((form for form in FORMS if form in codes), _FORM)


def _stands(row: Mapping[str, str], form: str | None) -> bool:
    """Whether an address could be written to as it stands; what is no address could not."""
    return form in (None, Code.TYPO_LOCAL) and row["retour_practical"] != Practical.REJECT


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """What a check says of the rows of a pile, as it was written; not the list's own columns."""
    rows = fields_of(path)
    next(rows)
    yield from (dict(zip(COLUMNS, fields, strict=False)) for fields in rows)


def fields_of(path: Path) -> Iterator[list[str]]:
    """The head of a pile, and then its rows, as they were written."""
    file, names, delimiter = opened(path)
    with file:
        yield names
        yield from (fields for fields, _, _ in records(file, delimiter))


def proposals_of(results: Path, alive: Alive = unheard) -> Mapping[str, Any]:
    """What there is to decide; counted once, and kept beside the results."""
    kept = results / PROPOSALS
    if kept.exists():
        told: Mapping[str, Any] = json.loads(kept.read_text("utf-8"))
        return told
    domains: Counter[tuple[str, str]] = Counter()
    forms: Counter[str] = Counter()
    standing: Counter[str] = Counter()
    for row in beating(rows_of(results / "corrected.csv"), alive):
        domain, form = sort_of(row)
        if form is None:
            domains[domain, unguarded(row["retour_suggestion"]).rpartition("@")[2]] += 1
        else:
            forms[form] += 1
        standing[domain if form is None else f" {form}"] += _stands(row, form)
    most = sorted(domains.items(), key=lambda each: (-each[1], each[0]))
    made = {
        "domains": [
            {"domain": domain, "suggestion": meant, "rows": count, "standing": standing[domain]}
            for (domain, meant), count in most[:MOST_DOMAINS]
        ],
        "more": sum(count for _, count in most[MOST_DOMAINS:]),
        "forms": [
            {"form": form, "rows": forms[form], "standing": standing[f" {form}"]}
            for form in FORMS
            if forms[form]
        ],
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
    """All that was decided up to now."""
    told = decisions_of(place)

    def those(name: str, accepted: bool) -> frozenset[str]:
        return frozenset(key for key, each in told[name].items() if each["accepted"] is accepted)

    return Accepted(
        those("domains", True), those("forms", True), those("domains", False), those("forms", False)
    )


def addresses_of(results: Path, accepted: Accepted) -> Iterator[str]:
    """Those that were kept, and those of corrected.csv that were decided on; normalised."""
    for row in rows_of(results / "kept.csv"):
        if (address := normalise(unguarded(row["retour_address"]))) is not None:
            yield address
    for row in rows_of(results / "corrected.csv") if accepted != Accepted() else ():
        yield from _addresses(accepted.of(row))


def rows_taken(results: Path, accepted: Accepted) -> int:
    """How many rows of the list an import would take over."""
    kept = json.loads((results / "report.json").read_text("utf-8"))["piles"]["kept"]
    told = proposals_of(results)
    ways = (
        ("domains", "domain", accepted.domains, "rows"),
        ("domains", "domain", accepted.left, "standing"),
        ("forms", "form", accepted.forms, "rows"),
        ("forms", "form", accepted.left_forms, "standing"),
    )
    return int(
        kept + sum(each[rows] for of, name, those, rows in ways for each in told[of] if each[name] in those)
    )


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
