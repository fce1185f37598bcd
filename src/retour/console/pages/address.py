"""One address: what is the matter in one glance, and everything that ever happened to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from retour.client.connection import Refused
from retour.console import days
from retour.console.asking import Answer, Api, api_of
from retour.console.notes import of_people
from retour.console.pages.correct import suggestions
from retour.console.reader import Reader, reader
from retour.model import Role

_SEEN_AS_BOUNCE = ("bounce", "delay", "suppressed")
# What neither ends nor gives an answer of support: mail that is told of beside it.
_BESIDE = ("delay", "delivered", "suppressed", "autoreply", "challenge", "other")
_ANSWERS = {"restore": ("valid",), "restore_refused": ("invalid", "held")}  # and where they still stand
_SLIPS = ("address_unknown", "domain_unknown", "domain_no_mail")  # reasons behind which a slip may stand


@login_required
def show(request: HttpRequest, account: str, address: str) -> HttpResponse:
    """The status, the decisions, the advice, the time line."""
    api = api_of(request, account)
    base: dict[str, object] = {
        "account": account,
        "role": api.role,
        "address": address,
        "section": "overview",
    }
    try:
        life = api.get(f"/v1/addresses/{_step(address)}")
    except Refused as refused:
        if refused.type != "/problems/address_never_seen":
            raise
        return render(request, "console/address_never_seen.html", base)
    advice = api.get("/v1/advice", address=address)
    may_write = api.role != Role.MEMBER
    context = base | {
        "life": life,
        "advice": advice,
        "may_write": may_write,
        "suggestions": suggestions(api, address) if _may_be_a_slip(life) else [],
        "alive": [sign for sign in life["engagements"] if sign["after_bounce"]],
        "timeline": timeline(life),
        "answer": answer(life, reader(request)),
        "waiting": _waiting(api, life),
    }
    return render(request, "console/address.html", context)


def answer(life: Answer, who: Reader) -> str:
    """What support said last of it, in words; "" once something came after."""
    told = [event for event in life["events"] if event["kind"] not in _BESIDE]
    latest = max(told, key=lambda event: str(event["at"]), default=None)
    if latest is None or life["state"]["state"] not in _ANSWERS.get(latest["kind"], ()):
        return ""
    day = days.long(datetime.fromisoformat(latest["at"]).astimezone(who.zone).date(), who.language)
    reason = of_people(latest["note"]).rstrip(". ")
    return who.say(f"answer.{latest['kind']}{'' if reason else '_alone'}", date=day, reason=reason)


def _waiting(api: Api, life: Answer) -> Answer | None:
    """The request that support has not answered yet; nobody waits for an address that is free."""
    if life["state"]["state"] not in ("invalid", "held"):
        return None
    found = api.get("/v1/requests", address=life["address"], status="open", limit=1)["requests"]
    return found[0] if found else None


def _may_be_a_slip(life: Answer) -> bool:
    """Whether it is stopped, or came back as not there, and nobody has corrected it yet."""
    if any(each["old"] == life["address"] and not each["withdrawn"] for each in life["corrections"]):
        return False
    bounces = [each for each in life["events"] if each["kind"] == "bounce"]
    latest = max(bounces, key=lambda each: str(each["at"]), default=None)
    came_back = latest is not None and latest["reason"] in _SLIPS and life["state"]["state"] != "valid"
    return came_back or bool(life["state"]["state"] == "invalid")


def _step(value: str) -> str:
    from urllib.parse import quote

    return quote(value, safe="")


def timeline(life: Answer) -> list[Mapping[str, Any]]:
    """Sends, events, changes of state and signs of life in one line, the latest first."""
    bounced = {
        event["send"] for event in life["events"] if event["kind"] in _SEEN_AS_BOUNCE and event["send"]
    }
    items: list[Mapping[str, Any]] = [
        {"at": event["at"], "what": "event", "event": event} for event in life["events"]
    ]
    for send in life["sends"]:
        items.append(
            {"at": send["handed_over"], "what": "send", "send": send, "bounced": send["id"] in bounced}
        )
        if send["delivered_at"]:
            items.append({"at": send["delivered_at"], "what": "delivered", "send": send})
    items += [{"at": record["at"], "what": "record", "record": record} for record in life["ledger"]]
    items += [{"at": sign["at"], "what": "sign", "sign": sign} for sign in life["engagements"]]
    return sorted(items, key=lambda item: str(item["at"]), reverse=True)
