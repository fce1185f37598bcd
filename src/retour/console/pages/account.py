"""The account itself: its name and domain, and how its people read as long as they choose nothing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.console.asking import api_of
from retour.console.pages.preferences import LANGUAGES, ZONES
from retour.console.people.models import AccountChoice
from retour.console.reader import reader, reader_of
from retour.model import Role
from retour.texts import Catalogue


class Choice(forms.ModelForm):  # type: ignore[type-arg]  # Django's forms take no type at run time
    """The choices of an account."""

    class Meta:
        model = AccountChoice
        fields = ("language", "zone")

    def __init__(self, say: Catalogue, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        languages = [("", say("preferences.as_browser")), *LANGUAGES[1:]]
        self.fields["language"] = forms.ChoiceField(
            choices=languages, required=False, label=say("preferences.language")
        )
        self.fields["zone"] = forms.ChoiceField(choices=ZONES, label=say("preferences.zone"))


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """What is known of the account; managers choose language and zone."""
    api = api_of(request, account, Role.MANAGER if request.method == "POST" else Role.MEMBER)
    found = api.get("/v1/account")
    form = Choice(reader(request).say, request.POST or None, instance=AccountChoice.of(account))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, reader_of(request).say("preferences.saved"))
        return redirect("account", account=account)
    context = {
        "account": account, "section": "account", "tab": "account", "found": found, "form": form,
        "may": api.role != Role.MEMBER.value,
    }  # fmt: skip
    return render(request, "console/account.html", context, status=422 if form.errors else 200)
