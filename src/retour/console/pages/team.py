"""Who belongs to an account: members with their roles, and invitations."""

import structlog
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Answer, Api, api_of, role_in
from retour.console.pages.preferences import LANGUAGES
from retour.console.people import changes
from retour.console.people.models import ACCOUNT_ROLES, Person
from retour.console.reader import Reader, reader
from retour.model import Role
from retour.texts import Catalogue, catalogue

_log = structlog.get_logger(__name__)
DAYS = 7  # that a link is good, as the API says of each
_CONFLICT, _TWICE = 409, "/problems/repeat_secret"
_AGAINST = {
    "last_manager": "team.last_manager",
    "belongs_already": "team.there",
    "invalid": "field_error.email",
}  # what the API refuses, in words for this page
SECTION = "account"


class Offer(forms.Form):
    """Whom to invite, as what, and in which language the mail speaks where one is sent: at first in that of
    whoever invites."""

    email = forms.EmailField(max_length=254)
    role = forms.ChoiceField()
    language = forms.ChoiceField(choices=LANGUAGES[1:])

    def __init__(self, who: Reader, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"language": who.language})
        say = who.say
        self.fields["email"].label = say("team.email")
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        self.fields["role"] = forms.ChoiceField(choices=roles(say), label=say("team.role"))
        self.fields["language"].label = say("team.mail_language")
        if not settings.CHOSEN.mail_host:
            del self.fields["language"]


def roles(say: Catalogue) -> list[tuple[str, str]]:
    """The roles of an account in words."""
    return [(role, say(f"role.{role}")) for role, _ in ACCOUNT_ROLES]


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """Everybody who belongs to the account; managers invite others."""
    api, who = api_of(request, account), reader(request)
    if request.method != "POST":
        return _page(request, api, Offer(who))
    api = api_of(request, account, Role.MANAGER)
    form = Offer(who, request.POST)
    if not form.is_valid():
        return _page(request, api, form)
    email, once = form.cleaned_data["email"], request.POST.get("once", "")
    offered = {"email": email, "role": form.cleaned_data["role"]}
    try:
        link = _url(request, api.post("/v1/invitations", offered, once=once)["link"])
    except Refused as refused:
        if refused.type == _TWICE and settings.CHOSEN.mail_host:
            return _is_mailed(request, account, email)
        form.add_error("email", _in_words(refused, who.say))
        return _page(request, api, form)
    if settings.CHOSEN.mail_host:
        if _mailed(account, email, link, _by(request), form.cleaned_data["language"]):
            return _is_mailed(request, account, email)
        messages.error(request, who.say("team.unsent"))  # the link is in that one answer alone
    return _page(request, api, Offer(who), link, email)


def _is_mailed(request: HttpRequest, account: str, email: str) -> HttpResponse:
    messages.success(request, reader(request).say("team.mailed", email=email))
    return redirect("team", account=account)


@login_required
def member(request: HttpRequest, account: str, id: int) -> HttpResponse:
    """One member: another role, or no longer."""
    api, say, refused = api_of(request, account, Role.MANAGER), reader(request).say, ""
    found = api.get(f"/v1/people/{id}")
    if request.method == "POST":
        refused = _change(api, found, request.POST.get("act", ""), say)
        if not refused:
            messages.success(request, say("preferences.saved"))
            assert isinstance(request.user, Person)
            gone = role_in(request.user, account) is None  # it was one's own membership
            return redirect("home") if gone else redirect("team", account=account)
    context = {
        "account": account, "section": SECTION, "of": found, "roles": roles(say), "refused": refused,
    }  # fmt: skip
    return render(request, "console/team_member.html", context, status=422 if refused else 200)


@login_required
@require_POST
def withdraw(request: HttpRequest, account: str, id: int) -> HttpResponse:
    """An invitation can no longer be used."""
    api_of(request, account, Role.MANAGER).post(f"/v1/invitations/{id}", None, "DELETE")
    messages.success(request, reader(request).say("team.withdrawn"))
    return redirect("team", account=account)


def _change(api: Api, found: Answer, act: str, say: Catalogue) -> str:
    """Give the member another role, or end the membership; what is against it, in words."""
    path = f"/v1/people/{found['id']}"
    try:
        if act == "remove":
            api.post(path, None, "DELETE")
        elif act in dict(ACCOUNT_ROLES):
            api.post(path, {"role": act}, "PUT")
    except Refused as refused:
        return _in_words(refused, say)
    return ""


def _in_words(refused: Refused, say: Catalogue) -> str:
    """Why nothing was changed, for the page. Raises a refusal that is none of what stands there."""
    words = _AGAINST.get(refused.type.rpartition("/")[2])
    if words is None and refused.status != _CONFLICT:
        raise refused
    return say(words) if words else str(refused)


def _page(request: HttpRequest, api: Api, form: Offer, link: str = "", invited: str = "") -> HttpResponse:
    account, may = api.account, api.role != Role.MEMBER.value
    context = {
        "account": account, "section": SECTION, "tab": "team", "may": may, "form": form,
        "members": list(api.pages("/v1/people", "people")),
        "waiting": api.get("/v1/invitations")["invitations"] if may else (), "link": link, "invited": invited,
        "mails": bool(settings.CHOSEN.mail_host), "days": DAYS,
        "untold": changes.untold(account) if may else 0,
    }  # fmt: skip
    return render(request, "console/team.html", context, status=422 if form.errors else 200)


def _by(request: HttpRequest) -> str:
    assert isinstance(request.user, Person)
    return request.user.email


def _url(request: HttpRequest, link: str) -> str:
    """A path becomes one of the address at which we are looked at; a whole link stays."""
    return request.build_absolute_uri(link)


def _mailed(account: str, email: str, link: str, by: str, language: str) -> bool:
    """Whether the mail server took it."""
    say = catalogue(f"console.{language}")
    told = {"account": account, "link": link, "by": by, "days": DAYS}
    try:
        send_mail(say("team.mail_subject", **told), say("team.mail_body", **told), None, [email])
    except OSError as error:  # what smtplib raises is one, too (SMTPException)
        _log.warning("an invitation was not mailed", error=type(error).__name__)
        return False
    return True
