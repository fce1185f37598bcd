"""The data view: every bounce that was told, counted or not, and segments with their counts (E31-E32)."""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Api, api_of
from retour.console.pages import as_json
from retour.console.pages.data_search import conditions
from retour.console.pages.files import file
from retour.console.pages.filters import PROVIDERS, chips, chosen, options
from retour.console.pages.shown import shown
from retour.console.pages.views import offer, offered
from retour.console.pages.wrong_value import turned_round
from retour.console.reader import Reader, reader
from retour.model import Reason, Role

FILTERS = ("text", "code", "reason", "type", "campaign", "domain", "provider", "since", "until")
TYPES = ("hard", "soft", "block", "ignore")
_REPLY = 200  # characters of a reply on a row
_NAME = re.compile(r"[^/\x00-\x1f]{1,100}")  # of a segment, as the API takes it


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """A page of bounces. What somebody typed in the box becomes filters, and so the address of the page."""
    api, who = api_of(request, account), reader(request)
    typed = request.GET.get("q", "").strip()
    if typed:
        told = conditions(typed, FILTERS)
        if told.wrong is None:
            return redirect(f"{request.path}?{urlencode(told.filters)}")
    set_ = chosen(request, (*FILTERS, "segment"))
    page, refused = _page(api, set_, request.GET.get("after"))
    if as_json.wanted(request):
        told_ = {"account": account, "filters": set_, "count": page["count"]}
        return as_json.refused(refused) if refused else as_json.rows(request, page, "bounces", **told_)
    wrong = told.wrong if typed else None
    uncounted = api.get("/v1/policy")["settings"].get("uncounted_codes", ())
    context = {
        "account": account, "role": api.role, "section": "data", "chosen": set_, "chips": chips(set_, who),
        "campaigns": sorted({row["campaign"] for row in page["bounces"]} - {None}),
        "typed": typed, "undo": offered(request),
        "refused": _fault(who, wrong) if wrong else _told(who, refused, set_),
        "rows": [_row(row, uncounted) for row in page["bounces"]], "next": page["next"],
        "count": page["count"], "behind": page["behind"],
        "first": "after" not in request.GET, "may_write": api.role != Role.MEMBER,
        "segments": [_segment(each) for each in api.get("/v1/segments")["segments"]],
        "may_save": bool(set_) and "segment" not in set_ and refused is None and api.role != Role.MEMBER,
        "reason_options": options("reason", [reason.value for reason in Reason], who),
        "type_options": options("type", TYPES, who), "provider_options": options("provider", PROVIDERS, who),
    }  # fmt: skip
    return render(request, "console/data.html", context, status=422 if context["refused"] else 200)


def _page(api: Api, set_: Mapping[str, str], after: str | None) -> tuple[Any, Refused | None]:
    """A page, and what the API says of a condition that it does not understand."""
    try:
        return api.get("/v1/data", **set_, after=after, limit=50), None
    except Refused as refused:
        if refused.status not in (404, 422):
            raise
        return {"bounces": [], "next": None, "count": 0, "behind": 0}, refused


def _told(who: Reader, refused: Refused | None, set_: Mapping[str, str]) -> object:
    """What is wrong with a condition in words of the page; the API's own for what stands in none."""
    if (turned := turned_round(set_, who)) is not None:
        return turned
    name = refused.field if refused is not None else None
    if name is None or name not in set_ or f"data.so_{name}" not in who.say:
        return refused
    detail = who.say("data.not_so", name=who.say(f"filter.{name}"), value=set_[name])
    return {"detail": detail, "remedy": who.say(f"data.so_{name}")}


def _fault(who: Reader, word: str) -> dict[str, str]:
    return {"detail": who.say("data.no_such_word", word=word), "remedy": who.say("data.no_such_word_help")}


def _row(row: Mapping[str, Any], uncounted: Collection[str]) -> dict[str, Any]:
    bounce = row["bounce"]
    report = (bounce["evidence"] or {"report": {}})["report"]
    reply = shown(" ".join((report.get("diagnostic") or report.get("text") or "").split()))
    return {
        **row,
        "reply": reply if len(reply) <= _REPLY else reply[:_REPLY] + "…",
        "is_uncounted": bounce["status"] in uncounted,
        "domain": row["address"].rpartition("@")[2],
    }


def _segment(each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, "query": urlencode({k: v for k, v in each["filter"].items() if v is not None})}


def count_of(api: Api, set_: Mapping[str, str]) -> int:
    """How many bounces these conditions mean."""
    return int(api.get("/v1/data", **set_, limit=1)["count"])


@login_required
def export(request: HttpRequest, account: str, form: str) -> HttpResponseBase:
    """All bounces that are meant, as CSV or XLSX."""
    api = api_of(request, account)
    return file(api, "/v1/data/export", "data", form, **chosen(request, (*FILTERS, "segment")))


@login_required
@require_POST
def save_segment(request: HttpRequest, account: str) -> HttpResponse:
    """The filters of the page under a name."""
    api, name = api_of(request, account), request.POST.get("name", "").strip()
    asked = {each: value for each in FILTERS if (value := request.POST.get(each, "").strip())}
    again = f"{_place(account)}?{urlencode(asked | {'segment_name': name})}"  # what was typed stays
    if not _NAME.fullmatch(name):
        messages.error(request, reader(request).say("data.segment_unnamed"))
        return redirect(again)
    try:
        made = api.post(f"/v1/segments/{quote(name, safe='')}", asked, "PUT")
    except Refused as refused:
        messages.error(request, f"{refused.detail} {refused.remedy or ''}")
        return redirect(again)
    messages.success(request, reader(request).say("data.segment_saved", name=name, count=made["count"]))
    return redirect(f"{_place(account)}?{urlencode({'segment': name})}")


@login_required
@require_POST
def drop_segment(request: HttpRequest, account: str) -> HttpResponse:
    """Its bounces stay."""
    api, name = api_of(request, account), request.POST.get("name", "")
    if not name:
        raise Http404
    asked: Mapping[str, Any] = next(
        (each["filter"] for each in api.get("/v1/segments")["segments"] if each["name"] == name), {}
    )
    api.post(f"/v1/segments/{quote(name, safe='')}", None, "DELETE")
    again = {each: value for each, value in asked.items() if value is not None}
    offer(request, reverse("segment_save", args=[account]), again | {"name": name})
    messages.success(request, reader(request).say("data.segment_dropped", name=name))
    return redirect("data", account=account)


def _place(account: str) -> str:
    return reverse("data", args=[account])
