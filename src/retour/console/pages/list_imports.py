"""Suppression lists that were imported, and how one of them is taken back."""

from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.console.asking import api_of
from retour.console.reader import reader
from retour.model import Role

COUNTS = ("import", "complaint", "unsubscribe", "known", "defects")


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """Who imported what, what came of it, and whether it was undone."""
    api = api_of(request, account)
    page = api.get("/v1/suppressions/imports", after=request.GET.get("after"), limit=50)
    say = reader(request).say
    rows = [
        {**each, "told": [(say(f"imports.{name}"), each["counts"].get(name, 0)) for name in COUNTS]}
        for each in page["imports"]
    ]
    context = {
        "account": account, "role": api.role, "section": "contacts", "rows": rows, "next": page["next"],
        "may_write": api.role != Role.MEMBER,
    }  # fmt: skip
    return render(request, "console/list_imports.html", context)


@login_required
def undo(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """First what taking it back would do, in numbers; then it is done."""
    api, path = api_of(request, account, Role.MANAGER), f"/v1/suppressions/imports/{quote(id, safe='')}"
    if request.method == "POST":
        done = api.post(path, None, "DELETE")
        told = reader(request).say("imports.undone", withdrawn=done["withdrawn"], freed=done["freed"])
        messages.success(request, told)
        return redirect("suppression_imports", account=account)
    would = api.post(path, None, "DELETE", dry_run=True)
    context = {"account": account, "role": api.role, "section": "contacts", "would": would}
    return render(request, "console/list_import_undo.html", context)
