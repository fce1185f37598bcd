"""Who belongs to an account: members with their roles, and invitations."""

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from retour.console.asking import Api, api_of
from retour.console.people import changes, invitations
from retour.console.people.models import ACCOUNT_ROLES, AccountChoice, Invitation, Membership, Person
from retour.console.reader import reader
from retour.model import Role
from retour.texts import Catalogue, catalogue

SECTION = "account"


class Offer(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(max_length=254)
    role = forms.ChoiceField()

    def __init__(self, say: Catalogue, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["email"].label = say("team.email")
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        self.fields["role"] = forms.ChoiceField(choices=roles(say), label=say("team.role"))


def roles(say: Catalogue) -> list[tuple[str, str]]:
    """The roles of an account in words."""
    return [(role, say(f"role.{role}")) for role, _ in ACCOUNT_ROLES]


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """Everybody who belongs to the account; managers invite others."""
    api, say = api_of(request, account), reader(request).say
    if request.method != "POST":
        return _page(request, api, Offer(say))
    api_of(request, account, Role.MANAGER).get("/v1/account")  # there is such an account
    form = Offer(say, request.POST)
    if not form.is_valid():
        return _page(request, api, form)
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    if Membership.objects.filter(account=account, person__email__iexact=email).exists():
        form.add_error("email", say("team.there"))
        return _page(request, api, form)
    link = _url(request, invitations.invite(account, email, role, _by(request)))
    if settings.CHOSEN.mail_host:
        _mail(account, email, link, _by(request))
        messages.success(request, say("team.mailed", email=email))
        return redirect("team", account=account)
    return _page(request, api, Offer(say), link, email)


@login_required
def member(request: HttpRequest, account: str, id: int) -> HttpResponse:
    """One member: another role, or no longer."""
    api_of(request, account, Role.MANAGER)
    found = Membership.objects.filter(account=account, id=id).select_related("person").first()
    if found is None:
        raise Http404
    say, refused = reader(request).say, ""
    if request.method == "POST":
        refused = _change(found, request.POST.get("act", ""), request.user, say)
        if not refused:
            messages.success(request, say("preferences.saved"))
            gone = found.person == request.user and not Membership.objects.filter(id=id).exists()
            return redirect("home") if gone else redirect("team", account=account)
    context = {
        "account": account, "section": SECTION, "of": found, "roles": roles(say), "refused": refused,
    }  # fmt: skip
    return render(request, "console/team_member.html", context, status=422 if refused else 200)


@login_required
@require_POST
def withdraw(request: HttpRequest, account: str, id: int) -> HttpResponse:
    """An invitation can no longer be used."""
    api_of(request, account, Role.MANAGER)
    found = Invitation.objects.filter(account=account, id=id).first()
    if found is None:
        raise Http404
    assert isinstance(request.user, Person)
    invitations.withdraw(found, request.user)
    messages.success(request, reader(request).say("team.withdrawn"))
    return redirect("team", account=account)


def _change(found: Membership, act: str, by: object, say: Catalogue) -> str:
    """Give the member another role, or end the membership; what is against it, in words."""
    managers = Membership.objects.filter(account=found.account, role=Role.MANAGER.value)
    if act != Role.MANAGER.value and not managers.exclude(pk=found.pk).exists() and found in managers:
        return say("team.last_manager")
    assert isinstance(by, Person)
    before, email = found.role, found.person.email
    with transaction.atomic():
        if act == "remove":
            found.delete()
            changes.note(found.account, changes.by(by), email, "gone", before)
        elif act in dict(ACCOUNT_ROLES) and act != before:
            found.role = act
            found.save()
            changes.note(found.account, changes.by(by), email, act, before)
    return ""


def _page(request: HttpRequest, api: Api, form: Offer, link: str = "", invited: str = "") -> HttpResponse:
    account = api.account
    found = Membership.objects.filter(account=account).select_related("person").order_by("person__email")
    members = [
        {"id": each.pk, "person": each.person, "role": each.role, "second": is_mfa_enabled(each.person)}
        for each in found
    ]
    may = api.role != Role.MEMBER.value
    context = {
        "account": account, "section": SECTION, "tab": "team", "members": members, "may": may, "form": form,
        "waiting": invitations.waiting(account) if may else (), "link": link, "invited": invited,
        "mails": bool(settings.CHOSEN.mail_host), "days": invitations.DAYS,
    }  # fmt: skip
    return render(request, "console/team.html", context, status=422 if form.errors else 200)


def _by(request: HttpRequest) -> str:
    assert isinstance(request.user, Person)
    return request.user.email


def _url(request: HttpRequest, secret: str) -> str:
    place = reverse("invited", args=[secret])
    base = settings.CHOSEN.url.rstrip("/")
    return f"{base}{place}" if base else request.build_absolute_uri(place)


def _mail(account: str, email: str, link: str, by: str) -> None:
    say = catalogue(f"console.{AccountChoice.of(account).language or settings.LANGUAGE_CODE}")
    told = {"account": account, "link": link, "by": by, "days": invitations.DAYS}
    send_mail(say("team.mail_subject", **told), say("team.mail_body", **told), None, [email])
