"""How soon addresses are reached again after a soft bounce, by reason: curves, their table, and a file."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from retour.console.asking import Api, api_of
from retour.console.bars import Words
from retour.console.curves import Curve, rising
from retour.console.days import long
from retour.console.pages.figures import as_csv
from retour.console.pages.rates import day_of
from retour.console.reader import Reader, reader
from retour.console.sizes import both
from retour.console.templatetags.words import count_in, percent_in
from retour.texts import catalogue

SHOWN = 31  # days in the chart, from the day of the bounce on; the file has all
MOST = 4  # curves: of all, and of the most frequent reasons
TOLD = (1, 3, 7, 14, 30)  # days in the table


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """The chart, and each reason as a row."""
    api, who = api_of(request, account), reader(request)
    found = _found(request, api)
    curves, last = found["curves"], _end(found["until"])
    is_told = bool(curves) and any(curve["reached"] for curve in curves)
    words = _words(found, who) if is_told else None
    context = {
        "account": account, "section": "figures", "since": f"{found['since']}-01", "until": last.isoformat(),
        "months": _months(found, who),
        "chosen": any(request.GET.get(name) for name in ("since", "until")),
        "began": curves[0]["began"] if curves else 0,
        "words": words, "chart": _chart(curves[:MOST], words, who) if words else None,
        "days": TOLD, "rows": [_row(curve, who) for curve in curves],
    }  # fmt: skip
    return render(request, "console/recoveries.html", context)


@login_required
def export(request: HttpRequest, account: str) -> StreamingHttpResponse:
    """Every day of every reason."""
    curves = _found(request, api_of(request, account))["curves"]
    rows = (
        (curve["reason"], point["day"], point["waiting"], point["reached"], point["stopped"])
        for curve in curves
        for point in curve["points"]
    )
    return as_csv(f"recoveries-{account}", ("reason", "day", "waiting", "reached", "stopped"), rows)


def _named(reason: str, who: Reader) -> str:
    return catalogue(f"status.{who.language}")(f"label.{reason}") if reason else who.say("recoveries.all")


def _found(request: HttpRequest, api: Api) -> Mapping[str, Any]:
    """The months of the days that are chosen; the last twelve by themselves."""
    times = {name: day_of(request, name) for name in ("since", "until")}
    found: Mapping[str, Any] = api.get("/v1/recoveries", **times)
    return found


def _end(month: str) -> date:
    """The last day of a month."""
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _months(found: Mapping[str, Any], who: Reader) -> str:
    """Which months are meant: whole ones, whatever day was chosen."""
    first, last = date.fromisoformat(f"{found['since']}-01"), _end(found["until"])
    return who.say("recoveries.months", since=long(first, who.language), until=long(last, who.language))


def _words(found: Mapping[str, Any], who: Reader) -> Words:
    """The finding: how many of all, and by when half of them."""
    all_ = found["curves"][0]
    share = percent_in(all_["points"][SHOWN - 1]["reached"], who.language)
    count = count_in(all_["began"], who.language)
    if all_["half"] is None:
        title = who.say("recoveries.share", share=share)
    else:
        key = "one" if all_["half"] == 1 else "other" if all_["half"] else "same"
        title = who.say(f"recoveries.half_{key}", days=all_["half"], share=share)
    return Words(title, who.say("recoveries.told", count=count, months=_months(found, who)))


def _chart(curves: Sequence[Mapping[str, Any]], words: Words, who: Reader) -> Any:
    lines = [
        Curve(
            _named(curve["reason"], who),
            [point["reached"] for point in curve["points"][:SHOWN]],
            [point["waiting"] for point in curve["points"][:SHOWN]],
        )
        for curve in curves
    ]
    told = (who.say("recoveries.days"), who.say("recoveries.left"))
    return both(
        lambda size: rising(
            words,
            lines,
            told,
            lambda share: f"{share * 100:.0f} %",
            lambda n: count_in(n, who.language),
            size=size,
        )
    )


def _row(curve: Mapping[str, Any], who: Reader) -> Mapping[str, Any]:
    return {
        "reason": curve["reason"],
        "named": _named(curve["reason"], who),
        "began": curve["began"],
        "stopped": curve["stopped"],
        "shares": [(day, curve["points"][day]["reached"]) for day in TOLD],
        "half": curve["half"],
    }
