"""Whom a list means, for whatever is done with all of them: saved, counted, deleted."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.pages.data import FILTERS as CONDITIONS
from retour.console.pages.filters import chosen
from retour.console.pages.incidents import with_count
from retour.console.pages.overview import FILTERS, asked
from retour.console.reader import Reader, reader
from retour.console.templatetags.listing import COUNTED

BACK = {"bounces": "overview", "data": "data"}  # the page of a list
DELETE = {"bounces": "delete", "data": "data_delete"}
_OF_A_PAGE = ("after", "of", COUNTED)  # what stands in an address beside filters, columns and rows


def filters(request: HttpRequest, what: str) -> dict[str, str]:
    """The filters of the list that are set. Raises Http404 for no list."""
    if what not in BACK:
        raise Http404
    return chosen(request, FILTERS if what == "bounces" else (*CONDITIONS, "segment"))


def filled(what: str, set_: Mapping[str, str], who: Reader) -> dict[str, Any]:
    """Who is meant, as the API takes it."""
    if what == "bounces":
        return {"from": {"bounces": asked(set_, who)}}
    if "segment" in set_:
        return {"from": {"segment": set_["segment"]}}
    return {"from": {"data": dict(set_)}}


@login_required
@require_POST
def count(request: HttpRequest, account: str, what: str) -> HttpResponse:
    """Count all of them: told on the list itself, or by a job where that takes longer than a page may."""
    api, who = api_of(request, account), reader(request)
    set_ = filters(request, what)
    try:
        found = api.post("/v1/contacts/counts", filled(what, set_, who))
    except Refused as refused:
        messages.error(request, f"{refused.detail} {refused.remedy or ''}")
        return redirect(f"{reverse(BACK[what], args=[account])}?{kept(request)}")
    if found["job"] is not None:
        job = reverse("job", args=[account, found["job"]["id"]])
        return redirect(f"{job}?{kept(request, of=what)}")
    return redirect(f"{reverse(BACK[what], args=[account])}?{kept(request, counted=found['addresses'])}")


def kept(request: HttpRequest, **more: object) -> str:
    """The query of the list from its first page on, and what is to stand beside it."""
    query = request.GET.copy()
    for name in _OF_A_PAGE:
        query.pop(name, None)
    for name, value in more.items():
        query[name] = str(value)
    return query.urlencode()


def ways_on(request: HttpRequest, account: str, job: Mapping[str, Any]) -> dict[str, str]:
    """From a count that is done: to the list, and to deleting; {} where nothing says of which list it was.

    Of what an incident holds, to its page alone.
    """
    what = request.GET.get("of", "")
    if "addresses" not in job["result"]:
        return {}
    if "incident" in job["order"].get("from", ()):
        return {"look": with_count(account, job["order"]["from"]["incident"], job["result"]["addresses"])}
    if what not in BACK:
        return {}
    query = kept(request, counted=job["result"]["addresses"])
    ways = {"look": BACK[what], "delete": DELETE[what]}
    return {way: f"{reverse(name, args=[account])}?{query}" for way, name in ways.items()}
