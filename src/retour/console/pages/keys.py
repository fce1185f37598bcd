"""API keys of an account: made, shown once, looked at, revoked."""

from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.people.models import ACCOUNT_ROLES
from retour.console.reader import reader
from retour.model import Role

SECTION = "account"


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """The keys that work, and the one just made, whose secret is on this page and nowhere else."""
    api = api_of(request, account, Role.MANAGER)
    made, refused = None, None
    role, name = request.POST.get("role", Role.MEMBER.value), request.POST.get("name", "")
    if request.method == "POST":
        try:
            made = api.post("/v1/keys", {"role": role, "name": name}, once=request.POST.get("once", ""))
        except Refused as error:
            refused = error
    context = {
        "account": account, "section": SECTION, "tab": "keys", "made": made, "refused": refused,
        "keys": api.get("/v1/keys")["keys"], "roles": [role for role, _ in ACCOUNT_ROLES],
        "chosen_role": role, "name": "" if made else name,
    }  # fmt: skip
    return render(request, "console/keys.html", context, status=422 if refused else 200)


@login_required
def revoke(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Asks with facts, for it cannot be undone: whose key, what it is for, when it was used last."""
    api = api_of(request, account, Role.MANAGER)
    found = next((key for key in api.get("/v1/keys")["keys"] if key["id"] == id), None)
    if found is None and request.method != "POST":
        raise Http404
    if found is None:  # somebody else was quicker
        messages.success(request, reader(request).say("keys.revoked_already"))
        return redirect("keys", account=account)
    if request.method == "POST":
        api.post(f"/v1/keys/{quote(id, safe='')}", None, "DELETE")
        messages.success(request, reader(request).say("keys.revoked", key=found["name"] or id))
        return redirect("keys", account=account)
    context = {"account": account, "section": SECTION, "key": found}
    return render(request, "console/key_revoke.html", context)
