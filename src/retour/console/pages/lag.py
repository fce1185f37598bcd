"""How long after it happened something is known: day by day as a chart, source by source as a table."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from retour.console.asking import Api, api_of
from retour.console.charts import Chart, Series, rates
from retour.console.days import long
from retour.console.pages.figures import as_csv
from retour.console.pages.over_time import Time, time_of
from retour.console.pages.rates import day_of
from retour.console.pages.rates_charts import Drawn
from retour.console.pages.source_names import called, names
from retour.console.reader import Reader, reader
from retour.console.sizes import both

LEVELS = 8  # seven steps, and what took longer
LINES = ("half", "most")
_COLUMNS = ("what", "of", "events", "half_within", "most_within", "untold")


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """The days chosen, thirty by themselves."""
    api, who = api_of(request, account), reader(request)
    found = _found(request, api)
    time = time_of(api, found["since"], found["until"], who)
    known = names(api.get("/v1/sources")["sources"], who)
    days = found["days"]
    sources = [{**each, "named": called(each["of"], known, who)} for each in found["sources"]]
    context = {
        "account": account, "section": "figures", "found": found, "incidents": time.incidents,
        "chart": _chart(days, sources, time, who) if any(each["events"] for each in days) else None,
        "untold": sum(each["untold"] for each in days),
        "sources": [_row(each, each["named"], who) for each in sources],
        "days": [_row(each, long(date.fromisoformat(each["of"]), who.language), who) for each in days],
    }  # fmt: skip
    return render(request, "console/lag.html", context)


@login_required
def export(request: HttpRequest, account: str) -> StreamingHttpResponse:
    """Days and sources; the steps in seconds, empty for what took longer than the last, or tells no time."""
    found = _found(request, api_of(request, account))
    steps = [*found["steps"], None]
    rows = (
        (what, each["of"], each["events"], *(_seconds(each[name], steps) for name in LINES), each["untold"])
        for what, all_ in (("day", found["days"]), ("source", found["sources"]))
        for each in all_
    )
    return as_csv(f"lag-{account}", _COLUMNS, rows)


def _found(request: HttpRequest, api: Api) -> Mapping[str, Any]:
    times = {name: day_of(request, name) for name in ("since", "until")}
    found: Mapping[str, Any] = api.get("/v1/sources/lag", **times)
    return found


def _seconds(step: int | None, steps: Sequence[int | None]) -> int | None:
    return None if step is None else steps[step]


def _row(each: Mapping[str, Any], named: str, who: Reader) -> Mapping[str, object]:
    return {
        "named": named,
        "events": each["events"],
        "untold": each["untold"],
        **{name: "–" if each[name] is None else who.say(f"lag.step_{each[name]}") for name in LINES},
    }


def _chart(days: list[Any], sources: list[Any], time: Time, who: Reader) -> Drawn:
    """Two lines over steps that stand equally far apart; the title names who is the latest to tell."""
    of = {each["of"]: each for each in days}
    series = [
        Series(kind, who.say(f"lag.{name}"), [_height(of.get(day.isoformat()), name) for day in time.days])
        for name, kind in (("half", "ok"), ("most", "held"))
    ]
    latest = sources[0]
    title = who.say("lag.finding", source=latest["named"], step=who.say(f"lag.step_{latest['most']}"))
    told, gap = who.say("lag.told"), who.say("lag.gap")
    levels = [(step + 1) / LEVELS for step in range(LEVELS)]
    chart = Chart(
        title, told, time.labels, series, lambda level: who.say(f"lag.level_{round(level * LEVELS) - 1}"),
        time.marks, time.today, gap, levels,
    )  # fmt: skip
    return Drawn(both(lambda size: rates(chart, "lag", size)), title, told)


def _height(each: Mapping[str, Any] | None, name: str) -> float | None:
    return None if each is None or each[name] is None else (each[name] + 1) / LEVELS
