"""What a check found, in the words of its report and as bars: numbers stand beside each."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from retour.console.pages.check_evidence import speaking, unspoken
from retour.console.pages.shown import shown as visible
from retour.console.templatetags.words import count_in
from retour.texts import Catalogue, catalogue

PILES = ("kept", "corrected", "questioned", "dropped")
FILES = frozenset(
    (
        *(f"{pile}.{ending}" for pile in PILES for ending in ("csv", "xlsx")),
        *("report.json", "report.en.html", "report.de.html"),
    )
)
_DOMAINS = 10


def codes_told(language: str) -> dict[str, str]:
    """Every reason code in words."""
    vet = catalogue(f"vet.{language}")
    return {key.removeprefix("code."): vet(key) for key in vet.keys if key.startswith("code.")}


def encodings_told(codecs: Sequence[str], language: str) -> list[tuple[str, str]]:
    """Encodings that a list may be said to be in, in words."""
    say = catalogue(f"listcheck.{language}")
    return [(codec, say(f"encoding.{codec}")) for codec in codecs]


def report_shown(report: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A report for a page."""
    say, codes = catalogue(f"listcheck.{language}"), codes_told(language)
    rows = max(report["rows"], 1)
    piles = [
        {"pile": pile, "rows": report["piles"][pile], "share": report["piles"][pile] / rows,
         "named": say(f"pile.{pile}"), "means": say(f"pile.{pile}_means")}
        for pile in PILES
    ]  # fmt: skip
    return {
        "rows": report["rows"],
        "piles": piles,
        "band": band(piles, say("page.sum")),
        "next": [say(f"next.{step}") for step in report["next"]],
        "flaws": _flaws(report, say),
        "reasons": _reasons(report, codes),
        "domains": _longest(report["domains"]["most"][:_DOMAINS]),
        "distinct": report["domains"]["distinct"],
        "forecast": _forecast(report.get("forecast"), say, language),
        "dns": _dns(report["dns"], codes),
        "list": report["list"],
    }


def rows_seen(rows: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """Rows with their reasons in words, and their own words made visible."""
    vet = catalogue(f"vet.{language}")
    say = catalogue(f"console.{language}")
    plain = ("address", "suggestion")
    speaks = [speaking(row["evidence"], vet, say) for row in rows]
    return [
        {**row, **{name: visible(row[name]) for name in plain}, "speaks": spoken,
         "told": [(code, vet(f"code.{code}")) for code in unspoken(row["reasons"], spoken)]}
        for row, spoken in zip(rows, speaks, strict=True)
    ]  # fmt: skip


def band(piles: Sequence[Mapping[str, Any]], title: str) -> SafeString:
    """One band, parted by share; the table beside it says the same in numbers."""
    left, parts = 0.0, []
    for each in piles:
        width = round(100 * each["share"], 3)
        parts.append((each["pile"], round(left, 3), width, each["named"], each["rows"]))
        left += width
    drawn = format_html_join(
        "", '<rect class="{}" x="{}" y="0" width="{}" height="8"><title>{}: {}</title></rect>', parts
    )
    told = "; ".join(f"{each['named']}: {each['rows']}" for each in piles)
    return format_html(
        '<svg class="band" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}. {}">'
        "{}</svg>",
        title, told, drawn,
    )  # fmt: skip


def bar(share: float) -> SafeString:
    """The length of one number beside the longest; the number itself stands beside it."""
    return format_html(
        '<svg class="length" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect x="0" y="0" width="{}" height="6"/></svg>',
        max(round(100 * share, 2), 0.5),
    )


def _longest(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    most = max((each["rows"] for each in rows), default=1)
    return [{**each, "bar": bar(each["rows"] / most)} for each in rows]


def _flaws(report: Mapping[str, Any], say: Catalogue) -> list[str]:
    """What is wrong with how the list is written; reports of earlier versions do not tell it."""
    sheets = report["list"].get("other_sheets")
    told = [say("flaw.sheets", sheets=visible(", ".join(sheets)))] if sheets else []
    told += [say("flaw.strung")] if report["list"].get("strung_by") else []
    return told + [
        say(
            f"flaw.{flaw['code']}_{'one' if flaw['count'] == 1 else 'many'}",
            count=flaw["count"], rows=", ".join(map(str, flaw["first"])),
        )
        for flaw in report.get("flaws", ())
    ]  # fmt: skip


def _reasons(report: Mapping[str, Any], codes: Mapping[str, str]) -> list[dict[str, Any]]:
    """The most frequent first; each leads to its rows in every pile."""
    most = sorted(report["reasons"], key=lambda each: -each["rows"])
    told = [
        {**each, "named": codes.get(each["code"], each["code"]),
         "in": [(pile, each["piles"][pile]) for pile in PILES]}
        for each in most
    ]  # fmt: skip
    return _longest(told)


def _forecast(forecast: Mapping[str, Any] | None, say: Catalogue, language: str) -> dict[str, Any] | None:
    if forecast is None:
        return None
    told = {name: count_in(forecast[name], language) for name in ("addresses", "known")}
    based = say(f"forecast.{forecast['basis']}", **told)
    rates = [{**forecast[kind], "kind": kind, "named": say(f"forecast.{kind}")} for kind in ("hard", "soft")]
    return {"rates": rates, "based": based}


def _dns(dns: Mapping[str, Any] | None, codes: Mapping[str, str]) -> dict[str, Any] | None:
    if dns is None:
        return None
    states = [
        {"named": codes.get(state, state), "domains": count, "rows": dns["contacts"][state]}
        for state, count in dns["domains"].items()
    ]
    return {**dns, "states": states}
