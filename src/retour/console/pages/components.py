"""Every part of which pages are made, on one page: for whoever builds another."""

import re
from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from retour.console import assets
from retour.console.bars import Bar, Words, lying, standing
from retour.console.charts import Chart, Series, rates
from retour.console.curves import Curve, rising
from retour.console.people.models import Person
from retour.console.reader import Reader, reader
from retour.console.sizes import both

KINDS = ("hard", "soft", "block", "complaint", "ok", "held")
STATES = ("invalid", "bouncing", "held", "valid")
MOVES = ("stops", "returns", "causes", "later")
HEAT = range(6)


@login_required
def show(request: HttpRequest) -> HttpResponse:
    """For staff alone."""
    if not isinstance(request.user, Person) or not request.user.staff_role:
        raise Http404
    context = {
        "kinds": KINDS, "states": STATES, "moves": MOVES, "heat": HEAT, "levels": ("good", "watch", "high"),
        "charts": _charts(reader(request)), **tokens(),
    }  # fmt: skip
    return render(request, "console/components.html", context)


def tokens() -> Mapping[str, list[str]]:
    """The names of all colours, sizes and spaces, as the style sheet has them."""
    root = assets.files()["tokens.css"][0].decode().partition("}")[0]
    return {
        "colours": re.findall(r"--([a-z-]+): #", root),
        "sizes": re.findall(r"--([a-z0-9]+): [\d.]+rem", root),
        "spaces": re.findall(r"--(s\d+): \d+px", root),
    }


def _charts(who: Reader) -> list[SafeString]:
    """Each sort of chart, with everything that one can have: a gap, a peak, the limits, a norm."""
    told = who.say("components.told")
    series = [
        Series("hard", who.say("type.hard"), [0.011, 0.012, None, 0.014, 0.013, 0.046, 0.031, 0.02]),
        Series("soft", who.say("type.soft"), [0.021, 0.018, None, 0.02, 0.022, 0.024, 0.019, 0.012]),
        Series("block", who.say("type.block"), [0.002, 0.001, None, 0.001, 0.006, 0.001, 0.0, 0.004]),
    ]
    days = [f"{day}.5." for day in range(1, 9)]
    chart = Chart(who.say("components.chart"), told, days, series, _percent, today=7)
    most = Words(who.say("components.bars"), told)
    bars = [Bar("Winback", 0.03, "3 %"), Bar("May news", 0.01, "1 %")]
    columns = [Bar(day, value, str(value), "ok") for value, day in enumerate(days)]
    half = Words(who.say("components.curve"), told)
    curves = [
        Curve(who.say("recoveries.all"), [0.2, 0.5, 0.6, 0.7, 0.75], [20, 16, 10, 8, 6]),
        Curve(who.say("kinds.soft"), [0.1, 0.4, 0.5, 0.6, 0.7], [10, 9, 6, 5, 4]),
    ]
    names = (who.say("recoveries.days"), who.say("recoveries.left"))
    return [
        both(lambda size: rates(chart, "c-rates", size)),
        both(lambda size: lying(most, bars, (0.02, "2 %"), "c-bars", size)),
        both(lambda size: standing(most, columns, "c-columns", size=size)),
        both(lambda size: rising(half, curves, names, _percent, str, "c-curve", size)),
    ]


def _percent(rate: float) -> str:
    return f"{rate * 100:.0f} %"
