"""The Overview: bounced addresses with every filter (E26-E30), and the same list as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.address import normalise
from retour.console.asking import Answer, Api, api_of
from retour.console.looking.models import Looks
from retour.console.pages import as_json
from retour.console.pages.files import file
from retour.console.pages.filters import PROVIDERS, chips, chosen, options, times
from retour.console.pages.incidents import standing
from retour.console.pages.views import offered, views
from retour.console.people.models import Person
from retour.console.reader import Reader, reader
from retour.console.templatetags.listing import COUNTED, carried
from retour.console.templatetags.words import count_in
from retour.model import BounceType, MailKind, Reason, Role

# The name in the address of the page → the parameter of the API.
FILTERS = {
    "state": "status", "type": "type", "campaign": "campaign", "reason": "reason", "provider": "provider",
    "kind": "kind", "since": "since", "until": "until", "search": "search",
    "corrected": "corrected",
}  # fmt: skip
VALUES = {
    "state": ("valid", "held", "invalid"),
    "type": [type_.value for type_ in BounceType],
    "reason": [reason.value for reason in Reason],
    "provider": PROVIDERS,
    "kind": [kind.value for kind in MailKind],
    "corrected": ("no", "yes"),
}
UNCOUNTED = ("since", "until", "search", "corrected")  # filters that the roll-ups know nothing of
COLUMNS = ("state", "what", "type", "campaign", "at", "due", "code", "subject", "kind")
USUAL = ("state", "what", "type", "campaign", "at")


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """A page of the list; its filters are its address."""
    api, who = api_of(request, account), reader(request)
    set_ = chosen(request, FILTERS)
    page = api.get("/v1/bounces", **asked(set_, who), after=request.GET.get("after"), limit=50)
    if as_json.wanted(request):
        return as_json.rows(request, page, "bounces", account=account, filters=set_)
    counts = counted(api, set_)
    count = _count(request, api, page, set_, who) if counts is None else Count(counts["addresses"])
    context = {
        "account": account,
        "role": api.role,
        "section": "overview",
        "chosen": set_,
        "chips": chips(set_, who),
        "rows": page["bounces"],
        "sought": None if page["bounces"] else normalise(set_.get("search", "")),
        "next": page["next"],
        "campaigns": emails(api, page["bounces"], set_, who),
        "first": "after" not in request.GET,
        "count": count,
        "counted_all": count.addresses if count.was_asked else None,
        "columns": columns(request),
        "all_columns": COLUMNS,
        "views": views(request, api, "overview", lambda query: _live(api, query)),
        "may_write": api.role != Role.MEMBER,
        "undo": offered(request),
        "incidents": standing(api, who),
        "held": 0 if counts is None or set_.get("state") else counts["status"].get("held", 0),
        "kept_query": _without(request, "after"),
        "look_query": _without(request, "after", "columns", "dense"),
        "whole_query": _whole(request, who),
        **_options(counts, who),
    }
    return render(request, "console/overview.html", context)


def asked(set_: Mapping[str, str], who: Reader) -> dict[str, str]:
    """Filters as the API takes them. Days are those of the reader, the last of them with all of it.

    Whoever looks for gmx.de means all of @gmx.de.
    """
    told = {FILTERS[name]: value for name, value in set_.items()} | times(set_, who)
    search = told.get("search", "@")
    return told if "@" in search or "." not in search else {**told, "search": f"@{search}"}


def emails(api: Api, rows: Sequence[Answer], set_: Mapping[str, str], who: Reader) -> list[tuple[str, str]]:
    """Emails to choose from: those of the most addresses, and those of the page; each as it is offered.

    How many each has was counted without other filters, and is told only there.
    """
    counts = {each["campaign"]: each["addresses"] for each in api.get("/v1/counts/campaigns")["campaigns"]}
    here = {row["send"]["campaign"] for row in rows if row["send"]} - {None}
    names = [*counts, *sorted(here - counts.keys())]
    if set(set_) - {"campaign"}:
        return [(name, name) for name in names]
    return [
        (name, f"{name} ({count_in(counts[name], who.language)})" if name in counts else name)
        for name in names
    ]


@dataclass(frozen=True, slots=True)
class Count:
    """How many a list has; None where nobody could count so far."""

    addresses: int | None
    is_more: bool = False
    was_asked: bool = False  # to count all of them


def _count(request: HttpRequest, api: Api, page: Answer, set_: Mapping[str, str], who: Reader) -> Count:
    """Of filters that the roll-ups know nothing of: what the page itself shows, or else up to a bound.

    All of them where somebody had them counted (pages/meant.py): that looks at every bounce that is meant.
    """
    if page["next"] is None and "after" not in request.GET:
        return Count(len(page["bounces"]))
    before = carried(request.GET)
    if before is not None:
        return Count(before, was_asked=True)
    found = api.get("/v1/bounces/count", **asked(set_, who))
    return Count(found["addresses"], found["is_more"])


def counted(api: Api, set_: Mapping[str, str]) -> Answer | None:
    """How many each filter would find; None where it was not counted for these filters."""
    if any(name in set_ for name in UNCOUNTED):
        return None
    found: Answer = api.get("/v1/counts", **{FILTERS[name]: value for name, value in set_.items()})
    return found


def _live(api: Api, query: Mapping[str, str]) -> int | None:
    set_ = {name: query[name] for name in FILTERS if query.get(name)}
    counts = counted(api, set_)
    return None if counts is None else int(counts["addresses"])


def _options(counts: Answer | None, who: Reader) -> dict[str, Any]:
    return {
        f"{name}_options": options(name, values, who, None if counts is None else counts.get(FILTERS[name]))
        for name, values in VALUES.items()
    }


def columns(request: HttpRequest) -> list[str]:
    """The columns that are shown: those of the address of the page, or else the person's own."""
    wanted = request.GET.get("columns", "")
    if not wanted and isinstance(request.user, Person):
        wanted = Looks.objects.filter(person=request.user).values_list("columns", flat=True).first() or ""
    named = wanted.split(",")
    return [name for name in COLUMNS if name in named] or list(USUAL)


def _without(request: HttpRequest, *names: str) -> str:
    kept = request.GET.copy()
    for name in ("count", COUNTED, *names):
        kept.pop(name, None)
    return kept.urlencode()


def _whole(request: HttpRequest, who: Reader) -> str:
    """The list with the columns and rows that are shown now, whoever looks."""
    shown = request.GET.copy()
    shown["columns"], shown["dense"] = ",".join(columns(request)), str(int(who.dense))
    shown.pop("after", None)
    return shown.urlencode(safe=",")


@login_required
@require_POST
def look(request: HttpRequest, account: str) -> HttpResponse:
    """Keep which columns somebody wants, and how narrow the rows are."""
    api_of(request, account)
    person = request.user
    assert isinstance(person, Person)
    named = ",".join(name for name in COLUMNS if name in request.POST.getlist("column"))
    Looks.objects.update_or_create(person=person, defaults={"columns": named})
    person.dense = bool(request.POST.get("dense"))
    person.save(update_fields=["dense"])
    messages.success(request, reader(request).say("overview.looks_saved"))
    response = redirect("overview", account=account)
    response.headers["Location"] += "?" + request.POST.get("query", "")
    return response


@login_required
def export(request: HttpRequest, account: str, form: str) -> HttpResponseBase:
    """Everything that the filters find, as CSV or XLSX: times in UTC, streamed, however long it is."""
    api = api_of(request, account)
    return file(
        api, "/v1/bounces/export", "bounces", form, **asked(chosen(request, FILTERS), reader(request))
    )
