"""The list check: lists of contacts looked at before they are imported (K30-K33).

Upload → progress → what was found, what to correct, what to import, and later how it came out.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from retour.client.connection import Refused
from retour.console.asking import Api, api_of
from retour.console.counts import read_count
from retour.console.pages import as_json
from retour.console.pages.check_shown import FILES, PILES, codes_told, encodings_told, report_shown, rows_seen
from retour.console.pages.jobs import ENDED, shown
from retour.console.reader import reader
from retour.model import Role

_CHECKS = "/v1/list-checks"
_GONE = 404
_ACTS = {"accept": True, "leave": False, "open": None}


@login_required
def listed(request: HttpRequest, account: str) -> HttpResponse:
    """The account's checks, the latest first."""
    api = api_of(request, account)
    page = api.get(_CHECKS, after=request.GET.get("after"), limit=50)
    if as_json.wanted(request):
        return as_json.rows(request, page, "checks", account=account)
    checks = [shown(job, reader(request).say) for job in page["checks"]]
    context = {**_frame(api, account), "checks": checks, "next": page["next"], "piles": PILES}
    return render(request, "console/checks.html", context)


@login_required
def new(request: HttpRequest, account: str) -> HttpResponse:
    """The form for a file; what is wrong with the file itself, its job will say."""
    api = _manager(request, account)
    refused, missing = None, False
    if request.method == "POST":
        file = request.FILES.get("list")
        missing = file is None or not file.size
        if file is not None and file.file is not None and file.size:
            asked = {
                "name": (file.name or "list")[:200],
                "column": request.POST.get("column", "")[:200],
                "encoding": request.POST.get("encoding", ""),
                "sheet": request.POST.get("sheet", "")[:200],
                "dns": request.POST.get("dns") == "yes",
                "validator": request.POST.get("validator", ""),
            }
            try:
                made = api.upload(_CHECKS, file.file, file.size, _once(request, file, asked), **asked)
            except Refused as error:
                refused = error
            else:
                return redirect("check", account=account, id=made["id"])
    possible = api.get(_CHECKS, limit=1)["possible"]
    context = {
        **_frame(api, account), "possible": possible, "refused": refused, "missing": missing,
        "column": request.POST.get("column", ""), "encoding": request.POST.get("encoding", ""),
        "sheet": request.POST.get("sheet", ""),
        "encodings": encodings_told(possible["encodings"], reader(request).language),
        "most": settings.CHOSEN.most_upload // 2**20, "most_octets": settings.CHOSEN.most_upload,
    }  # fmt: skip
    return render(request, "console/check_new.html", context, status=422 if refused or missing else 200)


def _once(request: HttpRequest, file: "UploadedFile[bytes]", asked: Mapping[str, object]) -> str:
    """What makes this upload one: its form, its file, and how it is to be read; another is another check."""
    of_form = request.POST.get("once", "")
    whole = f"{of_form} {file.size} {file.name} {asked}"
    return sha256(whole.encode()).hexdigest() if of_form else ""


@login_required
def show(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """One check: how far it is, and when it is done what there is to do."""
    return _page(request, api_of(request, account), id)


def _page(request: HttpRequest, api: Api, id: str, refused: Refused | None = None) -> HttpResponse:
    say = reader(request).say
    found = api.get(f"{_CHECKS}/{id}")
    job = shown(found["job"], say)
    context: dict[str, Any] = {
        **_frame(api, api.account), "job": job, "found": found, "refused": refused,
        "to": request.POST.get("to", ""), "new_list": request.POST.get("new_list", ""),
    }  # fmt: skip
    if found["proposals"] is not None:
        report = found["report"]
        context |= {
            "shown": report_shown(report, reader(request).language),
            "proposals": found["proposals"],
            "lists": api.get("/v1/contact-lists")["lists"],
            "rows": found["proposals"]["importable"],
            "open": sum(each["rows"] for each in found["proposals"]["domains"] if not each["decision"]),
            "imports": [_import(each, say) for each in found["imports"]],
        }
    return render(request, "console/check.html", context, status=422 if refused else 200)


def _import(each: Mapping[str, Any], say: Any) -> dict[str, Any]:
    """An import with its jobs as pages show them; it can be undone once, and counted again and again."""
    undo, outcome = each["undo"], each["outcome"]
    return {
        "job": shown(each["job"], say),
        "undo": shown(undo, say) if undo else None,
        "outcome": shown(outcome, say) if outcome else None,
        "can_undo": _can_undo(each),
        "can_count": each["job"]["state"] == "done" and (not outcome or shown(outcome, say)["ended"]),
    }


def _can_undo(each: Mapping[str, Any]) -> bool:
    """Whether an import did anything, to its end or not, that was not undone; half an undo goes on."""
    job, undo = each["job"], each["undo"]
    ended = job["state"] in ENDED and job["started_at"] is not None
    if job["state"] == "failed" and not job["done"]:
        return False
    return ended and (not undo or undo["state"] in ("failed", "cancelled"))


@login_required
def rows(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Rows of one pile, of one reason or one domain."""
    api = api_of(request, account)
    asked = {"pile": request.GET.get("pile", "kept")}
    asked |= {name: request.GET.get(name, "") for name in ("reason", "domain")}
    if asked["pile"] not in PILES:
        raise Http404
    check = api.get(f"{_CHECKS}/{id}")
    page = api.get(f"{_CHECKS}/{id}/rows", **asked, after=request.GET.get("after", 0), limit=50)
    context = {
        **_frame(api, account), "job": check["job"], "asked": asked, "next": page["next"],
        "rows": rows_seen(page["rows"], reader(request).language), "piles": PILES,
        "reason_told": codes_told(reader(request).language).get(asked["reason"], ""),
    }  # fmt: skip
    return render(request, "console/check_rows.html", context)


@login_required
def file(request: HttpRequest, account: str, id: str, name: str) -> HttpResponseBase:
    """A file of a check, handed on piece by piece."""
    if name not in FILES:
        raise Http404
    headers, body = api_of(request, account).download(f"{_CHECKS}/{id}/files/{name}")
    told = {each.lower(): value for each, value in headers.items()}
    response = StreamingHttpResponse(body, content_type=told["content-type"])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@require_POST
def decide(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """One decision: of a domain, of a form, or of all domains that are still open."""
    api, say = _manager(request, account), reader(request).say
    act, domain, form = (request.POST.get(name, "") for name in ("act", "domain", "form"))
    back = redirect(f"{request.path.removesuffix('decide/')}#proposals")
    if act == "all":
        _accept_all(request, api, id)
    elif act in _ACTS and (domain or f"form.{form}" in say):
        chosen = {domain or form: _ACTS[act]}
        body = {"domains": chosen} if domain else {"forms": chosen}
        api.post(f"{_CHECKS}/{id}/decisions", body, "PUT")
        messages.success(request, say(f"checks.now_{act}", what=domain or say(f"form.{form}")))
    return back


def _accept_all(request: HttpRequest, api: Api, id: str) -> None:
    """All domains that nobody has decided on; refused where it would be others than were seen."""
    found = api.get(f"{_CHECKS}/{id}")["proposals"]
    still = [each for each in found["domains"] if not each["decision"]] if found else []
    say = reader(request).say
    if str(sum(each["rows"] for each in still)) != request.POST.get("count"):
        messages.error(request, say("checks.others"))
    else:
        body = {"domains": {each["domain"]: True for each in still}}
        api.post(f"{_CHECKS}/{id}/decisions", body, "PUT")
        messages.success(request, say("checks.now_all", count=len(still)))


@login_required
@require_POST
def take(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """Import what was kept and accepted, onto a list that there is or a new one."""
    api = _manager(request, account)
    target, name = request.POST.get("to", ""), request.POST.get("new_list", "").strip()
    if not target and not name:
        messages.error(request, reader(request).say("checks.no_list"))
        return redirect(f"{request.path.removesuffix('import/')}#import")
    try:
        _import_onto(request, api, id, target, name)
    except Refused as refused:
        if refused.status == _GONE:
            raise
        return _page(request, api, id, refused)
    messages.success(request, reader(request).say("checks.importing"))
    return redirect(f"{request.path.removesuffix('import/')}#imports")


def _import_onto(request: HttpRequest, api: Api, id: str, target: str, name: str) -> None:
    """Onto a list that is there, or one of this name; a new one of which nothing came goes again."""
    once, seen = request.POST.get("once", ""), read_count(request.POST.get("rows"))
    made = api.post("/v1/contact-lists", {"name": name}, once=once and f"{once} list")["id"] if name else ""
    try:
        api.post(f"{_CHECKS}/{id}/imports", {"list": made or target, "rows": max(seen, 0)}, once=once)
    except Refused:
        if made:
            api.post(f"/v1/contact-lists/{made}", None, "DELETE")
        raise


@login_required
@require_POST
def outcome(request: HttpRequest, account: str, id: str, made: str) -> HttpResponse:
    """Count how an import came out."""
    _manager(request, account).post(f"/v1/list-imports/{quote(made, safe='')}/outcome", None)
    messages.success(request, reader(request).say("checks.begun_outcome"))
    return redirect("check", account=account, id=id)


@login_required
def undo(request: HttpRequest, account: str, id: str, made: str) -> HttpResponse:
    """First what undoing an import would do; then it begins."""
    api, say = _manager(request, account), reader(request).say
    found = api.get(f"{_CHECKS}/{id}")
    each = next((each for each in found["imports"] if each["job"]["id"] == made), None)
    if each is None:
        raise Http404
    if request.method == "POST":
        api.post(f"/v1/list-imports/{quote(made, safe='')}/undo", None)
        messages.success(request, say("checks.begun_undo"))
        return redirect(f"{reverse('check', args=[account, id])}#imports")
    lists = api.get("/v1/contact-lists")["lists"]
    target = next((of["name"] for of in lists if of["id"] == each["job"]["order"]["list"]), "")
    context = {**_frame(api, account), "job": found["job"], "each": _import(each, say), "target": target}
    return render(request, "console/check_undo.html", context)


@login_required
def remove(request: HttpRequest, account: str, id: str) -> HttpResponse:
    """A page that asks with facts; then the files are gone."""
    api = _manager(request, account)
    found = api.get(f"{_CHECKS}/{id}")
    if request.method == "POST":
        api.post(f"{_CHECKS}/{id}", None, "DELETE")
        messages.success(request, reader(request).say("checks.removed"))
        return redirect("checks", account=account)
    context = {**_frame(api, account), "job": found["job"], "imports": found["imports"]}
    return render(request, "console/check_remove.html", context)


def _frame(api: Api, account: str) -> dict[str, Any]:
    return {"account": account, "role": api.role, "section": "checks", "may": api.role != Role.MEMBER}


def _manager(request: HttpRequest, account: str) -> Api:
    """For whoever may change something; others are told whom to ask."""
    return api_of(request, account, Role.MANAGER)
