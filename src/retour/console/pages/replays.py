"""Replays, for staff: a history judged again, looked at, applied in one step, and undone (N2)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Answer, Api
from retour.console.pages import moves
from retour.console.pages.desk import staff_api
from retour.console.pages.jobs import shown
from retour.console.reader import Reader, reader
from retour.texts import catalogue

WHATS = ("rules", "own", "policy", "types")
MOST_VERDICTS = 50


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """Replays of the account, and a form to ask for one."""
    api = staff_api(request, account)
    refused = None
    if request.method == "POST":
        try:
            job = api.post("/v1/replays", _wanted(request), once=request.POST.get("once", ""))
        except Refused as error:
            refused = error
        else:
            return redirect("replay", account=account, id=job["id"])
    page = api.get("/v1/jobs", kind="replay", after=request.GET.get("after"), limit=20)
    say = reader(request).say
    context = {
        **_base(api), "jobs": [shown(job, say) for job in page["jobs"]], "next": page["next"],
        "whats": WHATS, "what": request.POST.get("what", "rules"), "rules": request.POST.get("rules", ""),
        "versions": api.get("/v1/policy/versions")["versions"][::-1], "refused": refused,
    }  # fmt: skip
    return render(request, "console/replays.html", context, status=422 if refused else 200)


def _wanted(request: HttpRequest) -> dict[str, Any]:
    what, version = request.POST.get("what", "rules"), request.POST.get("version", "")
    if what == "own":
        return {"what": "rules", "rules": request.POST.get("rules", "")}
    if what == "rules" or not version.isdecimal():
        return {"what": what}
    return {"what": what, "version": int(version)}


@login_required
def show(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """What it found, and what may be done with that."""
    return _page(request, staff_api(request, account), id, None)


def _page(request: HttpRequest, api: Api, id: str, refused: Refused | None) -> HttpResponse:
    who = reader(request)
    found = api.get(f"/v1/replays/{id}")
    result, later = found["job"]["result"], _later(api, id)
    stage = found["stage"]
    context = {
        **_base(api), "job": shown(found["job"], who.say), "found": found, "result": result, "stage": stage,
        "later": None if later is None else shown(later, who.say), "refused": refused,
        "moves": moves.moves(result), "by_reason": moves.table(result, "reason", who),
        "by_provider": moves.table(result, "provider", who), "verdicts": _verdicts(result, who),
        "understood": _understood(result, "understood", who), "others": _understood(result, "others", who),
        "may_apply": stage in (None, "planning", "planned", "dropped"),
        "may_undo": stage in ("applying", "applied", "undoing"),
        "why": request.POST.get("reason", ""), "group": id.partition("-")[0] if "-" in id else "",
    }  # fmt: skip
    return render(request, "console/replay.html", context, status=422 if refused else 200)


def _later(api: Api, id: str) -> Answer | None:
    """The latest work on what was found: its application, or its undoing."""
    of = [
        job
        for kind in ("replay_apply", "replay_undo")
        for job in api.get("/v1/jobs", kind=kind, limit=50)["jobs"]
        if job["order"].get("replay") == id
    ]
    return max(of, key=lambda job: str(job["asked_at"]), default=None)


def _verdicts(result: Answer, who: Reader) -> list[dict[str, Any]]:
    """Verdicts that change, the most first: before, after, by which rule."""
    rows = []
    for change, rules in result.get("verdicts", {}).items():
        before, _, after = change.partition(" > ")
        rows += [
            {"before": _word(before, who), "after": _word(after, who), "rule": rule, "count": count}
            for rule, count in rules.items()
        ]
    return sorted(rows, key=lambda row: -row["count"])[:MOST_VERDICTS]


def _understood(result: Answer, name: str, who: Reader) -> dict[str, Any] | None:
    """What was not understood when it came, and would be, the most first: bounces, or others."""
    counts = result.get("unparsed", {}).get(name, {})
    most = sorted(counts.items(), key=lambda pair: -pair[1])
    rows = [{"what": _word(what, who), "count": count} for what, count in most]
    return {"count": sum(counts.values()), "rows": rows} if rows else None


def _word(name: str, who: Reader) -> str:
    """A reason, or a kind of what is no bounce."""
    label = catalogue(f"status.{who.language}")
    if f"label.{name}" in label:
        return label(f"label.{name}")
    return who.say(f"event.{name}") if f"event.{name}" in who.say else name


@login_required
def addresses(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Whom it would move."""
    api = staff_api(request, account)
    move = request.GET.get("move") or None
    page = api.get(f"/v1/replays/{id}/addresses", move=move, after=request.GET.get("after") or 0, limit=100)
    context = {
        **_base(api), "addresses": page["addresses"], "next": page["next"], "move": move,
        "moves": moves.MOVES, "back": "replay", "id": id,
    }  # fmt: skip
    return render(request, "console/found.html", context)


@login_required
@require_POST
def act(request: HttpRequest, account: str, id: str, step: str) -> HttpResponse:
    """Apply it or undo it, with a reason that the ledger keeps."""
    api = staff_api(request, account)
    if step not in ("apply", "undo"):
        raise Http404
    try:
        api.post(f"/v1/replays/{id}/{step}", {"reason": request.POST.get("reason", "")})
    except Refused as refused:
        if refused.status == 404:
            raise
        return _page(request, api, id, refused)
    messages.success(request, reader(request).say(f"replays.{step}_asked"))
    return redirect("replay", account=account, id=id)


def _base(api: Api) -> dict[str, Any]:
    return {"account": api.account, "role": api.role, "section": "replays"}
