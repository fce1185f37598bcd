"""The account itself: its name and domain, and how its people read as long as they choose nothing."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from retour.console.asking import api_of
from retour.console.pages.preferences import LANGUAGES, ZONES
from retour.console.people.models import AccountChoice
from retour.console.reader import reader, reader_of
from retour.model import Role
from retour.texts import Catalogue


class Choice(forms.Form):
    """The choices of an account."""

    language = forms.ChoiceField(required=False)
    zone = forms.ChoiceField(choices=ZONES)

    def __init__(self, say: Catalogue, choice: AccountChoice, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"language": choice.language, "zone": choice.zone})
        self._choice = choice
        languages = [("", say("preferences.as_browser")), *LANGUAGES[1:]]
        self.fields["language"] = forms.ChoiceField(choices=languages, required=False)
        for name, field in self.fields.items():
            field.label = say(f"preferences.{name}")

    def save(self) -> None:
        """Keep them."""
        self._choice.language = self.cleaned_data["language"]
        self._choice.zone = self.cleaned_data["zone"]
        self._choice.save()


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """What is known of the account; managers choose language and zone."""
    api = api_of(request, account, Role.MANAGER if request.method == "POST" else Role.MEMBER)
    found = api.get("/v1/account")
    choice = AccountChoice.of(account)
    form = Choice(reader(request).say, choice, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, reader_of(request).say("preferences.saved"))
        return redirect("account", account=account)
    context = {
        "account": account, "section": "account", "tab": "account", "found": found, "form": form,
        "zone": choice.zone, "may": api.role != Role.MEMBER.value,
    }  # fmt: skip
    return render(request, "console/account.html", context, status=422 if form.errors else 200)
