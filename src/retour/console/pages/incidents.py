"""Outages at providers: what is held back, why, and what either end would do to it (N4)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Answer, Api, api_of
from retour.console.pages import as_json
from retour.console.pages.desk import staff_api
from retour.console.pages.moves import mailbox
from retour.console.reader import Reader, reader
from retour.console.templatetags.listing import COUNTED, carried
from retour.console.templatetags.words import count_in, percent_in
from retour.model import Role
from retour.ports.records import GUARD

STEPS = ("confirm", "revert", "reopen")
STATES = ("invalid", "bouncing", "held", "valid")  # in which addresses are told after an end
_EVERYWHERE = "*"


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """Outages that the account has met, those that stand first."""
    api, who = api_of(request, account), reader(request)
    page = api.get("/v1/incidents", after=request.GET.get("after"), limit=50)
    if as_json.wanted(request):
        return as_json.rows(request, page, "incidents", account=account)
    found = [told(each, who) for each in page["incidents"]]
    context = {
        **_base(api), "standing": standing(api, who) if "after" not in request.GET else [],
        "incidents": found, "next": page["next"],
    }  # fmt: skip
    return render(request, "console/incidents.html", context)


def standing(api: Api, who: Reader) -> Sequence[Mapping[str, Any]]:
    """Those that are not closed; of all accounts, where staff asks for none."""
    return [told(each, who) for each in api.get("/v1/incidents", standing="true")["incidents"]]


def told(incident: Answer, who: Reader) -> dict[str, Any]:
    """An incident with its provider and its figures in words."""
    everywhere = incident["provider"] == _EVERYWHERE
    where = who.say("incidents.everywhere") if everywhere else mailbox(incident["provider"], who)
    return {
        **incident, "where": where, "seen": _seen(incident, who),
        "is_standing": incident["stage"] != "closed", "by_itself": incident["by"] == GUARD,
    }  # fmt: skip


def _seen(incident: Answer, who: Reader) -> str:
    """What was out of the norm, with its numbers."""
    hard = count_in(incident["hard"], who.language)
    if incident["rate"] is None:
        norm = count_in(round(incident["norm"], 1), who.language)
        return who.say("incidents.hourly", hard=hard, norm=norm)
    rate, norm = (percent_in(incident[name], who.language) for name in ("rate", "norm"))
    return who.say("incidents.share", hard=hard, rate=rate, norm=norm)


@login_required
def show(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """One outage: the sentence first, then what was seen, what is held, and for support the decision."""
    return _page(request, api_of(request, account), id, None)


def _page(request: HttpRequest, api: Api, id: str, refused: Refused | None) -> HttpResponse:
    incident = told(api.get(f"/v1/incidents/{id}"), reader(request))
    held = api.get(f"/v1/incidents/{id}/addresses", after=request.GET.get("after"), limit=50)
    ends = _counted(request, api, id) if incident["stage"] == "open" else None
    context = {
        **_base(api), "incident": incident, "held": held["addresses"], "next": held["next"],
        "first": "after" not in request.GET, "is_staff": api.role in (Role.SUPPORT, Role.ADMIN),
        "ends": ends, "counted_all": carried(request.GET),
        "refused": refused, "reason": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(request, "console/incident.html", context, status=422 if refused else 200)


def _counted(request: HttpRequest, api: Api, id: str) -> dict[str, Any]:
    """Both ends; what was counted where somebody asked is not counted again on the pages that follow."""
    found, before = _ends(api.get(f"/v1/incidents/{id}/preview")), carried(request.GET)
    return found if before is None else {**found, "count": before, "is_more": False}


@login_required
@require_POST
def count(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Count all that it holds: told on its page, or by a job where that takes longer than a page may."""
    found = api_of(request, account).post("/v1/contacts/counts", {"from": {"incident": id}})
    if found["job"] is not None:
        return redirect("job", account=account, id=found["job"]["id"])
    return redirect(with_count(account, id, found["addresses"]))


def with_count(account: str, id: str, held: int) -> str:
    """Where the page stands that says how many somebody has counted."""
    return f"{reverse('incident', args=[account, id])}?{urlencode({COUNTED: held})}#held"


def _ends(preview: Answer) -> dict[str, Any]:
    """Both ends, each as the states of so many addresses."""
    both = [
        {
            "outcome": outcome,
            "states": [(state, count) for state in STATES if (count := preview[outcome].get(state))],
        }
        for outcome in ("revert", "confirm")
    ]
    return {**preview, "both": both}


@login_required
@require_POST
def act(request: HttpRequest, account: str, id: str, step: str) -> HttpResponse:
    """Believe its bounces, forget them, or take a closing back: each with a reason that the ledger keeps."""
    api = staff_api(request, account)
    if step not in STEPS:
        raise Http404
    reason = request.POST.get("reason", "").strip()
    try:
        api.post(f"/v1/incidents/{id}/{step}", {"reason": reason or " "})  # which the API calls missing
    except Refused as refused:
        if refused.status == 404:
            raise
        return _page(request, api, id, refused)
    messages.success(request, reader(request).say(f"incidents.{step}_asked"))
    return redirect("incident", account=account, id=id)


def _base(api: Api) -> dict[str, Any]:
    return {"account": api.account, "role": api.role, "section": "incidents"}
