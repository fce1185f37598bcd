"""How somebody likes to read: language, zone, theme, density."""

from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from retour.console.people.models import Person
from retour.console.reader import reader, reader_of
from retour.texts import Catalogue

LANGUAGES = [("", ""), ("en", "English"), ("de", "Deutsch")]
ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
THEMES = ("", "light", "dark")


class Choice(forms.Form):
    """The choices of a person."""

    language = forms.ChoiceField(required=False)
    zone = forms.ChoiceField(required=False)
    theme = forms.ChoiceField(required=False)
    dense = forms.BooleanField(required=False)

    def __init__(self, say: Catalogue, person: Person, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={name: getattr(person, name) for name in self.base_fields})
        self._person = person
        choices = {
            "language": [("", say("preferences.as_browser")), *LANGUAGES[1:]],
            "theme": [(theme, say(f"preferences.theme_{theme or 'system'}")) for theme in THEMES],
            "zone": [("", say("preferences.as_account")), *ZONES],
        }
        for name, values in choices.items():
            self.fields[name] = forms.ChoiceField(choices=values, required=False)
        for name, field in self.fields.items():
            field.label = say(f"preferences.{name}")

    def save(self) -> None:
        """Keep them."""
        for name, value in self.cleaned_data.items():
            setattr(self._person, name, value)
        self._person.save(update_fields=[*self.cleaned_data])


@login_required
def show(request: HttpRequest) -> HttpResponse:
    """The form; what is saved holds from the next page on."""
    say = reader(request).say
    person = request.user
    assert isinstance(person, Person)
    form = Choice(say, person, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, reader_of(request).say("preferences.saved"))
        return redirect("preferences")
    return render(request, "console/preferences.html", {"form": form})
