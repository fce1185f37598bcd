"""The Overview: bounced addresses with every filter (E26-E30), and the same list as a file."""

import csv
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from retour.console.asking import Api, api_of
from retour.flow.lists.table import guarded
from retour.model import BounceType, MailKind, Reason

# The name in the address of the page → the parameter of the API.
FILTERS = {
    "state": "status", "type": "type", "campaign": "campaign", "reason": "reason", "provider": "provider",
    "kind": "kind", "since": "since", "until": "until", "search": "search",
}  # fmt: skip
STATES = ("valid", "invalid")
PROVIDERS = ("gmail", "microsoft", "yahoo", "apple", "united_internet", "t-online")
COLUMNS = ("address", "state", "since", "until", "type", "reason", "status", "at", "campaign", "explanation")


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """A page of the list; its filters are its address."""
    api = api_of(request, account)
    chosen = filters(request)
    page = api.get("/v1/bounces", **asked(chosen), after=request.GET.get("after"), limit=50)
    context = {
        "account": account,
        "role": api.role,
        "chosen": chosen,
        "rows": page["bounces"],
        "next": page["next"],
        "states": STATES,
        "types": [type_.value for type_ in BounceType],
        "reasons": [reason.value for reason in Reason],
        "kinds": [kind.value for kind in MailKind],
        "first": "after" not in request.GET,
        "section": "overview",
    }
    return render(request, "console/overview.html", context)


def filters(request: HttpRequest) -> Mapping[str, str]:
    """The filters that are set, by their names in the address of the page."""
    return {name: value for name in FILTERS if (value := request.GET.get(name, "").strip())}


def asked(chosen: Mapping[str, str]) -> dict[str, str]:
    """The same for the API. A day alone is its beginning in UTC, as the form's field gives it."""
    told = {FILTERS[name]: value for name, value in chosen.items()}
    for name in ("since", "until"):
        if len(told.get(name, "")) == len("2026-05-01"):
            told[name] += "T00:00:00Z"
    return told


@login_required
def export(request: HttpRequest, account: str, form: str) -> HttpResponseBase:
    """Everything that the filters find, as CSV: times in UTC, streamed, however long it is."""
    if form != "csv":
        raise Http404
    api = api_of(request, account)
    response = StreamingHttpResponse(
        _lines(api, asked(filters(request))), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="bounces-{account}.csv"'
    return response


class _Line:
    """What csv writes to: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def _lines(api: Api, query: Mapping[str, str]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(COLUMNS)  # Excel reads UTF-8 only behind a mark
    for row in api.pages("/v1/bounces", "bounces", **query):
        yield writer.writerow([guarded(str(value)) for value in _cells(row)])


def _cells(row: Mapping[str, Any]) -> list[object]:
    state, bounce, send = row["state"], row["bounce"], row["send"] or {}
    return [
        row["address"], state["state"], state["since"] or "", state["until"] or "", row["type"] or "",
        bounce["reason"] or "", bounce["status"] or "", bounce["at"], send.get("campaign") or "",
        row["explanation"]["words"],
    ]  # fmt: skip
