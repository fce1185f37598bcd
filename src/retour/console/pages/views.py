"""Saved views: a name for the address of a list, for oneself or for everybody of the account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from retour.console.asking import api_of
from retour.console.looking.models import MOST_VIEWS, View
from retour.console.people.models import Person
from retour.console.reader import reader
from retour.model import Role

PAGES = ("overview",)
SHOWN = 12  # so many are counted anew each time somebody looks
_LONGEST = 2000
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
    request: HttpRequest, account: str, page: str, count: Callable[[Mapping[str, str]], int | None]
) -> list[Seen]:
    """Those of everybody and one's own, each counted now where it can be."""
    kept = request.GET.copy()
    kept.pop("after", None)
    current = sorted(parse_qsl(kept.urlencode()))
    found = View.objects.filter(Q(person=None) | Q(person_id=request.user.pk), account=account, page=page)
    return [
        Seen(
            view.pk,
            view.name,
            f"?{view.query}",
            count(dict(parse_qsl(view.query))) if number < SHOWN else None,
            view.person is not None,
            sorted(parse_qsl(view.query)) == current,
        )
        for number, view in enumerate(found.select_related("person"))
    ]


@login_required
@require_POST
def save(request: HttpRequest, account: str, page: str) -> HttpResponse:
    """Under a name; one of the same name is replaced. For everybody only by a manager."""
    api, person = api_of(request, account), request.user
    assert isinstance(person, Person)
    if page not in PAGES:
        raise Http404
    name, query = request.POST.get("name", "").strip(), _clean(request.POST.get("query", ""))
    shared = bool(request.POST.get("shared")) and api.role != Role.MEMBER
    say = reader(request).say
    if not name or len(name) > 100 or len(query) > _LONGEST:
        messages.error(request, say("views.name_missing"))
    elif View.objects.filter(account=account, page=page).count() >= MOST_VIEWS:
        messages.error(request, say("views.too_many", most=MOST_VIEWS))
    else:
        owner = None if shared else person
        View.objects.update_or_create(
            account=account, person=owner, page=page, name=name, defaults={"query": query}
        )
        messages.success(request, say("views.saved", name=name))
    return _back(account, page, query)


@login_required
@require_POST
def drop(request: HttpRequest, account: str, page: str, id: int) -> HttpResponse:
    """One's own; those of everybody by a manager."""
    api = api_of(request, account)
    mine = Q(person_id=request.user.pk)
    whose = mine if api.role == Role.MEMBER else mine | Q(person=None)
    view = View.objects.filter(whose, account=account, page=page, pk=id).first()
    if view is None:
        raise Http404
    view.delete()
    messages.success(request, reader(request).say("views.dropped", name=view.name))
    shared = "on" if view.person is None else ""
    again = {"name": view.name, "query": view.query, "shared": shared}
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
