"""Settings: the rule in force in a sentence, and what another would do before it is saved (E16-E23, N3).

Nothing is saved blindly: a form leads to a what-if, and only the page of that what-if can save, and exactly
what it has played.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Answer, Api, api_of
from retour.console.pages import moves
from retour.console.pages.jobs import shown
from retour.console.pages.settings_form import after, fields, of_preset, values, wanted
from retour.console.pages.settings_told import changes, rule
from retour.console.reader import reader
from retour.lifecycle import preset_names
from retour.model import Role


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """The rule in force, and a form that leads to a what-if."""
    api = api_of(request, account, Role.MANAGER if request.method == "POST" else Role.MEMBER)
    policy = api.get("/v1/policy")
    sent, refused = values(policy["settings"]), None
    chosen = request.GET.get("preset", "")
    if request.method == "POST":
        sent = {name: str(value) for name, value in request.POST.items()}
        asked = _asked(api, sent, policy)
        if isinstance(asked, str):
            return redirect("what_if", account=account, id=asked)
        refused = asked
    elif chosen:
        sent = values(of_preset(chosen, policy["settings"]))
    return _page(request, api, policy, sent, refused)


def _asked(api: Api, sent: Mapping[str, str], policy: Answer) -> str | Refused | None:
    """The id of the what-if, or why there is none; None where nothing differs."""
    settings = wanted(sent, policy["settings"])
    if not settings:
        return None
    try:
        made = api.post("/v1/policy/what-if", {"settings": settings, "expected": _version(sent, policy)})
    except Refused as refused:
        return refused
    return str(made["id"])


def _version(sent: Mapping[str, str], policy: Answer) -> int:
    """The version that the form was made from: the API refuses one that is not the newest any more."""
    told = sent.get("version", "")
    return int(told) if told.isdecimal() else int(policy["version"])


def _page(
    request: HttpRequest, api: Api, policy: Answer, sent: Mapping[str, str], refused: Refused | None
) -> HttpResponse:
    who = reader(request)
    fault = (refused.field or "").removeprefix("settings.") if refused else None
    context = {
        **_base(api), "policy": policy, "rule": rule(policy["settings"], who), "sent": sent,
        "refused": refused,
        "fields": fields(sent, fault, who), "presets": preset_names(), "fault": fault,
        "same": request.method == "POST" and refused is None, "may_change": api.role != Role.MEMBER,
        "progress": api.get("/v1/policy/progress", counted="false"),
        "wrong_codes": fault == "uncounted_codes",
    }  # fmt: skip
    return render(
        request, "console/settings.html", context, status=422 if context["same"] or refused else 200
    )


@login_required
def what_if(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """What settings would do; and the button that saves exactly these."""
    api, who = api_of(request, account), reader(request)
    found = api.get(f"/v1/policy/what-if/{id}")
    return render(request, "console/what_if.html", _previewed(api, found, who))


def _previewed(api: Api, found: Answer, who: Any) -> dict[str, Any]:
    order, result = found["job"]["order"], found["job"]["result"]
    versions = {each["version"]: each for each in api.get("/v1/policy/versions")["versions"]}
    newest = versions[max(versions)]
    before = versions[order["expected"]]["settings"]
    then = after(order["settings"], before)
    return {
        **_base(api), "job": shown(found["job"], who.say), "found": found, "result": result, "newest": newest,
        "saved": newest["version"] > order["expected"], "rule": rule(then, who),
        "changes": changes(before, then, who), "may_change": api.role != Role.MEMBER,
        "moves": moves.moves(result), "by_reason": moves.table(result, "reason", who),
        "by_provider": moves.table(result, "provider", who), "months": moves.months(result),
        "answers": moves.answers(result), "raised": then["soft_threshold"] > before["soft_threshold"],
    }  # fmt: skip


@login_required
@require_POST
def save(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Save what the what-if has played, and nothing else; where somebody was faster, say so."""
    api, who = api_of(request, account, Role.MANAGER), reader(request)
    found = api.get(f"/v1/policy/what-if/{id}")
    order = found["job"]["order"]
    if found["job"]["state"] != "done":
        return redirect("what_if", account=account, id=id)
    try:
        made = api.post("/v1/policy", {name: order[name] for name in ("settings", "expected")}, "PUT")
    except Refused as refused:
        context = {**_previewed(api, found, who), "refused": refused}
        return render(request, "console/what_if.html", context, status=422)
    messages.success(request, who.say("settings.saved", version=made["version"]))
    return redirect("settings", account=account)


@login_required
def affected(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Who would be affected, page by page."""
    api = api_of(request, account)
    move = request.GET.get("move") or None
    after_ = request.GET.get("after") or 0
    page = api.get(f"/v1/policy/what-if/{id}/addresses", move=move, after=after_, limit=100)
    context = {
        **_base(api), "addresses": page["addresses"], "next": page["next"], "move": move,
        "moves": moves.MOVES, "back": "what_if", "id": id,
    }  # fmt: skip
    return render(request, "console/found.html", context)


@login_required
def history(request: HttpRequest, account: str) -> HttpResponse:
    """Every version, the latest first: who, when, and what it changed."""
    api, who = api_of(request, account), reader(request)
    versions = api.get("/v1/policy/versions")["versions"]
    told = [
        {**version, "changes": changes(before["settings"], version["settings"], who) if before else None}
        for before, version in zip([None, *versions], versions, strict=False)
    ]
    context = {**_base(api), "versions": told[::-1]}
    return render(request, "console/settings_history.html", context)


@login_required
def effects(request: HttpRequest, account: str) -> HttpResponse:
    """What resets did, over weeks or months: came back, reached since, bounced again (E22)."""
    api = api_of(request, account)
    by = "month" if request.GET.get("by") == "month" else "week"
    found = api.get("/v1/policy/effects", by=by)
    rows = found["periods"][::-1]
    total = {name: sum(row[name] for row in rows) for name in ("freed", "delivered", "bounced")}
    context = {
        **_base(api), "by": by, "found": found, "rows": rows, "total": total,
        "most": max((row["freed"] for row in rows), default=0), "policy": api.get("/v1/policy"),
    }  # fmt: skip
    return render(request, "console/settings_effects.html", context)


def _base(api: Api) -> dict[str, Any]:
    return {"account": api.account, "role": api.role, "section": "settings"}
