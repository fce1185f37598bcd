"""The guided review of stopped addresses (E37), step by step: correct slips, take the rest along, delete."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from retour.console.asking import api_of
from retour.console.slips import candidates
from retour.model import Role

STEPS = ("correct", "export", "delete")
REST = "state=invalid&corrected=no"  # whoever was corrected is neither taken along nor deleted


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """One step; each has an address of its own."""
    api = api_of(request, account)
    step = request.GET.get("step", "")
    step = step if step in STEPS else STEPS[0]
    found = None
    if step == "correct":
        found = candidates(api.get, request.GET.get("after"))
    count = api.get("/v1/counts", status="invalid")["addresses"]
    corrected = api.get("/v1/bounces/count", status="invalid", corrected="yes")
    is_counted = not corrected["is_more"]
    context = {
        "account": account, "role": api.role, "section": "review", "steps": STEPS, "step": step,
        "found": found, "count": count, "may_write": api.role != Role.MEMBER,
        "first": "after" not in request.GET, "query": REST,
        "corrected": corrected["addresses"] or 0, "is_counted": is_counted,
        "rest": max(0, count - corrected["addresses"]) if is_counted else None,
    }  # fmt: skip
    return render(request, "console/review.html", context)
