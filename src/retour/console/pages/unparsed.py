"""Unparsed, for staff: what no rule knows, by shape; set aside until it grows; a rule written, tried,
published, taken back."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Answer, Api
from retour.console.pages.desk import staff_api
from retour.console.reader import reader

OF = ("unparsed", "undetermined")
_GONE = "/problems/rules_unknown"
LAST = 2000  # of the latest that are grouped: what the API reads in one request


@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """The groups, the largest first; those set aside only when asked for, or when they have grown."""
    api, of = staff_api(request), _of(request)
    found = api.get("/v1/unparsed/shapes", of=of, last=LAST)
    aside = [group for group in found["groups"] if _is_aside(group)]
    context = {
        "of": of, "all_of": OF, "found": found, "aside": aside, "section": "unparsed",
        "groups": [group for group in found["groups"] if not _is_aside(group)],
        "all_aside": "aside" in request.GET,
    }  # fmt: skip
    return render(request, "console/unparsed.html", context)


def _of(request: HttpRequest) -> str:
    of = request.GET.get("of", OF[0])
    if of not in OF:
        raise Http404
    return of


def _is_aside(group: Answer) -> bool:
    return group["aside"] is not None and group["count"] <= group["aside"]


@login_required
def show(request: HttpRequest, of: str, id: str) -> HttpResponse:
    """One group: its text, and a rule to begin with."""
    api = staff_api(request)
    if of not in OF:
        raise Http404
    found = api.get("/v1/unparsed/shapes", of=of, shape=id, last=LAST)["groups"]
    if not found:
        raise Http404
    context = {"of": of, "group": found[0], "rules": found[0]["stub"] or "", "is_aside": _is_aside(found[0])}
    return render(request, "console/unparsed_group.html", context)


@login_required
@require_POST
def aside(request: HttpRequest, of: str, id: str) -> HttpResponse:
    """Set a group aside until it grows, or show it again."""
    api, say = staff_api(request), reader(request).say
    count = request.POST.get("count", "")
    api.post(
        f"/v1/unparsed/shapes/{id}", {"of": of, "count": int(count) if count.isdecimal() else None}, "PUT"
    )
    messages.success(request, say("unparsed.set_aside" if count else "unparsed.shown_again"))
    return redirect(f"/unparsed/?of={of}")


@login_required
def rules(request: HttpRequest) -> HttpResponse:
    """Rules in force and taken back; one that was written is tried on the queue, and only then published."""
    api, say = staff_api(request), reader(request).say
    text, seen = (request.POST.get(name, "").replace("\r\n", "\n") for name in ("rules", "tried"))
    tried, refused, published = None, None, api.get("/v1/rules")["rules"]
    already = _in_force(text, published) if request.method == "POST" else None
    if request.method == "POST" and already is None:
        publishes = request.POST.get("step") == "publish" and seen == text
        try:
            made = api.post("/v1/rules", {"rules": text}, dry_run=not publishes)
        except Refused as error:
            refused = error
        else:
            if publishes:
                messages.success(request, say("rules.published", count=made["retried"]))
                return redirect("rules")
            tried = made["tried"]
    context = {
        "rules": "" if already else text, "tried": tried, "refused": refused, "published": published,
        "already": already, "accounts": _accounts(api) if tried else (),
    }  # fmt: skip
    return render(request, "console/rules.html", context, status=422 if refused else 200)


def _in_force(text: str, published: Iterable[Answer]) -> Answer | None:
    """The same rules, published by somebody else meanwhile, or by a form that arrives again."""
    same = (each for each in published if each["in_force"] and each["rules"].strip() == text.strip())
    return next(same, None)


def _accounts(api: Api) -> list[Any]:
    """Accounts on whose history the same rules can be tried."""
    found: list[Any] = api.get("/v1/accounts")["accounts"]
    return found


@login_required
@require_POST
def take_back(request: HttpRequest, id: str) -> HttpResponse:
    """Out of force from now on."""
    try:
        staff_api(request).post(f"/v1/rules/{id}", None, "DELETE")
    except Refused as refused:
        if refused.type != _GONE:
            raise
        messages.warning(request, refused.detail)
    else:
        messages.success(request, reader(request).say("rules.taken_back"))
    return redirect("rules")


@login_required
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Judge the queue again under the rules of now; or count what came late, and nothing else."""
    api, late = staff_api(request), "late" in request.POST
    made = api.post("/v1/unparsed/retry", None, late=late)["retried"]
    which = f"unparsed.late_counted.{'one' if made == 1 else 'other'}" if late else "unparsed.retried"
    messages.success(request, reader(request).say(which, count=made))
    return redirect("unparsed")
