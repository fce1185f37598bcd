"""Correct an address: what was probably meant, the right one, the mail by which its contact confirms it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from retour.client.connection import Refused
from retour.console.asking import Api, api_of
from retour.console.reader import reader
from retour.model import Role


@login_required
def correct(request: HttpRequest, account: str) -> HttpResponse:
    """The form; once it is done the link and the letters, which are shown this once."""
    api = api_of(request, account, Role.MANAGER)
    old = request.POST.get("old", request.GET.get("old", "")).strip()
    base: dict[str, Any] = {"account": account, "role": api.role, "section": "overview", "old": old}
    refused = None
    if request.method == "POST":
        try:
            made = api.post("/v1/corrections", _wish(request, old), once=request.POST.get("once", ""))
        except Refused as error:
            refused = error
        else:
            context = base | {"made": made, "letter": made["letters"].get(reader(request).language)}
            return render(request, "console/corrected.html", context)
    context = base | {
        "new": request.POST.get("new", request.GET.get("new", "")), "refused": refused,
        "reason": request.POST.get("reason", ""), "is_sure": bool(request.POST.get("sure")),
        "suggestions": suggestions(api, old),
        "may_trust": api.get("/v1/policy")["settings"].get("corrections") == "trust",
    }  # fmt: skip
    return render(request, "console/correct.html", context, status=422 if refused else 200)


def _wish(request: HttpRequest, old: str) -> dict[str, object]:
    return {
        "old": old,
        "new": request.POST.get("new", "").strip(),
        "reason": request.POST.get("reason", "").strip(),
        "confirm": not request.POST.get("sure"),
    }


def suggestions(api: Api, address: str) -> Any:
    """What was probably meant, with what speaks for it; [] for no address."""
    try:
        return api.post("/v1/corrections/suggest", {"address": address})["suggestions"]
    except Refused:
        return []
