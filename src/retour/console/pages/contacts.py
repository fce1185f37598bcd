"""Contacts and their lists: whom the account writes to, and what it knows of them."""

import json
from collections.abc import Mapping
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
from retour.console.pages.files import file
from retour.console.pages.views import offer, offered
from retour.console.reader import reader
from retour.model import Role


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """Contacts by address, all or those on a list, and the lists beside them."""
    api = api_of(request, account)
    on, search = request.GET.get("list", ""), request.GET.get("search", "").strip()
    asked = {"list": on or None, "search": search or None, "after": request.GET.get("after"), "limit": 50}
    page = api.get("/v1/contacts", **asked)
    if as_json.wanted(request):
        return as_json.rows(request, page, "contacts", account=account)
    lists = api.get("/v1/contact-lists")["lists"]
    context = {
        "account": account, "role": api.role, "section": "contacts", "rows": page["contacts"],
        "next": page["next"], "first": "after" not in request.GET, "lists": lists, "on": on,
        "searched": search, "current": next((each for each in lists if each["id"] == on), None),
        "may_write": api.role != Role.MEMBER, "undo": offered(request), "typed": request.GET.get("name", ""),
    }  # fmt: skip
    return render(request, "console/contacts.html", context)


@login_required
def export(request: HttpRequest, account: str, form: str) -> HttpResponseBase:
    """Everybody whom the page means, as CSV or XLSX."""
    api, on = api_of(request, account), request.GET.get("list") or None
    search = request.GET.get("search", "").strip() or None
    return file(api, "/v1/contacts/export", "contacts", form, list=on, search=search)


@login_required
def show(request: HttpRequest, account: str, address: str) -> HttpResponse:
    """One contact: name, attributes and lists; a manager changes them."""
    api, who = api_of(request, account), reader(request)
    path = f"/v1/contacts/{quote(address, safe='')}"
    refused: object = None
    if request.method == "POST":
        if api.role == Role.MEMBER:
            raise Http404
        before = _known(api, path)
        refused = _changed_meanwhile(request, before) or _saved(request, api, path, address)
        if refused is None:
            messages.success(request, who.say("preferences.saved"))
            return redirect("contact", account=account, address=address)
    contact = _known(api, path)
    life = _stopped(api, address) if contact and contact["decision"] != "send" else None
    lists = api.get("/v1/contact-lists")["lists"]
    on = set(contact["lists"]) if contact else set()
    ticked = set(request.POST.getlist("on")) if refused else None  # what was chosen stays
    context = {
        "account": account, "role": api.role, "section": "contacts", "address": address, "contact": contact,
        "life": life,
        "refused": refused, "may_write": api.role != Role.MEMBER,
        "seen": contact["changed_at"] if contact else "",
        "name": request.POST.get("name", contact["name"] if contact else ""),
        "attributes": request.POST.get("attributes", _lines(contact["attributes"] if contact else {})),
        "lists": [
            {**each, "on": each["name"] in on if ticked is None else each["id"] in ticked} for each in lists
        ],
    }  # fmt: skip
    return render(request, "console/contact.html", context, status=422 if refused else 200)


def _changed_meanwhile(request: HttpRequest, before: Any) -> object:
    """Why nothing is saved: somebody else did, since the page was opened. The next time it is meant so."""
    seen = request.POST.get("seen")
    if seen is None or seen == (before["changed_at"] if before else "") or _is_as_typed(request, before):
        return None
    say = reader(request).say
    return {"detail": say("contacts.changed_meanwhile"), "remedy": say("contacts.save_anyhow")}


def _is_as_typed(request: HttpRequest, before: Any) -> bool:
    """Whether it stands there already, as where a form arrives twice."""
    name, attributes = request.POST.get("name", "").strip(), _read(request.POST.get("attributes", ""))
    return before is not None and (before["name"], before["attributes"]) == (name, attributes)


def _known(api: Api, path: str) -> Any:
    try:
        return api.get(path)
    except Refused as refused:
        if refused.type != "/problems/contact_unknown":
            raise
        return None


def _stopped(api: Api, address: str) -> Any:
    """Why no mailing goes to a contact, and since when (K21); None where its address tells nothing."""
    try:
        return api.get(f"/v1/addresses/{quote(address, safe='')}")
    except Refused as refused:
        if refused.type != "/problems/address_never_seen":
            raise
        return None


def _saved(request: HttpRequest, api: Api, path: str, address: str) -> object:
    """None, or why not: a line of the attributes that is none, or what the API refuses."""
    attributes = _read(request.POST.get("attributes", ""))
    if isinstance(attributes, str):
        say = reader(request).say
        return {
            "detail": say("contacts.no_attribute", line=attributes),
            "remedy": say("contacts.attributes_hint"),
        }
    body = {"address": address, "name": request.POST.get("name", "").strip(), "attributes": attributes}
    try:
        api.post(path, body, "PUT")
        chosen = set(request.POST.getlist("on"))
        for each in api.get("/v1/contact-lists")["lists"]:
            act = "add" if each["id"] in chosen else "remove"
            api.post(f"/v1/contact-lists/{each['id']}/contacts", {act: [address]})
    except Refused as refused:
        return refused
    return None


def _lines(attributes: Mapping[str, Any]) -> str:
    """Attributes as people write them: one on a line; what is no text stands as JSON."""
    return "\n".join(f"{name}: {_value(value)}" for name, value in attributes.items())


def _value(value: object) -> str:
    return value if isinstance(value, str) and _plain(value) else json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> bool:
    """Whether a text is read again as this text."""
    return text == text.strip() and "\n" not in text and _of(text) == text


def _of(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return written


def _read(lines: str) -> dict[str, Any] | str:
    """The attributes; or the first line that is none."""
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            return line
        found[name.strip()] = _of(value.strip())
    return found


@login_required
@require_POST
def make_list(request: HttpRequest, account: str) -> HttpResponse:
    """An empty one."""
    return _on_lists(request, account, "POST", "", {"name": request.POST.get("name", "").strip()}, "made")


@login_required
@require_POST
def rename_list(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Who is on it stays."""
    name = {"name": request.POST.get("name", "").strip()}
    return _on_lists(request, account, "PUT", f"/{quote(id, safe='')}", name, "renamed")


@login_required
@require_POST
def drop_list(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Its contacts stay; the next page offers to have it back."""
    return _on_lists(request, account, "DELETE", f"/{quote(id, safe='')}", None, "dropped")


@login_required
@require_POST
def take_list_back(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """A dropped one, with who was on it."""
    return _on_lists(request, account, "POST", f"/{quote(id, safe='')}/take-back", None, "back")


def _on_lists(
    request: HttpRequest,
    account: str,
    method: str,
    path: str,
    body: Mapping[str, str] | None,
    done: str,
) -> HttpResponse:
    api, place = api_of(request, account), reverse("contacts", args=[account])
    try:
        made = api.post(f"/v1/contact-lists{path}", body, method)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        messages.error(request, f"{refused.detail} {refused.remedy or ''}")
        of = {"list": path.strip("/")} if done == "renamed" else {}
        return redirect(f"{place}?{urlencode({**of, **(body or {})})}")  # what was typed stays
    messages.success(request, reader(request).say(f"contacts.list_{done}", name=made["name"]))
    if done == "dropped":
        offer(request, reverse("list_back", args=[account, made["id"]]), {})
        return redirect(place)
    return redirect(f"{place}?{urlencode({'list': made['id']})}")
