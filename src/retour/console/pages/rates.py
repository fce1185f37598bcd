"""Bounce rates against the limits of providers: over time, by campaign, by provider (K22-K24)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from retour.console.asking import api_of
from retour.console.charts import Chart, Series, rates
from retour.console.days import long, read_day
from retour.console.pages import as_json
from retour.console.pages.figures import as_csv
from retour.console.pages.incidents import standing
from retour.console.pages.moves import mailbox
from retour.console.pages.over_time import Time, time_of
from retour.console.pages.rates_charts import Drawn, hard, spared
from retour.console.reader import Reader, reader
from retour.console.sizes import both
from retour.console.templatetags.words import count_in
from retour.console.templatetags.words import percent_in as percent

TYPES = ("hard", "soft", "block")
BY = {"days": "day", "campaigns": "campaign", "providers": "provider"}
FEW = 100  # attempts below which a count is told, and no rate


@login_required
def show(request: HttpRequest, account: str, by: str) -> HttpResponse:
    """One way to cut the same numbers; numerator, denominator and period stand with each."""
    if by not in BY:
        raise Http404
    api, who = api_of(request, account), reader(request)
    found = api.get("/v1/rates", by=BY[by], since=day_of(request, "since"), until=day_of(request, "until"))
    if as_json.wanted(request):
        told = {"account": account, "since": found["since"], "until": found["until"]}
        return as_json.rows(request, found, "rates", **told)
    total = api.get("/v1/rates", by="total", since=_start(found["since"]), until=_start(found["until"]))
    rows = [{**row, "named": _named(row["of"], by, who)} for row in found["rates"]]
    all_ = next(iter(total["rates"]), None)
    time = time_of(api, found["since"], found["until"], who)
    context = {
        "also": _also(by, time, rows, all_, who), "since": _told(found["since"], who),
        "until": _told(found["until"], who),
        "account": account, "role": api.role, "section": by, "by": by, "found": found, "rows": rows,
        "total": all_, "lead": lead_of(all_, bool(time.incidents), who),
        "avoided": total["avoided"], "few": FEW,
        "standing": standing(api, who), "disturbed": bool(time.incidents),
        "chart": over_days(time, rows, who) if by == "days" and enough(rows) else None,
        "incidents": time.incidents if by in ("days", "providers") else (),
    }  # fmt: skip
    return render(request, "console/rates.html", context)


def lead_of(total: Mapping[str, Any] | None, disturbed: bool, who: Reader) -> str:
    """What the numbers say; while an incident stands in their days, nothing of what to do with the list."""
    if total is None:
        return ""
    if not disturbed or (total["attempts"] or 0) < FEW:
        return str(total["told"])
    attempts = count_in(total["attempts"], who.language)
    return who.say("rates.counted", rate=percent(total["rate"], who.language), attempts=attempts)


@login_required
def export(request: HttpRequest, account: str, by: str) -> HttpResponseBase:
    """The same numbers as a file for programs."""
    if by not in BY:
        raise Http404
    api = api_of(request, account)
    found = api.get("/v1/rates", by=BY[by], since=day_of(request, "since"), until=day_of(request, "until"))
    columns = (BY[by], "sent", "delivered", *TYPES, "attempts", "rate", "hard_rate", "avoided")
    cells = (
        [
            row["of"], row["sent"], row["delivered"], *(row["types"].get(kind, 0) for kind in TYPES),
            row["attempts"], row["rate"], row["hard_rate"], row["avoided"]["total"],
        ]
        for row in found["rates"]
    )  # fmt: skip
    return as_csv(f"{by}-{account}", columns, cells)


def _also(
    by: str, time: Time, rows: Sequence[Mapping[str, Any]], total: Mapping[str, Any] | None, who: Reader
) -> Drawn | None:
    if by == "days":
        return spared(rows, time, who)
    if by == "campaigns":
        return hard(rows, total["norm"]["hard_rate"] if total else None, FEW, who)
    return None


def _told(day: str, who: Reader) -> str:
    return long(date.fromisoformat(day), who.language)


def day_of(request: HttpRequest, name: str) -> str | None:
    """A day of the query as the API takes it, which refuses what is none; None where nothing is asked."""
    told = request.GET.get(name, "").strip()
    day = read_day(told)
    return told or None if day is None else _start(day.isoformat())


def _start(day: str) -> str:
    """The beginning of a day, as the API takes moments."""
    return f"{day}T00:00:00Z"


def _named(of: str | None, by: str, who: Reader) -> str:
    if by == "days" and of:
        return long(date.fromisoformat(of), who.language)
    if by == "providers" and of:
        return mailbox(of, who)
    return of or who.say("rates.others")


def over_days(time: Time, rows: Sequence[Mapping[str, Any]], who: Reader) -> Drawn:
    """The rate of each type over all days of the time; its title is the worst of them."""
    told_of = {row["of"]: row for row in enough(rows)}
    worst = max(told_of.values(), key=lambda row: float(row["rate"]))
    title = who.say("rates.chart_worst", rate=percent(worst["rate"], who.language), day=worst["named"])
    series = [
        Series(
            kind,
            who.say(f"type.{kind}"),
            [_share(told_of.get(day.isoformat()), kind) for day in time.days],
        )
        for kind in TYPES
    ]
    told, gap = who.say("rates.chart_told"), who.say("figures.gap")
    chart = Chart(
        title, told, time.labels, series, lambda rate: f"{rate * 100:.0f} %", time.marks, time.today, gap
    )
    return Drawn(both(lambda size: rates(chart, size=size)), title, told)


def enough(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows with so many attempts that a rate means something."""
    return [row for row in rows if row["rate"] is not None and row["attempts"] >= FEW]


def _share(row: Mapping[str, Any] | None, kind: str) -> float | None:
    """None where too little was sent for a rate."""
    return None if row is None else row["types"].get(kind, 0) / row["attempts"]
