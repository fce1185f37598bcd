"""Replays over every account at once, for staff: the difference whole and by account, on one screen (N2)."""

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
from retour.console.pages.replays import WHATS
from retour.console.reader import reader

APPLICABLE = frozenset({None, "planning", "planned", "dropped"})
UNDOABLE = frozenset({"applying", "applied", "undoing"})
MOVING = frozenset({"planning", "applying", "undoing"})


@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Replays of all accounts, and a form to ask for one: by what the histories are judged again."""
    api, refused = staff_api(request), None
    what = request.POST.get("what", "rules")
    if request.method == "POST":
        own = {"what": "rules", "rules": request.POST.get("rules", "")}
        try:
            found = api.post("/v1/replay-groups", own if what == "own" else {"what": what})
        except Refused as error:
            refused = error
        else:
            return redirect("replay_group", id=found["id"])
    page = api.get("/v1/replay-groups", after=request.GET.get("after"), limit=20)
    groups = [_line(each) for each in page["groups"]]
    context = {
        "groups": groups, "next": page["next"], "whats": WHATS, "what": what,
        "rules": request.POST.get("rules", ""), "refused": refused,
    }  # fmt: skip
    return render(request, "console/replay_groups.html", context, status=422 if refused else 200)


def _line(group: Answer) -> dict[str, Any]:
    """A row of the list: by what, how far, and how many addresses would move in which way."""
    by = "own" if group["own"] else group["what"]
    found = [(move, group["move"][move]) for move in moves.MOVES if group["move"].get(move)]
    return {**group, "by": by, "found": found}


@login_required
def show(request: HttpRequest, id: str) -> HttpResponse:
    """What it found in all accounts and in each, and what may be done with that."""
    return _page(request, staff_api(request), id, None)


def _page(request: HttpRequest, api: Api, id: str, refused: Refused | None) -> HttpResponse:
    who, found = reader(request), api.get(f"/v1/replay-groups/{id}")
    stages = {each["stage"] for each in found["accounts"]}
    ended = found["done"] == found["total"]
    whole = ended and all(each["state"] == "done" for each in found["accounts"])
    present = [move for move in moves.MOVES if found["move"].get(move)]
    context = {
        "found": found, "refused": refused, "why": request.POST.get("reason", ""), "present": present,
        "moves": [(move, found["move"][move]) for move in present],
        "accounts": [_account(each, present, who.say) for each in found["accounts"]],
        "by_reason": moves.table(found, "reason", who), "by_provider": moves.table(found, "provider", who),
        "live": not ended or bool(stages & MOVING), "ended": ended,
        "may_undo": bool(stages & UNDOABLE),
        "may_apply": whole and bool(stages & APPLICABLE) and not stages & UNDOABLE,
    }  # fmt: skip
    return render(request, "console/replay_group.html", context, status=422 if refused else 200)


def _account(member: Answer, present: list[str], say: Any) -> dict[str, Any]:
    """One account's part: what became of it, and how many addresses move in which way."""
    stage = member["stage"]
    told = say(f"wave_stage.{stage}") if stage else say(f"job_state.{member['state']}")
    return {**member, "told": told, "cells": [(move, member["move"].get(move, 0)) for move in present]}


@login_required
@require_POST
def act(request: HttpRequest, id: str, step: str) -> HttpResponse:
    """Apply it to every account or undo it in all, with a reason that each ledger keeps."""
    api = staff_api(request)
    if step not in ("apply", "undo"):
        raise Http404
    try:
        api.post(f"/v1/replay-groups/{id}/{step}", {"reason": request.POST.get("reason", "")})
    except Refused as refused:
        if refused.status == 404:
            raise
        return _page(request, api, id, refused)
    messages.success(request, reader(request).say(f"replays.{step}_asked"))
    return redirect("replay_group", id=id)
