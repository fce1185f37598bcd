"""The decision ledger: who changed what, when and why; as a file; and whether its chain holds."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.console.asking import Answer, api_of
from retour.console.pages import as_json
from retour.console.pages.files import file
from retour.console.pages.filters import chosen, times
from retour.console.pages.jobs import shown
from retour.console.reader import Reader, reader
from retour.model import Cause, StateName
from retour.ports.records import CORRECTION, GIVEN_BACK, INCIDENT, cause_told
from retour.texts import Catalogue

FILTERS = ("since", "until", "state", "cause")
ACTS = (INCIDENT, CORRECTION, GIVEN_BACK, "restore", "stop", "rejudged")  # what moves them beside mails
OTHERS = ("people", "key", "request", "review")  # causes of lines on the account itself and on its requests
FORMS = ("csv", "xlsx", "jsonl")
STATES = frozenset(each.value for each in StateName)


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """A page of it, the latest first; its filters are its address."""
    api, who = api_of(request, account), reader(request)
    set_ = chosen(request, FILTERS)
    page = api.get("/v1/ledger", **_asked(set_, who), after=request.GET.get("after"), limit=50)
    if as_json.wanted(request):
        return as_json.rows(request, page, "lines", account=account, filters=set_)
    context = {
        "account": account, "role": api.role, "section": "ledger", "chosen": set_,
        "lines": [_told(each, who.say) for each in page["lines"]],
        "next": page["next"], "states": [each.value for each in StateName],
        "causes": [*(each.value for each in Cause), *ACTS, *OTHERS],
    }  # fmt: skip
    return render(request, "console/ledger.html", context)


def _asked(set_: Mapping[str, str], who: Reader) -> dict[str, str]:
    return {**set_, **times(set_, who)}


@login_required
def export(request: HttpRequest, account: str, form: str) -> HttpResponseBase:
    """All that the filters mean, streamed. As JSONL it can be verified with nothing of Retour."""
    api = api_of(request, account)
    return file(
        api, "/v1/ledger/export", "ledger", form, FORMS, **_asked(chosen(request, FILTERS), reader(request))
    )


def _told(line: Answer, say: Catalogue) -> dict[str, Any]:
    """A line in words. Those of no address, and of acts that change no state, have names of their own."""
    return {
        **line,
        "cause_told": _word("cause", _cause(line) or "", say),
        "ends": [
            (name, _word("ledger_state", name, say)) for name in (line["before"], line["after"]) if name
        ],
        "states": {line["before"], line["after"]} <= STATES,
    }


def _cause(line: Answer) -> str | None:
    return cause_told(line["cause"], line["actor"] or "", line["before"] or "", line["after"] or "")


def _word(room: str, name: str, say: Catalogue) -> str:
    """What a name is called; itself where nobody has words for it: a line is never kept back."""
    key, _, rest = name.partition(" ")
    if f"{room}.{name}" in say:
        return say(f"{room}.{name}")
    return f"{say(f'{room}.{key}')} {rest}" if rest and f"{room}.{key}" in say else name


@login_required
@require_POST
def verify(request: HttpRequest, account: str) -> HttpResponse:
    """Begin to verify all of it."""
    job = api_of(request, account).post("/v1/ledger/verify", None)
    return redirect("ledger_verified", account=account, id=job["id"])


@login_required
def verified(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """What was found."""
    api = api_of(request, account)
    job = api.get(f"/v1/jobs/{id}")
    if job["kind"] != "ledger_verify":
        raise Http404
    context = {
        "account": account, "role": api.role, "section": "ledger", "job": shown(job, reader(request).say),
        "result": job["result"],
    }  # fmt: skip
    return render(request, "console/ledger_verified.html", context)
