"""The decision ledger: who changed what, when and why; as a file; and whether its chain holds."""

import csv
import json
from collections.abc import Iterator, Mapping

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from retour.console.asking import Api, api_of
from retour.console.pages.jobs import shown
from retour.console.reader import reader
from retour.flow.lists.table import guarded
from retour.model import Cause, StateName

FILTERS = ("since", "until", "state", "cause")
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
COLUMNS = (
    "number", "at", "address", "actor", "before", "after", "cause", "event", "policy", "who", "link",
)  # fmt: skip


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """A page of it, the latest first; its filters are its address."""
    api = api_of(request, account)
    chosen = _chosen(request)
    page = api.get("/v1/ledger", **_asked(chosen), after=request.GET.get("after"), limit=50)
    context = {
        "account": account, "role": api.role, "section": "ledger", "chosen": chosen, "lines": page["lines"],
        "next": page["next"], "states": [each.value for each in StateName],
        "causes": [each.value for each in Cause], "known": {each.value for each in StateName},
    }  # fmt: skip
    return render(request, "console/ledger.html", context)


def _chosen(request: HttpRequest) -> dict[str, str]:
    return {name: value for name in FILTERS if (value := request.GET.get(name, "").strip())}


def _asked(chosen: Mapping[str, str]) -> dict[str, str]:
    """For the API: a day alone is its beginning in UTC."""
    days = {
        name: f"{chosen[name]}T00:00:00Z" for name in ("since", "until") if len(chosen.get(name, "")) == 10
    }
    return {**chosen, **days}


@login_required
def export(request: HttpRequest, account: str, form: str) -> HttpResponseBase:
    """All that the filters mean, streamed. As JSONL it can be verified with nothing of Retour."""
    if form not in TYPES:
        raise Http404
    api = api_of(request, account)
    lines = _csv if form == "csv" else _jsonl
    response = StreamingHttpResponse(lines(api, _asked(_chosen(request))), content_type=TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="ledger-{account}.{form}"'
    return response


def _jsonl(api: Api, query: Mapping[str, str]) -> Iterator[str]:
    for line in api.pages("/v1/ledger", "lines", **query):
        yield json.dumps({name: line[name] for name in COLUMNS}) + "\n"


class _Line:
    """What csv writes to: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def _csv(api: Api, query: Mapping[str, str]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(COLUMNS)  # Excel reads UTF-8 only behind a mark
    for line in api.pages("/v1/ledger", "lines", **query):
        yield writer.writerow([guarded("" if line[name] is None else str(line[name])) for name in COLUMNS])


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
