"""The way in: the first page after a login, and the link that is good once."""

from collections.abc import Mapping, Sequence
from typing import Any

from allauth.account.views import PasswordResetView
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from retour.console.asking import Api
from retour.console.pages.incidents import standing
from retour.console.people import changes
from retour.console.people.models import Link, Membership, Person
from retour.console.reader import reader
from retour.texts import Catalogue

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The accounts to choose from; with one alone, straight into it."""
    person = request.user
    assert isinstance(person, Person)
    accounts = accounts_of(request, person)
    if len(accounts) == 1:
        return redirect("overview", account=accounts[0])
    context = {"accounts": accounts, "incidents": _standing(request, person)}
    return render(request, "console/home.html", context)


def _standing(request: HttpRequest, person: Person) -> Sequence[Mapping[str, Any]]:
    """For staff, the outages of all accounts."""
    if not person.staff_role:
        return ()
    who = reader(request)
    return standing(Api(person, str(person.staff_role), "", who), who)


def accounts_of(request: HttpRequest, person: Person) -> list[str]:
    """The names of the accounts that a person may look at."""
    if person.staff_role:
        api = Api(person, str(person.staff_role), "", reader(request))
        return sorted(map(str, api.get("/v1/accounts")["accounts"]))
    return sorted(Membership.objects.filter(person=person).values_list("account", flat=True))


class Choice(forms.Form):
    """Address and password, chosen by whoever holds the link."""

    email = forms.EmailField()
    password = forms.CharField(widget=forms.PasswordInput, strip=False)
    again = forms.CharField(widget=forms.PasswordInput, strip=False)

    def __init__(self, say: Catalogue, person: Person, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._say, self._person = say, person
        self.fields["email"].initial = "" if person.email.endswith("@localhost") else person.email
        for name, hint in (("email", "username"), ("password", "new-password"), ("again", "new-password")):
            self.fields[name].label = say(f"first.{name}")
            self.fields[name].widget.attrs["autocomplete"] = hint

    def clean_email(self) -> str:
        """Nobody else may have this address."""
        email: str = self.cleaned_data["email"]
        if Person.objects.filter(email__iexact=email).exclude(pk=self._person.pk).exists():
            raise ValidationError(self._say("first.taken"))
        return email

    def clean_password(self) -> str:
        """As strong as Django asks for."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self._person)
        return password

    def clean(self) -> dict[str, object]:
        """Written twice the same."""
        cleaned: dict[str, object] = super().clean() or {}
        if "password" in cleaned and cleaned["password"] != cleaned.get("again"):
            self.add_error("again", self._say("first.differs"))
        return cleaned


def nothing(request: HttpRequest) -> HttpResponse:
    """Nobody changes their own address: the ledger names people by it, and a role belongs to it."""
    raise Http404


def forgotten(request: HttpRequest) -> HttpResponseBase:
    """A link by mail; where no mail is sent, whom to ask: never a mail that is promised and does not come."""
    if settings.CHOSEN.mail_host:
        answer: HttpResponseBase = PasswordResetView.as_view()(request)
        return answer
    return render(request, "console/forgotten.html")


def first(request: HttpRequest, secret: str) -> HttpResponse:
    """Choose a password by a link. A link that was used looks like one that never was."""
    link = Link.found(secret)
    if link is None:
        return render(request, "console/first_gone.html", status=404)
    say = reader(request).say
    form = Choice(say, link.person, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "console/first.html", {"form": form}, status=422 if form.errors else 200)
    _begin(link, form.cleaned_data["email"], form.cleaned_data["password"])
    enter(request, link.person)
    return redirect("home")


def _begin(link: Link, email: str, password: str) -> None:
    """The person has this address and password from now on; the link is used."""
    person, before = link.person, link.person.email
    person.email = email
    person.set_password(password)
    with transaction.atomic():
        person.save()
        changes.note_everywhere(person, changes.by(person), "entered", "link", before)
        link.delete()


def enter(request: HttpRequest, person: Person) -> None:
    """Log somebody in who has just proven who they are: a session of its own, in their list of sessions."""
    login(request, person, BACKEND)
    UserSession.objects.create_from_request(request)
