"""Asking for an address back, seen by the account that asks (K25-K28)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.pages import as_json
from retour.console.reader import reader

STATUSES = ("open", "approved", "refused", "mixed", "withdrawn")


@login_required
def ask(request: HttpRequest, account: str) -> HttpResponse:
    """The form: which addresses, and what was done about the cause."""
    api = api_of(request, account)
    addresses = request.POST.get("addresses", request.GET.get("address", ""))
    done = request.POST.get("done", "")
    refused = None
    if request.method == "POST":
        wanted = {"addresses": addresses.split(), "done": done}
        if request.POST.get("kind") == "review":
            wanted["kind"] = "review"
        try:
            made = api.post("/v1/requests", wanted, once=request.POST.get("once", ""))
        except Refused as error:
            refused = error
        else:
            messages.success(request, reader(request).say("requests.asked"))
            return redirect("request", account=account, id=made["id"])
    context = {
        "account": account, "role": api.role, "section": "requests", "addresses": addresses, "done": done,
        "refused": refused, "kind": request.POST.get("kind", request.GET.get("kind", "")),
    }  # fmt: skip
    return render(request, "console/request_ask.html", context, status=422 if refused else 200)


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """The account's requests, the latest first."""
    api = api_of(request, account)
    status = request.GET.get("status") or None
    page = api.get("/v1/requests", status=status, order="latest", after=request.GET.get("after"), limit=50)
    if as_json.wanted(request):
        return as_json.rows(request, page, "requests", account=account)
    context = {
        "account": account, "role": api.role, "section": "requests", "requests": page["requests"],
        "next": page["next"], "statuses": STATUSES, "chosen": {"status": status} if status else {},
    }  # fmt: skip
    return render(request, "console/requests.html", context)


@login_required
def show(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """One request with what support said of it."""
    api = api_of(request, account)
    found = api.get(f"/v1/requests/{id}")
    context = {"account": account, "role": api.role, "section": "requests", "asked": found}
    return render(request, "console/request.html", context)


@login_required
@require_POST
def withdraw(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """By whoever asked, or a manager; the API sees to that."""
    api_of(request, account).post(f"/v1/requests/{id}", None, "DELETE")
    messages.success(request, reader(request).say("requests.withdrawn"))
    return redirect("request", account=account, id=id)
