"""The link of an invitation: somebody new chooses a password, whoever has one logs in first."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.console.pages.entry import enter
from retour.console.people import invitations
from retour.console.people.models import Invitation, Person
from retour.console.reader import reader
from retour.texts import Catalogue


class Password(forms.Form):
    """A password, written twice; the address is that of the invitation."""

    password = forms.CharField(widget=forms.PasswordInput, strip=False)
    again = forms.CharField(widget=forms.PasswordInput, strip=False)

    def __init__(self, say: Catalogue, email: str, *args: Any) -> None:
        super().__init__(*args)
        self._say, self._email = say, email
        for name in ("password", "again"):
            self.fields[name].label = say(f"first.{name}")
            self.fields[name].widget.attrs["autocomplete"] = "new-password"

    def clean_password(self) -> str:
        """As strong as Django asks for."""
        password: str = self.cleaned_data["password"]
        validate_password(password, Person(email=self._email))
        return password

    def clean(self) -> dict[str, object]:
        """Written twice the same."""
        cleaned: dict[str, object] = super().clean() or {}
        if "password" in cleaned and cleaned["password"] != cleaned.get("again"):
            self.add_error("again", self._say("first.differs"))
        return cleaned


def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Good once. An invitation that was used looks like one that never was."""
    invitation = invitations.found(secret)
    if invitation is None:
        return render(request, "console/first_gone.html", status=404)
    person = invitations.known(invitation)
    if person is None:
        return _begin(request, invitation)
    if person != request.user:
        return render(request, "console/invited_login.html", {"invitation": invitation})
    if request.method == "POST":
        invitations.join(invitation, person)
        messages.success(request, reader(request).say("invited.joined", account=invitation.account))
        return redirect("overview", account=invitation.account)
    return render(request, "console/invited_join.html", {"invitation": invitation})


def _begin(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = Password(reader(request).say, invitation.email, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "invitation": invitation}
        return render(request, "console/invited.html", context, status=422 if form.errors else 200)
    account = invitation.account
    enter(request, invitations.begin(invitation, form.cleaned_data["password"]))
    return redirect("overview", account=account)
