"""Bounce rates against the limits of providers: over time, by campaign, by provider (K22-K24)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from retour.console.asking import api_of
from retour.console.charts import Chart, Series, rates
from retour.console.reader import Reader, reader
from retour.console.templatetags.words import percent_in as percent
from retour.texts import catalogue

TYPES = ("hard", "soft", "block")
BY = {"days": "day", "campaigns": "campaign", "providers": "provider"}
FEW = 100  # attempts below which a count is told, and no rate


@login_required
def show(request: HttpRequest, account: str, by: str) -> HttpResponse:
    """One way to cut the same numbers; numerator, denominator and period stand with each."""
    if by not in BY:
        raise Http404
    api, who = api_of(request, account), reader(request)
    found = api.get("/v1/rates", by=BY[by], since=_day(request, "since"), until=_day(request, "until"))
    total = api.get("/v1/rates", by="total", since=_start(found["since"]), until=_start(found["until"]))
    rows = [{**row, "named": _named(row["of"], by, who)} for row in found["rates"]]
    context = {
        "account": account, "role": api.role, "section": by, "by": by, "found": found, "rows": rows,
        "total": next(iter(total["rates"]), None), "avoided": total["avoided"], "few": FEW,
        "chart": _chart(found, rows, who) if by == "days" and _enough(rows) else None,
    }  # fmt: skip
    return render(request, "console/rates.html", context)


def _day(request: HttpRequest, name: str) -> str | None:
    """A day of the query as the API takes it; None where there is none, or no such day."""
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return _start(day.isoformat())


def _start(day: str) -> str:
    """The beginning of a day, as the API takes moments."""
    return f"{day}T00:00:00Z"


def _named(of: str | None, by: str, who: Reader) -> str:
    if by == "days" and of:
        day = date.fromisoformat(of)
        say = catalogue(f"status.{who.language}")
        return say("day.full", day=day.day, month=say(f"month.{day.month}"), year=day.year)
    return of or who.say("rates.others")


def _chart(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], who: Reader) -> SafeString:
    """The rate of each type over all days of the time; its title is the worst of them."""
    enough = _enough(rows)
    worst = max(enough, key=lambda row: float(row["rate"]))
    title = who.say("rates.chart_worst", rate=percent(worst["rate"], who.language), day=worst["named"])
    of = {row["of"]: row for row in enough}
    days = _days(found["since"], found["until"])
    series = [
        Series(kind, who.say(f"type.{kind}"), [_share(of.get(day.isoformat()), kind) for day in days])
        for kind in TYPES
    ]
    labels = [f"{day.day}.{day.month}." for day in days]
    told = who.say("rates.chart_told")
    return rates(Chart(title, told, labels, series, lambda rate: f"{rate * 100:.0f} %"))


def _enough(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those with so many attempts that a rate means something."""
    return [row for row in rows if row["rate"] is not None and row["attempts"] >= FEW]


def _days(since: str, until: str) -> list[date]:
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


def _share(row: Mapping[str, Any] | None, kind: str) -> float | None:
    """None where too little was sent for a rate."""
    return None if row is None else row["types"].get(kind, 0) / row["attempts"]
