"""What is reported of a list, as JSON holds it; told.py makes the page of it that people read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retour.flow.listcheck.decision import PILES, Pile
from retour.flow.listcheck.judge import Knowledge
from retour.flow.listcheck.source import Source
from retour.flow.listcheck.tally import Flaw, Tally
from retour.flow.suppressions import provider_of
from retour.vet import FAMILY, Code, Dns, Rfc

MOST_DOMAINS, MOST_TYPOS = 20, 200


@dataclass(frozen=True, slots=True)
class Listed:
    """Which list it was."""

    name: str
    at: str
    source: Source
    asked: bool  # the DNS


def report_of(listed: Listed, know: Knowledge, tally: Tally) -> dict[str, Any]:
    """The report. Each row of the list is counted in exactly one pile; a reason is counted once a row."""
    counts = tally.counts
    return {
        "version": 1,
        "at": listed.at,
        "list": _list(listed, counts["rows"]),
        "flaws": _flaws(tally),
        "rows": counts["rows"],
        "piles": {pile.value: counts[f"pile.{pile}"] for pile in PILES},
        "files": {pile.value: f"{pile}.csv" for pile in PILES},
        "rfc": {rfc.value: counts[f"rfc.{rfc}"] for rfc in Rfc},
        "reasons": [_reason(code, tally) for code in Code if counts[f"reason.{code}"]],
        "typos": _typos(tally),
        "domains": _domains(tally),
        "dns": _dns(listed, know.dns, tally) if listed.asked else None,
        "next": _next(listed, tally),
    }


def _list(listed: Listed, rows: int) -> Mapping[str, Any]:
    source = listed.source
    layout = source.layout
    return {
        "name": listed.name,
        "sheet": source.sheet or None,
        "other_sheets": list(source.other_sheets),
        "strung_by": source.strung_by or None,
        "encoding": source.encoding.codec,
        "encoding_sure": source.encoding.sure,
        "mark": bool(source.encoding.mark),
        "delimiter": source.parted_by or layout.delimiter,
        "columns": layout.width,
        "column": layout.column + 1,
        "column_name": layout.name or None,
        "other_columns": [column + 1 for column in layout.others],
        "head": list(layout.head) if layout.head is not None else None,
        "rows": rows,
    }


def _flaws(tally: Tally) -> Sequence[Mapping[str, Any]]:
    """What is wrong with how the list is written: how often, and the first rows."""
    return [
        {"code": flaw.value, "count": count, "first": [row for row, _ in tally.examples[f"flaw.{flaw}"]]}
        for flaw in Flaw
        if (count := tally.counts[f"flaw.{flaw}"])
    ]


def _reason(code: Code, tally: Tally) -> Mapping[str, Any]:
    return {
        "code": code.value,
        "family": FAMILY[code].value,
        "rows": tally.counts[f"reason.{code}"],
        "piles": {pile.value: tally.counts[f"{pile}.{code}"] for pile in PILES},
        "examples": [{"row": row, "address": address} for row, address in tally.examples.get(code.value, [])],
    }


def _typos(tally: Tally) -> Sequence[Mapping[str, Any]]:
    """One decision a domain, not one a row: the domains that look like others."""
    most = sorted(tally.typos.items(), key=lambda each: (-each[1], each[0]))[:MOST_TYPOS]
    pairs = [(*name.split(" ", 1), rows) for name, rows in most]
    return [{"domain": domain, "suggestion": meant, "rows": rows} for domain, meant, rows in pairs]


def _domains(tally: Tally) -> Mapping[str, Any]:
    most = sorted(tally.domains.items(), key=lambda each: (-each[1], each[0]))
    providers: Counter[str] = Counter()
    for domain, rows in most:
        providers[provider_of(domain) or ""] += rows
    return {
        "distinct": len(most),
        "rows": tally.domains.total(),
        "most": [{"domain": domain, "rows": rows} for domain, rows in most[:MOST_DOMAINS]],
        "providers": {name or "other": rows for name, rows in sorted(providers.items())},
    }


def _dns(listed: Listed, answers: Mapping[str, Dns], tally: Tally) -> Mapping[str, Any]:
    states: Counter[str] = Counter()
    contacts: Counter[str] = Counter()
    asked = [(answers[domain], rows) for domain, rows in tally.domains.items() if domain in answers]
    for dns, rows in asked:
        states[dns.state] += 1
        contacts[dns.state] += rows
    unknown = contacts[Code.SERVFAIL] + contacts[Code.TIMEOUT]
    total = max(tally.domains.total(), 1)
    times = [dns.checked_at.isoformat(timespec="seconds") for dns, _ in asked]
    return {
        "domains": dict(sorted(states.items())),
        "contacts": dict(sorted(contacts.items())),
        "covered": round((contacts.total() - unknown) / total, 6),
        "oldest": min(times, default=None),
        "newest": max(times, default=None),
        "sources": sorted({dns.source for dns, _ in asked}),
    }


def _next(listed: Listed, tally: Tally) -> Sequence[str]:
    """What to do now, in this order: keys of texts/listcheck.en.toml under [next]."""
    counts = tally.counts
    if not counts["rows"]:
        return ["empty"]
    steps = ["kept"] if counts[f"pile.{Pile.KEPT}"] else []
    steps += ["corrected"] if counts[f"pile.{Pile.CORRECTED}"] else []
    steps += ["questioned"] if counts[f"pile.{Pile.QUESTIONED}"] else []
    steps += ["dropped"] if counts[f"pile.{Pile.DROPPED}"] else []
    steps += ["nxdomain_once"] if counts[f"questioned.{Code.NXDOMAIN}"] else []
    steps += ["unknown"] if counts[f"reason.{Code.SERVFAIL}"] + counts[f"reason.{Code.TIMEOUT}"] else []
    steps += ["columns"] if listed.source.layout.others else []
    steps += ["sheets"] if listed.source.other_sheets else []
    steps += ["flaws"] if _flaws(tally) else []
    steps += ["encoding"] if not listed.source.encoding.sure else []
    return [*steps, *([] if listed.asked else ["offline"])]
