"""Save as list (E36): everybody whom a filter or a segment means becomes a list of contacts."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.pages.data import count_of
from retour.console.pages.filters import chips
from retour.console.pages.meant import BACK, filled, filters
from retour.console.pages.overview import counted
from retour.console.reader import reader


@login_required
def save(request: HttpRequest, account: str, what: str) -> HttpResponse:
    """What is to be on the list, in words, and a name for it; a job fills it."""
    api, who = api_of(request, account), reader(request)
    set_ = filters(request, what)
    refused = None
    if request.method == "POST":
        try:
            made = api.post(
                "/v1/contact-lists", {"name": request.POST.get("name", "").strip()} | filled(what, set_, who)
            )
        except Refused as error:
            refused = error
        else:
            messages.success(request, who.say("lists.being_filled", name=made["name"]))
            return redirect("job", account=account, id=made["job"]["id"])
    context = {
        "account": account, "role": api.role, "section": BACK[what], "chips": chips(set_, who),
        "refused": refused, "name": request.POST.get("name", ""), "back": BACK[what], "what": what,
        "query": request.GET.urlencode(), "count": _count(api, what, set_),
    }  # fmt: skip
    return render(request, "console/save_list.html", context, status=422 if refused else 200)


def _count(api: Any, what: str, set_: Mapping[str, str]) -> int | None:
    """Addresses of the Overview, bounces of the data view; None where nobody counted."""
    if what == "data":
        return count_of(api, set_)
    counts = counted(api, set_)
    return None if counts is None else int(counts["addresses"])
