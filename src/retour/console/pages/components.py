"""Every part of which pages are made, on one page: for whoever builds another."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from retour.console.people.models import Person

KINDS = ("hard", "soft", "block", "complaint", "ok", "held")
STATES = ("invalid", "bouncing", "held", "valid")


@login_required
def show(request: HttpRequest) -> HttpResponse:
    """For staff alone."""
    if not isinstance(request.user, Person) or not request.user.staff_role:
        raise Http404
    return render(request, "console/components.html", {"kinds": KINDS, "states": STATES})
