"""Delete contact (E33): a page that tells in words who is meant and what follows, before anything happens."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.counts import read_count
from retour.console.pages.filters import chips
from retour.console.pages.meant import BACK, filled, filters
from retour.console.reader import reader
from retour.console.templatetags.listing import COUNTED, carried
from retour.model import Role

TYPED_ABOVE = 100  # so many contacts are deleted only by whoever types their number
_PICKED = ("picked", "contacts")  # in a list of bounces, in one of contacts
_NAMED = 10  # addresses that are named on the page


@login_required
def delete(request: HttpRequest, account: str, what: str = "bounces") -> HttpResponse:
    """Those that were picked, or all that the filters of a list mean; exactly as many as were seen."""
    api, who = api_of(request, account, Role.MANAGER), reader(request)
    given = request.POST if request.method == "POST" else request.GET
    picked, set_ = given.getlist("address"), filters(request, what)
    of = request.GET.get("of")
    section = "contacts" if of == "contacts" else BACK[what]
    back = _way_back(request, account, section)
    base = {"account": account, "section": section, "what": what, "back": back}
    if of in _PICKED and not picked:  # nobody: never all, for want of a mark
        return render(request, "console/delete.html", base | {"count": 0})
    wanted: dict[str, object] = {"addresses": picked} if picked else filled(what, set_, who)
    refused = None
    if request.method == "POST":
        refused = _typed_wrong(request)
        if refused is None:
            try:
                done = api.post("/v1/contacts/deletions", wanted | {"count": read_count(given.get("count"))})
            except Refused as error:
                refused = {"detail": error.detail, "remedy": error.remedy or ""}
            else:
                messages.success(request, who.say("delete.begun"))
                return redirect("job", account=account, id=done["job"]["id"])
    dry = api.post("/v1/contacts/deletions", wanted, dry_run=True)
    count = dry["count"]
    if count is None:
        count = carried(request.GET)  # as a job has counted them; the one that deletes looks once more
    context = base | {
        "role": api.role, "picked": picked, "refused": refused,
        "named": picked[:_NAMED], "more": max(0, len(picked) - _NAMED), "chips": chips(set_, who),
        "corrected": dry["corrected"], "uncorrected": _uncorrected(request, account, picked, what),
        "count": count, "typed": (count or 0) > TYPED_ABOVE, "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "console/delete.html", context, status=422 if refused else 200)


def _way_back(request: HttpRequest, account: str, section: str) -> str:
    """The list that one came from, with its filters and at its place."""
    query = request.GET.copy()
    for name in ("of", "address"):
        query.pop(name, None)
    return f"{reverse(section, args=[account])}?{query.urlencode()}"


def _uncorrected(request: HttpRequest, account: str, picked: list[str], what: str) -> str:
    """The same page without whoever was corrected; "" where no filter says who is meant."""
    if picked or what != "bounces":
        return ""
    query = request.GET.copy()
    query.pop(COUNTED, None)
    query["corrected"] = "no"
    return f"{reverse('delete', args=[account])}?{query.urlencode()}"


def _typed_wrong(request: HttpRequest) -> dict[str, str] | None:
    count = read_count(request.POST.get("count"))
    if count > TYPED_ABOVE and read_count(request.POST.get("typed")) != count:
        say = reader(request).say
        return {"detail": say("delete.typed_wrong"), "remedy": say("delete.type", count=count)}
    return None
