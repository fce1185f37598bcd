"""Webhooks out: who is told of what, what became of each message, and sending it again."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.client.connection import Refused
from retour.console.asking import Api, api_of
from retour.console.days import begin, end
from retour.console.pages.wrong_value import day_of_form
from retour.console.reader import reader
from retour.flow.notices import TYPES
from retour.model import Role

SECTION = "account"
STATES = ("waiting", "delivered", "failed")
ACTS = ("save", "enable", "disable", "rotate", "test", "replay", "remove")


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """The webhooks of the account, and the form for another."""
    api = api_of(request, account, Role.MANAGER)
    made, refused = None, None
    url, types = request.POST.get("url", "").strip(), request.POST.getlist("types")
    once = request.POST.get("once", "")
    if request.method == "POST":
        try:
            made = api.post("/v1/webhooks", {"url": url, "types": types}, once=once)
        except Refused as error:
            refused = error
    context = {
        "account": account, "section": SECTION, "tab": "hooks", "made": made, "refused": refused,
        "hooks": api.get("/v1/webhooks")["webhooks"], "types": TYPES, "url": "" if made else url,
        "chosen_types": [] if made else types,
    }  # fmt: skip
    return render(request, "console/hooks.html", context, status=422 if refused else 200)


@login_required
def one(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """One webhook: how it stands, its settings, what it was told."""
    api = api_of(request, account, Role.MANAGER)
    refused, made = None, None
    act = request.POST.get("act", "")
    if request.method == "POST":
        if act not in ACTS:
            raise Http404
        try:
            made = _act(request, api, id, act)
        except Refused as error:
            if error.status == 404:
                raise
            refused = error
        if refused is None and act != "rotate":
            messages.success(request, reader(request).say(f"hooks.done_{act}", **(made or {})))
            return redirect("hooks", account=account) if act == "remove" else redirect("hook", account, id)
    hook = api.get(_path(id))
    if refused and act == "save":  # what was typed stays
        hook |= {"url": request.POST.get("url", ""), "types": request.POST.getlist("types")}
    state = request.GET.get("state") if request.GET.get("state") in STATES else None
    log = api.get(f"{_path(id)}/messages", state=state, after=request.GET.get("after"), limit=25)
    context = {
        "account": account, "section": SECTION, "hook": hook, "types": TYPES, "log": log["messages"],
        "next": log["next"], "states": STATES, "state": state, "refused": refused,
        "sent": request.POST if refused else {}, "secret": made["secret"] if made and act == "rotate" else "",
        "chosen": {"state": state} if state else {},
    }  # fmt: skip
    return render(request, "console/hook.html", context, status=422 if refused else 200)


@login_required
def message(request: HttpRequest, account: str, id: str, message: str) -> HttpResponse:
    """One message with its body and every attempt; it can be sent again."""
    api = api_of(request, account, Role.MANAGER)
    if request.method == "POST":
        api.post(f"{_path(id)}/replay", {"ids": [message]})
        messages.success(request, reader(request).say("hooks.done_replay", queued=1))
        return redirect("hook_message", account, id, message)
    found = api.get(f"{_path(id)}/messages/{quote(message, safe='')}")
    context = {"account": account, "section": SECTION, "hook": api.get(_path(id)), "message": found}
    return render(request, "console/hook_message.html", context)


def _act(request: HttpRequest, api: Api, id: str, act: str) -> Mapping[str, Any] | None:
    if act == "save":
        change = {"url": request.POST.get("url", "").strip(), "types": request.POST.getlist("types")}
        return api.post(_path(id), change, "PUT") and None
    if act in ("enable", "disable"):
        return api.post(_path(id), {"enabled": act == "enable"}, "PUT") and None
    if act == "remove":
        return api.post(_path(id), None, "DELETE") and None
    if act == "replay":
        who = reader(request)
        if (wrong := day_of_form(request.POST, who)) is not None:
            raise wrong
        since, until = request.POST.get("since", ""), request.POST.get("until", "")
        times = {"since": begin(since, who), "until": end(until, who) if until else None}
        told: Mapping[str, Any] = api.post(f"{_path(id)}/replay", times)
        return told
    answer: Mapping[str, Any] = api.post(f"{_path(id)}/{act}", {}, once=request.POST.get("once", ""))
    return answer if act == "rotate" else None


def _path(id: str) -> str:
    return f"/v1/webhooks/{quote(id, safe='')}"
