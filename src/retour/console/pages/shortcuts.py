"""The keys of the console on one page, and a switch that turns the single ones off (WCAG 2.1.4)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.console.looking.models import Looks
from retour.console.people.models import Person
from retour.console.reader import reader


@login_required
def show(request: HttpRequest) -> HttpResponse:
    """What each key does; the choice holds from the next page on."""
    person = request.user
    assert isinstance(person, Person)
    if request.method == "POST":
        Looks.objects.update_or_create(person=person, defaults={"quiet": not request.POST.get("keys")})
        messages.success(request, reader(request).say("preferences.saved"))
        return redirect("shortcuts")
    quiet = Looks.objects.filter(person=person, quiet=True).exists()
    return render(request, "console/shortcuts.html", {"quiet": quiet})
