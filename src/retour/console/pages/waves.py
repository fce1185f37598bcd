"""Waves, for staff: addresses given back or stopped by what their bounces say; seen before, applied by
another, taken back as though it had never been (K25-K28)."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Answer, Api
from retour.console.counts import read_count
from retour.console.days import long, plain, read_day
from retour.console.pages import moves
from retour.console.pages.desk import staff_api
from retour.console.pages.filters import DAYS
from retour.console.pages.jobs import shown
from retour.console.reader import Reader, reader
from retour.flow.suppressions import PROVIDERS
from retour.model import BounceType, Reason
from retour.texts import catalogue

FILTERS = ("provider", "domain", "reason", "type", "code", "text", "campaign", "since", "until")
JOBS = ("wave_plan", "wave_apply", "wave_undo")
TYPED_FROM = 101  # addresses from which on the number has to be typed


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """Waves of the account, and a form to plan one."""
    api = staff_api(request, account)
    sent = {name: told for name, value in request.POST.items() if (told := str(value).strip())}
    refused = None
    if request.method == "POST":
        asked = _asked(api, sent)
        if isinstance(asked, str):
            return redirect("wave", account=account, id=asked)
        refused = asked
    page = api.get("/v1/waves", after=request.GET.get("after"), limit=50)
    context = {
        **_base(api), "waves": page["waves"], "next": page["next"], "sent": sent, "refused": refused,
        "providers": [(each, moves.mailbox(each, reader(request))) for each in PROVIDERS],
        "reasons": [each.value for each in Reason],
        "types": [each.value for each in BounceType],
    }  # fmt: skip
    return render(request, "console/waves.html", context, status=422 if refused else 200)


def _value(name: str, told: str) -> str:
    return plain(told) if name in DAYS else told


def _asked(api: Api, sent: Mapping[str, str]) -> str | Refused:
    """The id of the wave that is being planned, or why none is."""
    body = {
        "act": sent.get("act", "restore"), "reason": sent.get("why", ""),
        "filter": {name: _value(name, sent[name]) for name in FILTERS if name in sent},
    }  # fmt: skip
    try:
        return str(api.post("/v1/waves", body, once=sent.get("once", ""))["order"]["wave"])
    except Refused as refused:
        return refused


@login_required
def show(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """One wave: what it would do or did, how far it is, and what may be done with it."""
    api = staff_api(request, account)
    return _page(request, api, id, None)


def _page(request: HttpRequest, api: Api, id: str, refused: Refused | None) -> HttpResponse:
    who = reader(request)
    job = _job(api, id)
    try:
        wave = api.get(f"/v1/waves/{id}")
    except Refused:
        if job is None:
            raise
        wave = None  # its planning has not begun yet
    context = {
        **_base(api), "id": id, "wave": wave, "job": None if job is None else shown(job, who.say),
        "kind": "stops" if wave and wave["act"] == "stop" else "returns",
        "refused": refused, "preview": _preview(wave, who) if wave and wave["preview"] else None,
        "filter": _filter(wave, who) if wave else (), "typed": wave and wave["planned"] >= TYPED_FROM,
    }  # fmt: skip
    return render(request, "console/wave.html", context, status=422 if refused else 200)


def _job(api: Api, id: str) -> Answer | None:
    """The latest work on it."""
    of = [
        job
        for kind in JOBS
        for job in api.get("/v1/jobs", kind=kind, limit=50)["jobs"]
        if job["order"].get("wave") == id
    ]
    return max(of, key=lambda job: str(job["asked_at"]), default=None)


def _preview(wave: Answer, who: Reader) -> dict[str, Any]:
    """Its numbers with bars: by reason and by provider, the most first."""
    label, told = catalogue(f"status.{who.language}"), wave["preview"]
    reasons = [
        (label(f"label.{name}") if name else who.say("moves.unknown"), n)
        for name, n in told["reasons"].items()
    ]
    providers = [
        (moves.mailbox(name, who) if name else who.say("moves.others"), n)
        for name, n in told["providers"].items()
    ]
    return {**told, "reasons": reasons, "providers": providers, "most": max(told["addresses"], 1)}


def _filter(wave: Answer, who: Reader) -> list[tuple[str, str]]:
    """The conditions in words."""
    found = []
    for name, value in (wave["filter"] or {}).items():
        if value is not None:
            found.append((who.say(f"wave_filter.{name}"), _condition(name, str(value), who)))
    return found


def _condition(name: str, value: str, who: Reader) -> str:
    if name == "reason":
        return catalogue(f"status.{who.language}")(f"label.{value}")
    if name == "type":
        return who.say(f"type.{value}")
    if name in DAYS and (day := read_day(value)) is not None:
        return long(day, who.language)
    return moves.mailbox(value, who) if name == "provider" else value


@login_required
@require_POST
def act(request: HttpRequest, account: str, id: str, step: str) -> HttpResponse:
    """Apply it, with the filter and the count that were seen; undo it; or drop it."""
    api = staff_api(request, account)
    if step not in ("apply", "undo", "drop"):
        raise Http404
    try:
        if step == "apply":
            meant = {name: value for name, value in api.get(f"/v1/waves/{id}")["filter"].items() if value}
            count = max(0, read_count(request.POST.get("count")))  # of nobody, for what is no number
            api.post(f"/v1/waves/{id}/apply", {"filter": meant, "count": count})
        elif step == "undo":
            api.post(f"/v1/waves/{id}/undo", None)
        else:
            api.post(f"/v1/waves/{id}", None, "DELETE")
    except Refused as refused:
        if refused.status == 404:
            raise
        return _page(request, api, id, refused)
    messages.success(request, reader(request).say(f"waves.{step}_asked"))
    return redirect("wave", account=account, id=id)


def _base(api: Api) -> dict[str, Any]:
    return {"account": api.account, "role": api.role, "section": "waves"}
