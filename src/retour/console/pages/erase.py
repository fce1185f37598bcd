"""Erase a person: asked for in words, done by a job, and what remains is said (lifecycle rule 10)."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.reader import reader
from retour.model import Role


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """Whom, on whose word, and the address once more: nothing brings it back."""
    api, say = api_of(request, account), reader(request).say
    if api.role == Role.MEMBER:
        raise Http404
    sent = {name: request.POST.get(name, "").strip() for name in ("address", "again", "reason")}
    sent["address"] = sent["address"] or request.GET.get("address", "").strip()
    refused: object = None
    if request.method == "POST":
        if sent["again"].casefold() != sent["address"].casefold():
            refused = {"detail": say("erase.differs"), "remedy": say("erase.differs_remedy")}
        else:
            try:
                job = api.post("/v1/erasures", {"address": sent["address"], "reason": sent["reason"]})
            except Refused as error:
                refused = error
            else:
                return redirect("job", account=account, id=job["id"])
    context = {
        "account": account, "role": api.role, "section": "ledger", "sent": sent, "refused": refused,
    }  # fmt: skip
    return render(request, "console/erase.html", context, status=422 if refused else 200)
