"""How somebody likes to read: language, zone, theme, density."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.console.people.models import Person
from retour.console.reader import reader, reader_of
from retour.texts import Catalogue

LANGUAGES = [("", ""), ("en", "English"), ("de", "Deutsch")]
ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
THEMES = ("", "light", "dark")


class Choice(forms.ModelForm):  # type: ignore[type-arg]  # Django's forms take no type at run time
    """The choices of a person."""

    class Meta:
        model = Person
        fields = ("language", "zone", "theme", "dense")

    def __init__(self, say: Catalogue, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = {
            "language": [("", say("preferences.as_browser")), *LANGUAGES[1:]],
            "theme": [(theme, say(f"preferences.theme_{theme or 'system'}")) for theme in THEMES],
            "zone": [("", say("preferences.as_account")), *ZONES],
        }
        for name, values in choices.items():
            self.fields[name] = forms.ChoiceField(choices=values, required=False)
        for name in self.fields:
            self.fields[name].label = say(f"preferences.{name}")
            self.initial.setdefault(name, getattr(self.instance, name))


@login_required
def show(request: HttpRequest) -> HttpResponse:
    """The form; what is saved holds from the next page on."""
    say = reader(request).say
    form = Choice(say, request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, reader_of(request).say("preferences.saved"))
        return redirect("preferences")
    return render(request, "console/preferences.html", {"form": form})
