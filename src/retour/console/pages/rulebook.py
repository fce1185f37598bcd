"""The rules that verdicts name: all of them, and one with what it looks for and where that is known from."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.pages.filters import chosen, options
from retour.console.pages.shown import shown
from retour.console.reader import Reader, reader
from retour.model import Reason
from retour.texts import catalogue

FILTERS = ("reason",)


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """All that are in force, in the order in which they decide."""
    api, who = api_of(request, account), reader(request)
    set_ = chosen(request, FILTERS)
    wanted = set_ if set_.get("reason") in set(Reason) else {}
    context = {
        "account": account, "role": api.role, "section": "data", "chosen": wanted,
        "rules": [_named(each, who) for each in api.get("/v1/rulebook", **wanted)["rules"]],
        "reason_options": options("reason", [reason.value for reason in Reason], who),
    }  # fmt: skip
    return render(request, "console/rulebook.html", context)


@login_required
def one(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """One rule. Of one that is no more, the page says so: verdicts of before go on naming it."""
    api, who = api_of(request, account), reader(request)
    try:
        rule = api.get(f"/v1/rulebook/{quote(id, safe='')}")
    except Refused as error:
        if error.status != 404:
            raise
        rule = None
    context: dict[str, Any] = {"account": account, "role": api.role, "section": "data", "id": shown(id)}
    if rule is not None:
        context["rule"] = {
            **_named(rule, who),
            "codes": rule["codes"],
            "phrases": [shown(each) for each in rule["phrases"]],
            "samples": [shown(each) for each in rule["samples"]],
            "source": shown(rule["source"]),
        }
    return render(request, "console/rule.html", context)


def _named(rule: Mapping[str, Any], who: Reader) -> dict[str, Any]:
    """What it stands for in words."""
    words = catalogue(f"status.{who.language}")
    meaning = words(f"label.{rule['reason']}") if rule["reason"] else who.say(f"rulebook.{rule['kind']}")
    return {**rule, "meaning": meaning, "weighs": who.say(f"rulebook.weight_{rule['weight']}")}
