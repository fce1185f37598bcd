"""The restore desk: the queue of support, and everything there is to decide one request on."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.client.connection import Refused
from retour.console.asking import Answer, Api
from retour.console.pages.address import timeline
from retour.console.pages.filters import told
from retour.console.people.models import Person
from retour.console.reader import Reader, reader


def staff_api(request: HttpRequest, account: str = "") -> Api:
    """The API for support, of one account or of all. Raises Http404 for others."""
    person = request.user
    if not isinstance(person, Person) or not person.staff_role:
        raise Http404
    return Api(person, str(person.staff_role), account, reader(request))


@login_required
def queue(request: HttpRequest) -> HttpResponse:
    """Open requests of all accounts, the oldest first."""
    status = request.GET.get("status", "open")
    page = staff_api(request).get(
        "/v1/requests", status=status or None, after=request.GET.get("after"), limit=50
    )
    context = {"requests": page["requests"], "next": page["next"], "status": status, "desk": True}
    return render(request, "console/desk.html", context)


@login_required
def decide(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """History and advice on one screen, and the decision under them."""
    api = staff_api(request, account)
    refused = None
    if request.method == "POST":
        try:
            api.post(f"/v1/requests/{id}/decision", _decision(request))
        except Refused as error:
            refused = error
        else:
            messages.success(request, reader(request).say("desk.decided"))
            return redirect("desk")
    page = api.get(f"/v1/requests/{id}/cases", after=request.GET.get("after"))
    cases = [_shown(case, reader(request)) for case in page["cases"]]
    context = {
        "desk": True, "of": account, "asked": page["request"], "cases": cases, "next": page["next"],
        "refused": refused, "reason": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(request, "console/desk_request.html", context, status=422 if refused else 200)


def _shown(case: Answer, who: Reader) -> Answer:
    """With its life, and the reason of each verdict in words."""
    verdicts = [{**each, "told": told("reason", each["reason"], who)} for each in case["verdicts"]]
    return {**case, "timeline": timeline(case["address"]), "verdicts": verdicts}


def _decision(request: HttpRequest) -> dict[str, object]:
    """What support chose for all, and for single addresses where it differs."""
    approved = request.POST.get("decision") == "approve"
    reason = request.POST.get("reason", "")
    apart = {
        name.removeprefix("apart:"): {"approved": value == "approve", "reason": reason}
        for name, value in request.POST.items()
        if name.startswith("apart:") and value in ("approve", "refuse")
    }
    return {"approved": approved, "reason": reason, "addresses": apart}
