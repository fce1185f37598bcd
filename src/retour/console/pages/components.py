"""Every part of which pages are made, on one page: for whoever builds another."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from retour.console.charts import Chart, Series, rates
from retour.console.people.models import Person
from retour.console.reader import Reader, reader

KINDS = ("hard", "soft", "block", "complaint", "ok", "held")
STATES = ("invalid", "bouncing", "held", "valid")


@login_required
def show(request: HttpRequest) -> HttpResponse:
    """For staff alone."""
    if not isinstance(request.user, Person) or not request.user.staff_role:
        raise Http404
    chart = rates(_example(reader(request)))
    return render(request, "console/components.html", {"kinds": KINDS, "states": STATES, "chart": chart})


def _example(who: Reader) -> Chart:
    """A chart with everything that one can have: a gap, a peak, the limits."""
    series = [
        Series("hard", who.say("type.hard"), [0.011, 0.012, None, 0.014, 0.013, 0.046, 0.031, 0.02]),
        Series("soft", who.say("type.soft"), [0.021, 0.018, None, 0.02, 0.022, 0.024, 0.019, 0.012]),
        Series("block", who.say("type.block"), [0.002, 0.001, None, 0.001, 0.006, 0.001, 0.0, 0.004]),
    ]
    days = [f"{day}.5." for day in range(1, 9)]
    title, told = who.say("components.chart"), who.say("rates.chart_told")
    return Chart(title, told, days, series, lambda rate: f"{rate * 100:.0f} %")
