"""Every way in: how it stands, what last came of it, and how to connect another by copy and paste."""

from collections.abc import Mapping
from datetime import datetime
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import api_of
from retour.console.pages import as_json
from retour.console.pages.source_names import names
from retour.console.reader import Reader, reader
from retour.model import Role

SERVERS = ("postfix", "exim", "mailbox", "log", "sqs")  # mail servers, and what Retour goes to look at
PROVIDERS = (
    "ses", "sendgrid", "mailgun", "postmark", "brevo", "mailjet", "sparkpost", "mandrill", "resend", "postal",
    "mailersend", "mailtrap", "unisender", "scaleway", "azure", "kumomta", "powermta", "generic",
)  # fmt: skip
NO_KEYS = ("ses", "scaleway")  # topics are listed instead
ASYMMETRIC = (*NO_KEYS, "sendgrid", "postal")  # whose signatures nobody else can make
PASSWORD = ("azure", "kumomta", "powermta", "generic")  # a secret of one's own
MINUTE, HOUR, DAY = 60, 3600, 86400


@login_required
def show(request: HttpRequest, account: str) -> HttpResponse:
    """The list; topics that ask are for managers."""
    api, who = api_of(request, account), reader(request)
    found = api.get("/v1/sources")
    if as_json.wanted(request):
        return as_json.rows(request, found, "sources", account=account)
    may = api.role != Role.MEMBER.value
    topics = api.get("/v1/topics")["topics"] if may else ()
    named = names(found["sources"], who)
    context = {
        "account": account, "section": "sources", "may": may, "topics": topics,
        "sources": [
            {**each, "lag": lag(each, who), "name": named[each["source"]]} for each in found["sources"]
        ],
        "servers": SERVERS, "providers": PROVIDERS,
    }  # fmt: skip
    return render(request, "console/sources.html", context)


@login_required
def connect(request: HttpRequest, account: str, what: str) -> HttpResponse:
    """What to copy where. A secret in it is made for this page alone and kept nowhere."""
    if what not in (*SERVERS, *PROVIDERS):
        raise Http404
    api = api_of(request, account, Role.MANAGER)
    found = api.get("/v1/sources")
    there = [each for each in found["sources"] if each["form"] == what and each["url"]]
    base = found["reached"].get("webhooks", "https://hooks.shop.example")
    path = token_urlsafe(24)
    context = {
        "account": account, "section": "sources", "what": what, "webhook": what in PROVIDERS, "there": there,
        "domain": found["return_domain"], "reached": found["reached"], "base": base, "path": path,
        "url": there[0]["url"] if there else f"{base}/hooks/{what}/{path}",
        "password": token_urlsafe(24), "own_password": what in PASSWORD, "topics": what in NO_KEYS,
        "shared": what not in ASYMMETRIC,
        "public": "webhooks" in found["reached"],
    }  # fmt: skip
    return render(request, "console/connect.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, account: str, id: str, how: str) -> HttpResponse:
    """A topic may post here, or is left unconfirmed."""
    if how not in ("confirm", "refuse"):
        raise Http404
    api, say = api_of(request, account, Role.MANAGER), reader(request).say
    try:
        api.post(f"/v1/topics/{quote(id, safe='')}/{how}", {})
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.error(request, f"{refused.detail} {refused.remedy or ''}")
    else:
        messages.success(request, say(f"sources.done_{how}"))
    return redirect("sources", account=account)


def lag(source: Mapping[str, Any], who: Reader) -> str:
    """How far behind it is, in words; how long it has been silent, where it tells of no lag itself."""
    if source["behind"] is not None:
        behind = int(source["behind"])
        return who.say("sources.behind", time=span(behind, who)) if behind else who.say("sources.caught_up")
    if source["waiting"]:
        return who.say("sources.waiting", count=source["waiting"])
    if not source["last_at"]:
        return who.say("sources.never")
    ago = (now() - datetime.fromisoformat(source["last_at"])).total_seconds()
    return who.say("sources.ago", time=span(max(int(ago), 0), who))


def span(seconds: int, who: Reader) -> str:
    """A time in its largest unit."""
    for unit, size in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
        if seconds >= size:
            count = seconds // size
            return who.say(f"span.{unit}.{'one' if count == 1 else 'other'}", count=count)
    return who.say("span.moment")
