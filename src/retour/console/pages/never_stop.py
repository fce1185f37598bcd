"""Never stop: the short list of addresses that are written to whatever comes back, and its warning."""

from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.reader import reader
from retour.model import Role
from retour.texts import Catalogue


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """The list; a manager adds to it."""
    api = api_of(request, account, Role.MANAGER if request.method == "POST" else Role.MEMBER)
    entry, refused = request.POST.get("entry", "").strip(), None
    if request.method == "POST":
        try:
            api.post("/v1/never-stop", {"entry": entry})
        except Refused as error:
            refused = _in_words(error, entry, reader(request).say)
        else:
            messages.success(request, reader(request).say("never_stop.added", entry=entry))
            return redirect("never_stop", account=account)
    context = {
        "account": account, "role": api.role, "section": "settings", "list": api.get("/v1/never-stop"),
        "entry": entry, "refused": refused, "may_change": api.role != Role.MEMBER,
    }  # fmt: skip
    return render(request, "console/never_stop.html", context, status=422 if refused else 200)


@login_required
@require_POST
def remove(request: HttpRequest, account: str) -> HttpResponse:
    """Take an entry off the list: what stopped it meanwhile stops it from now on."""
    entry = request.POST.get("entry", "").strip()
    api = api_of(request, account)
    if not entry:
        raise Http404
    api.post(f"/v1/never-stop/{quote(entry, safe='')}", None, "DELETE")
    messages.success(request, reader(request).say("never_stop.removed", entry=entry))
    return redirect("never_stop", account=account)


def _in_words(error: Refused, entry: str, say: Catalogue) -> Refused:
    """For this page, which has one field and no effect to look at before."""
    if not entry:
        error.detail = say("never_stop.empty")
    elif error.type.endswith("/policy_invalid"):
        error.detail = error.detail.removeprefix("never_stop: ")
        error.remedy = None  # stands in it already
    return error
