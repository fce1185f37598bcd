"""Saved views: a name for the address of a list, for oneself or for everybody of the account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Api, api_of
from retour.console.reader import reader
from retour.model import Role

PAGES = ("overview",)
SHOWN = 12  # so many are counted anew each time somebody looks
_AGAINST = (409, 422)  # what is wrong with a view, and not with who asks
_UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Seen:
    """A saved view as a page shows it."""

    id: int
    name: str
    url: str
    count: int | None
    is_own: bool
    is_current: bool


def views(
    request: HttpRequest, api: Api, page: str, count: Callable[[Mapping[str, str]], int | None]
) -> list[Seen]:
    """Those of everybody and one's own, each counted now where it can be."""
    kept = request.GET.copy()
    kept.pop("after", None)
    current = sorted(parse_qsl(kept.urlencode()))
    return [
        Seen(
            view["id"],
            view["name"],
            f"?{view['query']}",
            count(dict(parse_qsl(view["query"]))) if number < SHOWN else None,
            not view["shared"],
            sorted(parse_qsl(view["query"])) == current,
        )
        for number, view in enumerate(api.get("/v1/views", page=page)["views"])
    ]


@login_required
@require_POST
def save(request: HttpRequest, account: str, page: str) -> HttpResponse:
    """Under a name; one of the same name is replaced. For everybody only by a manager."""
    api, say = api_of(request, account), reader(request).say
    if page not in PAGES:
        raise Http404
    name, query = request.POST.get("name", "").strip(), _clean(request.POST.get("query", ""))
    shared = bool(request.POST.get("shared")) and api.role != Role.MEMBER
    try:
        api.post("/v1/views", {"page": page, "name": name, "query": query, "shared": shared})
    except Refused as refused:
        if refused.status not in _AGAINST:
            raise
        missing = refused.type.endswith("/invalid")  # too long, or nothing
        messages.error(request, say("views.name_missing") if missing else str(refused))
    else:
        messages.success(request, say("views.saved", name=name))
    return _back(account, page, query)


@login_required
@require_POST
def rename(request: HttpRequest, account: str, page: str, id: int) -> HttpResponse:
    """One's own; those of everybody by a manager. What it shows stays."""
    api, say, name = api_of(request, account), reader(request).say, request.POST.get("name", "").strip()
    if page not in PAGES:
        raise Http404
    try:
        view = api.post(f"/v1/views/{id}", {"name": name}, "PUT")
    except Refused as refused:
        if refused.status not in _AGAINST:
            raise
        missing = refused.type.endswith("/invalid")  # too long, or nothing
        messages.error(request, say("views.name_missing") if missing else str(refused))
    else:
        messages.success(request, say("views.renamed", name=view["name"]))
    return _back(account, page, _clean(request.POST.get("query", "")))


@login_required
@require_POST
def drop(request: HttpRequest, account: str, page: str, id: int) -> HttpResponse:
    """One's own; those of everybody by a manager."""
    view = api_of(request, account).post(f"/v1/views/{id}", None, "DELETE")
    messages.success(request, reader(request).say("views.dropped", name=view["name"]))
    again = {"name": view["name"], "query": view["query"], "shared": "on" if view["shared"] else ""}
    offer(request, reverse("view_save", args=[account, page]), again)
    return _back(account, page, _clean(request.POST.get("query", "")))


def offer(request: HttpRequest, url: str, fields: Mapping[str, str]) -> None:
    """What was just dropped can be had back: the next page shows a button for it, once."""
    request.session[_UNDO] = {"url": url, "fields": dict(fields)}


def offered(request: HttpRequest) -> Any:
    """The offer of the act before, for the page that shows it."""
    return request.session.pop(_UNDO, None)


def _clean(query: str) -> str:
    """A query of ours alone: what comes back in a form leads nowhere else."""
    return urlencode([(name, value) for name, value in parse_qsl(query) if name != "after"])


def _back(account: str, page: str, query: str) -> HttpResponse:
    response = redirect(page, account=account)
    response.headers["Location"] += f"?{query}" if query else ""
    return response
