"""One email, or one provider: what was sent, what came back, why, on which days, and against the norm."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from retour.client.connection import Refused
from retour.console.asking import Api, api_of
from retour.console.days import long
from retour.console.pages.incidents import standing
from retour.console.pages.moves import mailbox
from retour.console.pages.over_time import time_of
from retour.console.pages.rates import FEW, TYPES, day_of, enough, lead_of, over_days
from retour.console.reader import Reader, reader
from retour.texts import catalogue

LONGEST = 2000


@login_required
def email(request: HttpRequest, account: str) -> HttpResponse:
    """One email of the account, by its name."""
    return _page(request, api_of(request, account), "campaign")


@login_required
def provider(request: HttpRequest, account: str) -> HttpResponse:
    """One provider of mailboxes."""
    return _page(request, api_of(request, account), "provider")


def _page(request: HttpRequest, api: Api, filter: str) -> HttpResponse:
    who, name = reader(request), request.GET.get("name", "").strip()
    if not name or len(name) > LONGEST:
        raise Http404
    other = "provider" if filter == "campaign" else "campaign"
    times = {each: day_of(request, each) for each in ("since", "until")}
    found = _rates(api, "total", {filter: name} | times)
    days = [
        {**row, "named": long(date.fromisoformat(row["of"]), who.language)}
        for row in _rates(api, "day", {filter: name} | times)["rates"]
    ]
    others = _rates(api, other, {filter: name} | times)["rates"]
    time = time_of(api, found["since"], found["until"], who, name if filter == "provider" else None)
    total = found["rates"][0]
    reasons = _reasons(api, filter, name, times, who)
    context = {
        "account": api.account, "role": api.role, "section": f"{filter}s", "by": f"{other}s", "few": FEW,
        "name": name, "named": mailbox(name, who) if filter == "provider" else name, "filter": filter,
        "found": found, "total": total, "lead": lead_of(total, bool(time.incidents), who),
        "norm": _norm(api, times),
        "types": [(kind, total["types"].get(kind, 0)) for kind in TYPES],
        "days": days, "others": [{**row, "named": _named(row["of"], other, who)} for row in others],
        "chart": over_days(time, days, who) if enough(days) else None, "incidents": time.incidents,
        "standing": [
            each for each in standing(api, who) if filter != "provider" or each["provider"] in (name, "*")
        ],
        "disturbed": bool(time.incidents), "reasons": reasons,
        "most": max((row["count"] for row in reasons), default=0),
        "addresses": api.get("/v1/counts", **{filter: name})["addresses"],
    }  # fmt: skip
    return render(request, "console/rates_one.html", context)


def _rates(api: Api, by: str, asked: Mapping[str, Any]) -> Any:
    try:
        return api.get("/v1/rates", by=by, **asked)
    except Refused as refused:
        if refused.field == "provider":
            raise Http404 from refused
        raise


def _norm(api: Api, times: Mapping[str, Any]) -> float | None:
    """The rate of the whole account in the thirty days before."""
    rate: float | None = api.get("/v1/rates", by="total", **times)["rates"][0]["norm"]["rate"]
    return rate


def _reasons(api: Api, filter: str, name: str, times: Mapping[str, Any], who: Reader) -> list[dict[str, Any]]:
    """Why it came back, the most frequent reason first."""
    day = times["until"] and date.fromisoformat(times["until"][:10]) + timedelta(days=1)
    asked = {**times, "until": day and f"{day.isoformat()}T00:00:00Z"}  # the last day is meant with all of it
    rows = api.get(f"/v1/{filter}s", **asked)[f"{filter}s"]
    row = next((each for each in rows if each[filter] == name), None)
    label = catalogue(f"status.{who.language}")
    found = [] if row is None else [(reason, n) for reason, n in row["reasons"].items() if reason != "none"]
    return [
        {"reason": reason, "named": label(f"label.{reason}"), "count": count}
        for reason, count in sorted(found, key=lambda each: -each[1])
    ]


def _named(of: str, by: str, who: Reader) -> str:
    if not of:
        return who.say("rates.others")
    return mailbox(of, who) if by == "provider" else of
